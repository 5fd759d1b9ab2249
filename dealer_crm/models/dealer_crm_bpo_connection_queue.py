from odoo import api, fields, models


class DealerCrmBpoConnection(models.Model):
    _inherit = "dealer.crm.bpo.connection"

    waiting_count = fields.Integer("Waiting", compute="_compute_queue")
    parked_count = fields.Integer("Parked", compute="_compute_queue")
    oldest_due_age = fields.Float(
        "Oldest Due For", compute="_compute_queue", help="Hours and minutes."
    )

    @api.depends("company_id")
    def _compute_queue(self):
        """What the BPO does not know yet, by company: rows may be older than their connection."""
        queues = {
            (company, state): (count, due)
            for company, state, count, due in self.env["dealer.crm.callback"]._read_group(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("state", "in", ("pending", "parked")),
                ],
                ["company_id", "state"],
                ["__count", "next_attempt_at:min"],
            )
        }
        now = fields.Datetime.now()
        for connection in self:
            waiting, due = queues.get((connection.company_id, "pending"), (0, False))
            connection.waiting_count = waiting
            connection.parked_count = queues.get((connection.company_id, "parked"), (0, False))[0]
            connection.oldest_due_age = max((now - due).total_seconds() / 3600, 0) if due else 0
