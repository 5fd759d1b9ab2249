from odoo import fields, models
from odoo.tools import SQL


class DealerCrmResponseReport(models.Model):
    """How fast new leads were contacted: one row for each lead with a limit.

    A lead is within the limit or late; or neither, as long as there is time, or if it was closed
    before its time was up. So sums are correct for any grouping.
    """

    _name = "dealer.crm.response.report"
    _description = "Response Time"
    _inherit = ["dealer.crm.lead.link.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _depends = {
        "dealer.crm.lead": [
            "active",
            "company_id",
            "create_date",
            "date_first_contact",
            "date_lost",
            "date_won",
            "first_contact_deadline",
            "response_minutes",
            "source_id",
            "team_id",
            "user_id",
        ],
    }

    lead_id = fields.Many2one("dealer.crm.lead", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    date = fields.Datetime("Arrived On", readonly=True)
    lead_count = fields.Integer("Leads", readonly=True)
    contacted_count = fields.Integer("Contacted", readonly=True)
    within_count = fields.Integer("Within the Limit", readonly=True)
    late_count = fields.Integer("Late", readonly=True)
    within_share = fields.Float(
        "Within the Limit (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the leads that were contacted in time, among these and the late ones.",
    )
    response_minutes = fields.Float(
        "Median Response Time (minutes)",
        readonly=True,
        aggregator="median",
        help="Working time from the arrival to the first contact, of the leads contacted.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT l.id, l.id AS lead_id, l.company_id, l.team_id, l.user_id, l.source_id,
                   l.create_date AS date,
                   1 AS lead_count, (l.date_first_contact IS NOT NULL)::int AS contacted_count,
                   COALESCE(l.date_first_contact <= l.first_contact_deadline, FALSE)::int AS within_count,
                   (%(end)s > l.first_contact_deadline)::int AS late_count,
                   CASE WHEN l.date_first_contact <= l.first_contact_deadline THEN 100.0
                        WHEN %(end)s > l.first_contact_deadline THEN 0.0 END AS within_share,
                   CASE WHEN l.date_first_contact IS NOT NULL THEN l.response_minutes END
                       AS response_minutes
              FROM dealer_crm_lead l
             WHERE l.first_contact_deadline IS NOT NULL AND l.active IS TRUE
            """,
            end=SQL(
                "COALESCE(l.date_first_contact, l.date_won, l.date_lost, now() AT TIME ZONE 'UTC')"
            ),
        )

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != "response_minutes:median":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)",
            self._field_to_sql(self._table, "response_minutes", query),
        )
