def post_init_hook(env):
    """Move the new stage before Won, in case the stages were renumbered."""
    endorsed = env.ref("bpo_crm.stage_endorsed")
    stages = env["crm.stage"].search([("id", "!=", endorsed.id)])
    won = stages.filtered("is_won")[:1]
    if won and won.sequence <= endorsed.sequence:
        endorsed.sequence = won.sequence
        for stage in stages.filtered(lambda stage: stage.sequence >= endorsed.sequence):
            stage.sequence += 1


def uninstall_hook(env):
    """A stage of ours that leads stand in stays with them, as the database's own."""
    data = env["ir.model.data"].search([("module", "=", "bpo_crm"), ("model", "=", "crm.stage")])
    leads = env["crm.lead"].with_context(active_test=False)
    used = leads.search([("stage_id", "in", data.mapped("res_id"))]).stage_id
    data.filtered(lambda row: row.res_id in used.ids).unlink()
