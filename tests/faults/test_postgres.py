"""The dealer's own PostgreSQL goes away and comes back in the middle of the work."""

import time

import pytest

from ..harness import wait_until
from ..peers import Dealer
from .cluster import PrivateCluster
from .conftest import connect
from .trial import Trial

pytestmark = pytest.mark.faults


@pytest.fixture
def private_dealer(peers_of, template_of, tmp_path):
    """``(dealer, cluster)``: prefork, as in production, on a PostgreSQL of its own."""
    private = PrivateCluster()
    dealer = peers_of(Dealer, tmp_path, workers=1, max_cron_threads=2)
    try:
        dealer.db.drop()
        dealer.db = private.take(template_of("dealer").database, dealer.db.name)
        dealer.add_process()
        yield dealer, private
    finally:
        dealer.stop()
        dealer.db.close()
        private.close()


@pytest.mark.parametrize(
    "mode", ["fast", "immediate"], ids=["postgresql_restarted", "postgresql_crashed"]
)
def test_restart(request, private_dealer, inbox, lines, mode):
    """Sixty leads are on their way when the database goes; a minute later all are there, once."""
    dealer, private = private_dealer
    connect(dealer, inbox)
    trial = Trial(request.node.callspec.id.replace("_", " "), dealer, inbox, lines)
    receive = inbox.receive

    def slowly(payload):
        time.sleep(0.05)
        return receive(payload)

    inbox.receive = slowly
    trial.leads_of(range(1, 61))
    trial.lose(*range(1, 61))
    wait_until(lambda: len(trial.rows("delivered")) >= 5, "some are delivered", pause=0.01)
    dealer.db.close()
    private.restart(mode)
    inbox.receive = receive
    wait_until(lambda: trial.rows(), "the database answers")
    assert trial.rows("pending", "sending")

    def alive():
        # Odoo starts its workers anew; the leases of the lost ones run out.
        dealer.skip_leases()
        return not trial.rows("sending", "pending")

    begun = time.monotonic()
    wait_until(alive, "everything is sent", 100, 1)
    trial.finish(note=f"{time.monotonic() - begun:.0f} s after the restart")
    assert dealer.db.value(
        "SELECT c.active FROM ir_cron c JOIN ir_model_data d ON d.res_id = c.id"
        " WHERE d.module = 'dealer_crm' AND d.name = 'ir_cron_deliver_callbacks'"
    )
