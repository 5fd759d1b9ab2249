"""A real dealer and a real BPO, and a simple script in place of our dispatcher."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.harness import Settings, wait_until
from tests.peers import BPO_SCRIPT, DEALER_SCRIPT, Bpo, Dealer, Template
from tests.web import Browser

CRON = "(SELECT res_id FROM ir_model_data WHERE module = 'dealer_crm' AND name = 'ir_cron_deliver_callbacks')"


class Pair:
    """A dealer and a BPO, connected."""

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
        """Switch the dispatchers off."""
        self.dealer.db.query(f"UPDATE ir_cron SET active = FALSE WHERE id = {CRON}")

    def run(self) -> None:
        self.dealer.db.query(f"UPDATE ir_cron SET active = TRUE WHERE id = {CRON}")
        self.dealer.wake()

    def offer(self, batch: bool) -> None:
        """Set whether the BPO accepts batches, or one outcome per call."""
        self.dealer.db.query(
            "UPDATE dealer_crm_bpo_connection SET capabilities = %s",
            '{"batch": true}' if batch else "{}",
        )

    def lose(self, count: int) -> None:
        """Create `count` outcomes."""
        ids = self.dealer.make_leads(self.bpo.make_endorsed(count))
        self.dealer.lose(ids)

    def drain(self, count: int) -> float:
        """Send the `count` waiting outcomes; return the seconds."""
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
        """Cancel the waiting outcomes; return their payloads."""
        return [
            row["payload"]
            for row in self.dealer.db.query(
                "UPDATE dealer_crm_callback SET state = 'cancelled' WHERE state = 'pending'"
                " RETURNING payload"
            )
        ]


class Client:
    """A simple client: one session per thread, one call per outcome."""

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
        """Send all payloads with `threads` threads; return the seconds."""

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


@contextlib.contextmanager
def dead(bpo: Bpo) -> Iterator[None]:
    """Make the BPO accept connections and never answer, the slowest kind of failure."""
    bpo.processes[0].signal(signal.SIGSTOP)
    try:
        yield
    finally:
        bpo.processes[0].signal(signal.SIGCONT)


def sell(dealer: Dealer, agent: Browser, lead_id: int) -> None:
    """Quote and confirm a service, which needs no delivery."""
    product = agent.find("product.product", ("default_code", "=", "TEST-SERVICE"))
    agent.call("dealer.crm.lead", "write", [lead_id], {"product_id": product})
    agent.button("dealer.crm.lead", "action_convert_to_quotation", lead_id)
    query = "SELECT max(id) FROM sale_order WHERE dealer_crm_lead_id = %s"
    agent.button("sale.order", "action_confirm", dealer.db.value(query, lead_id))
