from odoo import api, models

STAGE_SUBTYPES = ("stage", "won", "lost")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    def _message_track(self, fields_iter, initial_values_dict):
        """Find in one query who follows stages: for all others the change is just logged."""
        subtypes = [self._get_stage_subtype_id(name) for name in STAGE_SUBTYPES]
        self.env.cr.execute(
            """
            SELECT DISTINCT f.res_id FROM mail_followers f
              JOIN mail_followers_mail_message_subtype_rel r ON r.mail_followers_id = f.id
             WHERE f.res_model = %s AND f.res_id = ANY(%s) AND r.mail_message_subtype_id = ANY(%s)
            """,
            [self._name, self.ids, subtypes],
        )
        followed = frozenset(lead_id for (lead_id,) in self.env.cr.fetchall())
        leads = self.with_context(dealer_crm_followed=followed)
        return super(DealerCrmLead, leads)._message_track(fields_iter, initial_values_dict)

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" not in init_values:
            return super()._track_subtype(init_values)
        if self.id not in self.env.context.get("dealer_crm_followed", ()):
            return False
        name = "stage" if self.won_status == "pending" else self.won_status
        return self.env["mail.message.subtype"].browse(self._get_stage_subtype_id(name))

    @api.model
    def _get_stage_subtype_id(self, name):
        return self.env["ir.model.data"]._xmlid_to_res_id(
            f"dealer_crm.mt_lead_{name}", raise_if_not_found=False
        )
