"""The real receiver, ``bpo_crm`` in a process of its own, is killed, locked, upgraded and renamed."""

import pytest

from ..harness import wait_until
from .couple import finish


@pytest.mark.faults
def test_bpo_killed_and_started_again(both):
    """``kill -9`` in the middle of forty leads."""
    trial, bpo = both
    ids = bpo.make_endorsed(40)
    trial.leads_of(ids)
    trial.dealer.db.query(
        "UPDATE dealer_crm_bpo_connection SET capabilities = '{\"reopened\": true}'"
    )
    trial.lose(*ids)
    wait_until(lambda: trial.rows("delivered"), "some are delivered", pause=0.01)
    bpo.processes[0].kill()
    assert trial.rows("pending", "sending")
    wait_until(
        lambda: trial.dealer.db.value(
            "SELECT count(*) FROM dealer_crm_callback_attempt WHERE code = 'refused'"
        ),
        "the dealer finds nobody there",
    )
    bpo.processes[0].start()
    finish(trial, bpo)


def test_bpo_lead_locked(both):
    """Somebody at the BPO holds the lead: it comes later, the others go."""
    trial, bpo = both
    locked, free = bpo.make_endorsed(2)
    trial.leads_of([locked, free])
    blocker = bpo.db.cluster.connect(bpo.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("SELECT 1 FROM crm_lead WHERE id = %s FOR UPDATE", [locked])
    trial.lose(locked, free)
    wait_until(lambda: trial.rows("delivered"), "the other one is delivered")
    (row,) = wait_until(
        lambda: [row for row in trial.rows("pending") if row["attempt_count"]],
        "the locked one waits",
    )
    assert row["bpo_source_lead_id"] == locked
    blocker.close()
    finish(trial, bpo)


def test_bpo_key_revoked_and_restored(both):
    """The BPO's admin deletes the dealer's key, then gives it back."""
    trial, bpo = both
    ids = bpo.make_endorsed(3)
    trial.leads_of(ids)
    # The key alone is taken away; in Odoo a wrong key is refused in the same way.
    bpo.db.query("UPDATE res_users_apikeys SET index = 'revoked!' WHERE name = 'tests'")
    bpo.db.query("UPDATE res_users SET write_date = now() WHERE login = 'test_dealer'")
    bpo.processes[0].stop()
    bpo.processes[0].start()
    trial.lose(*ids)
    wait_until(lambda: trial.dealer.connection()["state"] == "held", "the connection is held")
    assert trial.dealer.connection()["hold_code"] == "access_denied"
    assert not bpo.inbox()
    bpo.db.query("UPDATE res_users_apikeys SET index = %s WHERE name = 'tests'", bpo.key[:8])
    finish(trial, bpo)


def test_wrong_database(both):
    """The connection names a database that is not there (renamed, being restored)."""
    trial, bpo = both
    ids = bpo.make_endorsed(2)
    trial.leads_of(ids)
    trial.dealer.db.query("UPDATE dealer_crm_bpo_connection SET database = 'no_such_database'")
    trial.lose(*ids)
    wait_until(lambda: trial.dealer.connection()["state"] == "held", "the connection is held")
    assert trial.dealer.connection()["hold_code"] == "wrong_database"
    assert not any(row["attempt_count"] for row in trial.rows())
    trial.dealer.db.query("UPDATE dealer_crm_bpo_connection SET database = %s", bpo.db.name)
    finish(trial, bpo)


@pytest.mark.faults
def test_bpo_upgrading(both):
    """``-u bpo_crm`` on the BPO while outcomes come in."""
    trial, bpo = both
    ids = bpo.make_endorsed(60)
    trial.leads_of(ids)
    trial.lose(*ids[:20])
    bpo.processes[0].stop()
    trial.lose(*ids[20:40])
    bpo.upgrade("bpo_crm")
    bpo.processes[0].start(wait=False)
    trial.lose(*ids[40:])
    bpo.processes[0].wait_ready()
    finish(trial, bpo)


@pytest.mark.faults
def test_bpo_upgraded_under_a_running_server(both):
    """The upgrade runs in a second process while the first one serves."""
    trial, bpo = both
    ids = bpo.make_endorsed(30)
    trial.leads_of(ids)
    trial.lose(*ids[:15])
    bpo.upgrade("bpo_crm")
    trial.lose(*ids[15:])
    finish(trial, bpo)


@pytest.mark.faults
def test_bpo_table_locked_past_the_timeout(both):
    """A migration locks the inbox for longer than the dealer waits: the repeats are known."""
    trial, bpo = both
    ids = bpo.make_endorsed(3)
    trial.leads_of(ids)
    blocker = bpo.db.cluster.connect(bpo.db.name)
    blocker.autocommit = False
    blocker.cursor().execute("LOCK TABLE bpo_dealer_callback IN ACCESS EXCLUSIVE MODE")
    trial.lose(*ids)
    attempt = wait_until(
        lambda: trial.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"), "an attempt", 60
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
    blocker.close()
    finish(trial, bpo)


@pytest.mark.faults
def test_two_hundred_leads_over_a_shaky_bpo(both):
    """The BPO dies three times while two hundred leads are won and lost: exactly once, in order."""
    trial, bpo = both
    ids = bpo.make_endorsed(200)
    trial.leads_of(ids)
    for some in (ids[:60], ids[60:120], ids[120:]):
        before = trial.dealer.count("delivered")
        trial.lose(*some)
        wait_until(
            lambda: trial.dealer.count("delivered") > before,  # noqa: B023
            "some are delivered",
            pause=0.01,
        )
        bpo.processes[0].kill()
        bpo.processes[0].start()
        trial.dealer.skip_waits()
    trial.reopen(*ids[:20])
    trial.lose(*ids[:20])
    finish(trial, bpo, 120)
