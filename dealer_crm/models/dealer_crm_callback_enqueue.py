"""Writing an outcome down, in the transaction that made it."""

import uuid

from psycopg2.extras import Json

from odoo import api, models
from odoo.fields import Domain

from ..bpo.payload import SCHEMA_VERSION, freeze

BATCH = 1000


def to_iso(moment):
    """ISO 8601 with the zone spelled, from Odoo's UTC datetime."""
    return f"{moment.isoformat(timespec='seconds')}Z"


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"

    @api.model
    def _enqueue(self, leads, outcome):
        """Write the outcome of each endorsed lead down, in the transaction that made it.

        One row a lead, in one batch, and one trigger of the dispatcher.
        """
        connections = self.env["dealer.crm.bpo.connection"]._get_for_companies(leads.company_id)
        if outcome == "reopened":
            leads = leads.filtered(
                lambda lead: (
                    (connection := connections.get(lead.company_id)) and connection._can("reopened")
                )
            )
        if not leads:
            return
        langs = {
            company: self.env["dealer.crm.bpo.connection"]._get_wire_lang(
                company, connections.get(company)
            )
            for company in leads.company_id
        }
        sequences = leads._next_callback_sequences()
        orders = leads._get_gate_orders() if outcome == "won" else {}
        moment = self.env.cr.now()
        common = self._get_common_payload(outcome, moment)
        rows, delayed = [], []
        for lead in leads:
            event_id = str(uuid.uuid4())
            payload = {
                **common,
                "event_id": event_id,
                "sequence": sequences[lead.id],
                **lead.with_context(lang=langs[lead.company_id])._get_outcome_payload(
                    outcome, orders.get(lead)
                ),
            }
            connection = connections.get(lead.company_id)
            waits = not connection or connection.state == "held"
            if waits:
                delayed.append(lead.id)
            rows.append(
                (
                    lead.id,
                    lead.company_id.id,
                    connection.id if connection else None,
                    lead.bpo_source_lead_id,
                    lead._get_bpo_sender(),
                    event_id,
                    sequences[lead.id],
                    outcome,
                    Json(freeze(payload)),
                    moment,
                    waits,
                    self.env.uid,
                    moment,
                )
            )
        # Whoever closes a lead second is told that it is closed, not that its number is taken.
        leads.flush_recordset()
        self.env.cr.execute_values(
            """
            INSERT INTO dealer_crm_callback
                   (lead_id, company_id, connection_id, bpo_source_lead_id, bpo_sender, event_id,
                    sequence, outcome, payload, state, attempt_count, next_attempt_at, delay_noted,
                    create_uid, create_date)
            VALUES %s
            """,
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, %s, %s, 'pending', 0, %s, %s, %s, %s)",
            page_size=BATCH,
        )
        leads.invalidate_recordset(["callback_ids", "callback_state"], flush=False)
        self._trigger_delivery()
        self._log_delay(delayed)

    @api.model
    def _get_common_payload(self, outcome, moment):
        uuid_ = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return {
            "schema_version": SCHEMA_VERSION,
            "outcome": outcome,
            "occurred_at": to_iso(moment),
            "dealer_instance": uuid_,
            "actor": self.env.user.name,
        }

    @api.model
    def _get_last_sequence(self, company, bpo_source_lead_id, senders):
        """Number of the newest outcome of a BPO's lead, whose first dealer lead may be deleted.

        :param senders: list of the names its BPO goes by, the present one first, which the rows
            with one of the others get
        """
        key = Domain("company_id", "=", company.id) & Domain(
            "bpo_source_lead_id", "=", bpo_source_lead_id
        )
        [[last]] = self._read_group(
            key & Domain("bpo_sender", "in", [False, *senders]), aggregates=["sequence:max"]
        )
        if last:
            renamed = self.search(key & Domain("bpo_sender", "in", senders[1:]))
            renamed._write_unchecked({"bpo_sender": senders[0]})
        return last or 0
