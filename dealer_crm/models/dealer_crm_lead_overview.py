"""What a manager's screen *Overview* counts, and the searches behind its lists."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column, table_exists

from .dealer_crm_lead_sale import CLOSED_TRANSFER, CONFIRMED

#: days of the trend; as many days before them are what it is compared with
TREND_DAYS = 7
UNINFORMED = ("pending", "sending", "parked")
#: what an order waits for, the most urgent first; the last one is no wait
SALE_STEPS = ("stock", "handover", "rest", "empty", "quotation", "ready")
BLOCKED_STEPS = SALE_STEPS[:-1]
#: the counts of what is to do stop here
MOST = 10_000
#: SQL that fills the new columns of leads that are there before an upgrade
FILL = {
    "date_closed": "UPDATE dealer_crm_lead SET date_closed = COALESCE(date_won, date_lost)"
    " WHERE COALESCE(date_won, date_lost) IS NOT NULL",
    "has_order": "UPDATE dealer_crm_lead SET has_order = TRUE"
    " WHERE id IN (SELECT dealer_crm_lead_id FROM sale_order)",
}
#: lines that sell nothing, by the column that other addons add; see ``_is_sold``
SIDE_LINES = ("is_delivery", "is_reward_line")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    sale_step = fields.Selection(
        [
            ("quotation", "Quotation to confirm"),
            ("stock", "Waits for stock"),
            ("handover", "To deliver"),
            ("rest", "Not delivered in full"),
            ("empty", "No products ordered"),
            ("ready", "Ready to win"),
        ],
        compute="_compute_sale_step",
        search="_search_sale_step",
        help="What the orders of an open lead wait for; empty without orders.",
    )

    date_closed = fields.Datetime(
        "Closed On",
        compute="_compute_date_closed",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    has_order = fields.Boolean(
        readonly=True, copy=False, help="An order is, or was, linked to the lead."
    )

    # What the Overview and the analyses read of the open leads alone.
    _ordered_idx = models.Index("(id) WHERE has_order IS TRUE AND won_status = 'pending'")
    _blocked_idx = models.Index(
        "(id) WHERE kanban_state = 'blocked' AND won_status = 'pending' AND active IS TRUE"
    )
    _open_idx = models.Index(
        "(stage_id, date_last_stage_update) INCLUDE (company_id, user_id, expected_price)"
        " WHERE won_status = 'pending' AND active IS TRUE"
    )

    def _auto_init(self):
        """Fill the new columns of leads that are there already, in one statement each."""
        cr = self.env.cr
        is_upgrade = table_exists(cr, self._table)
        for name, statement in FILL.items():
            if is_upgrade and not column_exists(cr, self._table, name):
                create_column(cr, self._table, name, self._fields[name].column_type[1])
                cr.execute(statement)
        return super()._auto_init()

    @api.depends("date_won", "date_lost")
    def _compute_date_closed(self):
        for lead in self:
            lead.date_closed = lead.date_won or lead.date_lost

    def _mark_ordered(self):
        """Remember that an order is linked to these leads, for the search of ``sale_step``."""
        self.filtered(lambda lead: not lead.has_order)._write_unchecked({"has_order": True})

    @api.depends("won_status", "won_blockers")
    def _compute_sale_step(self):
        for lead, orders in self._get_gate_orders().items():
            valid = orders.filtered(lambda order: order.state != "cancel")
            is_open = lead.won_status == "pending"
            lead.sale_step = bool(is_open and valid) and lead._get_sale_step(valid)

    def _get_sale_step(self, orders):
        """The most urgent of ``SALE_STEPS`` of these ``orders`` (with sudo)."""
        confirmed = orders.filtered(lambda order: order.state in CONFIRMED)
        if not confirmed:
            return "quotation"
        states = {order._get_delivery_state() for order in confirmed}
        for step in SALE_STEPS:
            if step in states:
                return step
        return "ready" if any(order._get_sold_lines() for order in confirmed) else "empty"

    def _search_sale_step(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        steps = [step for step in value if step in SALE_STEPS]
        found = Domain("id", "in", self._get_sale_query(steps))
        if False in value:
            found |= ~Domain("id", "in", self._get_sale_query(SALE_STEPS))
        return ~found if operator == "not in" else found

    def _get_sale_query(self, steps):
        """SQL query of the ids of the open leads whose orders are at one of ``steps``."""
        return SQL(
            "(SELECT lead_id FROM %s AS sale WHERE step = ANY(%s))",
            self._get_sale_steps(),
            list(steps),
        )

    def _get_sale_steps(self):
        """SQL of (lead_id, step, date): each open lead with orders, as in ``_get_sale_step``.

        ``date`` is the newest order's.
        """
        for name in ("sale.order", "sale.order.line", "stock.move", "stock.picking"):
            self.env[name].flush_model()
        self.flush_model(["won_status", "has_order"])
        line = self.env["sale.order.line"]._fields
        return SQL(
            """
            (SELECT lead_id, MAX(date_order) AS date,
                    CASE WHEN NOT bool_or(confirmed) THEN 'quotation'
                         WHEN bool_or(delivery = 'stock') THEN 'stock'
                         WHEN bool_or(delivery = 'handover') THEN 'handover'
                         WHEN bool_or(delivery = 'rest') THEN 'rest'
                         WHEN bool_or(sells) THEN 'ready' ELSE 'empty' END AS step
               FROM (
                 SELECT o.dealer_crm_lead_id AS lead_id, o.date_order,
                        o.state = ANY(%(confirmed)s) AS confirmed, lines.sells,
                        CASE transfers.is_there WHEN TRUE THEN 'handover' WHEN FALSE THEN 'stock'
                             ELSE CASE WHEN lines.is_short THEN 'rest' END END AS delivery
                   FROM (SELECT id FROM dealer_crm_lead
                          WHERE has_order IS TRUE AND won_status = 'pending' OFFSET 0) AS l
                  CROSS JOIN LATERAL (
                     SELECT * FROM sale_order WHERE dealer_crm_lead_id = l.id OFFSET 0) AS o
                   LEFT JOIN LATERAL (
                     SELECT bool_and(p.state = 'assigned') AS is_there
                       FROM stock_picking p
                      WHERE o.state = ANY(%(confirmed)s) AND p.state != ALL(%(closed)s)
                        AND p.id IN (
                            SELECT id FROM stock_picking WHERE sale_id = o.id
                            UNION ALL
                            SELECT m.picking_id FROM sale_order_line s
                              JOIN stock_move m ON m.sale_line_id = s.id WHERE s.order_id = o.id)
                   ) AS transfers ON TRUE
                   LEFT JOIN LATERAL (
                     SELECT bool_or(t.type = 'consu' AND ROUND(s.product_uom_qty, %(digits)s) > 0
                                    AND ROUND(COALESCE(s.qty_delivered, 0), %(digits)s)
                                        < ROUND(s.product_uom_qty, %(digits)s)) AS is_short,
                            bool_or(s.display_type IS NULL AND s.is_downpayment IS NOT TRUE
                                    AND t.type IN ('consu', 'service')
                                    AND ROUND(s.product_uom_qty, %(digits)s) > 0
                                    AND s.price_unit >= 0
                                    AND COALESCE(s.extra_tax_data->>'computation_key', '')
                                        NOT LIKE 'global_discount,%%'
                                    %(sides)s) AS sells
                       FROM sale_order_line s
                       JOIN product_product v ON v.id = s.product_id
                       JOIN product_template t ON t.id = v.product_tmpl_id
                      WHERE s.order_id = o.id AND o.state = ANY(%(confirmed)s)
                   ) AS lines ON TRUE
                  WHERE o.state != 'cancel'
               ) AS o GROUP BY lead_id)
            """,
            confirmed=list(CONFIRMED),
            closed=list(CLOSED_TRANSFER),
            digits=self.env["decimal.precision"].precision_get("Product Unit"),
            sides=SQL(" ").join(
                SQL("AND %s IS NOT TRUE", SQL.identifier("s", name))
                for name in SIDE_LINES
                if name in line
            ),
        )

    def _search_is_rotting(self, operator, value):
        """As Odoo's, but with a condition of the query instead of a list of ids."""
        if operator not in ("in", "not in"):
            return NotImplemented
        found = self._get_rotting_domain_at(self.env.cr.now())
        return found if (operator == "in") == (True in value) else ~found

    def _compute_rotting(self):
        """As Odoo's, but of open leads only, and without the query that asks PostgreSQL for the time."""
        now = fields.Datetime.now()
        rests = {}
        for stage, leads in self.grouped("stage_id").items():
            if limit := timedelta(days=stage.rotting_threshold_days):
                for lead in leads:
                    rest = now - (lead.date_last_stage_update or lead.create_date or now)
                    if rest > limit and lead.won_status == "pending":
                        rests[lead] = rest.days
        self.is_rotting = False
        self.rotting_days = 0
        self.browse().union(*rests).is_rotting = True
        for lead, days in rests.items():
            lead.rotting_days = days

    def _get_rotting_depends_fields(self):
        return [*super()._get_rotting_depends_fields(), "won_status"]

    @api.model
    def _get_rotting_domain_at(self, moment, since=None):
        """Domain of the open leads that have not moved for the days of their stage at ``moment``.

        :param since: only of those that began to rot at or after this moment
        """
        stages = self.env["dealer.crm.stage"].search_fetch(
            [("rotting_threshold_days", ">", 0)], ["rotting_threshold_days"]
        )
        found = Domain.FALSE
        for stage in stages:
            days = timedelta(days=stage.rotting_threshold_days)
            inside = Domain("date_last_stage_update", "<", moment - days)
            if since:
                inside &= Domain("date_last_stage_update", ">=", since - days)
            found |= Domain("stage_id", "=", stage.id) & inside
        return Domain("won_status", "=", "pending") & found

    @api.model
    @api.readonly
    def get_overview(self):
        """The numbers of the screen *Overview*, of the leads that the user may read.

        :return: dict with ``days`` of the trend, ``since`` (the start of these days, UTC), ``most``
            (where counts of what is to do stop: one more means more), and ``tiles``: dict of key to
            dict with ``count``; ``recent``, how many of them came to it in the last days; or
            ``before``, the count of as many days before these; ``parts``, a list of (key, count)
        """
        self.browse().check_access("read")
        since = fields.Datetime.now() - timedelta(days=TREND_DAYS)
        tiles = {}
        for tile in self._get_overview_tiles():
            tiles.update(tile(since))
        return {
            "days": TREND_DAYS,
            "most": MOST,
            "since": fields.Datetime.to_string(since),
            "tiles": tiles,
        }

    def _get_overview_tiles(self):
        """List of functions that take the start of the trend and return a dict of tiles."""
        return [
            self._tile_waiting,
            self._tile_rotting,
            self._tile_sales,
            self._tile_uninformed,
            self._tile_unassigned,
            self._tile_arrived,
            self._tile_closed,
        ]

    def _count_where(self, domain, *conditions, most=MOST):
        """List of numbers: of the leads of ``domain``, and of those for each of ``conditions``.

        :param conditions: functions from the query to SQL
        :param most: where the count stops; None: nowhere
        """
        query = self._search(domain, limit=most and most + 1)
        columns = [SQL("%s AS c%s", each(query), n) for n, each in enumerate(conditions)]
        counts = [SQL("COUNT(*) FILTER (WHERE c%s)", n) for n in range(len(columns))]
        [row] = self.env.execute_query(
            SQL(
                "SELECT %s FROM (%s) AS found",
                SQL(", ").join([SQL("COUNT(*)"), *counts]),
                query.select(*columns or [SQL("1")]),
            )
        )
        return row

    def _is_after(self, name, moment):
        """Function from a query to the SQL condition that the field is not before ``moment``."""
        return lambda query: SQL("%s >= %s", self._field_to_sql(self._table, name, query), moment)

    def _tile_waiting(self, since):
        now = fields.Datetime.now()
        arrived, due = self._is_after("create_date", since), "first_contact_deadline"
        later, recent = self._is_after(due, now), self._is_after(due, since)
        domain = (
            Domain(due, "!=", False)
            & Domain("date_first_contact", "=", False)
            & Domain("won_status", "=", "pending")
        )
        waiting, new, early, due_soon = self._count_where(domain, arrived, later, recent)
        return {
            "call": {"count": waiting - early, "recent": due_soon - early},
            "waiting": {"count": waiting, "recent": new},
        }

    def _tile_rotting(self, since):
        now = self.env.cr.now()
        [count] = self._count_where(self._get_rotting_domain_at(now))
        [recent] = self._count_where(self._get_rotting_domain_at(now, since))
        return {"rotting": {"count": count, "recent": recent}}

    def _tile_sales(self, since):
        """Ready to win, and blocked by what; the trend counts those ordered in the last days."""
        query = self._search(Domain("won_status", "=", "pending"))
        query.add_where(SQL("%s = sale.lead_id", SQL.identifier(self._table, "id")))
        blocked = self._field_to_sql(self._table, "kanban_state", query)
        # OFFSET 0 makes PostgreSQL look up each lead by its id.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT sale.step, COUNT(*), COUNT(*) FILTER (WHERE sale.date >= %s),
                       COUNT(*) FILTER (WHERE lead.state = 'blocked')
                  FROM %s AS sale CROSS JOIN LATERAL (%s OFFSET 0) AS lead GROUP BY sale.step
                """,
                since,
                self._get_sale_steps(),
                query.select(SQL("%s AS state", blocked)),
            )
        )
        found = {step: numbers for step, *numbers in rows}
        [marked] = self._count_where(self._get_marked_domain())
        count, recent, _marked = found.pop("ready", (0, 0, 0))
        parts = [(step, found[step][0]) for step in BLOCKED_STEPS if step in found]
        both = sum(also_marked for _number, _new, also_marked in found.values())
        return {
            "ready": {"count": count, "recent": recent},
            "blocked": {
                "count": sum(number for _step, number in parts) + marked - both,
                "recent": sum(new for _number, new, _marked in found.values()),
                "parts": [*parts, ("marked", marked)] if marked else parts,
            },
        }

    def _get_marked_domain(self):
        return Domain("won_status", "=", "pending") & Domain("kanban_state", "=", "blocked")

    def _tile_uninformed(self, since):
        newest = self.env["dealer.crm.callback"].sudo()._get_newest_query(UNINFORMED)
        [count, recent] = self._count_where(
            Domain("id", "in", newest), self._is_after("date_last_stage_update", since)
        )
        return {"uninformed": {"count": count, "recent": recent}}

    def _tile_unassigned(self, since):
        domain = Domain("won_status", "=", "pending") & Domain("user_id", "=", False)
        [count, recent] = self._count_where(domain, self._is_after("create_date", since))
        return {"unassigned": {"count": count, "recent": recent}}

    def _tile_arrived(self, since):
        start = since - timedelta(days=TREND_DAYS)
        both, recent = self._count_where(
            Domain("create_date", ">=", start), self._is_after("create_date", since), most=None
        )
        return {"arrived": {"count": recent, "before": both - recent}}

    def _tile_closed(self, since):
        query = self._search([("date_closed", ">=", since - timedelta(days=TREND_DAYS))])
        status = query.groupby = self._field_to_sql(self._table, "won_status", query)
        date = self._field_to_sql(self._table, "date_closed", query)
        recent = SQL("COUNT(*) FILTER (WHERE %s >= %s)", date, since)
        rows = self.env.execute_query(query.select(status, SQL("COUNT(*)"), recent))
        found = {status: (count, both - count) for status, both, count in rows}
        return {
            key: dict(zip(("count", "before"), found.get(key, (0, 0)), strict=True))
            for key in ("won", "lost")
        }
