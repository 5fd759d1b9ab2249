"""The dealer's own PostgreSQL goes away and comes back in the middle of the work."""

import pytest

from ..harness import wait_until
from ..peers import Dealer
from .cluster import PrivateCluster
from .conftest import connect
from .trial import Trial

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def private_dealer(peers_of, template_of, tmp_path_factory):
    """``(dealer, cluster)``: prefork, as in production, on a PostgreSQL of its own."""
    private = PrivateCluster()
    dealer = peers_of(Dealer, tmp_path_factory.mktemp("private"), workers=1, max_cron_threads=2)
    try:
        dealer.db.drop()
        dealer.db = private.take(template_of("dealer").database, dealer.db.name)
        dealer.add_process()
        yield dealer, private
    finally:
        dealer.stop()
        dealer.db.close()
        private.close()


def supervise(dealer):
    """Without its database Odoo's master process ends: systemd or Docker start it again."""
    if dealer.processes[0].process.poll() is not None:
        dealer.processes[0].start()


@pytest.mark.parametrize(
    "mode", ["fast", "immediate"], ids=["postgresql_restarted", "postgresql_crashed"]
)
def test_restart(request, private_dealer, inbox, lines, mode):
    """Sixty leads are on their way when the database goes; a minute later all are there, once."""
    dealer, private = private_dealer
    supervise(dealer)
    dealer.db.query("DELETE FROM dealer_crm_callback")
    connect(dealer, inbox)
    trial = Trial(request.node.callspec.id.replace("_", " "), dealer, inbox, lines)
    trial.may_stop = True
    inbox.seconds = 0.05
    trial.leads_of(range(1, 61))
    trial.lose(*range(1, 61))
    wait_until(lambda: len(trial.rows("delivered")) >= 5, "some are delivered", pause=0.01)
    dealer.db.close()
    private.restart(mode)
    trial.over()
    inbox.seconds = 0
    assert trial.rows("pending", "sending")

    def sent():
        supervise(dealer)
        dealer.skip_leases()
        return not trial.rows("sending", "pending")

    wait_until(sent, "everything is sent", 120, 0.5)
    trial.finish()
