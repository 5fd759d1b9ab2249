from odoo import fields, models
from odoo.tools import SQL

from ..assignment import NO_COUNTRY_PARTNER, NO_ORIGIN, NOBODY

OPEN_STATES = ("assigned", "accepted")
REASONS = [
    (NO_ORIGIN, "The lead has neither a place nor a country"),
    (NO_COUNTRY_PARTNER, "No reseller in its country, and no place to find the nearest one"),
    (NOBODY, "No reseller may get it"),
]
TIERS = [
    ("1", "Within the first radius"),
    ("2", "Within the second radius"),
    ("3", "Within the third radius"),
    ("4", "Same country"),
    ("5", "Nearest anywhere"),
]


class UncheckedMany2one(fields.Many2one):
    """Without foreign key: PostgreSQL would look up the same record for each row of a run."""

    def update_db_foreign_key(self, model, column):
        """Create none."""


class DealerCrmAssignment(models.Model):
    """The log of assignments: who got which lead, why, and the result. Only the lead writes it."""

    _name = "dealer.crm.assignment"
    _description = "Dealer Lead Assignment"
    _inherit = ["dealer.crm.guarded.mixin"]
    _program_only = True
    _order = "id desc"
    _rec_name = "lead_id"
    # `user_id` and `date` take the place of Odoo's log fields.
    _log_access = False

    lead_id = fields.Many2one(
        "dealer.crm.lead", required=True, readonly=True, index=True, ondelete="cascade"
    )
    # Stored, so that the report need not join all leads. The lead's own key keeps the company.
    company_id = UncheckedMany2one(related="lead_id.company_id", store=True)
    partner_id = fields.Many2one(
        "res.partner", "Reseller", readonly=True, index="btree_not_null", ondelete="set null"
    )
    # Emptied by `res.users.unlink`.
    user_id = UncheckedMany2one("res.users", "By", readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    method = fields.Selection(
        [("manual", "By Hand"), ("automatic", "Automatic")], required=True, readonly=True
    )
    tier = fields.Selection(TIERS, readonly=True)
    distance = fields.Float("Distance (km)", digits=(8, 3), readonly=True, aggregator="avg")
    is_measured = fields.Boolean(
        "Distance Known",
        compute="_compute_is_measured",
        help="Whether the lead and the reseller both had a place.",
    )
    candidate_count = fields.Integer(
        "Candidates",
        readonly=True,
        aggregator="avg",
        help="Number of resellers in the tier that could get the lead.",
    )
    weight = fields.Integer(readonly=True, aggregator="avg")
    seed = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Seed of the draw. With the data of that time it gives the same reseller again.",
    )
    reason = fields.Selection(REASONS, "Failure Reason", readonly=True)
    state = fields.Selection(
        [
            ("assigned", "Assigned"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("expired", "Not Accepted in Time"),
            ("withdrawn", "Withdrawn"),
            ("failed", "No Reseller Found"),
        ],
        required=True,
        readonly=True,
    )
    date_accept = fields.Datetime("Accepted On", readonly=True)
    date_end = fields.Datetime("Ended On", readonly=True)
    decline_reason = fields.Text(readonly=True)
    contacted = fields.Boolean("Customer Contacted", readonly=True)
    spam = fields.Boolean(readonly=True)
    to_notify = fields.Boolean(readonly=True)

    _open_uniq = models.UniqueIndex(
        "(lead_id) WHERE state IN ('assigned', 'accepted')",
        "This lead is assigned to a reseller already.",
    )
    _waiting_idx = models.Index("(date) WHERE state = 'assigned'")
    _to_notify_idx = models.Index("(partner_id) WHERE to_notify")

    def _compute_is_measured(self):
        """Read NULL from the database: the ORM reads it as 0 km, which is a distance, too."""
        self.flush_recordset(["distance"])
        measured = {
            row_id
            for (row_id,) in self.env.execute_query(
                SQL(
                    "SELECT id FROM dealer_crm_assignment WHERE id = ANY(%s) AND distance IS NOT NULL",
                    self.ids,
                )
            )
        }
        for row in self:
            row.is_measured = row.id in measured
