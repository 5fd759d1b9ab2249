"""Undo: for some seconds, who closed a lead in the web client can undo the closing.

The outcome waits as long in the outbox, so that the BPO never hears of a slip. Closings by RPC,
import and mass edit do not have the context key, and go at once.
"""

import math
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain

#: context key of the web client's closings
UNDO = "dealer_crm_undo"


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    undo_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="Until then the closing can be undone, and its outcome waits.",
    )
    undo_user_id = fields.Many2one(
        "res.users",
        "May Undo",
        readonly=True,
        copy=False,
        help="Who closed the lead in the web client, and may undo that.",
    )

    def _get_undo_context(self):
        return {UNDO: True} if self.env.context.get(UNDO) else {}

    def _get_undo_values(self):
        """Values of a closing that can be undone; empty if it cannot."""
        seconds = min(self.company_id.sudo().mapped("dealer_undo_seconds"), default=0)
        if not seconds or not self._get_undo_context():
            return {}
        # One second more: a stored time has no fractions.
        until = self.env.cr.now().replace(microsecond=0) + timedelta(seconds=seconds + 1)
        return {"undo_until": until, "undo_user_id": self.env.uid}

    def get_undo_offer(self):
        """What the web client offers after it has closed these leads.

        :return: dict with ``ids``, ``seconds`` left and ``message``; False if nothing can be undone
        """
        self.check_access("read")
        now = self.env.cr.now()
        leads = self.filtered(
            lambda lead: lead.won_status != "pending"
            and lead.undo_user_id == self.env.user
            and lead.undo_until
            and lead.undo_until > now
        )
        if not leads:
            return False
        if len(leads) == 1:
            message = self.env._(
                "%(lead)s is closed in %(stage)s.",
                lead=leads._get_label(),
                stage=leads.stage_id.name,
            )
        else:
            message = self.env._("%(count)s leads are closed.", count=len(leads))
        left = math.ceil((min(leads.mapped("undo_until")) - now).total_seconds())
        # Not more than was set: a closing adds a second.
        seconds = min(left, *leads.company_id.sudo().mapped("dealer_undo_seconds"))
        return {"ids": leads.ids, "seconds": seconds, "message": message}

    def _offer_undo(self):
        """Action of the web client that offers to undo the closing of these leads; empty if none."""
        if not self._get_undo_context() or not (offer := self.get_undo_offer()):
            return {}
        return {"type": "ir.actions.client", "tag": "dealer_crm.offer_undo", "params": offer}

    def action_undo_closing(self):
        """Undo the closing of these leads; all or none.

        They return to the stage that they were closed from, to the archive and to nobody if the
        closing has taken them from there, and their outcomes are withdrawn.

        :raise UserError: naming a lead that was not closed by the user, or too long ago, or whose
            outcome has been sent
        """
        self.check_access("write")
        self._claim()
        self.invalidate_recordset()
        if not self:
            return True
        for lead in self:
            if lead.won_status == "pending":
                raise UserError(
                    self.env._("%(lead)s is not closed: nothing to undo.", lead=lead._get_label())
                )
            if lead.undo_user_id != self.env.user or lead.undo_until < self.env.cr.now():
                raise UserError(
                    self.env._(
                        "%(lead)s: only who closed it can undo that, and only for some seconds."
                        " Ask a Dealer Manager to reopen it.",
                        lead=lead._get_label(),
                    )
                )
        closed_at = self._get_closing_times()
        self._resume_activities(closed_at)
        before = self._get_values_before(closed_at)
        self._return_to_open_stage()
        self.env["dealer.crm.lead.stay"]._withdraw(self)
        for lead, values in before.items():
            lead._write_unchecked(values)
        self._message_log_batch(
            bodies=dict.fromkeys(self.ids, self.env._("The closing was undone."))
        )
        self._register_outcome("undone")
        return True

    def _get_closing_times(self):
        """Dict of lead id to the second in which it was closed."""
        return {
            lead.id: lead.undo_until
            - timedelta(seconds=lead.company_id.sudo().dealer_undo_seconds + 1)
            for lead in self
        }

    def _get_values_before(self, closed_at):
        """Dict of lead to what its closing has changed beside the stage, from the chatter.

        A closing takes leads out of the archive, and leads of nobody for the user.
        """
        changes = (
            self.env["mail.tracking.value"]
            .sudo()
            .search(
                Domain("mail_message_id.model", "=", self._name)
                & Domain("mail_message_id.res_id", "in", self.ids)
                & Domain("field_id.name", "in", ["active", "user_id"])
                & Domain("old_value_integer", "in", [0, False])
                & Domain("create_date", ">=", min(closed_at.values()))
            )
        )
        before = {}
        for change in changes:
            lead = self.browse(change.mail_message_id.res_id)
            name = change.field_id.name
            in_closing = change.create_date.replace(microsecond=0) == closed_at[lead.id]
            # Not if a colleague has got it since.
            if in_closing and (name == "active" or lead.user_id == lead.undo_user_id):
                before.setdefault(lead, {})[name] = False
        return before

    def _resume_activities(self, closed_at):
        """Open the activities again that ended with the closing of these leads."""
        ended = (
            self.env["mail.activity"]
            .sudo()
            .search(
                Domain("res_model", "=", self._name)
                & Domain("res_id", "in", self.ids)
                & Domain("active", "=", False)
                & Domain("write_date", ">=", min(closed_at.values()))
            )
        )
        # Not what somebody has done since.
        ended.filtered(
            lambda activity: activity.write_date.replace(microsecond=0)
            == closed_at[activity.res_id]
        ).action_unarchive()

    def _withdraw_outcome(self):
        """Cancel the unsent outcomes of these leads' last closing."""
        rows = self.env["dealer.crm.callback"].sudo().search([("lead_id", "in", self.ids)])
        rows = rows.filtered(lambda row: row.sequence == row.lead_id.callback_sequence)
        sent = self.env._(
            "The BPO is being informed already, so the closing cannot be undone. Ask a Dealer"
            " Manager to reopen the lead."
        )
        try:
            rows.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(sent) from error
        if any(row.state != "pending" or row.first_attempt_at for row in rows):
            raise UserError(sent)
        rows._cancel()
        note = self.env._("The closing was undone before this outcome was sent.")
        rows._message_log_batch(bodies=dict.fromkeys(rows.ids, note))
