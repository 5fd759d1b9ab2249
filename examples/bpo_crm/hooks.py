def post_init_hook(env):
    """Put the new stage before Won also where the board's stages were renumbered."""
    endorsed = env.ref("bpo_crm.stage_endorsed")
    stages = env["crm.stage"].search([("id", "!=", endorsed.id)])
    won = stages.filtered("is_won")[:1]
    if won and won.sequence <= endorsed.sequence:
        endorsed.sequence = won.sequence
        for stage in stages.filtered(lambda stage: stage.sequence >= endorsed.sequence):
            stage.sequence += 1
