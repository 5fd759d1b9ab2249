from odoo import api, fields, models
from odoo.exceptions import AccessError

from .mail_thread import as_program, is_program


class BpoDealerCallback(models.Model):
    """The inbox: every outcome that was applied or stale, to recognise duplicates.

    Rejected outcomes are not kept: they may be sent again once the cause is corrected.
    """

    _name = "bpo.dealer.callback"
    _description = "Dealer Callback"
    _order = "id desc"
    _rec_name = "event_id"

    dealer_id = fields.Many2one("bpo.dealer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="dealer_id.company_id", store=True)
    dealer_instance = fields.Char(required=True, help="The dealer's database")
    event_id = fields.Char("Event", required=True)
    lead_id = fields.Many2one("crm.lead", index=True, ondelete="set null")
    bpo_source_lead_id = fields.Integer("Lead Number", required=True, aggregator=None)
    sequence = fields.Integer(required=True, aggregator=None)
    outcome = fields.Selection(
        [("won", "Won"), ("lost", "Lost"), ("reopened", "Reopened")], required=True
    )
    status = fields.Selection(
        [("applied", "Applied"), ("stale", "Stale")],
        required=True,
        help="Stale: a newer outcome had been applied before this one arrived.",
    )
    occurred_at = fields.Char(help="The dealer's time, as sent (UTC)")
    duplicate_count = fields.Integer("Repeats", help="Times it was sent again")
    payload = fields.Text()

    _event_unique = models.UniqueIndex(
        "(dealer_instance, event_id)", "This outcome was received before."
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_program()
        return super().create(vals_list)

    def write(self, vals):
        self._check_program()
        return super().write(vals)

    def _check_program(self):
        """Refuse everything but our own code and the superuser, also with ``sudo``."""
        if not is_program(self.env):
            raise AccessError(
                self.env._("Dealer callbacks are created and changed by the program only.")
            )

    def _lock_inbox(self):
        """Let only one transaction at a time apply outcomes; reading is not blocked.

        All outcomes update the same rows of crm's statistics. Two transactions at once would end in
        a serialization failure, and Odoo waits for seconds before it runs one again. Locking a
        table takes no snapshot, so a transaction that waited sees the changes of the one before.
        """
        self.env.cr.execute("LOCK TABLE bpo_dealer_callback IN SHARE ROW EXCLUSIVE MODE")

    def _find_events(self, outcomes):
        """``{(dealer_instance, event_id): row}`` of the outcomes that were received before."""
        rows = self.search(
            [
                ("event_id", "in", [outcome.event_id for outcome in outcomes]),
                ("dealer_instance", "in", [outcome.dealer_instance for outcome in outcomes]),
            ]
        )
        return {(row.dealer_instance, row.event_id): row for row in rows}

    def _record(self, items, statuses):
        """Create the rows of ``items``, a list of (lead, outcome), with their ``statuses``."""
        return as_program(self).create(
            [
                {
                    "dealer_id": lead.dealer_id.id,
                    "dealer_instance": outcome.dealer_instance,
                    "event_id": outcome.event_id,
                    "lead_id": lead.id,
                    "bpo_source_lead_id": outcome.bpo_source_lead_id,
                    "sequence": outcome.sequence,
                    "outcome": outcome.outcome,
                    "status": status,
                    "occurred_at": outcome.occurred_at,
                    "payload": outcome.raw,
                }
                for (lead, outcome), status in zip(items, statuses, strict=True)
            ]
        )
