"""What happens to a lead while its outcome is on the way to the real BPO."""

import json
import signal

import pytest

from ..harness import wait_until
from ..web import RpcError
from .couple import finish
from .inbox import KEY, SECRET
from .trial import no_secret_in_logs


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


def test_unicode_and_long_notes(both):
    """Every alphabet arrives as it was; the longest notes are cut with a mark, the dealer keeps it all."""
    trial, bpo = both
    short, long, wide = bpo.make_endorsed(3)
    trial.leads_of([short, long, wide])
    text = "„Zu teuer“ — 太贵了 🚗 غالي \u202e%s {{}} '; DROP TABLE x; -- \\ \" <b>&amp;</b>\ttab"
    trial.lose(short, notes=text)
    trial.lose(long, notes="n" * 200_000)
    trial.lose(wide, notes="🚗" * 200_000)
    finish(trial, bpo)
    received = {row["bpo_source_lead_id"]: row["payload"] for row in trial.rows()}
    assert received[short]["lost_notes"] == text
    for lead in (long, wide):
        assert "[cut here" in received[lead]["lost_notes"]
    sizes = trial.dealer.db.query(
        "SELECT length(lost_notes) AS size FROM dealer_crm_lead WHERE id = ANY(%s) ORDER BY id",
        [trial.leads[lead] for lead in (short, long, wide)],
    )
    assert [row["size"] for row in sizes] == [len(text), 200_000, 200_000]
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
