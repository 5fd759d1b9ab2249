"""The callback: how fast outcomes reach a real Odoo, what the agent and a mass change notice of it.

Two Odoos with their own databases run as in production: the BPO with two HTTP workers, the dealer
with a process for people and one or two that dispatch. The peer is what a script with ``requests``
gets from the same method, at its best of 1, 2 and 4 threads. A side's time is that of one outcome.
"""

import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from tests.harness import Settings, wait_until
from tests.peers import BPO_SCRIPT, DEALER_SCRIPT, Bpo, Dealer, Template
from tests.web import Browser

from .common import Bench, Row, Side, arguments
from .data import MANAGER, fill_leads, fill_people

THREADS = (1, 2, 4)
CRON = "(SELECT res_id FROM ir_model_data WHERE module = 'dealer_crm' AND name = 'ir_cron_deliver_callbacks')"


class Pair:
    """A dealer and a BPO that know each other."""

    def __init__(self, settings: Settings, folder: Path, stack: contextlib.ExitStack) -> None:
        templates = []
        for addon, variable, script in (
            ("bpo_crm", "DEALER_CRM_TEST_TEMPLATE_BPO", BPO_SCRIPT),
            ("dealer_crm", "DEALER_CRM_TEST_TEMPLATE_DEALER", DEALER_SCRIPT),
        ):
            templates.append(Template(addon, environ(variable), script, settings, folder))
            stack.callback(templates[-1].database.drop)
        self.bpo = Bpo(templates[0], settings, folder, workers=2, log_level="error")
        stack.callback(self.bpo.close)
        self.dealer = Dealer(templates[1], settings, folder, log_level="error")
        stack.callback(self.dealer.close)
        self.bpo.add_process()
        self.dealer.add_process()
        self.bpo.know_dealer(self.dealer)
        self.dealer.connect_to(self.bpo.url, self.bpo.db.name, "test_dealer", self.bpo.key)
        self.add_dispatcher()

    def add_dispatcher(self) -> None:
        self.dealer.add_process(options={"max_cron_threads": 1})

    def rest(self) -> None:
        """Let the dispatchers do nothing until told."""
        self.dealer.db.query(f"UPDATE ir_cron SET active = FALSE WHERE id = {CRON}")

    def run(self) -> None:
        self.dealer.db.query(f"UPDATE ir_cron SET active = TRUE WHERE id = {CRON}")
        self.dealer.wake()

    def offer(self, batch: bool) -> None:
        """Let the BPO take batches, or one outcome a call."""
        self.dealer.db.query(
            "UPDATE dealer_crm_bpo_connection SET capabilities = %s",
            '{"batch": true}' if batch else "{}",
        )

    def lose(self, count: int) -> None:
        """Write `count` outcomes down."""
        ids = self.dealer.make_leads(self.bpo.make_endorsed(count))
        self.dealer.lose(ids)

    def drain(self, count: int) -> float:
        """Send the `count` outcomes that wait; returns the seconds it took."""
        database = self.dealer.db
        assert self.dealer.count("pending") == count
        begun = database.value("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        last = database.value(
            "SELECT COALESCE(MAX(delivered_at), '1970-01-01') FROM dealer_crm_callback"
        )
        self.run()
        wait_until(lambda: not self.dealer.count("pending", "sending"), "all sent", 600)
        self.rest()
        sent = database.query(
            "SELECT COUNT(*) AS number, MAX(delivered_at) AS last FROM dealer_crm_callback"
            " WHERE state = 'delivered' AND delivered_at > %s",
            last,
        )[0]
        assert sent["number"] == count, f"{sent['number']} of {count} delivered"
        return (sent["last"] - begun).total_seconds()

    def take(self) -> list[dict[str, Any]]:
        """Take the waiting outcomes out of the outbox; returns what would have been sent."""
        return [
            row["payload"]
            for row in self.dealer.db.query(
                "UPDATE dealer_crm_callback SET state = 'cancelled' WHERE state = 'pending'"
                " RETURNING payload"
            )
        ]


class Client:
    """What somebody would write in an afternoon: one session a thread, one call an outcome."""

    def __init__(self, bpo: Bpo) -> None:
        self.url = f"{bpo.url}/jsonrpc"
        self.who = [bpo.db.name]
        session = requests.Session()
        uid = self.ask(session, "common", "authenticate", bpo.db.name, "test_dealer", bpo.key, {})
        self.who = [bpo.db.name, uid, bpo.key]

    def ask(self, session: requests.Session, service: str, method: str, *args: Any) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        answer = session.post(self.url, json=body, timeout=60).json()
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, payloads: list[dict[str, Any]], threads: int) -> float:
        """Send all with `threads` threads; returns the seconds it took."""

        def work(share: list[dict[str, Any]]) -> None:
            with requests.Session() as session:
                session.trust_env = False
                for payload in share:
                    call = ["crm.lead", "update_from_dealer_callback", [payload]]
                    answer = self.ask(session, "object", "execute_kw", *self.who, *call)
                    assert answer["ok"], answer

        workers = [
            threading.Thread(target=work, args=(payloads[number::threads],))
            for number in range(threads)
        ]
        clock = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.perf_counter() - clock


def environ(name: str) -> str:
    if name not in os.environ:
        sys.exit(f"{name} is not set: run this with make bench-callback.")
    return os.environ[name]


def throughput(bench: Bench, pair: Pair, count: int) -> None:
    """(a) one outcome a call, (b) in batches, (c) by two processes."""
    client = Client(pair.bpo)
    single = Row(count, "one outcome a call", Side(), Side(), 0.9, "peer: bare client at its best")
    batch = Row(count, "in batches", Side(), Side(), 4, "peer: one outcome a call")
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


@contextlib.contextmanager
def dead(bpo: Bpo) -> Iterator[None]:
    """The BPO accepts connections and never answers: the worst of its deaths."""
    bpo.processes[0].signal(signal.SIGSTOP)
    try:
        yield
    finally:
        bpo.processes[0].signal(signal.SIGCONT)


def clicks(bench: Bench, pair: Pair) -> None:
    """(e) the agent's Mark Lost and Mark Won, with the BPO alive and dead."""
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


def sell(dealer: Dealer, agent: Browser, lead_id: int) -> None:
    """Quote and confirm a service, which needs no delivery."""
    product = agent.find("product.product", ("default_code", "=", "TEST-SERVICE"))
    agent.call("dealer.crm.lead", "write", [lead_id], {"product_id": product})
    agent.button("dealer.crm.lead", "action_convert_to_quotation", lead_id)
    query = "SELECT max(id) FROM sale_order WHERE dealer_crm_lead_id = %s"
    agent.button("sale.order", "action_confirm", dealer.db.value(query, lead_id))


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
        count, "lost in one write", lose(False), lose(True), goal=0.8, login=MANAGER
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
