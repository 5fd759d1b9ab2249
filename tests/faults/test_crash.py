"""Two dealer processes on one database, one of which dies or stalls at the worst moment."""

import os
import signal
import threading
import time

import pytest

from ..harness import wait_until
from ..peers import Dealer
from .conftest import connect, two_processes
from .scenario import Scenario

DELIVER = "env['dealer.crm.callback']._cron_deliver()\n"


@pytest.fixture(scope="module")
def twins(peers_of, tmp_path_factory, pg_dump):
    with two_processes(peers_of, tmp_path_factory.mktemp("twins"), pg_dump) as dealer:
        yield dealer


@pytest.fixture
def crash(request, twins, inbox, lines):
    """A scenario with two processes and one request at a time, so that a second claimed row waits."""
    for process in twins.processes:
        if process.process.poll() is not None:
            process.start()
    twins.db.query("DELETE FROM dealer_crm_callback")
    connect(twins, inbox, in_flight=1)
    return Scenario(request.node.name.removeprefix("test_").replace("_", " "), twins, inbox, lines)


def dispatcher(dealer):
    """The process that runs the cron: its backend locks the cron's row."""
    found = dealer.db.query(
        "SELECT DISTINCT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.relation = 'ir_cron'::regclass AND l.mode = 'RowShareLock' AND a.datname = current_database()"
    )
    for process in dealer.processes:
        if any(row["application_name"] == f"odoo-{process.pid}" for row in found):
            return process
    return None


def kill_dispatcher(crash):
    process = wait_until(lambda: dispatcher(crash.dealer), "a process delivers")
    process.kill()


def resume(crash):
    """Let the dead process's lease expire; the other process goes on."""
    assert not crash.rows("parked", "cancelled")
    crash.dealer.skip_leases()


@pytest.mark.faults
def test_kill_before_claiming(crash):
    """The rows are committed and not claimed yet."""
    crash.leads_of(range(1, 5))
    blocker = crash.dealer.db.cluster.connect(crash.dealer.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("SELECT 1 FROM ir_cron FOR NO KEY UPDATE")
    crash.lose(1, 2, 3, 4)
    time.sleep(0.5)
    assert {row["state"] for row in crash.rows()} == {"pending"}
    crash.dealer.processes[0].kill()
    blocker.close()
    resume(crash)
    assert crash.finish().duplicates == 0


def test_kill_while_the_bpo_works(crash, inbox):
    """One request is under way; a second row is claimed but not sent."""
    inbox.gate.clear()
    crash.leads_of(range(1, 5))
    crash.lose(1, 2, 3, 4)
    wait_until(
        lambda: inbox.waiting == 1 and len(crash.rows("sending")) == 2, "one sent, one claimed"
    )
    kill_dispatcher(crash)
    assert len(crash.rows("sending")) == 2
    inbox.gate.set()
    resume(crash)
    # The BPO finished the dead process's request and knows the repeat by its event.
    assert crash.finish().duplicates == 1


def test_kill_after_the_bpo_committed(crash, inbox):
    """The BPO has applied the outcome, but its answer never arrives."""
    inbox.after.clear()
    crash.leads_of(range(1, 5))
    crash.lose(1, 2, 3, 4)
    wait_until(lambda: len(inbox.events()) == 1, "the BPO has applied one")
    kill_dispatcher(crash)
    inbox.after.set()
    resume(crash)
    assert crash.finish().duplicates == 1


def test_kill_between_answer_and_settling(crash, inbox):
    """The answer has arrived; settling waits for a lock when the process dies."""
    inbox.gate.clear()
    crash.leads_of(range(1, 4))
    crash.lose(1, 2, 3)
    wait_until(lambda: inbox.waiting == 1, "a request is under way")
    blocker = crash.dealer.db.cluster.connect(crash.dealer.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("SELECT 1 FROM dealer_crm_callback WHERE state = 'sending' FOR UPDATE")
    inbox.gate.set()
    wait_until(
        lambda: crash.dealer.db.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            " AND query LIKE '%%dealer_crm_callback%%'"
        ),
        "settling waits for the lock",
    )
    kill_dispatcher(crash)
    blocker.close()
    assert not crash.rows("delivered")
    resume(crash)
    assert crash.finish().duplicates >= 1


@pytest.mark.faults
def test_kill_after_settling(crash, inbox):
    """Some outcomes are delivered, some under way, some waiting."""
    crash.leads_of(range(1, 31))
    inbox.seconds = 0.05
    crash.lose(*range(1, 31))
    wait_until(lambda: len(crash.rows("delivered")) >= 5, "some are delivered", pause=0.01)
    kill_dispatcher(crash)
    assert crash.rows("pending", "sending")
    resume(crash)
    assert crash.finish().duplicates <= 2


@pytest.mark.faults
def test_kill_again_and_again(crash, inbox):
    """Each process that resumes the work dies; the work still gets done."""
    crash.leads_of(range(1, 81))
    inbox.seconds = 0.05
    crash.lose(*range(1, 81))
    for _time in range(4):
        before = len(crash.rows("delivered"))

        def goes_on():
            # A row that two dispatchers in turn died with waits for a minute.
            crash.dealer.skip_waits()
            more = len(crash.rows("delivered")) > before  # noqa: B023
            return more and dispatcher(crash.dealer)

        process = wait_until(goes_on, "it goes on", pause=0.2)
        process.kill()
        process.start(wait=False)
        resume(crash)
    assert crash.rows("pending", "sending")
    crash.finish()


def test_terminate_while_the_bpo_works(crash, inbox):
    """SIGTERM: the process ends soon; outcomes under way are sent again."""
    inbox.gate.clear()
    crash.leads_of(range(1, 5))
    crash.lose(1, 2, 3, 4)
    wait_until(lambda: inbox.waiting == 1, "a request is under way")
    process = wait_until(lambda: dispatcher(crash.dealer), "a process delivers")
    threading.Timer(2, inbox.gate.set).start()
    begun = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    process.process.wait(40)
    note = f"ended after {time.monotonic() - begun:.0f} s"
    resume(crash)
    assert crash.finish(note=note).duplicates <= 2


@pytest.mark.faults
def test_stand_still_past_the_lease(crash, inbox):
    """SIGSTOP: another dispatcher sends the row again; the first one, woken up, changes nothing."""
    inbox.after.clear()
    crash.leads_of([1, 2])
    crash.lose(1, 2)
    wait_until(lambda: len(inbox.events()) == 1, "the BPO has applied one")
    process = wait_until(lambda: dispatcher(crash.dealer), "a process delivers")
    process.signal(signal.SIGSTOP)
    inbox.after.set()
    resume(crash)
    try:
        crash.dealer.shell(DELIVER)
        crash.dealer.skip_waits()
        crash.dealer.shell(DELIVER)
        settled = crash.rows()
        assert {row["state"] for row in settled} == {"delivered"}
    finally:
        process.signal(signal.SIGCONT)
    wait_until(lambda: dispatcher(crash.dealer) is None, "the stalled process has finished", 90)
    compared = ("state", "attempt_count", "delivered_at", "lease_token")
    assert [[row[name] for name in compared] for row in crash.rows()] == [
        [row[name] for name in compared] for row in settled
    ]
    # The stalled process had claimed both rows; the BPO knows its repeats by their events.
    assert 1 <= crash.finish().duplicates <= 2


@pytest.mark.faults
def test_stand_still_under_a_watchdog(request, peers_of, tmp_path, inbox, lines):
    """Odoo's master process ends a stalled worker; another one takes over."""
    dealer = peers_of(Dealer, tmp_path, workers=1, max_cron_threads=2, limit_time_real_cron=20)
    try:
        process = dealer.add_process()
        connect(dealer, inbox, in_flight=1)
        crash = Scenario("stand still under a watchdog", dealer, inbox, lines)
        inbox.after.clear()
        crash.leads_of([1, 2, 3])
        crash.lose(1, 2, 3)
        wait_until(lambda: len(inbox.events()) == 1, "the BPO has applied one")
        pid = int(
            dealer.db.value(
                "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                " WHERE l.relation = 'ir_cron'::regclass AND l.mode = 'RowShareLock'"
                " AND a.datname = current_database() LIMIT 1"
            ).removeprefix("odoo-")
        )
        assert pid != process.pid
        os.kill(pid, signal.SIGSTOP)
        inbox.after.set()
        wait_until(lambda: not alive(pid), "the master ends the worker", 80)
        resume(crash)
        assert crash.finish().duplicates == 1
    finally:
        dealer.close()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
