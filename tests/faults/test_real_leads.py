"""Changes of a lead while its outcome is on the way to the real BPO."""

import json
import signal

import pytest

from ..harness import wait_until
from ..web import RpcError
from .inbox import KEY, SECRET
from .pair import finish
from .scenario import no_secret_in_logs


def test_won_then_lost_in_flight(both):
    """The lead is reopened and lost while Won is under way; the BPO gets all three in order."""
    scenario, bpo = both
    (bpo_id,) = bpo.make_endorsed(1)
    scenario.leads_of([bpo_id])
    bpo.processes[0].signal(signal.SIGSTOP)
    scenario.win(bpo_id)
    wait_until(lambda: scenario.rows("sending"), "won is under way")
    scenario.reopen(bpo_id)
    scenario.lose(bpo_id, notes="The bank said no")
    assert [row["state"] for row in scenario.rows()] == ["sending", "pending", "pending"]
    bpo.processes[0].signal(signal.SIGCONT)
    assert finish(scenario, bpo).duplicates == 0
    assert [row["outcome"] for row in bpo.inbox()] == ["won", "reopened", "lost"]


def test_lead_deleted(both):
    """A manager deletes leads whose outcome waits or is under way; the BPO still gets the outcome."""
    scenario, bpo = both
    waiting, sending = bpo.make_endorsed(2)
    scenario.leads_of([waiting, sending])
    bpo.processes[0].signal(signal.SIGSTOP)
    scenario.lose(sending)
    wait_until(lambda: scenario.rows("sending"), "one is under way")
    scenario.lose(waiting)
    scenario.dealer.browser("test_manager").call(
        "dealer.crm.lead", "unlink", [scenario.leads[waiting], scenario.leads[sending]]
    )
    assert [row["lead_id"] for row in scenario.rows()] == [None, None]
    bpo.processes[0].signal(signal.SIGCONT)
    finish(scenario, bpo)


def test_bpo_lead_merged_or_gone(both):
    """The BPO cannot merge an endorsed lead into another; it refuses the outcome of a deleted lead."""
    scenario, bpo = both
    ours, gone, other = bpo.make_endorsed(3)
    scenario.leads_of([ours, gone])
    with pytest.raises(RpcError, match="UserError"):
        bpo.browser().call("crm.lead", "merge_opportunity", [ours, other])
    # As after restoring the BPO from a backup older than the lead.
    bpo.db.query("DELETE FROM crm_lead WHERE id = %s", gone)
    scenario.lose(ours, gone)
    finish(scenario, bpo, parked=[gone])
    (parked,) = scenario.rows("parked")
    assert parked["bpo_source_lead_id"] == gone
    assert "not one that was endorsed to you" in parked["last_error"]


def test_unicode_and_long_notes(both):
    """Notes in any script arrive unchanged; the longest are cut with a mark, and complete at the dealer."""
    scenario, bpo = both
    short, long, wide = bpo.make_endorsed(3)
    scenario.leads_of([short, long, wide])
    text = "„Zu teuer“ — 太贵了 🚗 غالي \u202e%s {{}} '; DROP TABLE x; -- \\ \" <b>&amp;</b>\ttab"
    scenario.lose(short, notes=text)
    scenario.lose(long, notes="n" * 200_000)
    scenario.lose(wide, notes="🚗" * 200_000)
    finish(scenario, bpo)
    received = {row["bpo_source_lead_id"]: row["payload"] for row in scenario.rows()}
    assert received[short]["lost_notes"] == text
    for lead in (long, wide):
        assert "[cut here" in received[lead]["lost_notes"]
    sizes = scenario.dealer.db.query(
        "SELECT length(lost_notes) AS size FROM dealer_crm_lead WHERE id = ANY(%s) ORDER BY id",
        [scenario.leads[lead] for lead in (short, long, wide)],
    )
    assert [row["size"] for row in sizes] == [len(text), 200_000, 200_000]
    assert all(
        len(json.dumps(payload, ensure_ascii=False).encode()) <= 20_000
        for payload in received.values()
    )
    chatter = bpo.browser().messages("crm.lead", short)
    assert "太贵了 🚗 غالي" in chatter and "<b>&amp;</b>" not in chatter


def test_another_dealers_lead(both):
    """The outcome of another dealer's lead is refused and parked; that lead does not change."""
    scenario, bpo = both
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
    scenario.leads_of([ours, theirs])
    scenario.lose(ours, theirs)
    finish(scenario, bpo, parked=[theirs])
    (parked,) = scenario.rows("parked")
    assert parked["bpo_source_lead_id"] == theirs
    assert "not one that was endorsed to you" in parked["last_error"]
    assert bpo.lead(theirs) == before


def test_key_of_the_dealer_is_not_in_an_error(both):
    """The BPO protects the dealer's key as the dealer protects the BPO's."""
    _scenario, bpo = both
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
