"""A dealer and a real BPO, each with a process of its own, for all the tests that need both."""

import signal

import pytest

from ..peers import Bpo, Dealer
from .inbox import RealInbox
from .trial import Trial, no_secret_in_dump


@pytest.fixture(scope="session")
def couple(peers_of, tmp_path_factory, pg_dump):
    """``(dealer, bpo)``, connected."""
    folder = tmp_path_factory.mktemp("couple")
    dealer, bpo = peers_of(Dealer, folder, max_cron_threads=2), peers_of(Bpo, folder)
    try:
        dealer.add_process(wait=False)
        bpo.add_process()
        dealer.processes[0].wait_ready()
        dealer.connect_to(bpo.url, bpo.db.name, "test_dealer", bpo.key)
        yield dealer, bpo
        no_secret_in_dump(dealer, pg_dump, bpo.key)
    finally:
        dealer.close()
        bpo.close()


@pytest.fixture
def both(request, couple, lines):
    """``(trial, bpo)`` with empty outbox and inbox and a connection that is ready."""
    dealer, bpo = couple
    for process in bpo.processes:
        process.signal(signal.SIGCONT)
        if process.process.poll() is not None:
            process.start()
    dealer.db.query("DELETE FROM dealer_crm_callback")
    dealer.db.query("DELETE FROM mail_activity WHERE res_model LIKE 'dealer.crm.%'")
    bpo.db.query("DELETE FROM bpo_dealer_callback")
    dealer.browser().button(
        "dealer.crm.bpo.connection", "action_test_connection", dealer.connection()["id"]
    )
    assert dealer.connection()["state"] == "ready", dealer.connection()["state_reason"]
    name = request.node.callspec.id if hasattr(request.node, "callspec") else request.node.name
    name = name.removeprefix("test_").replace("_", " ")
    return Trial(name, dealer, RealInbox(bpo), lines, bpo.key), bpo


def finish(trial, bpo, seconds=60.0, parked=(), **more):
    """End the trial; the BPO's leads stand as the last outcome says."""
    line = trial.finish(seconds, parked, **more)
    for bpo_id, outcomes in trial.expected.items():
        if bpo_id not in parked:
            assert bpo.lead(bpo_id)["dealer_outcome"] == outcomes[-1]
            assert bpo.lead(bpo_id)["dealer_callback_sequence"] == len(outcomes)
    return line
