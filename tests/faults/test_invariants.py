"""The checks themselves: each broken invariant fails the test and is shown in the table."""

from types import SimpleNamespace

import pytest

from .inbox import Event
from .scenario import Scenario


def row(lead, sequence, outcome="lost", state="delivered"):
    return {
        "bpo_source_lead_id": lead,
        "sequence": sequence,
        "outcome": outcome,
        "state": state,
        "event_id": f"{lead}-{sequence}",
    }


def event(lead, sequence, outcome="lost"):
    return Event(lead, sequence, outcome, f"{lead}-{sequence}")


@pytest.fixture
def scenario():
    """A scenario without processes: the outcomes of two leads, all delivered."""
    rows = [row(1, 1, "won"), row(1, 2), row(2, 1)]
    dealer = SimpleNamespace(
        processes=[],
        rows=lambda: rows,
        drain=lambda seconds, parked: None,
        cron=lambda: {"active": True},
        db=SimpleNamespace(value=lambda *_query: 0),
    )
    events = [event(1, 1, "won"), event(1, 2), event(2, 1)]
    inbox = SimpleNamespace(events=lambda: events, duplicates=0, stale=0)
    scenario = Scenario("invariants", dealer, inbox, [])
    scenario.expected = {1: ["won", "lost"], 2: ["lost"]}
    return scenario


def test_all_is_well(scenario):
    line = scenario.finish()
    assert (line.rows, line.delivered, line.lost, line.note) == (3, 3, 0, "")


def never(_seconds, _parked):
    raise AssertionError("after 60 s still not: everything sent")


@pytest.mark.parametrize(
    ("spoil", "lost", "reason"),
    [
        pytest.param(lambda t: t.dealer.rows().pop(), 1, "outbox", id="never queued"),
        pytest.param(lambda t: t.dealer.rows().append(row(3, 1)), 0, "outbox", id="made up"),
        pytest.param(lambda t: t.inbox.events().pop(), 1, "events differ", id="lost on the way"),
        pytest.param(
            lambda t: t.inbox.events().append(event(2, 1)), 0, "applied twice", id="applied twice"
        ),
        pytest.param(
            lambda t: t.inbox.events().append(event(9, 1)), 0, "nobody sent", id="invented"
        ),
        pytest.param(
            lambda t: t.inbox.events().reverse(), 0, "numbers [2, 1] of [1, 2]", id="backwards"
        ),
        pytest.param(
            lambda t: t.dealer.rows()[1].update(sequence=3), 0, "are numbered [1, 3]", id="a gap"
        ),
        pytest.param(lambda t: setattr(t.inbox, "stale", 1), 0, "too late", id="too late"),
        pytest.param(lambda t: setattr(t.dealer, "drain", never), 0, "60 s", id="no end"),
        pytest.param(
            lambda t: setattr(t.dealer, "cron", lambda: {"active": False}),
            0,
            "switched off",
            id="cron off",
        ),
    ],
)
def test_broken(scenario, spoil, lost, reason):
    spoil(scenario)
    with pytest.raises(AssertionError, match="BROKEN"):
        scenario.finish()
    (line,) = scenario._lines
    assert line.lost == lost
    assert reason in line.note


def test_secret_in_a_row(scenario):
    scenario.dealer.db.value = lambda *_query: 1
    with pytest.raises(AssertionError, match=r"the key is in dealer_crm_callback\.payload"):
        scenario.finish()
