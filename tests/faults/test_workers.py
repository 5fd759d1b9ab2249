"""Many workers on one outbox: each outcome is sent once, a lead's in order, all of them soon."""

import threading

import pytest

from ..harness import wait_until
from ..web import Browser, RpcError
from .conftest import connect
from .inbox import FakeInbox
from .test_crash import DELIVER
from .trial import Trial, no_secret_in_dump


@pytest.fixture
def crowd(make_dealer, inbox, lines):
    """Two dealer processes with two cron threads each on one database."""
    dealer = make_dealer(processes=2, max_cron_threads=2)
    connect(dealer, inbox)
    return Trial("four workers and Run Manually at once", dealer, inbox, lines)


@pytest.mark.faults
def test_four_workers_and_run_manually(crowd, inbox):
    """Four cron threads, two shells and a person who keeps clicking Run Manually, on 150 leads."""
    dealer = crowd.dealer
    leads = range(1, 151)
    crowd.leads_of(leads)
    crowd.lose(*leads)
    crowd.reopen(*leads[:50])
    cron = dealer.browser().ref("dealer_crm.ir_cron_deliver_callbacks")
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


@pytest.mark.faults
@pytest.mark.parametrize(
    ("count", "batch"),
    [(1_000, False), (10_000, True)],
    ids=["1000_rows_one_poison", "10000_rows_one_poison"],
)
def test_poison(make_dealer, inbox, lines, pg_dump, count, batch):
    """One outcome that is always refused is parked; the thousands around it are delivered."""
    inbox.capabilities = {"batch": batch, "reopened": True}
    dealer = make_dealer(max_cron_threads=4)
    connect(dealer, inbox)
    poison = count // 2
    receive = inbox.receive

    def refuse_poison(payload):
        if payload["bpo_source_lead_id"] == poison:
            return {
                "ok": False,
                "status": "rejected",
                "event_id": payload["event_id"],
                "message": "Poison.",
            }
        return receive(payload)

    inbox.receive = refuse_poison
    trial = Trial(
        f"{count} rows, one poison{', in batches' if batch else ''}", dealer, inbox, lines
    )
    leads = range(1, count + 1)
    trial.leads_of(leads)
    trial.lose(*leads)
    line = trial.finish(240, parked=[poison])
    assert (line.delivered, line.duplicates) == (count - 1, 0)
    (parked,) = trial.rows("parked")
    assert parked["bpo_source_lead_id"] == poison and "Poison." in parked["last_error"]
    no_secret_in_dump(dealer, pg_dump)


@pytest.mark.faults
def test_dead_bpo_does_not_slow_a_live_one(make_dealer, inbox, lines):
    """Two companies, two BPOs: one takes 35 seconds to say nothing, the other's outcomes go at once."""
    dealer = make_dealer(max_cron_threads=2)
    connect(dealer, inbox)
    admin = dealer.browser()
    company = admin.create("res.company", name="Second company")
    admin.call("res.users", "write", [admin.uid], {"company_ids": [(4, company)]})
    with FakeInbox() as dead:
        dealer.connect_to(dead.url, dead.database, dead.login, dead.key, company_id=company)
        trial = Trial("a dead BPO beside a live one", dealer, inbox, lines)
        ids = trial.leads_of(range(1, 21))
        dealer.db.query(
            "UPDATE dealer_crm_lead SET company_id = %s WHERE id = ANY(%s)", company, ids[10:]
        )
        dead.gate.clear()
        trial.lose(*range(11, 21))
        wait_until(lambda: dead.waiting, "the dead one is being asked")
        trial.lose(*range(1, 11))
        wait_until(lambda: len(trial.rows("delivered")) == 10, "the live one has its ten", 15)
        assert {row["bpo_source_lead_id"] for row in trial.rows("delivered")} == set(range(1, 11))
        dead.gate.set()
        wait_until(lambda: not trial.rows("pending", "sending"), "the other one too", 60)
        together = [*inbox.events(), *dead.events()]
        inbox.events = lambda: together
        trial.finish()
