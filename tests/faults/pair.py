"""A dealer and a real BPO, each with its own process, for all tests that need both."""

import signal

import pytest

from ..peers import Bpo, Dealer
from .inbox import RealInbox
from .scenario import Scenario, no_secret_in_dump


@pytest.fixture(scope="session")
def pair(peers_of, tmp_path_factory, pg_dump):
    """``(dealer, bpo)``, connected."""
    folder = tmp_path_factory.mktemp("pair")
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
def both(request, pair, lines):
    """``(scenario, bpo)`` with an empty outbox and inbox and a ready connection."""
    dealer, bpo = pair
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
    return Scenario(name, dealer, RealInbox(bpo), lines, bpo.key), bpo


def finish(scenario, bpo, seconds=60.0, parked=(), **more):
    """Finish the scenario; check that the BPO's leads have their last outcome."""
    line = scenario.finish(seconds, parked, **more)
    for bpo_id, outcomes in scenario.expected.items():
        if bpo_id not in parked:
            assert bpo.lead(bpo_id)["dealer_outcome"] == outcomes[-1]
            assert bpo.lead(bpo_id)["dealer_callback_sequence"] == len(outcomes)
    return line
