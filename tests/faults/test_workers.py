"""Many workers on one outbox: each outcome is sent once, in order per lead, and soon."""

import threading
import time

import pytest

from ..harness import wait_until
from ..web import Browser, RpcError
from .conftest import connect, two_processes
from .inbox import FakeInbox
from .scenario import Scenario
from .test_crash import DELIVER

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def four(peers_of, tmp_path_factory, pg_dump):
    """Two dealer processes with two cron threads each on one database."""
    with two_processes(peers_of, tmp_path_factory.mktemp("four"), pg_dump) as dealer:
        yield dealer


@pytest.fixture
def crowd(request, four, inbox, lines):
    """A scenario with the four workers."""
    four.db.query("DELETE FROM dealer_crm_callback")
    connect(four, inbox)
    name = request.node.callspec.id if hasattr(request.node, "callspec") else request.node.name
    return Scenario(name.removeprefix("test_").replace("_", " "), four, inbox, lines)


def test_four_workers_and_run_manually_at_once(crowd, inbox):
    """Four cron threads, two shells and a user who repeats Run Manually deliver 150 leads."""
    dealer = crowd.dealer
    leads = range(1, 151)
    crowd.leads_of(leads)
    crowd.lose(*leads)
    crowd.reopen(*leads[:50])
    cron = dealer.cron()["id"]
    done = threading.Event()
    failures = []

    def click(url):
        browser = Browser(url, dealer.db.name, "admin", "admin")
        while not done.is_set():
            try:
                browser.button("ir.cron", "method_direct_trigger", cron)
            except RpcError as error:
                if "already executing" not in error.message:
                    failures.append(error)

    threads = [threading.Thread(target=click, args=(process.url,)) for process in dealer.processes]
    threads += [threading.Thread(target=dealer.shell, args=(DELIVER,)) for _number in range(2)]
    for thread in threads:
        thread.start()
    crowd.lose(*leads[:50])
    try:
        line = crowd.finish(90)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert (line.rows, line.duplicates) == (250, 0)
    assert max(inbox.arrivals[event.event_id] for event in inbox.events()) == 1


@pytest.mark.parametrize(
    ("count", "batch"),
    [(1_000, False), (10_000, True)],
    ids=["1000_rows_one_poison", "10000_rows_one_poison_in_batches"],
)
def test_poison(crowd, inbox, count, batch):
    """One outcome that is always refused is parked; thousands of others are delivered."""
    poison = count // 2
    inbox.capabilities = {"batch": batch, "reopened": True}
    inbox.rejected = {poison}
    connect(crowd.dealer, inbox)
    leads = range(1, count + 1)
    crowd.leads_of(leads)
    crowd.lose(*leads)
    line = crowd.finish(240, parked=[poison])
    assert (line.delivered, line.duplicates) == (count - 1, 0)
    (parked,) = crowd.rows("parked")
    assert parked["bpo_source_lead_id"] == poison and "Poison." in parked["last_error"]


def test_dead_bpo_does_not_slow_a_live_one(make_dealer, inbox, lines):
    """Two companies with a BPO each: one times out after 35 seconds, the other gets its outcomes at once."""
    dealer = make_dealer(max_cron_threads=2)
    connect(dealer, inbox)
    admin = dealer.browser()
    company = admin.create("res.company", name="Second company")
    admin.call("res.users", "write", [admin.uid], {"company_ids": [(4, company)]})
    with FakeInbox() as dead:
        dealer.connect_to(dead.url, dead.database, dead.login, dead.key, company_id=company)
        scenario = Scenario("a dead BPO beside a live one", dealer, inbox, lines)
        ids = scenario.leads_of(range(1, 21))
        dealer.db.query(
            "UPDATE dealer_crm_lead SET company_id = %s WHERE id = ANY(%s)", company, ids[10:]
        )
        dead.gate.clear()
        scenario.lose(*range(11, 21))
        wait_until(lambda: dead.waiting, "a request to the dead BPO is under way")
        scenario.lose(*range(1, 11))
        wait_until(
            lambda: len(scenario.rows("delivered")) == 10, "the live BPO has its ten outcomes", 25
        )
        assert {row["bpo_source_lead_id"] for row in scenario.rows("delivered")} == set(
            range(1, 11)
        )
        dead.gate.set()
        wait_until(
            lambda: not scenario.rows("pending", "sending"), "the other BPO has them, too", 60
        )
        together = [*inbox.events(), *dead.events()]
        inbox.events = lambda: together
        scenario.finish()


def test_other_crons_are_not_starved(make_dealer, inbox, lines):
    """One cron thread and a BPO that does not answer: other jobs run within two minutes."""
    dealer = make_dealer(max_cron_threads=1)
    connect(dealer, inbox)
    scenario = Scenario("other crons beside a dead BPO", dealer, inbox, lines)
    inbox.gate.clear()
    scenario.leads_of(range(1, 41))
    scenario.lose(*range(1, 41))
    wait_until(lambda: inbox.waiting, "a request to the BPO is under way")
    (other,) = dealer.db.query(
        "UPDATE ir_cron SET active = true, nextcall = now() AT TIME ZONE 'UTC', lastcall = NULL"
        " WHERE id = (SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'autovacuum_job')"
        " RETURNING id"
    )
    begun = time.monotonic()
    wait_until(
        lambda: dealer.db.value("SELECT lastcall FROM ir_cron WHERE id = %s", other["id"]),
        "another job has run",
        120,
        0.5,
    )
    note = f"another job ran after {time.monotonic() - begun:.0f} s"
    assert scenario.rows("pending", "sending")
    inbox.gate.set()
    scenario.finish(note=note)
