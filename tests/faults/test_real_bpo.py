"""The real receiver, ``bpo_crm`` in a process of its own, is killed, locked, upgraded and lied to."""

import json
import signal
import time

import pytest

from ..harness import wait_until
from ..peers import Bpo, Dealer
from ..web import RpcError
from .inbox import KEY, SECRET, RealInbox
from .trial import Trial, no_secret_in_logs


@pytest.fixture(scope="module")
def couple(peers_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("couple")
    dealer, bpo = peers_of(Dealer, folder, max_cron_threads=2), peers_of(Bpo, folder)
    try:
        dealer.add_process(wait=False)
        bpo.add_process()
        dealer.processes[0].wait_ready()
        dealer.connect_to(bpo.url, bpo.db.name, "test_dealer", bpo.key)
        yield dealer, bpo
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


def test_won_then_lost_in_flight(both):
    """Won is under way when the lead is reopened and lost: the BPO hears all three in order."""
    trial, bpo = both
    (bpo_id,) = bpo.make_endorsed(1)
    trial.leads_of([bpo_id])
    bpo.processes[0].signal(signal.SIGSTOP)
    trial.win(bpo_id)
    wait_until(lambda: trial.rows("sending"), "won is under way")
    trial.reopen(bpo_id)
    trial.lose(bpo_id, notes="The bank said no")
    assert [row["state"] for row in trial.rows()] == ["sending", "pending", "pending"]
    bpo.processes[0].signal(signal.SIGCONT)
    assert finish(trial, bpo).duplicates == 0
    assert [row["outcome"] for row in bpo.inbox()] == ["won", "reopened", "lost"]


def test_lead_deleted(both):
    """A manager deletes leads whose outcome waits or is under way: the BPO is told all the same."""
    trial, bpo = both
    waiting, sending = bpo.make_endorsed(2)
    trial.leads_of([waiting, sending])
    bpo.processes[0].signal(signal.SIGSTOP)
    trial.lose(sending)
    wait_until(lambda: trial.rows("sending"), "one is under way")
    trial.lose(waiting)
    trial.dealer.browser("test_manager").call(
        "dealer.crm.lead", "unlink", [trial.leads[waiting], trial.leads[sending]]
    )
    assert [row["lead_id"] for row in trial.rows()] == [None, None]
    bpo.processes[0].signal(signal.SIGCONT)
    finish(trial, bpo)


def test_bpo_lead_merged_or_gone(both):
    """The BPO cannot merge away a lead a dealer works on; of one it has lost it says so, and others go on."""
    trial, bpo = both
    ours, gone, other = bpo.make_endorsed(3)
    trial.leads_of([ours, gone])
    with pytest.raises(RpcError, match="UserError"):
        bpo.browser().call("crm.lead", "merge_opportunity", [ours, other])
    # As after the BPO was restored from a backup that is older than the lead.
    bpo.db.query("DELETE FROM crm_lead WHERE id = %s", gone)
    trial.lose(ours, gone)
    finish(trial, bpo, parked=[gone])
    (parked,) = trial.rows("parked")
    assert parked["bpo_source_lead_id"] == gone
    assert "not one that was endorsed to you" in parked["last_error"]


def test_unicode_and_megabyte_notes(both):
    """Every alphabet arrives as it was; a megabyte of notes is cut with a mark, the dealer keeps it all."""
    trial, bpo = both
    short, long, wide = bpo.make_endorsed(3)
    trial.leads_of([short, long, wide])
    text = "„Zu teuer“ — 太贵了 🚗 غالي \u202e%s {{}} '; DROP TABLE x; -- \\ \" <b>&amp;</b>\ttab"
    trial.lose(short, notes=text)
    trial.lose(long, notes="n" * 1_000_000)
    trial.lose(wide, notes="🚗" * 250_000)
    finish(trial, bpo)
    received = {row["bpo_source_lead_id"]: row["payload"] for row in trial.rows()}
    assert received[short]["lost_notes"] == text
    for lead in (long, wide):
        assert "[cut here" in received[lead]["lost_notes"]
    sizes = trial.dealer.db.query(
        "SELECT length(lost_notes) AS size FROM dealer_crm_lead WHERE id = ANY(%s) ORDER BY id",
        [trial.leads[lead] for lead in (short, long, wide)],
    )
    assert [row["size"] for row in sizes] == [len(text), 1_000_000, 250_000]
    assert all(
        len(json.dumps(payload, ensure_ascii=False).encode()) <= 20_000
        for payload in received.values()
    )
    chatter = bpo.browser().messages("crm.lead", short)
    assert "太贵了 🚗 غالي" in chatter and "<b>&amp;</b>" not in chatter


def test_another_dealers_lead(both):
    """The number of a lead that another dealer works: refused, parked, and nothing there changes."""
    trial, bpo = both
    ours, theirs = bpo.make_endorsed(2)
    admin = bpo.browser()
    other_user = admin.find("res.users", ("login", "=", "test_salesman"))
    other = admin.create(
        "bpo.dealer",
        name="Other dealer",
        url="https://other.invalid",
        database="other",
        login="x",
        user_id=other_user,
    )
    bpo.db.query("UPDATE crm_lead SET dealer_id = %s WHERE id = %s", other, theirs)
    before = bpo.lead(theirs)
    trial.leads_of([ours, theirs])
    trial.lose(ours, theirs)
    finish(trial, bpo, parked=[theirs])
    (parked,) = trial.rows("parked")
    assert parked["bpo_source_lead_id"] == theirs
    assert "not one that was endorsed to you" in parked["last_error"]
    assert bpo.lead(theirs) == before


def test_key_of_the_dealer_is_not_in_an_error(both):
    """The BPO's side keeps the dealer's key as well as the dealer keeps the BPO's."""
    _trial, bpo = both
    admin = bpo.browser()
    dealer = admin.create(
        "bpo.dealer",
        name="Dealer with a key",
        url="https://key.invalid",
        database="x",
        login="x",
        api_key=KEY,
        user_id=admin.uid,
    )
    with pytest.raises(RpcError) as refusal:
        admin.call("bpo.dealer", "write", [dealer], {"name": False})
    assert SECRET not in refusal.value.message + refusal.value.debug
    no_secret_in_logs(bpo)
    admin.call("bpo.dealer", "unlink", [dealer])


@pytest.mark.faults
def test_two_hundred_leads_over_a_shaky_bpo(both):
    """The BPO dies three times while two hundred leads are won and lost: exactly once, in order."""
    trial, bpo = both
    ids = bpo.make_endorsed(200)
    trial.leads_of(ids)
    for turn in range(3):
        trial.lose(*ids[turn * 60 : turn * 60 + 80][: 60 if turn < 2 else 80])
        time.sleep(0.4)
        bpo.processes[0].kill()
        bpo.processes[0].start()
        trial.dealer.skip_waits()
    trial.reopen(*ids[:20])
    trial.lose(*ids[:20])
    finish(trial, bpo, 120)
