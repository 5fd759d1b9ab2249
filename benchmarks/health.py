"""The operators' routes ``/dealer_crm/health`` and ``/dealer_crm/attention``.

They are public, so an answer must not cost more with many overdue rows than with none. The peer is the
same request with an empty outbox.
"""

from odoo import api

from .common import Bench, Side, arguments


def fill(bench: Bench, count: int) -> None:
    """Add overdue rows up to `count`: one working connection without a delivery for hours."""
    bench.sql(
        """
        INSERT INTO dealer_crm_callback (company_id, bpo_source_lead_id, event_id, sequence, outcome,
                                         payload, state, next_attempt_at)
        SELECT (SELECT MIN(id) FROM res_company), i, 'bench' || i, 1, 'lost', '{}', 'pending',
               now() AT TIME ZONE 'UTC' - make_interval(mins => 30 + (i / 1000)::int)
          FROM generate_series((SELECT COUNT(*) + 1 FROM dealer_crm_callback), %s) AS i
        """,
        [count],
    )
    bench.analyze()


def ask(env: api.Environment) -> None:
    # Can be imported only after Odoo has read its options.
    from odoo.addons.dealer_crm import health  # noqa: PLC0415

    health.get_health(env.cr)
    health.get_attention(env.cr)


def main() -> None:
    args = arguments(sizes=(200_000,), small=(20_000,))
    with Bench("health", ("dealer_crm",), args) as bench:
        with bench.environment(commit=True) as env:
            env["dealer.crm.bpo.connection"].search([]).active = False
            env["dealer.crm.bpo.connection"].create(
                {
                    "name": "BPO",
                    "url": "https://bpo.invalid",
                    "database": "bpo",
                    "login": "dealer",
                    "api_key": "key",
                }
            )
        bench.sql("DELETE FROM dealer_crm_callback")
        bench.analyze()
        empty = bench.compare(0, "health and attention", None, ask).product
        for size in args.sizes:
            fill(bench, size)
            row = bench.compare(size, "health and attention", None, ask, goal=0.1)
            row.peer = Side(empty.seconds, empty.cpu, empty.queries)
            row.note = "peer: no row overdue"
        bench.report()


if __name__ == "__main__":
    main()
