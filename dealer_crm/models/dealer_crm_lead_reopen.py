from odoo import fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .dealer_crm_text_mixin import MAX_TEXT


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    def action_reopen(self, reason=None):
        """Take closed leads back to the stage they closed from (managers only).

        :param str reason: why; without it the wizard that asks for it is returned.
        """
        if not self.env.user.has_group("dealer_crm.group_dealer_manager"):
            raise AccessError(
                self.env._(
                    "Only a Dealer Manager can reopen %(lead)s: ask one.", lead=self[:1].name
                )
            )
        self.check_access("write")
        if reason is None:
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "dealer_crm.dealer_crm_lead_reopen_action"
            )
            action["context"] = {"default_lead_ids": self.ids}
            return action
        if not (isinstance(reason, str) and reason.strip()):
            raise ValidationError(
                self.env._("Give a reason for reopening %(lead)s.", lead=self[:1].name)
            )
        self._check_text(self.env._("Reason"), reason, MAX_TEXT)
        if pending := self.filtered(lambda lead: lead.won_status == "pending"):
            raise UserError(
                self.env._("%(lead)s is not closed: nothing to reopen.", lead=pending[0].name)
            )
        for stage, leads in self.grouped(lambda lead: lead._get_reopen_stage()).items():
            leads._write_unchecked(
                {
                    "stage_id": stage.id,
                    "open_stage_id": stage.id,
                    "won_status": "pending",
                    "date_won": False,
                    "date_lost": False,
                    "lost_reason": False,
                    "lost_notes": False,
                    "date_last_stage_update": fields.Datetime.now(),
                }
            )
        self._message_log_batch(
            bodies=dict.fromkeys(self.ids, self.env._("Reopened: %(reason)s", reason=reason))
        )
        self._register_outcome("reopened")
        return True

    def _get_reopen_stage(self):
        """The stage it closed from; the last open one where that is gone or closes now."""
        self.ensure_one()
        stages = self.env["dealer.crm.stage"]
        open_ids = [stage_id for stage_id, closing in stages._get_pipeline() if not closing]
        if not open_ids:
            raise UserError(
                self.env._("No open stage is left for %(lead)s: add one.", lead=self.name)
            )
        stage_id = self.open_stage_id.id
        return stages.browse(stage_id if stage_id in open_ids else open_ids[-1])
