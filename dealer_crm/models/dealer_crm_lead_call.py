"""Phone calls with the customer of a lead."""

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..text import text_to_html
from .dealer_crm_text_mixin import MAX_TEXT


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    call_count = fields.Integer("Calls", readonly=True, copy=False)

    def action_log_call(self):
        """Open the wizard that asks for the result of a call."""
        self.check_access("write")
        if len(self) != 1:
            raise UserError(self.env._("Choose one lead: each call is logged by itself."))
        self._check_may_call()
        xml_id = "dealer_crm.dealer_crm_lead_call_action"
        return self._get_action(xml_id, dialog_size="medium", default_lead_id=self.id)

    def log_call(self, result, note=None):
        """Count a call of the current user with the customer, and note it in the chatter.

        :param str result: 'reached', 'no_answer', 'busy', 'wrong_number' or 'voicemail'
        :param str note: plain text
        :raise UserError: if a lead is closed or archived
        :raise ValidationError: if the result or the note is none
        """
        self.check_access("write")
        self._check_may_call()
        wizard = self.env["dealer.crm.lead.call"]
        labels = dict(wizard._fields["result"]._description_selection(self.env))
        if not isinstance(result, str) or result not in labels:
            raise ValidationError(
                self.env._(
                    'The result of a call is one of %(results)s, not "%(result)s".',
                    results=", ".join(labels),
                    result=str(result)[:64],
                )
            )
        lines = [self.env._("Call: %(result)s", result=labels[result])]
        if note:
            self._check_text(self.env._("Note"), note, MAX_TEXT)
            lines.append(note)
        for count, leads in self.grouped("call_count").items():
            leads._write_unchecked({"call_count": count + 1})
        self._message_log_batch(bodies=dict.fromkeys(self.ids, text_to_html("\n".join(lines))))
        self._finish_planned_calls()
        self._register_first_contact()
        return True

    def _check_may_call(self):
        """:raise UserError: naming the leads that are closed or archived"""
        refusals = []
        for lead in self:
            if lead.won_status != "pending":
                refusals.append(
                    self.env._(
                        "%(lead)s is closed: log a note, or ask a Dealer Manager to reopen it.",
                        lead=lead._get_label(),
                    )
                )
            elif not lead.active:
                refusals.append(
                    self.env._("%(lead)s is archived: unarchive it first.", lead=lead._get_label())
                )
        self._raise_refusals(refusals)

    def _finish_planned_calls(self):
        """Mark the calls done that the current user has planned until today."""
        planned = self.env["mail.activity"].search(
            Domain("res_model", "=", self._name)
            & Domain("res_id", "in", self.ids)
            & Domain("user_id", "=", self.env.uid)
            & Domain("activity_type_id.category", "=", "phonecall")
            & Domain("date_deadline", "<=", fields.Date.context_today(self))
        )
        planned._action_done()

    def _plan_call(self, days, result):
        """Plan another call by the current user, on the first working day after ``days`` days."""
        for lead in self:
            date = fields.Date.add(fields.Date.context_today(self), days=days)
            lead.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=lead.company_id._get_working_day(date) if days else date,
                summary=(
                    self.env._("Find the right number")
                    if result == "wrong_number"
                    else self.env._("Call again")
                ),
                user_id=self.env.uid,
                automated=False,
            )
