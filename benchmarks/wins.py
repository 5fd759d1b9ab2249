"""What commissions cost: wins in one transaction, with plans (product) and without any (peer).

Each lead has a reseller and a confirmed order of one line. Both sides win the same leads, and both have
the resellers' addon; the peer's resellers have no plan. Sizes are numbers of leads.
"""

from typing import Any

from odoo import Command, api

from .common import Bench, arguments
from .resellers import fill_resellers

ADDONS = ("dealer_crm_resellers",)
RESELLERS = 100
#: at most a quarter on top
GOAL = 1 / 1.25
BATCH = 1000


def fill(bench: Bench, count: int) -> None:
    """Add leads with a reseller and a confirmed order, up to `count`; make the plan."""
    fill_resellers(bench, RESELLERS)
    with bench.environment(commit=True) as env:
        if not env["dealer.crm.commission.plan"].search_count([("name", "=", "Bench")]):
            env["dealer.crm.commission.plan"].create(
                {"name": "Bench", "rule_ids": [Command.create({"percentage": 5})]}
            )
            env["product.product"].create(
                {"name": "Bench", "type": "service", "default_code": "BENCH", "list_price": 20_000}
            )
    leads = _leads(bench)
    while len(leads) < count:
        with bench.environment(commit=True) as env:
            _add(env, min(BATCH, count - len(leads)), len(leads))
        leads = _leads(bench)
        print(f"Filled in {len(leads):,} leads", flush=True)
    bench.analyze()


def _leads(bench: Bench) -> list[int]:
    rows = bench.sql("SELECT id FROM dealer_crm_lead WHERE contact_name LIKE 'Win %%' ORDER BY id")
    return [row[0] for row in rows]


def _add(env: Any, count: int, first: int) -> None:
    env = env(context={"tracking_disable": True, "mail_create_nolog": True})
    resellers = env["res.partner"].search([("name", "=like", "Reseller %")], limit=RESELLERS)
    buyer = env["res.partner"].search([("name", "=", "Buyer")], limit=1)
    buyer = buyer or env["res.partner"].create({"name": "Buyer"})
    product = env["product.product"].search([("default_code", "=", "BENCH")])
    leads = env["dealer.crm.lead"].create(
        [
            {"contact_name": f"Win {number}", "partner_id": buyer.id}
            for number in range(first, first + count)
        ]
    )
    orders = env["sale.order"].create(
        [
            {
                "partner_id": buyer.id,
                "dealer_crm_lead_id": lead.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
            for lead in leads
        ]
    )
    env.flush_all()
    env.cr.execute(
        "UPDATE dealer_crm_lead SET partner_assigned_id = (%s)[1 + id %% %s],"
        " date_partner_assign = create_date WHERE id = ANY(%s)",
        [resellers.ids, len(resellers), leads.ids],
    )
    env.cr.execute("UPDATE sale_order SET state = 'sale' WHERE id = ANY(%s)", [orders.ids])


def measure(bench: Bench, size: int) -> None:
    """Add the row of one size."""
    fill(bench, size)
    ids = _leads(bench)[:size]

    def win(env: api.Environment) -> Any:
        env["dealer.crm.lead"].browse(ids).action_mark_won()
        return env["dealer.crm.commission"].search_count([("lead_id", "in", ids)])

    def with_plans(env: api.Environment) -> None:
        env["dealer.crm.partner.level"].search([]).commission_plan_id = env[
            "dealer.crm.commission.plan"
        ].search([("name", "=", "Bench")])
        assert win(env) == size

    def without(env: api.Environment) -> None:
        env["dealer.crm.partner.level"].search([]).commission_plan_id = False
        assert not win(env)

    row = bench.compare(
        size,
        "wins in one transaction",
        without,
        with_plans,
        goal=GOAL if size >= 10_000 else None,
        rounds=min(bench.args.rounds, 5),
    )
    if row.ratio:
        row.note = f"{100 / row.ratio - 100:.0f} % on top, {100 / row.cpu_ratio - 100:.0f} % by CPU"


def main() -> None:
    args = arguments(sizes=(1_000, 10_000), small=(500,))
    with Bench("wins", ADDONS, args) as bench:
        for size in args.sizes:
            measure(bench, size)
        bench.report()


if __name__ == "__main__":
    main()
