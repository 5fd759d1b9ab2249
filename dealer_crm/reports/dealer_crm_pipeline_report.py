from odoo import fields, models
from odoo.tools import SQL


class DealerCrmPipelineReport(models.Model):
    """What leads are worth, how many were won, how long that took: one row for each lead."""

    _name = "dealer.crm.pipeline.report"
    _description = "Pipeline Analysis"
    _inherit = ["dealer.crm.lead.link.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _depends = {
        "dealer.crm.lead": [
            "active",
            "bpo_source_lead_id",
            "brand_id",
            "company_currency",
            "company_id",
            "create_date",
            "date_closed",
            "date_first_contact",
            "expected_price",
            "lost_reason",
            "product_id",
            "response_minutes",
            "source_id",
            "stage_id",
            "team_id",
            "user_id",
            "won_status",
        ],
    }

    lead_id = fields.Many2one("dealer.crm.lead", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    stage_id = fields.Many2one("dealer.crm.stage", readonly=True)
    won_status = fields.Selection(
        [("pending", "Open"), ("won", "Won"), ("lost", "Lost")], "Won/Lost", readonly=True
    )
    lost_reason = fields.Many2one("dealer.crm.lost.reason", readonly=True)
    origin = fields.Selection(
        [("bpo", "Endorsed by the BPO"), ("walk_in", "Walk-in")], readonly=True
    )
    source_id = fields.Many2one("utm.source", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    brand_id = fields.Many2one("product.category", "Brand", readonly=True)
    date = fields.Datetime("Arrived On", readonly=True)
    date_closed = fields.Datetime("Closed On", readonly=True)
    lead_count = fields.Integer("Leads", readonly=True)
    won_count = fields.Integer("Won", readonly=True)
    lost_count = fields.Integer("Lost", readonly=True)
    win_rate = fields.Float(
        "Win Rate (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the won leads among the closed ones.",
    )
    expected_revenue = fields.Monetary("Expected Price", readonly=True)
    won_revenue = fields.Monetary("Won Price", readonly=True)
    days_to_close = fields.Float(
        readonly=True, aggregator="avg", help="From the arrival to Won or Lost."
    )
    days_to_win = fields.Float(readonly=True, aggregator="avg", help="From the arrival to Won.")
    velocity = fields.Float(
        "Velocity (a day)",
        readonly=True,
        aggregator="sum",
        help="What was won, divided by the average days to win: leads × win rate × average price of"
        " a won lead ÷ average days to win.",
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
            SELECT l.id, l.id AS lead_id, l.company_id, l.company_currency AS currency_id, l.team_id,
                   l.user_id, l.stage_id, l.won_status, l.lost_reason, l.source_id, l.product_id,
                   l.brand_id,
                   CASE WHEN l.bpo_source_lead_id > 0 THEN 'bpo' ELSE 'walk_in' END AS origin,
                   l.create_date AS date, l.date_closed,
                   1 AS lead_count, (l.won_status = 'won')::int AS won_count,
                   (l.won_status = 'lost')::int AS lost_count,
                   CASE l.won_status WHEN 'won' THEN 100.0 WHEN 'lost' THEN 0.0 END AS win_rate,
                   l.expected_price AS expected_revenue,
                   CASE l.won_status WHEN 'won' THEN l.expected_price END AS won_revenue,
                   CASE WHEN l.won_status != 'pending' THEN
                       EXTRACT(EPOCH FROM l.date_closed - l.create_date) / 86400
                       END AS days_to_close,
                   CASE l.won_status WHEN 'won' THEN
                       EXTRACT(EPOCH FROM l.date_closed - l.create_date) / 86400 END AS days_to_win,
                   NULL::numeric AS velocity,
                   CASE WHEN l.date_first_contact IS NOT NULL THEN l.response_minutes END
                       AS response_minutes
              FROM dealer_crm_lead l
             WHERE l.active IS TRUE
            """
        )

    def _read_group_select(self, aggregate_spec, query):
        """Add the aggregates of our own; do not convert where all companies have one currency.

        Odoo would sort all currencies of each group, which takes longer than everything else.
        """

        def column(name):
            return self._field_to_sql(self._table, name, query)

        if aggregate_spec == "response_minutes:median":
            return SQL(
                "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)", column("response_minutes")
            )
        if aggregate_spec == "velocity:sum":
            return SQL("SUM(%s) / NULLIF(AVG(%s), 0)", column("won_revenue"), column("days_to_win"))
        currency = self.env.companies.currency_id
        if currency == self.env.company.currency_id and not self.env.su:
            if aggregate_spec == "currency_id:array_agg_distinct":
                return SQL("ARRAY[%s]", currency.id)
            aggregate_spec = aggregate_spec.replace(":sum_currency", ":sum")
        return super()._read_group_select(aggregate_spec, query)
