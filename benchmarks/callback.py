"""The callback: how fast outcomes reach a real Odoo, and what it costs agents and mass changes.

Two Odoo servers with their own databases run as in production: the BPO with two HTTP workers, the
dealer with one process for people and one or two for dispatching. The peer is a script with
``requests`` that calls the same method, with the best of 1, 2 and 4 threads. Times are per outcome.
"""

import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.harness import Settings

from .common import Bench, Row, Side, arguments
from .data import MANAGER, fill_leads, fill_people
from .pair import Client, Pair, dead, sell

THREADS = (1, 2, 4)


def throughput(bench: Bench, pair: Pair, count: int) -> None:
    """(a) one outcome a call, (b) in batches, (c) by two processes."""
    client = Client(pair.bpo)
    single = Row(count, "one outcome a call", Side(), Side(), 0.95, "peer: bare client at its best")
    batch = Row(count, "in batches", Side(), Side(), 12, "peer: one outcome a call")
    for number in range(1 + bench.args.rounds):
        bare = []
        for threads in THREADS:
            pair.lose(count)
            bare.append(client.send(pair.take(), threads) / count)
        times = []
        for batched in (False, True):
            pair.offer(batched)
            pair.lose(count)
            times.append(pair.drain(count) / count)
        if number:
            for row, peer, product in ((single, min(bare), times[0]), (batch, *times)):
                row.peer.seconds.append(peer)
                row.product.seconds.append(product)
    bench.add(single)
    bench.add(batch)
    pair.add_dispatcher()
    before = len(pair.bpo.inbox())
    pair.offer(False)
    pair.lose(4 * count)
    seconds = pair.drain(4 * count) / (4 * count)
    repeats = pair.bpo.db.value("SELECT SUM(duplicate_count) FROM bpo_dealer_callback") or 0
    arrived = len(pair.bpo.inbox()) - before
    bench.add(
        Row(
            4 * count,
            "by two processes",
            Side(),
            Side([seconds]),
            note=f"sent twice: {repeats}; arrived: {arrived:,}",
        )
    )
    assert repeats == 0 and arrived == 4 * count


def clicks(bench: Bench, pair: Pair) -> None:
    """(e) Mark Lost and Mark Won by an agent, with the BPO alive and dead."""
    dealer, login = pair.dealer, "test_agent"
    agent = dealer.browser(login)
    reason = dealer.db.value("SELECT MIN(id) FROM dealer_crm_lost_reason")
    pair.offer(True)
    pair.run()

    def timed(press: Callable[[], Any]) -> float:
        clock = time.perf_counter()
        press()
        return time.perf_counter() - clock

    def lost(lead_id: int) -> float:
        wizard = agent.create("dealer.crm.lead.lost", lead_ids=[lead_id], lost_reason=reason)
        return timed(lambda: agent.button("dealer.crm.lead.lost", "action_confirm", wizard))

    def won(lead_id: int) -> float:
        sell(dealer, agent, lead_id)
        return timed(lambda: agent.button("dealer.crm.lead", "action_mark_won", lead_id))

    for title, press in (("Mark Lost", lost), ("Mark Won", won)):
        row = Row(1, title, Side(), Side(), 0.9, "peer: BPO alive; product: BPO dead")
        rounds = 1 + bench.args.rounds
        leads = iter(dealer.make_leads(pair.bpo.make_endorsed(2 * rounds)))
        dealer.db.query("UPDATE dealer_crm_lead SET user_id = %s", agent.uid)
        for number in range(rounds):
            alive = press(next(leads))
            with dead(pair.bpo):
                seconds = press(next(leads))
            if number:
                row.peer.seconds.append(alive)
                row.product.seconds.append(seconds)
        bench.add(row)
    pair.dealer.drain(120)


def mass(bench: Bench, count: int) -> None:
    """(d) `count` leads lost in one write: walk-ins against endorsed ones."""
    fill_people(bench)
    fill_leads(bench, 4 * count)
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
    bench.sql(
        "UPDATE dealer_crm_lead SET bpo_source_lead_id = CASE WHEN id % 2 = 0 THEN 10000000 + id ELSE 0 END"
    )
    bench.analyze()
    with bench.environment() as env:
        leads = env["dealer.crm.lead"].search([("won_status", "=", "pending")], order="id")
        endorsed = leads.filtered("bpo_source_lead_id")
        ids = {True: endorsed[:count].ids, False: (leads - endorsed)[:count].ids}
        stage_id = env.ref("dealer_crm.stage_lost").id
        reason_id = env["dealer.crm.lost.reason"].search([], limit=1).id
    assert len(ids[True]) == len(ids[False]) == count

    def lose(which: bool) -> Callable[[Any], None]:
        return lambda env: (
            env["dealer.crm.lead"]
            .browse(ids[which])
            .write({"stage_id": stage_id, "lost_reason": reason_id})
        )

    row = bench.compare(
        count, "lost in one write", lose(False), lose(True), goal=0.87, login=MANAGER
    )
    row.note = "peer: walk-ins; product: endorsed"


def main() -> None:
    args = arguments(sizes=(10_000,), small=(1_000,))
    wanted = [part for part in ("mass", "throughput", "clicks") if args.only in part]
    args.only = ""
    with Bench("callback", ("dealer_crm",), args) as bench:
        if "mass" in wanted:
            for size in args.sizes:
                mass(bench, size)
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            if wanted != ["mass"]:
                pair = Pair(Settings(), Path(folder), stack)
                pair.rest()
            if "throughput" in wanted:
                throughput(bench, pair, 50 if args.small else 200)
            if "clicks" in wanted:
                clicks(bench, pair)
        bench.report()


if __name__ == "__main__":
    main()
