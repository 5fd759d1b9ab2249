"""Partnership Analysis: ``dealer.crm.partnership.report`` against ``crm.partner.report.assign``.

A million leads, of which nine in ten are assigned to 50,000 resellers. Each reseller has an invoice of
three lines, from which the peer computes its turnover. Sizes are numbers of leads. Of a million, 180,000
are won by a reseller, and have 200,000 entries in the ledger of commissions, which has no peer. The rows
of ``manager.py``, the screens of a dealer's manager, have none either.
"""

from typing import Any

from lxml import etree

from odoo import api

from . import manager
from .common import Bench, arguments
from .data import MANAGER, fill_people
from .resellers import ADDONS, fill_resellers

LEADS_PER_RESELLER = 20
GOAL = 10
ALL = [
    "assigned_count:sum",
    "accepted_count:sum",
    "declined_count:sum",
    "won_count:sum",
    "lost_count:sum",
    "win_rate:avg",
    "expected_revenue:sum",
    "won_revenue:sum",
    "commission:sum",
    "hours_to_accept:avg",
]
LEADS = """
INSERT INTO dealer_crm_lead (name, active, contact_name, quantity, company_id, company_currency,
       stage_id, open_stage_id, won_status, kanban_state, priority, expected_price, won_revenue,
       partner_assigned_id, date_partner_assign, date_partner_accept, user_id, bpo_source_lead_id,
       date_won, date_lost, date_closed, lost_reason, date_last_stage_update, first_contact_deadline,
       date_first_contact, response_minutes, create_uid, write_uid, create_date, write_date)
SELECT 'BENCH/' || n, TRUE, 'Customer ' || n, 1, %(company)s, %(currency)s,
       (%(stages)s)[stage], (%(stages)s)[LEAST(stage, 3)],
       CASE stage WHEN 4 THEN 'won' WHEN 5 THEN 'lost' ELSE 'pending' END,
       CASE WHEN stage < 4 AND n %% 500 = 0 THEN 'blocked' ELSE 'normal' END, '0', price,
       CASE stage WHEN 4 THEN price END, partner_id,
       CASE WHEN partner_id IS NOT NULL THEN moment END,
       CASE WHEN partner_id IS NOT NULL AND n %% 3 > 0 THEN moment + price * interval '1 s' END,
       CASE WHEN stage > 1 OR n %% 50 > 0 THEN (%(users)s)[1 + n %% cardinality(%(users)s)] END,
       CASE WHEN n %% 3 = 0 THEN n ELSE 0 END, CASE stage WHEN 4 THEN moved END,
       CASE stage WHEN 5 THEN moved END, CASE WHEN stage > 3 THEN moved END,
       CASE stage WHEN 5 THEN (%(lost_reasons)s)[1 + n %% cardinality(%(lost_reasons)s)] END, moved,
       moment + interval '30 minutes',
       CASE WHEN stage > 1 OR moment < now() AT TIME ZONE 'UTC' - interval '2 days'
            THEN moment + (n %% 60) * interval '1 minute' END,
       n %% 60, 1, 1, moment, moved
  FROM drawn ORDER BY moment
"""
PEER_LEADS = """
INSERT INTO crm_lead (name, active, type, contact_name, company_id, stage_id, won_status,
       expected_revenue, partner_assigned_id, date_partner_assign, create_uid, create_date)
SELECT 'BENCH/' || n, stage < 5, 'opportunity', 'Customer ' || n, %(company)s, %(peer_stage)s,
       CASE stage WHEN 4 THEN 'won' WHEN 5 THEN 'lost' ELSE 'pending' END, price, partner_id, moment,
       1, moment
  FROM drawn ORDER BY n
"""
# Without lines, which neither the report nor the ledger's list reads.
ORDERS = """
INSERT INTO sale_order (id, name, state, company_id, currency_id, partner_id, partner_invoice_id,
       partner_shipping_id, date_order, picking_policy, dealer_crm_lead_id)
SELECT id, 'BENCH' || id, 'sale', company_id, company_currency, partner_assigned_id,
       partner_assigned_id, partner_assigned_id, date_partner_assign, 'direct', id
  FROM dealer_crm_lead WHERE name LIKE 'BENCH/%%' AND won_status = 'won'
   AND partner_assigned_id IS NOT NULL
"""
COMMISSIONS = """
INSERT INTO dealer_crm_commission (order_id, lead_id, partner_id, company_id, date, date_assign,
       currency_id, is_cancelled, is_stale)
SELECT id, id, partner_assigned_id, company_id, date_partner_assign, date_partner_assign,
       company_currency, FALSE, FALSE
  FROM dealer_crm_lead WHERE name LIKE 'BENCH/%%' AND won_status = 'won'
   AND partner_assigned_id IS NOT NULL
"""
# Of every ninth deal, a part is taken back.
ENTRIES = """
INSERT INTO dealer_crm_commission_entry (commission_id, date, date_rate, amount, amount_company,
       base, due, reason, source, state)
SELECT c.id, c.date + 30 * (n - 1), c.date, sum, sum, 20 * sum, sum,
       CASE n WHEN 1 THEN 'won' ELSE (%(reasons)s)[1 + c.id %% cardinality(%(reasons)s)] END,
       c.id || '/' || n, (%(states)s)[1 + c.id %% cardinality(%(states)s)]
  FROM dealer_crm_commission c
  JOIN dealer_crm_lead l ON l.id = c.lead_id,
       generate_series(1, CASE WHEN c.id %% 9 = 0 THEN 2 ELSE 1 END) n,
       LATERAL (SELECT l.expected_price * CASE n WHEN 1 THEN 0.05 ELSE -0.01 END AS sum) AS amounts
"""
# Another reseller declined every tenth lead before.
DECLINED = """
INSERT INTO dealer_crm_assignment (lead_id, company_id, partner_id, user_id, date, method, state)
SELECT l.id, l.company_id, (%(resellers)s)[1 + l.id %% cardinality(%(resellers)s)], 1,
       l.create_date, 'automatic', 'declined'
  FROM dealer_crm_lead l WHERE l.name LIKE 'BENCH/%%' AND l.id %% 10 = 0
"""
INVOICES = """
WITH invoice AS (
    INSERT INTO account_move (move_type, state, name, date, invoice_date, partner_id,
           commercial_partner_id, journal_id, company_id, currency_id, auto_post, payment_state,
           invoice_currency_rate)
    SELECT 'out_invoice', 'posted', 'BENCH/' || r, current_date, current_date, r, r, %(journal)s,
           %(company)s, %(currency)s, 'no', 'not_paid', 1
      FROM unnest(%(resellers)s) AS r
    RETURNING id, partner_id)
INSERT INTO account_move_line (move_id, partner_id, journal_id, company_id, company_currency_id,
       currency_id, account_id, display_type, name, quantity, price_unit, price_subtotal,
       price_total, balance, amount_currency, credit, debit, parent_state, date)
SELECT i.id, i.partner_id, %(journal)s, %(company)s, %(currency)s, %(currency)s, %(account)s,
       'product', 'Line', 1, 100, 100, 100, -100, -100, 100, 0, 'posted', current_date
  FROM invoice i, generate_series(1, 3)
"""


def fill(bench: Bench, count: int) -> None:
    """Create leads, commissions, declined assignments and invoices, once."""
    fill_resellers(bench, count // LEADS_PER_RESELLER)
    with bench.environment(commit=True) as env:
        if env["dealer.crm.lead"].search_count([("name", "=like", "BENCH/%")], limit=1):
            return
        print(f"Filling in {count:,} leads ...", flush=True)
        cr = env.cr
        # The rows are valid by construction, so foreign keys need no check.
        cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("SELECT setseed(0.42)")
        company = env.company
        stages = [stage for stage, _closing in env["dealer.crm.stage"]._get_pipeline()]
        params = {
            "count": count,
            "company": company.id,
            "currency": company.currency_id.id,
            "stages": stages,
            "peer_stage": env["crm.stage"].search([], limit=1).id,
            "resellers": env["res.partner"].search([("name", "=like", "Reseller %")]).ids,
            "journal": env["account.journal"].search([("type", "=", "sale")], limit=1).id,
            "users": env["res.users"].search([("login", "like", "bench_agent_%")]).ids,
            "lost_reasons": env["dealer.crm.lost.reason"].search([]).ids,
            "reasons": ["order_changed", "credited", "payment_undone", "reopened"],
            "states": ["draft", "approved", "billed", *["paid"] * 6, "refused"],
            "account": env["account.account"].search([("account_type", "=", "income")], limit=1).id,
        }
        cr.execute(
            """
            CREATE TEMP TABLE drawn ON COMMIT DROP AS
            SELECT n, CASE WHEN r < 0.6 THEN 1 + floor(r * 5)::int WHEN r < 0.8 THEN 4 ELSE 5 END AS stage,
                   CASE WHEN n %% 10 > 0 THEN
                       (%(resellers)s)[1 + floor(random() * cardinality(%(resellers)s))::int] END
                       AS partner_id,
                   round((5000 + random() * 60000)::numeric, 2) AS price, moment,
                   moment + random() * LEAST(now() AT TIME ZONE 'UTC' - moment, interval '60 days')
                       AS moved
              FROM (SELECT n, random() AS r,
                           now() AT TIME ZONE 'UTC' - random() * interval '700 days' AS moment
                      FROM generate_series(1, %(count)s) AS n) AS base
            """,
            params,
        )
        for statement in (LEADS, PEER_LEADS, ORDERS, COMMISSIONS, ENTRIES, DECLINED, INVOICES):
            cr.execute(statement, params)
        manager.fill(env, params)
    bench.analyze()


def compare_sums(bench: Bench) -> str:
    """The number of assigned leads in both reports, and the true number, as text."""
    with bench.environment(MANAGER) as env:
        peer = env["crm.partner.report.assign"]._read_group([], [], ["nbr_opportunities:sum"])
        product = env["dealer.crm.partnership.report"]._read_group(
            [("declined_count", "=", 0)], [], ["assigned_count:sum"]
        )
        env.cr.execute("SELECT COUNT(partner_assigned_id) FROM dealer_crm_lead")
        return f"leads: {peer[0][0]:,} / {product[0][0]:,}, truly {env.cr.fetchone()[0]:,}"


def measure(bench: Bench, size: int) -> None:
    """Add the rows of one size."""
    fill(bench, size)

    def peer(groupby: str) -> Any:
        def call(env: api.Environment) -> None:
            env["crm.partner.report.assign"].formatted_read_group(
                [("grade_id", "!=", False)],
                [groupby],
                ["nbr_opportunities:sum", "turnover:sum", "__count"],
            )

        return call

    def product(groupby: str, aggregates: list[str]) -> Any:
        def call(env: api.Environment) -> None:
            env["dealer.crm.partnership.report"].formatted_read_group(
                [], [groupby], [*aggregates, "__count"]
            )

        return call

    likewise = ["assigned_count:sum", "won_revenue:sum"]
    for ours, theirs in (("level_id", "grade_id"), ("user_id", "user_id")):
        for title, aggregates in (("two measures", likewise), ("all measures", ALL)):
            row = bench.compare(
                size,
                f"by {ours.removesuffix('_id')}, {title}",
                peer(theirs),
                product(ours, aggregates),
                goal=GOAL if size >= 1_000_000 and ours == "level_id" else None,
                login=MANAGER,
                rounds=min(bench.args.rounds, 3 if size >= 1_000_000 else 9),
            )
            if title == "two measures" and ours == "level_id":
                row.note = compare_sums(bench)
    for groupby in ("date:month", "country_id", "partner_id"):
        bench.compare(
            size,
            f"by {groupby.partition(':')[2] or groupby.removesuffix('_id')}, all measures",
            None,
            product(groupby, ALL),
            login=MANAGER,
            rounds=min(bench.args.rounds, 3),
        )
    measure_ledger(bench, size)
    manager.measure(bench, size)


def measure_ledger(bench: Bench, size: int) -> None:
    """Add the rows of the ledger: its pivot and graph, and the first page of its list."""

    def pivot(groupby: list[str]) -> Any:
        def call(env: api.Environment) -> None:
            env["dealer.crm.commission.entry"].formatted_read_group(
                [("state", "!=", "refused")],
                groupby,
                ["amount_company:sum", "__count"],
            )

        return call

    with bench.environment(MANAGER) as env:
        count = env["dealer.crm.commission.entry"].search_count([])
        views = env["dealer.crm.commission.entry"].get_views([(False, "list")])
    arch = etree.fromstring(views["views"]["list"]["arch"])
    types = views["models"]["dealer.crm.commission.entry"]["fields"]
    specification = {
        name: {"fields": {"display_name": {}}} if types[name]["type"] == "many2one" else {}
        for name in arch.xpath("/list/field/@name")
    }
    options = {"login": MANAGER, "rounds": bench.args.rounds}
    for groupby in (["partner_id"], ["date:month"], ["state"], ["reason"], ["date:month", "state"]):
        title = " and ".join(name.removesuffix("_id").removeprefix("date:") for name in groupby)
        bench.compare(size, f"ledger by {title}", None, pivot(groupby), **options)
    bench.compare(
        size,
        "ledger by partner, a page",
        None,
        lambda env: env["dealer.crm.commission.entry"].web_read_group(
            [], ["partner_id"], ["amount_company:sum"], limit=80
        ),
        **options,
    )
    row = bench.compare(
        size,
        "ledger, first page",
        None,
        lambda env: env["dealer.crm.commission.entry"].web_search_read([], specification, limit=80),
        **options,
    )
    row.note = f"{count:,} entries"


def main() -> None:
    args = arguments(sizes=(1_000_000,), small=(100_000,))
    with Bench("report", ADDONS, args) as bench:
        fill_people(bench)
        for size in args.sizes:
            measure(bench, size)
        bench.report()


if __name__ == "__main__":
    main()
