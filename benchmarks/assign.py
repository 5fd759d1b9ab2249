"""Assignment of leads to resellers: ours against Odoo's ``website_crm_partner_assign``.

Both sides have the same leads and resellers, around real cities of the world. Sizes are numbers of
resellers for 1,000 leads; size 1,000,000 assigns a million leads to 50,000 resellers, without the peer,
which would need hours.
"""

import random
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

from odoo import api

from .common import Bench, Row, Side, arguments
from .data import MANAGER, fill_leads, fill_people
from .resellers import ADDONS, fill_places, fill_resellers

LEADS = 1000
SINGLE = 10
MILLION = 1_000_000
METROPOLIS = (500, 5_000, 50_000)
MANY_RESELLERS = 50_000
# Minimum ratios of performance.md, by number of resellers.
GOALS = {
    5_000: {"assign": 50, "one": 2},
    50_000: {"assign": 120, "one": 2},
}


def place_leads(bench: Bench) -> None:
    """Give the leads of both sides the same places around their cities."""
    with bench.environment(commit=True) as env:
        cr = env.cr
        fill_places(cr, env)
        cr.execute("SELECT setseed(0.71)")
        cr.execute(
            """
            CREATE TEMP TABLE place ON COMMIT DROP AS
            SELECT l.name, c.country_id, c.latitude + (random() + random() - 1) AS latitude,
                   c.longitude + (random() + random() - 1) AS longitude
              FROM (SELECT name, city FROM dealer_crm_lead WHERE name LIKE 'BENCH/%' ORDER BY id) l
              JOIN (SELECT DISTINCT ON (name) * FROM city ORDER BY name, place) c ON c.name = l.city
            """
        )
        for table in ("dealer_crm_lead", "crm_lead"):
            if table.replace("_", ".") in env:
                cr.execute(
                    f"""
                    UPDATE {table} l SET country_id = p.country_id, partner_latitude = p.latitude,
                           partner_longitude = p.longitude
                      FROM place p WHERE p.name = l.name
                    """
                )
    bench.analyze()


def pick_leads(bench: Bench) -> dict[str, list[int]]:
    """Ids of the same open leads on both sides, by model."""
    rows = bench.sql(
        """
        SELECT p.id, c.id FROM dealer_crm_lead p JOIN crm_lead c ON c.name = p.name
         WHERE p.name LIKE 'BENCH/%%' AND p.won_status = 'pending' AND p.partner_latitude != 0
         ORDER BY p.id LIMIT %s
        """,
        [LEADS],
    )
    return {
        "dealer.crm.lead": [product for product, _peer in rows],
        "crm.lead": [peer for _product, peer in rows],
    }


def spread(bench: Bench, ids: dict[str, list[int]]) -> str:
    """The number of resellers that got leads of the batch, on each side, as text."""
    found = []
    for model in ("crm.lead", "dealer.crm.lead"):
        with bench.environment(MANAGER) as env:
            leads = env[model].browse(ids[model])
            leads.action_assign_partner()
            found.append(len(leads.partner_assigned_id))
    return f"{found[0]} / {found[1]} resellers got them"


def measure(bench: Bench, resellers: int) -> None:
    """Add the rows of one number of resellers."""
    # Can be imported only after Odoo has read the addons' path.
    from odoo.addons.dealer_crm_resellers.assignment import Matcher, lead_seed  # noqa: PLC0415

    fill_resellers(bench, resellers)
    ids = pick_leads(bench)
    goals = GOALS.get(resellers, {})

    def peer(env: api.Environment) -> Any:
        return env["crm.lead"].browse(ids["crm.lead"])

    def product(env: api.Environment) -> Any:
        return env["dealer.crm.lead"].browse(ids["dealer.crm.lead"])

    with bench.environment() as env:
        rows = product(env)._lock_for_match()
        matcher = env["dealer.crm.lead"]._get_matcher(rows)

    def match(_env: api.Environment) -> None:
        for row in rows:
            matcher.match(row, lead_seed(1, row.id))

    def read_and_match(env: api.Environment) -> None:
        leads = product(env).sudo()
        fresh = leads._lock_for_match()
        their = Matcher(leads._read_partners(fresh), leads._get_radii())
        for row in fresh:
            their.match(row, lead_seed(1, row.id))

    rounds = min(bench.args.rounds, 3 if resellers > 5_000 else 5)
    with_resellers = f"× {resellers:,}"
    options = {"login": MANAGER, "rounds": rounds}
    bench.compare(
        LEADS,
        f"match alone {with_resellers}",
        lambda env: peer(env).search_geo_partner(),
        match,
        **options,
    )
    bench.compare(
        LEADS,
        f"match, partners read first {with_resellers}",
        None,
        read_and_match,
        **options,
    )
    bench.analyze()
    row = bench.compare(
        LEADS,
        f"assign, batch {with_resellers}",
        lambda env: peer(env).action_assign_partner(),
        lambda env: product(env).action_assign_partner(),
        goal=goals.get("assign"),
        **options,
    )
    if row.ratios:
        row.note = spread(bench, ids)

    def one_by_one(leads: Any) -> None:
        for lead in leads[:SINGLE]:
            lead.action_assign_partner()
            lead.env.flush_all()

    bench.compare(
        SINGLE,
        f"assign, one by one {with_resellers}",
        lambda env: one_by_one(peer(env)),
        lambda env: one_by_one(product(env)),
        goal=goals.get("one"),
        login=MANAGER,
    )


def measure_metropolis(bench: Bench, resellers: int) -> None:
    """Add the rows of resellers and leads in one metropolis: half a degree around Paris.

    The same leads again, leads from new places in each round, and leads that one reseller declined.
    """
    from odoo.addons.dealer_crm_resellers import assignment  # noqa: PLC0415

    dice = random.Random(71)

    def draw_place() -> tuple[float, float]:
        return 48.8566 + dice.triangular(-0.5, 0.5), 2.3522 + dice.triangular(-0.5, 0.5)

    def draw_leads() -> list[Any]:
        return [assignment.Lead(key, 1, *draw_place(), 75) for key in range(1, LEADS + 1)]

    matcher = assignment.Matcher(
        [
            assignment.Partner(key, 10 + 10 * (key % 3), *draw_place(), 75, None, key)
            for key in range(1, resellers + 1)
        ]
    )
    leads = draw_leads()
    rounds = min(bench.args.rounds, 5)
    # One more for the round before the first, and one for a profile.
    new = [draw_leads() for _round in range(rounds + 2)]

    def match(leads: list[Any]) -> None:
        for lead in leads:
            matcher.match(lead, assignment.lead_seed(1, lead.id))

    def compare(what: str, run: Callable[[api.Environment], None]) -> None:
        title = f"match alone, metropolis × {resellers:,}{what}"
        row = bench.compare(LEADS, title, None, run, rounds=rounds)
        if row.product.cpu:
            row.note = f"CPU ms {1000 * statistics.median(row.product.cpu):.1f}"

    compare("", lambda _env: match(leads))
    compare(", new places", lambda _env: match(new.pop()))
    declined = [
        [lead._replace(excluded=frozenset({1 + lead.id % resellers})) for lead in draw_leads()]
        for _round in range(rounds + 2)
    ]
    compare(", new places, declined once", lambda _env: match(declined.pop()))


def fill_million(bench: Bench) -> int:
    """Create a million open leads without a partner; return their number."""
    with bench.environment(commit=True) as env:
        cr = env.cr
        fill_places(cr, env)
        stage_id = env["dealer.crm.stage"]._get_pipeline()[0][0]
        cr.execute("SELECT COUNT(*) FROM dealer_crm_lead WHERE name LIKE 'MILLION/%'")
        if not cr.fetchone()[0]:
            print(f"Filling in {MILLION:,} leads ...", flush=True)
            cr.execute("SELECT setseed(0.33)")
            cr.execute(
                """
                INSERT INTO dealer_crm_lead (name, active, contact_name, city, country_id, quantity,
                       company_id, company_currency, stage_id, open_stage_id, won_status,
                       kanban_state, priority, expected_price, partner_latitude, partner_longitude,
                       date_last_stage_update, create_uid, write_uid, create_date, write_date)
                SELECT 'MILLION/' || n, TRUE, 'Customer ' || n, c.name, c.country_id, 1,
                       %(company)s, %(currency)s, %(stage)s, %(stage)s, 'pending', 'normal', '0', 20000,
                       c.latitude + (random() + random() - 1), c.longitude + (random() + random() - 1),
                       now(), 1, 1, now() - interval '1 day', now()
                  FROM (SELECT n, 1 + floor(random() * (SELECT COUNT(*) FROM city))::int AS place
                          FROM generate_series(1, %(count)s) AS n) AS r
                  JOIN city c USING (place)
                """,
                {
                    "company": env.company.id,
                    "currency": env.company.currency_id.id,
                    "stage": stage_id,
                    "count": MILLION,
                },
            )
        env.company.dealer_assign_automatic = True
        waiting = env["dealer.crm.lead"]._count_unassigned()
    bench.analyze()
    return waiting


def run_million(bench: Bench) -> None:
    """Assign a million leads in committed batches, as the cron does."""
    fill_resellers(bench, MANY_RESELLERS)
    waiting = fill_million(bench)
    row = Row(waiting, f"assign all × {MANY_RESELLERS:,}", Side(), Side())
    with bench.environment(commit=True) as env:
        queries, started = env.cr.sql_log_count, time.perf_counter()
        cpu = time.process_time()
        env["dealer.crm.lead"]._cron_assign_partners()
        row.product.seconds.append(time.perf_counter() - started)
        row.product.cpu.append(time.process_time() - cpu)
        row.product.queries.append(env.cr.sql_log_count - queries)
        left = env["dealer.crm.lead"]._count_unassigned()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row.note = (
        f"{waiting / row.product.seconds[0]:,.0f} leads/s, {left} left,"
        f" {row.product.queries[0] / waiting:.4f} queries a lead, {peak:.0f} MB at the peak"
    )
    bench.add(row)


def main() -> None:
    args = arguments(sizes=(5_000, 50_000, MILLION), small=(5_000,))
    with Bench("assign", ADDONS, args) as bench:
        fill_people(bench)
        fill_leads(bench, 2 * LEADS)
        place_leads(bench)
        for resellers in METROPOLIS:
            measure_metropolis(bench, resellers)
        for size in args.sizes:
            if size == MILLION:
                run_million(bench)
            else:
                measure(bench, size)
        bench.report()


if __name__ == "__main__":
    main()
