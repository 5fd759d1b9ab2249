from odoo import fields, models
from odoo.tools import SQL


class DealerCrmPartnershipReport(models.Model):
    """Leads, revenue and commissions of partners.

    One row for each assigned lead, for each assignment that ended without a result, and for each
    entry of a commission that is not refused. Every figure is in one row only, so sums are correct for any grouping.
    """

    _name = "dealer.crm.partnership.report"
    _description = "Partnership Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "partner_id"
    _depends = {
        "dealer.crm.assignment": [
            "company_id",
            "date",
            "date_accept",
            "lead_id",
            "partner_id",
            "state",
        ],
        "dealer.crm.commission": [
            "company_id",
            "date_assign",
            "lead_id",
            "partner_id",
        ],
        "dealer.crm.commission.entry": ["amount_company", "commission_id", "state"],
        "dealer.crm.lead": [
            "company_id",
            "date_partner_accept",
            "date_partner_assign",
            "expected_price",
            "partner_assigned_id",
            "won_revenue",
            "won_status",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["country_id", "dealer_activation_id", "dealer_level_id", "user_id"],
    }

    partner_id = fields.Many2one("res.partner", "Reseller", readonly=True)
    level_id = fields.Many2one("dealer.crm.partner.level", readonly=True)
    activation_id = fields.Many2one("dealer.crm.partner.activation", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    lead_id = fields.Many2one("dealer.crm.lead", readonly=True)
    date = fields.Datetime("Assigned On", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    assigned_count = fields.Integer("Leads Assigned", readonly=True)
    accepted_count = fields.Integer("Leads Accepted", readonly=True)
    declined_count = fields.Integer("Leads Declined", readonly=True)
    won_count = fields.Integer("Leads Won", readonly=True)
    lost_count = fields.Integer("Leads Lost", readonly=True)
    win_rate = fields.Float(
        "Win Rate (%)",
        readonly=True,
        aggregator="avg",
        help="Share of won leads among closed ones.",
    )
    expected_revenue = fields.Monetary(readonly=True)
    won_revenue = fields.Monetary(readonly=True)
    commission = fields.Monetary(readonly=True)
    hours_to_accept = fields.Float(readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT r.id, r.partner_id, p.dealer_level_id AS level_id,
                   p.dealer_activation_id AS activation_id, p.country_id, p.user_id, r.company_id,
                   r.lead_id, r.date, o.currency_id, r.assigned_count, r.accepted_count,
                   r.declined_count, r.won_count, r.lost_count,
                   100.0 * r.won_count / NULLIF(r.won_count + r.lost_count, 0) AS win_rate,
                   r.expected_revenue, r.won_revenue, r.commission, r.hours_to_accept
              FROM (
                SELECT l.id::bigint * 3 AS id, l.partner_assigned_id AS partner_id, l.company_id,
                       l.id AS lead_id, l.date_partner_assign AS date, 1 AS assigned_count,
                       (l.date_partner_accept IS NOT NULL)::int AS accepted_count,
                       0 AS declined_count,
                       (l.won_status = 'won')::int AS won_count,
                       (l.won_status = 'lost')::int AS lost_count,
                       l.expected_price AS expected_revenue, l.won_revenue,
                       NULL::numeric AS commission,
                       EXTRACT(EPOCH FROM l.date_partner_accept - l.date_partner_assign) / 3600
                           AS hours_to_accept
                  FROM dealer_crm_lead l
                 WHERE l.partner_assigned_id IS NOT NULL
                UNION ALL
                SELECT a.id::bigint * 3 + 1, a.partner_id, a.company_id, a.lead_id, a.date, 1,
                       (a.date_accept IS NOT NULL)::int, (a.state = 'declined')::int, 0, 0,
                       NULL, NULL, NULL, EXTRACT(EPOCH FROM a.date_accept - a.date) / 3600
                  FROM dealer_crm_assignment a
                 WHERE a.state IN ('declined', 'expired', 'withdrawn')
                   AND a.partner_id IS NOT NULL
                UNION ALL
                SELECT e.id::bigint * 3 + 2, c.partner_id, c.company_id, c.lead_id, c.date_assign,
                       0, 0, 0, 0, 0, NULL, NULL, e.amount_company, NULL
                  FROM dealer_crm_commission_entry e
                  JOIN dealer_crm_commission c ON c.id = e.commission_id
                 WHERE e.state != 'refused'
              ) r
              LEFT JOIN res_partner p ON p.id = r.partner_id
              LEFT JOIN res_company o ON o.id = r.company_id
            """
        )

    def _read_group_select(self, aggregate_spec, query):
        """Aggregate the win rate from the sums; a mean of rates would be wrong."""
        if aggregate_spec != "win_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100.0 * SUM(%(won)s) / NULLIF(SUM(%(won)s) + SUM(%(lost)s), 0)",
            won=self._field_to_sql(self._table, "won_count", query),
            lost=self._field_to_sql(self._table, "lost_count", query),
        )
