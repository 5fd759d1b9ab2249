"""The kanban board: ``dealer.crm.lead`` against ``crm.lead``, with the calls of the web client.

The calls were taken from a browser's network log: a board opens with ``read_progress_bar`` and
``web_read_group``; moving a card is a ``web_save``, after which the columns' sums, the bars and the
column that it left are read again.
"""

import json
from collections.abc import Iterator
from typing import Any

from lxml import etree

from odoo import api
from odoo.fields import Domain

from .board_browser import measure_browser
from .common import Bench, arguments
from .data import AGENT, MANAGER, fill_leads, fill_orders, fill_people
from .live import measure_live

LIMIT = 80  # Cards per column at first
BATCH = 1000
ACTIVITY_WIDGET = (
    "activity_exception_decoration",
    "activity_exception_icon",
    "activity_state",
    "activity_summary",
    "activity_type_icon",
    "activity_type_id",
)


class Board:
    """One side: a kanban view and its calls."""

    def __init__(
        self,
        env: api.Environment,
        model: str,
        view: str,
        domain: list,
        sums: tuple[str, ...],
        column_fields: tuple[str, ...] = (),
        context: dict[str, Any] | None = None,
    ) -> None:
        """
        :param domain: domain of the menu's action
        :param sums: summed fields, in the company's currency
        :param column_fields: fields of the columns' records that the view reads
        """
        self.model = model
        self.domain = domain
        self.context = {"tz": "Europe/Brussels", **(context or {})}
        self.aggregates = [f"{name}:sum" for name in sums]
        self.aggregates += ["company_currency:array_agg_distinct"]
        self.aggregates += [f"{name}:sum_currency" for name in sums]
        self.columns = {"stage_id": {name: {} for name in column_fields}} if column_fields else {}
        arch = env[model].get_view(env.ref(view).id, "kanban")["arch"]
        self.specification = dict(self._specify(env[model], etree.fromstring(arch)))
        [bar] = etree.fromstring(arch).iter("progressbar")
        self.bar = {"field": bar.get("field"), "colors": json.loads(bar.get("colors"))}

    @staticmethod
    def _specify(model: Any, arch: Any) -> Iterator[tuple[str, dict]]:
        for node in arch.iter("field"):
            names = [node.get("name")]
            if node.get("widget") == "kanban_activity":
                names += ACTIVITY_WIDGET
            for name in names:
                kind = model._fields[name].type
                if kind == "many2one":
                    hidden = node.get("invisible") in ("1", "True")
                    yield name, {"fields": {} if hidden else {"display_name": {}}}
                elif kind == "many2many":
                    yield name, {"fields": {"display_name": {}, "color": {}}}
                else:
                    yield name, {"fields": {}} if kind == "one2many" else {}

    def records(self, env: api.Environment) -> Any:
        return env[self.model].with_context(**self.context)

    def mine(self, env: api.Environment) -> list:
        return [*self.domain, ("user_id", "=", env.uid)]

    def open(self, env: api.Environment, domain: list | None = None) -> dict:
        domain = self.domain if domain is None else domain
        self.read_bars(env, domain)
        return (
            self.records(env)
            .with_context(read_group_expand=True)
            .web_read_group(
                domain,
                ["stage_id"],
                self.aggregates,
                offset=0,
                order="",
                auto_unfold=True,
                opening_info=[],
                unfold_read_specification=self.specification,
                unfold_read_default_limit=LIMIT,
                groupby_read_specification=self.columns,
            )
        )

    def read_bars(self, env: api.Environment, domain: list) -> dict:
        return self.records(env).read_progress_bar(domain, "stage_id", self.bar)

    def move(self, env: api.Environment, lead_id: int, stage_id: int) -> None:
        lead = self.records(env).browse(lead_id)
        # The browser keeps the mark of a card that it moves.
        kept = {"has_duplicate"}
        specification = {k: v for k, v in self.specification.items() if k not in kept}
        lead.web_save({"stage_id": stage_id}, specification)

    def refresh(self, env: api.Environment, domain: list, stage_id: int) -> None:
        """Read what a move has changed; `stage_id` is the column that the card left."""
        leads = self.records(env)
        leads.formatted_read_group(domain, ["stage_id"], self.aggregates)
        self.read_bars(env, domain)
        leads.web_search_read(
            [*domain, ("stage_id", "=", stage_id)],
            self.specification,
            offset=0,
            order="",
            limit=LIMIT,
            count_limit=10001,
        )

    def create(self, env: api.Environment, values: dict[str, Any]) -> None:
        """Create `BATCH` leads in one call, as an import does."""
        self.records(env).create(
            [
                {
                    **values,
                    "contact_name": f"Walk-in {n}",
                    "phone": f"+3247199{n:04}",
                    "city": "Ghent",
                }
                for n in range(BATCH)
            ]
        )


def boards(env: api.Environment) -> tuple[Board, Board]:
    """Return the boards of peer and product for the user of `env`."""
    peer = Board(
        env,
        "crm.lead",
        "crm.crm_case_kanban_view_leads",
        [("type", "=", "opportunity")],
        ("expected_revenue", "recurring_revenue_monthly"),
        context={"default_type": "opportunity", "show_user_team_stages": 1},
    )
    product = Board(
        env,
        "dealer.crm.lead",
        "dealer_crm.dealer_crm_lead_view_kanban",
        [],
        ("expected_price",),
        ("is_won", "is_lost"),
    )
    return peer, product


def measure(bench: Bench, size: int) -> None:
    """Add the rows of one size."""
    fill_leads(bench, size)
    with bench.environment(MANAGER) as env:
        peer, product = boards(env)
        stages = {}
        for board, model in ((peer, "crm.stage"), (product, "dealer.crm.stage")):
            stages[board] = env[model].search([], order="sequence", limit=2).ids
        leads = {
            board: board.records(env).search([("stage_id", "=", stages[board][0])], limit=BATCH).ids
            for board in (peer, product)
        }
    with bench.environment(AGENT) as env:
        cards = {
            board: board.records(env).search(
                [*board.mine(env), ("stage_id", "=", stages[board][0])], limit=1
            )
            for board in (peer, product)
        }

    def both(title: str, call: Any, **options: Any) -> None:
        def bound(board: Board) -> Any:
            return lambda env: call(env, board)

        bench.compare(size, title, bound(peer), bound(product), **options)

    huge = size >= 1_000_000
    both("open, all", lambda env, board: board.open(env), login=MANAGER, goal=6 if huge else 1)
    both(
        "open, own",
        lambda env, board: board.open(env, board.mine(env)),
        login=AGENT,
        goal=6 if huge else 1,
    )
    both(
        "move a card",
        lambda env, board: board.move(env, cards[board].id, stages[board][1]),
        login=AGENT,
        goal=2,
    )
    both(
        "refresh, all",
        lambda env, board: board.refresh(env, board.domain, stages[board][0]),
        login=MANAGER,
        goal=7 if huge else None,
    )

    def move_and_refresh(env: api.Environment, board: Board) -> None:
        board.move(env, leads[board][0], stages[board][1])
        env.cr.flush()
        env.invalidate_all()
        board.refresh(env, board.domain, stages[board][0])

    both("move a card and refresh, all", move_and_refresh, login=MANAGER, goal=6 if huge else None)
    both(
        "move 1,000",
        lambda env, board: (
            board.records(env).browse(leads[board]).write({"stage_id": stages[board][1]})
        ),
        login=MANAGER,
        goal=10,
    )
    price = {peer: "expected_revenue", product: "expected_price"}
    extra = {peer: {"name": "Walk-in"}, product: {}}
    both(
        "create 1,000",
        lambda env, board: board.create(env, {price[board]: 20000, **extra[board]}),
        login=MANAGER,
        goal=8,
    )
    measure_live(bench, size, product, cards[product].id, stages[product])
    measure_browser(bench, size, (peer, product))
    fill_orders(bench)
    measure_search(both, peer, size)


def measure_search(both: Any, peer: Board, size: int) -> None:
    """Add the rows of the search box: what is typed and entered, in the cards' order.

    The peer's agent chooses Phone for a number. For an order the peer looks where its box looks,
    in the names, and does not find the lead.
    """
    n = size // 2
    names = ("partner_id", "partner_name", "email_from", "name", "contact_name")
    for title, text, fields in (
        ("phone", f"+32 470 {n:07}", ("phone_mobile_search",)),
        ("name", f"Customer {n}", names),
        ("e-mail", f"c{n}@example.com", names),
        ("order", f"SO-BENCH-{n // 10}", names),
    ):
        typed = Domain.OR(Domain(field, "ilike", text) for field in fields)

        def find(env: api.Environment, board: Board, typed: Any = typed, text: str = text) -> Any:
            domain = typed if board is peer else Domain("anything", "ilike", text)
            return board.records(env).search(Domain(board.domain) & domain, limit=LIMIT)

        def show(env: api.Environment, board: Board, typed: Any = typed, text: str = text) -> Any:
            domain = typed if board is peer else Domain("anything", "ilike", text)
            return board.open(env, list(Domain(board.domain) & domain))

        huge = size >= 1_000_000
        both(f"find by {title}, all", find, login=MANAGER, goal=5 if huge else None)
        both(f"board of a search by {title}, all", show, login=MANAGER, goal=5 if huge else None)


def main() -> None:
    args = arguments(sizes=(10_000, 100_000), small=(10_000,))
    with Bench("board", ("crm", "dealer_crm"), args) as bench:
        fill_people(bench)
        for size in args.sizes:
            measure(bench, size)
        bench.report()


if __name__ == "__main__":
    main()
