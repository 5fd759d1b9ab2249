"""The screens of a dealer's manager: the Overview and the analyses, as the web client opens them.

To the leads of ``report.py`` come the time in their stages; 4,000 quotations and 4,000 orders of open
leads, whose deliveries wait, are ready or done; deliveries of the won ones; 500 outcomes not sent.
"""

from typing import Any

from dateutil.relativedelta import relativedelta

from odoo import api, fields
from odoo.fields import Domain

from .common import Bench
from .data import AGENT, MANAGER

#: quotations, and as many orders, of open leads
SALES = 4000
STAYS = """
INSERT INTO dealer_crm_lead_stay (lead_id, company_id, user_id, origin, stage_id, next_stage_id,
       date, days, moved_on)
SELECT id, company_id, user_id, CASE WHEN bpo_source_lead_id > 0 THEN 'bpo' ELSE 'walk_in' END,
       (%(stages)s)[n], CASE WHEN n < passed THEN (%(stages)s)[n + 1] ELSE stage_id END,
       create_date + (date_last_stage_update - create_date) * n / passed,
       EXTRACT(EPOCH FROM date_last_stage_update - create_date) / 86400 / passed,
       CASE WHEN n = passed AND won_status = 'lost' THEN 0 ELSE 100 END
  FROM (SELECT *, CASE WHEN won_status = 'pending'
                       THEN array_position(%(stages)s, stage_id) - 1 ELSE 3 END AS passed
          FROM dealer_crm_lead WHERE name LIKE 'BENCH/%%') AS l, generate_series(1, passed) AS n
 ORDER BY date_last_stage_update
"""
OPEN_ORDERS = """
INSERT INTO sale_order (id, name, state, company_id, currency_id, partner_id, partner_invoice_id,
       partner_shipping_id, date_order, picking_policy, dealer_crm_lead_id)
SELECT id, 'BENCH' || id, CASE WHEN place <= %(sales)s THEN 'draft' ELSE 'sale' END, company_id,
       company_currency, %(partner)s, %(partner)s, %(partner)s, date_last_stage_update, 'direct', id
  FROM (SELECT *, row_number() OVER (ORDER BY id DESC) AS place FROM dealer_crm_lead
         WHERE name LIKE 'BENCH/%%' AND won_status = 'pending' AND open_stage_id = (%(stages)s)[3]
         ORDER BY id DESC LIMIT 2 * %(sales)s) AS l
"""
ORDERED = """
UPDATE dealer_crm_lead SET has_order = TRUE WHERE id IN (SELECT dealer_crm_lead_id FROM sale_order)
"""
LINES = """
INSERT INTO sale_order_line (order_id, product_id, product_uom_id, product_uom_qty, qty_delivered,
       price_unit, name, customer_lead)
SELECT o.id, %(product)s, %(uom)s, 1, CASE WHEN l.won_status = 'won' OR o.id %% 4 = 0 THEN 1 ELSE 0 END,
       100, 'Car', 0
  FROM sale_order o JOIN dealer_crm_lead l ON l.id = o.dealer_crm_lead_id WHERE o.name LIKE 'BENCH%%'
"""
TRANSFERS = """
INSERT INTO stock_picking (name, state, sale_id, picking_type_id, location_id, location_dest_id,
       company_id, move_type, scheduled_date)
SELECT 'BENCH' || o.id, CASE WHEN l.won_status = 'won' OR o.id %% 4 = 0 THEN 'done'
            WHEN o.id %% 4 = 1 THEN 'assigned' ELSE 'confirmed' END,
       o.id, %(picking_type)s, %(location)s, %(location)s, o.company_id, 'direct', o.date_order
  FROM sale_order o JOIN dealer_crm_lead l ON l.id = o.dealer_crm_lead_id
 WHERE o.name LIKE 'BENCH%%' AND o.state = 'sale'
"""
OUTCOMES = """
INSERT INTO dealer_crm_callback (lead_id, company_id, bpo_source_lead_id, event_id, sequence, outcome,
       payload, state, create_date)
SELECT id, company_id, bpo_source_lead_id, 'BENCH' || id, 1, won_status, '{}',
       CASE WHEN place <= 500 THEN 'parked' ELSE 'delivered' END, date_last_stage_update
  FROM (SELECT *, row_number() OVER (ORDER BY id DESC) AS place FROM dealer_crm_lead
         WHERE name LIKE 'BENCH/%%' AND won_status != 'pending' AND bpo_source_lead_id > 0) AS l
"""
REPORT, STAY, RESPONSE = (
    "dealer.crm.pipeline.report",
    "dealer.crm.lead.stay",
    "dealer.crm.response.report",
)
OPEN = [("won_status", "=", "pending")]
COUNT = "lead_count:sum"
AMOUNTS = [
    "currency_id:array_agg_distinct",
    "expected_revenue:sum_currency",
    "expected_revenue:sum",
]
WON = ["currency_id:array_agg_distinct", "won_revenue:sum_currency", "won_revenue:sum"]
OUTCOME = ["won_count:sum", "lost_count:sum", "win_rate:avg", *WON]
#: What each entry of *Reporting* asks when it opens: title, model, fixed domain, field of the last three
#: months, and the grouping sets; one set is a graph.
ANALYSES = [
    ("Pipeline, open leads", REPORT, OPEN, None, [["stage_id"]], ["__count", *AMOUNTS]),
    (
        "Wins and Losses",
        REPORT,
        [("won_status", "!=", "pending")],
        "date_closed",
        [["date_closed:month", "won_status"]],
        ["__count", COUNT],
    ),
    (
        "Wins and Losses, pivot",
        REPORT,
        [("won_status", "!=", "pending")],
        "date_closed",
        [[], ["user_id"]],
        [*OUTCOME, "days_to_close:avg", "velocity:sum"],
    ),
    (
        "Lost Reasons by Salesperson",
        REPORT,
        [("won_status", "=", "lost")],
        "date_closed",
        [[], ["user_id"], ["lost_reason"], ["user_id", "lost_reason"]],
        [COUNT],
    ),
    (
        "BPO and Walk-ins",
        REPORT,
        [],
        "date",
        [[], ["origin"]],
        [COUNT, *OUTCOME, "days_to_win:avg", "velocity:sum", "response_minutes:median"],
    ),
    (
        "From Arrival to Closing",
        REPORT,
        [],
        "date",
        [[], ["date:month"], ["date_closed:month"], ["date:month", "date_closed:month"]],
        [COUNT],
    ),
    (
        "Time in Stages",
        STAY,
        [],
        "date",
        [[], ["stage_id"], ["stage_id", "next_stage_id"]],
        ["__count", "days:avg", "moved_on:avg"],
    ),
    (
        "Response Time",
        RESPONSE,
        [],
        "date",
        [[], ["team_id"], ["team_id", "user_id"]],
        [COUNT, "response_minutes:median", "within_share:avg"],
    ),
]


def fill(env: api.Environment, params: dict[str, Any]) -> None:
    """Add what hangs on the leads of the report, in the same transaction."""
    product = env["product.product"].create({"name": "Car", "type": "consu"})
    warehouse = env["stock.warehouse"].search([], limit=1)
    env.flush_all()
    params |= {
        "sales": SALES,
        "partner": env.company.partner_id.id,
        "product": product.id,
        "uom": product.uom_id.id,
        "picking_type": warehouse.out_type_id.id,
        "location": warehouse.lot_stock_id.id,
    }
    for statement in (STAYS, OPEN_ORDERS, ORDERED, LINES, TRANSFERS, OUTCOMES):
        env.cr.execute(statement, params)


def last_months(name: str) -> Domain:
    """The filter of this month and the two before, as the web client builds it."""
    first = fields.Date.today().replace(day=1)
    starts = [first - relativedelta(months=number) for number in range(3)]
    return Domain.OR(
        Domain(name, ">=", start) & Domain(name, "<", start + relativedelta(months=1))
        for start in starts
    )


def measure(bench: Bench, size: int) -> None:
    """Add the rows of the manager's screens."""
    options = {"login": MANAGER, "rounds": bench.args.rounds}
    bench.compare(
        size, "Overview", None, lambda env: env["dealer.crm.lead"].get_overview(), **options
    )
    bench.compare(
        size,
        "Overview, an agent's",
        None,
        lambda env: env["dealer.crm.lead"].get_overview(),
        login=AGENT,
        rounds=bench.args.rounds,
    )

    def ask(model: str, domain: Any, sets: list[list[str]], measures: list[str]) -> Any:
        def call(env: api.Environment) -> None:
            if len(sets) == 1:
                env[model].formatted_read_group(list(domain), sets[0], measures)
            else:
                env[model].formatted_read_grouping_sets(list(domain), sets, measures)

        return call

    for title, model, given, date, sets, measures in ANALYSES:
        domain = Domain(given) & last_months(date) if date else Domain(given)
        bench.compare(size, title, None, ask(model, domain, sets, measures), **options)
        if date:
            everything = ask(model, Domain(given), sets, measures)
            bench.compare(size, f"{title}, all time", None, everything, **options)
