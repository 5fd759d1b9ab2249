from odoo import api, fields, models
from odoo.fields import Domain

from .dealer_crm_callback_enqueue import to_iso
from .dealer_crm_lead_sale import CONFIRMED


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"
    _program_fields = frozenset({"callback_ids", "callback_sequence"})

    callback_ids = fields.One2many("dealer.crm.callback", "lead_id", "BPO Callbacks", copy=False)
    callback_sequence = fields.Integer(
        readonly=True, copy=False, aggregator=None, help="Number of the newest outcome queued."
    )
    callback_state = fields.Selection(
        selection="_selection_callback_state",
        string="BPO Informed",
        compute="_compute_callback_state",
        search="_search_callback_state",
    )

    @api.model
    def _selection_callback_state(self):
        return self.env["dealer.crm.callback"]._fields["state"]._description_selection(self.env)

    @api.depends("callback_ids.state", "callback_sequence")
    def _compute_callback_state(self):
        informed = self.filtered("callback_sequence")
        newest = self.env["dealer.crm.callback"].sudo()._get_newest_states(informed.ids)
        for lead in self:
            lead.callback_state = newest.get(lead._origin.id, False)

    def _search_callback_state(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        states = [state for state in value if state and isinstance(state, str)]
        for state in states:
            self._check_text(self._fields["callback_state"]._description_string(self.env), state)
        newest = self.env["dealer.crm.callback"].sudo()._get_newest_query(states)
        found = Domain("id", "in", newest)
        if False in value:
            found |= Domain("callback_sequence", "=", 0)
        return ~found if operator == "not in" else found

    def _register_outcome(self, outcome):
        result = super()._register_outcome(outcome)
        endorsed = self.filtered("bpo_source_lead_id")
        if endorsed:
            self.env["dealer.crm.callback"].sudo()._enqueue(endorsed, outcome)
        return result

    def _next_callback_sequences(self):
        """Dict of the next outcome's number by lead id; they are written with what closes the leads."""
        untracked = self.sudo().with_context(mail_notrack=True)
        for last, leads in untracked.grouped("callback_sequence").items():
            leads._write_unchecked({"callback_sequence": last + 1})
        return {lead.id: lead.callback_sequence for lead in self}

    def _get_outcome_payload(self, outcome, orders):
        """What the BPO is told of this lead (dict of JSON values).

        :param orders: its sale orders, for 'won'
        """
        self.ensure_one()
        payload = {
            "bpo_source_lead_id": self.bpo_source_lead_id,
            "dealer_lead_id": self.id,
            "dealer_lead_name": self.name,
            "dealer_company": self.company_id.name,
        }
        if outcome == "won":
            payload["date_won"] = to_iso(self.date_won)
            payload.update(self._get_order_payload(orders))
        elif outcome == "lost":
            payload["date_lost"] = to_iso(self.date_lost)
            payload["lost_reason"] = self.lost_reason.name
            payload["lost_notes"] = self.lost_notes or ""
        return payload

    def _get_order_payload(self, orders):
        """The confirmed orders, each with its own amount and currency; the first one also by itself."""
        told = [
            {
                "name": order.name,
                "amount_total": order.currency_id.round(order.amount_total),
                "currency": order.currency_id.name,
            }
            for order in orders.filtered(lambda order: order.state in CONFIRMED).sorted("id")
        ]
        return {"sale_order": told[0], "sale_orders": told}
