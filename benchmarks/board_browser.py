"""The board in a browser: from the click on its address until its cards stand.

One server and one Chromium load both boards in turns, with a warm cache, as a manager who sees all
leads. The time is the browser's own: from the start of the navigation until the cards are in the page.
"""

import os
import statistics
from typing import Any

from .browser import browser
from .common import Bench
from .data import MANAGER
from .partners import serve
from .result import Row, Side

TITLE = "the cards stand in the browser, all"
CARDS = ".o_kanban_group .o_kanban_record:not(.o_kanban_ghost)"
# Frames are rare in a browser without a screen: the cards' elements are watched.
WATCH = f"""
    new MutationObserver((_changes, observer) => {{
        if (document.querySelector("{CARDS}")) {{
            window.stoodAt = performance.now();
            observer.disconnect();
        }}
    }}).observe(document, {{childList: true, subtree: true}});
"""


def measure_browser(bench: Bench, size: int, boards: tuple[Any, Any]) -> None:
    """Add the row of the two ``boards``, peer and product."""
    if bench.args.only not in TITLE:
        return
    actions = [_make_action(bench, board) for board in boards]
    row = Row(size, TITLE, Side(), Side(), goal=1)
    loads: tuple[list, list] = ([], [])
    with serve([bench.database]) as url, browser(os.environ.get("CHROMIUM", "")) as page:
        # Requests would wait for this process.
        page.call("Fetch.disable")
        page.resize(1440, 900)
        page.login(url, MANAGER, MANAGER)
        page.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        for number in range(1 + bench.args.rounds):
            for index in (0, 1) if number % 2 else (1, 0):
                load = page.open(f"{url}/odoo/action-{actions[index]}")
                page.wait("window.stoodAt")
                load["stood"] = page.evaluate("window.stoodAt")
                load["cards"] = page.evaluate(f"document.querySelectorAll('{CARDS}').length")
                if number:
                    loads[index].append(load)
    for side, visits in zip((row.peer, row.product), loads, strict=True):
        side.seconds += [each["stood"] / 1000 for each in visits]
    row.note = "; ".join(
        f"{name} "
        + " / ".join(f"{statistics.median(each[key] for each in visits):,.0f}" for visits in loads)
        for name, key in (("cards", "cards"), ("requests", "requests"))
    )
    bench.add(row)


def _make_action(bench: Bench, board: Any) -> int:
    """The id of an action that opens the board of all leads, without a filter."""
    with bench.environment(commit=True) as env:
        env["res.users"].search([("login", "=", MANAGER)]).password = MANAGER
        values = {"res_model": board.model, "view_mode": "kanban", "domain": repr(board.domain)}
        action = env["ir.actions.act_window"].create({"name": "Board of the benchmark", **values})
        return action.id
