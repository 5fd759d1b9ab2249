"""The real receiver, ``bpo_crm`` in its own process, is killed, locked, upgraded and renamed."""

import pytest

from ..harness import wait_until
from .pair import finish


@pytest.mark.faults
def test_bpo_killed_and_started_again(both):
    """``kill -9`` during the delivery of forty leads."""
    scenario, bpo = both
    ids = bpo.make_endorsed(40)
    scenario.leads_of(ids)
    scenario.dealer.db.query(
        "UPDATE dealer_crm_bpo_connection SET capabilities = '{\"reopened\": true}'"
    )
    scenario.lose(*ids)
    wait_until(lambda: scenario.rows("delivered"), "some are delivered", pause=0.01)
    bpo.processes[0].kill()
    assert scenario.rows("pending", "sending")
    wait_until(
        lambda: scenario.dealer.db.value(
            "SELECT count(*) FROM dealer_crm_callback_attempt WHERE code = 'refused'"
        ),
        "the connection is refused",
    )
    bpo.processes[0].start()
    finish(scenario, bpo)


def test_bpo_lead_locked(both):
    """A transaction at the BPO locks one lead: its outcome is delayed, the others are delivered."""
    scenario, bpo = both
    locked, free = bpo.make_endorsed(2)
    scenario.leads_of([locked, free])
    blocker = bpo.db.cluster.connect(bpo.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("SELECT 1 FROM crm_lead WHERE id = %s FOR UPDATE", [locked])
    scenario.lose(locked, free)
    wait_until(lambda: scenario.rows("delivered"), "the other one is delivered")
    (row,) = wait_until(
        lambda: [row for row in scenario.rows("pending") if row["attempt_count"]],
        "the locked lead's outcome waits",
    )
    assert row["bpo_source_lead_id"] == locked
    blocker.close()
    finish(scenario, bpo)


def test_bpo_key_revoked_and_restored(both):
    """The BPO's admin revokes the dealer's key, then restores it."""
    scenario, bpo = both
    ids = bpo.make_endorsed(3)
    scenario.leads_of(ids)
    # Change only the key: Odoo refuses a wrong key in the same way as a deleted one.
    bpo.db.query("UPDATE res_users_apikeys SET index = 'revoked!' WHERE name = 'tests'")
    bpo.db.query("UPDATE res_users SET write_date = now() WHERE login = 'test_dealer'")
    bpo.processes[0].stop()
    bpo.processes[0].start()
    scenario.lose(*ids)
    wait_until(lambda: scenario.dealer.connection()["state"] == "held", "the connection is held")
    assert scenario.dealer.connection()["hold_code"] == "access_denied"
    assert not bpo.inbox()
    bpo.db.query("UPDATE res_users_apikeys SET index = %s WHERE name = 'tests'", bpo.key[:8])
    finish(scenario, bpo)


def test_wrong_database(both):
    """The connection's database does not exist (renamed, or being restored)."""
    scenario, bpo = both
    ids = bpo.make_endorsed(2)
    scenario.leads_of(ids)
    scenario.dealer.db.query("UPDATE dealer_crm_bpo_connection SET database = 'no_such_database'")
    scenario.lose(*ids)
    wait_until(lambda: scenario.dealer.connection()["state"] == "held", "the connection is held")
    assert scenario.dealer.connection()["hold_code"] == "wrong_database"
    assert not any(row["attempt_count"] for row in scenario.rows())
    scenario.dealer.db.query("UPDATE dealer_crm_bpo_connection SET database = %s", bpo.db.name)
    finish(scenario, bpo)


@pytest.mark.faults
def test_bpo_upgrading(both):
    """``-u bpo_crm`` on the BPO while outcomes arrive."""
    scenario, bpo = both
    ids = bpo.make_endorsed(60)
    scenario.leads_of(ids)
    scenario.lose(*ids[:20])
    bpo.processes[0].stop()
    scenario.lose(*ids[20:40])
    bpo.upgrade("bpo_crm")
    bpo.processes[0].start(wait=False)
    scenario.lose(*ids[40:])
    bpo.processes[0].wait_ready()
    finish(scenario, bpo)


@pytest.mark.faults
def test_bpo_upgraded_under_a_running_server(both):
    """The upgrade runs in a second process while the first serves requests."""
    scenario, bpo = both
    ids = bpo.make_endorsed(30)
    scenario.leads_of(ids)
    scenario.lose(*ids[:15])
    bpo.upgrade("bpo_crm")
    scenario.lose(*ids[15:])
    finish(scenario, bpo)


@pytest.mark.faults
def test_bpo_table_locked_past_the_timeout(both):
    """A migration locks the inbox longer than the dealer waits; the BPO recognises the repeats."""
    scenario, bpo = both
    ids = bpo.make_endorsed(3)
    scenario.leads_of(ids)
    blocker = bpo.db.cluster.connect(bpo.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("LOCK TABLE bpo_dealer_callback IN ACCESS EXCLUSIVE MODE")
    scenario.lose(*ids)
    attempt = wait_until(
        lambda: scenario.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"),
        "an attempt",
        60,
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
    blocker.close()
    finish(scenario, bpo)


@pytest.mark.faults
def test_two_hundred_leads_over_a_shaky_bpo(both):
    """The BPO dies three times while two hundred leads close; each outcome arrives once and in order."""
    scenario, bpo = both
    ids = bpo.make_endorsed(200)
    scenario.leads_of(ids)
    for some in (ids[:60], ids[60:120], ids[120:]):
        before = scenario.dealer.count("delivered")
        scenario.lose(*some)
        wait_until(
            lambda: scenario.dealer.count("delivered") > before,  # noqa: B023
            "some are delivered",
            pause=0.01,
        )
        bpo.processes[0].kill()
        bpo.processes[0].start()
        scenario.dealer.skip_waits()
    scenario.reopen(*ids[:20])
    scenario.lose(*ids[:20])
    finish(scenario, bpo, 120)
