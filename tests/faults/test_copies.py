"""A copy of the database never calls the BPO of the original; upgrades keep waiting outcomes."""

import pytest

from ..harness import Database, run_odoo, wait_until
from ..peers import Dealer
from .conftest import connect
from .inbox import SECRET
from .scenario import Scenario

pytestmark = pytest.mark.faults


@pytest.fixture
def original(make_dealer, inbox, lines, request):
    """A stopped dealer with one delivered outcome and four waiting ones."""
    dealer = make_dealer()
    connect(dealer, inbox)
    scenario = Scenario(
        request.node.name.removeprefix("test_").replace("_", " "), dealer, inbox, lines
    )
    scenario.leads_of([1, 2, 3, 4, 5])
    scenario.lose(1)
    wait_until(lambda: scenario.rows("delivered"), "the first outcome is delivered")
    # Nothing is sent from here on: the cron waits for this lock until the process is stopped.
    blocker = dealer.db.cluster.connect(dealer.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("SELECT 1 FROM ir_cron FOR NO KEY UPDATE")
    scenario.lose(2, 3, 4, 5)
    dealer.stop()
    blocker.close()
    dealer.db.close()
    assert len(scenario.rows("pending")) == 4
    dealer.db.close()
    inbox.requests.clear()
    return scenario


@pytest.fixture
def copy_of(settings, peers_of, tmp_path):
    """Function that copies a stopped dealer's database and returns a ``Dealer`` that is not started."""
    made = []

    def copy(dealer, neutralize=False, **options):
        twin = peers_of(Dealer, tmp_path, max_cron_threads=2, **options)
        made.append(twin)
        name = f"{twin.db.name}_copy"
        twin.db.drop()
        dealer.db.close()
        twin.db = Database.copy(dealer.db.name, name, settings.cluster)
        if neutralize:
            run_odoo(settings.options_for(settings.cluster, db_name=name), tmp_path, "neutralize")
        return twin

    yield copy
    for twin in made:
        twin.close()


def run_quietly(copy, inbox):
    """Run the copy's cron with due rows; the BPO must get no request."""
    copy.add_process()
    # Neutralising switches crons off; switch this one on again.
    copy.run_manually()
    wait_until(lambda: copy.connection()["state"] == "held", "the copy's connection is held")
    copy.browser().button(
        "dealer.crm.bpo.connection", "action_test_connection", copy.connection()["id"]
    )
    copy.run_manually()
    assert copy.count("pending") == 4 and copy.connection()["state"] == "held"
    assert not inbox.requests


def go_on(scenario):
    scenario.dealer.processes[0].start()
    scenario.dealer.wake()
    assert scenario.finish().duplicates == 0


def test_neutralised_copy(original, copy_of, inbox):
    """``odoo neutralize``: no key, no address, held."""
    copy = copy_of(original.dealer, neutralize=True)
    run_quietly(copy, inbox)
    connection = copy.connection()
    assert connection["url"].endswith(".invalid")
    assert connection["hold_code"] == "neutralized"
    copied = copy.db.value(
        "SELECT count(*) FROM dealer_crm_bpo_key WHERE secret LIKE %s", f"%{SECRET}%"
    )
    assert copied == 0
    go_on(original)


def test_raw_copy_under_another_name(original, copy_of, inbox):
    """``createdb -T``: the copy has the key and the address, and does not use them until Rebind."""
    copy = copy_of(original.dealer)
    run_quietly(copy, inbox)
    connection = copy.connection()
    assert connection["hold_code"] == "instance" and "Rebind" in connection["state_reason"]
    go_on(original)
    # The copy takes over. It has the events of the original, which the BPO knows.
    copy.browser().button("dealer.crm.bpo.connection", "action_rebind", connection["id"])
    copy.drain()
    assert inbox.duplicates == 4
    assert len(inbox.events()) == 5


def test_raw_copy_on_another_host(original, inbox, tmp_path):
    """The same name with another data directory, as a backup restored on another machine."""
    dealer = original.dealer
    here = dealer.processes.pop()
    dealer.add_process(options={"data_dir": str(tmp_path / "data")})
    dealer.wake()
    wait_until(lambda: dealer.connection()["state"] == "held", "the copy's connection is held")
    assert dealer.connection()["hold_code"] == "instance"
    assert not inbox.requests and dealer.count("pending") == 4
    dealer.stop()
    dealer.processes = [here.start()]
    connection = dealer.connection()["id"]
    dealer.browser().button("dealer.crm.bpo.connection", "action_rebind", connection)
    original.finish()


def test_upgrade_with_rows_in_every_state(original, inbox):
    """``-u dealer_crm`` changes no row; waiting outcomes are sent afterwards."""
    dealer = original.dealer
    dealer.db.query(
        "UPDATE dealer_crm_callback SET state = 'sending', lease_token = 'dead',"
        " first_attempt_at = now() AT TIME ZONE 'UTC', lease_until = now() AT TIME ZONE 'UTC'"
        " WHERE bpo_source_lead_id = 2"
    )
    dealer.db.query("UPDATE dealer_crm_callback SET state = 'parked' WHERE bpo_source_lead_id = 3")
    dealer.db.query(
        "UPDATE dealer_crm_callback SET state = 'cancelled' WHERE bpo_source_lead_id = 4"
    )
    before = dealer.rows()
    dealer.db.close()
    dealer.upgrade("dealer_crm")
    assert dealer.rows() == before
    dealer.processes[0].start()
    dealer.wake()
    wait_until(
        lambda: len(original.rows("delivered")) == 3,
        "waiting outcomes are sent, interrupted ones again",
    )
    (parked,), (cancelled,) = original.rows("parked"), original.rows("cancelled")
    assert (parked["bpo_source_lead_id"], cancelled["bpo_source_lead_id"]) == (3, 4)
    dealer.browser().call(
        "dealer.crm.callback", "action_retry", [parked["id"]], "After the upgrade"
    )
    wait_until(lambda: len(original.rows("delivered")) == 4, "Retry sends the parked one")
    assert sorted(row["state"] for row in original.rows()) == ["cancelled"] + ["delivered"] * 4
    assert {event.lead for event in inbox.events()} == {1, 2, 3, 5}
    original.dealer.db.query("DELETE FROM dealer_crm_callback WHERE state = 'cancelled'")
    del original.expected[4]
    original.finish()
