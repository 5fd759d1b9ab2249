"""The outcome of a lead: the row with its payload for the outbox, and the state of the callback."""

import uuid

from odoo import api, fields, models
from odoo.fields import Domain

from ..bpo.payload import freeze
from .dealer_crm_lead_sale import CONFIRMED


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    callback_ids = fields.One2many(
        "dealer.crm.callback", "lead_id", "BPO Callbacks", readonly=True, copy=False
    )
    callback_sequence = fields.Integer(
        readonly=True, copy=False, aggregator=None, help="Number of the newest outcome queued."
    )
    callback_state = fields.Selection(
        selection="_selection_callback_state",
        string="BPO Informed",
        compute="_compute_callback_state",
        search="_search_callback_state",
    )

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

    def _queue_outcome(self, outcome):
        """Enqueue the outcome of each endorsed lead, in the current transaction.

        :param outcome: 'won', 'lost' or 'reopened'; the latter only goes to a BPO that announced it
        """
        leads = self.filtered("bpo_source_lead_id")
        connections = self.env["dealer.crm.bpo.connection"]._get_for_companies(leads.company_id)
        if outcome == "reopened":
            listening = [company for company, each in connections.items() if each._can("reopened")]
            leads = leads.filtered(lambda lead: lead.company_id in listening)
        if not leads:
            return
        rows = leads._prepare_outcome_rows(outcome, connections)
        # If another transaction has closed a lead, conflict here, before the insert finds the
        # number of the outcome taken.
        leads.flush_recordset()
        self.env["dealer.crm.callback"].sudo()._enqueue(rows)
        leads.invalidate_recordset(["callback_ids", "callback_state"], flush=False)

    def _prepare_outcome_rows(self, outcome, connections):
        """List of rows for ``_enqueue`` of ``dealer.crm.callback``, one for each lead.

        :param connections: dict of company to connection
        """
        sequences = self._next_callback_sequences()
        orders = self._get_gate_orders() if outcome == "won" else {}
        parameters = self.env["ir.config_parameter"].sudo()
        common = {
            "outcome": outcome,
            "occurred_at": self.env.cr.now(),
            "dealer_instance": parameters.get_param("database.uuid"),
            "actor": self.env.user.name,
        }
        rows = []
        for company, leads in self.grouped("company_id").items():
            connection = connections.get(company)
            lang = self.env["dealer.crm.bpo.connection"]._get_wire_lang(company, connection)
            for lead in leads.with_context(lang=lang):
                identity = {"event_id": str(uuid.uuid4()), "sequence": sequences[lead.id]}
                payload = lead._get_outcome_payload(outcome, orders.get(lead))
                rows.append(
                    {
                        **identity,
                        "lead_id": lead.id,
                        "company_id": company.id,
                        "connection_id": connection.id if connection else None,
                        "bpo_source_lead_id": lead.bpo_source_lead_id,
                        "bpo_sender": lead._get_bpo_sender(),
                        "outcome": outcome,
                        "payload": freeze({**common, **identity, **payload}),
                        "delay_noted": not connection or connection.state == "held",
                        "next_attempt_at": lead.undo_until or None,
                    }
                )
        return rows

    def _next_callback_sequences(self):
        """Increment the number of the newest outcome on each lead; dict of lead id to number."""
        untracked = self.sudo().with_context(mail_notrack=True)
        for last, leads in untracked.grouped("callback_sequence").items():
            leads._write_unchecked({"callback_sequence": last + 1})
        return {lead.id: lead.callback_sequence for lead in self}

    def _get_outcome_payload(self, outcome, orders):
        """The payload's values of this lead (dict, see ``freeze``).

        :param orders: the lead's sale orders; only needed for 'won'
        """
        self.ensure_one()
        payload = {
            "bpo_source_lead_id": self.bpo_source_lead_id,
            "dealer_lead_id": self.id,
            "dealer_lead_name": self.name,
            "dealer_company": self.company_id.name,
        }
        if outcome == "won":
            payload["date_won"] = self.date_won
            payload.update(self._get_order_payload(orders))
        elif outcome == "lost":
            payload["date_lost"] = self.date_lost
            payload["lost_reason"] = self.lost_reason.name
            payload["lost_notes"] = self.lost_notes or ""
        return payload

    def _get_order_payload(self, orders):
        """Dict of ``sale_orders``, the confirmed ones, and ``sale_order``, the first of them."""
        values = [
            {
                "name": order.name,
                "amount_total": order.currency_id.round(order.amount_total),
                "currency": order.currency_id.name,
            }
            for order in orders.filtered(lambda order: order.state in CONFIRMED).sorted("id")
        ]
        return {"sale_order": values[0], "sale_orders": values}
