"""The dealer's PostgreSQL restarts during the work."""

import pytest

from ..harness import wait_until
from ..peers import Dealer
from .cluster import PrivateCluster
from .conftest import connect
from .scenario import Scenario

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def private_dealer(peers_of, template_of, tmp_path_factory):
    """``(dealer, cluster)``: a prefork dealer, as in production, with a private PostgreSQL."""
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
    """Restart Odoo when its master process ends, as systemd or Docker do; it ends without a database."""
    if dealer.processes[0].process.poll() is not None:
        dealer.processes[0].start()


@pytest.mark.parametrize(
    "mode", ["fast", "immediate"], ids=["postgresql_restarted", "postgresql_crashed"]
)
def test_restart(request, private_dealer, inbox, lines, mode):
    """The database restarts during the delivery of sixty leads; within a minute each arrives once."""
    dealer, private = private_dealer
    supervise(dealer)
    dealer.db.query("DELETE FROM dealer_crm_callback")
    connect(dealer, inbox)
    scenario = Scenario(request.node.callspec.id.replace("_", " "), dealer, inbox, lines)
    scenario.may_stop = True
    inbox.seconds = 0.05
    scenario.leads_of(range(1, 61))
    scenario.lose(*range(1, 61))
    wait_until(lambda: len(scenario.rows("delivered")) >= 5, "some are delivered", pause=0.01)
    dealer.db.close()
    private.restart(mode)
    scenario.over()
    inbox.seconds = 0
    assert scenario.rows("pending", "sending")

    def sent():
        supervise(dealer)
        dealer.skip_leases()
        return not scenario.rows("sending", "pending")

    wait_until(sent, "everything is sent", 120, 0.5)
    scenario.finish()
