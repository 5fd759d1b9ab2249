"""Retry-After, JSON-2, batches, and series of faults."""

import random

import pytest

from ..fake_bpo import Reply
from ..harness import wait_until
from .conftest import connect
from .test_answers import CONNECTION, TRANSIENT, UNREADABLE, error, params, queue, tried


def queue_at_once(scenario):
    scenario.leads_of([11, 12, 13])
    scenario.lose(11, 12, 13)


def deliver_after(scenario, inbox, fault, queue=queue, count=5):
    """Check that nothing is delivered during the fault, and everything afterwards."""
    inbox.fault = fault
    queue(scenario)
    wait_until(
        lambda: tried(scenario) or scenario.dealer.connection()["state"] == "held",
        "a row or the connection waits",
    )
    assert not scenario.rows("delivered", "parked")
    inbox.fault = None
    assert scenario.finish().delivered == count


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        pytest.param("30", 29, 40, id="retry_after_seconds"),
        pytest.param("0", 0.5, 10, id="retry_after_zero"),
        pytest.param("99999999", 86_390, 86_410, id="retry_after_a_thousand_days"),
        pytest.param(
            "Wed, 21 Oct 2099 07:28:00 GMT", 86_390, 86_410, id="retry_after_date_far_away"
        ),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0.5, 10, id="retry_after_date_in_the_past"),
        pytest.param("soon", 0, 10, id="retry_after_nonsense"),
        pytest.param("-5", 0, 10, id="retry_after_negative"),
    ],
)
def test_retry_after(scenario, inbox, header, low, high):
    """429 with Retry-After: obeyed from a second to a day; otherwise the schedule's first step applies."""
    inbox.script(Reply(status=429, headers={"Retry-After": header}))
    scenario.leads_of([11])
    scenario.lose(11)
    first = wait_until(
        lambda: scenario.dealer.db.query(
            "SELECT EXTRACT(EPOCH FROM c.next_attempt_at - (a.started_at + make_interval(secs => a.duration)))"
            " AS wait, c.state FROM dealer_crm_callback_attempt a JOIN dealer_crm_callback c ON c.id = a.callback_id"
        ),
        "the attempt is logged",
    )[0]
    # The schedule's first step has no wait, a header's at least a second: it may be delivered already.
    assert (first["state"] == "delivered" and low < 1) or low <= float(first["wait"]) <= high
    assert scenario.finish().delivered == 1


@pytest.mark.parametrize(
    "fault",
    params(
        {
            "json2_503": Reply(status=503, headers={"Retry-After": "1"}),
            "json2_restarting_404_page": Reply(status=404, body="<h1>Not Found</h1>"),
            "json2_401": Reply(status=401, error="werkzeug.exceptions.Unauthorized"),
            "json2_serialization_failure": Reply(error="psycopg2.errors.SerializationFailure"),
            "json2_hang_up_after_applying": Reply(hang_up=True, apply=True),
            "json2_html": Reply(body="<html>hello</html>"),
        }
    ),
)
def test_json2(scenario, inbox, fault):
    """JSON-2 gives the same result."""
    connect(scenario.dealer, inbox, protocol="json2")
    deliver_after(scenario, inbox, fault)


@pytest.mark.parametrize(
    "fault",
    params(
        {
            "batch_500": Reply(status=500),
            "batch_500_after_applying": Reply(status=500, apply=True),
            "batch_true_for_all": Reply(result=True),
            "batch_too_few_answers": Reply(result=[]),
            "batch_access_denied": error("odoo.exceptions.AccessDenied"),
        }
    ),
)
def test_batch(scenario, inbox, fault):
    """A failed batch loses no outcome and marks none as accepted without an answer."""
    inbox.capabilities = {"batch": True, "reopened": True}
    connect(scenario.dealer, inbox)
    # In one transaction: a row that is sent alone is no batch, and `true` accepts it.
    deliver_after(scenario, inbox, fault, queue=queue_at_once, count=3)


def test_batch_with_one_rejected(scenario, inbox):
    """One outcome of a batch is refused; only that one is parked."""
    inbox.capabilities = {"batch": True, "reopened": True}
    connect(scenario.dealer, inbox)
    inbox.rejected = {12}
    scenario.leads_of([11, 12, 13])
    scenario.lose(11, 12, 13)
    wait_until(lambda: scenario.rows("parked"), "one is parked")
    line = scenario.finish(parked=[12])
    assert line.delivered == 2


@pytest.mark.parametrize("seed", [1, 2], ids=["series_of_faults", "another_series_of_faults"])
def test_series(scenario, inbox, seed):
    """Faults follow one another while leads are closed and reopened; all outcomes arrive in order."""
    chance = random.Random(seed)
    faults = [
        *chance.sample(list(TRANSIENT.values()), 6),
        *chance.sample(list(CONNECTION.values()), 2),
        *chance.sample(list(UNREADABLE.values()), 4),
    ]
    chance.shuffle(faults)
    leads = list(range(1, 41))
    scenario.leads_of(leads)
    for number, fault in enumerate(faults):
        inbox.fault = fault
        before = len(inbox.requests)
        some = leads[number::12]
        scenario.lose(*some)
        if number % 2:
            scenario.reopen(*some)
            scenario.lose(*some)

        def occurred():
            if len(inbox.requests) > before:  # noqa: B023
                return True
            # Each time: an attempt that was under way may have begun a new wait.
            scenario.dealer.skip_waits()
            if scenario.dealer.connection()["needs_person"]:
                connect(scenario.dealer, inbox)
            return False

        wait_until(occurred, "the fault has occurred", pause=0.5)
        # Between every second fault the BPO works.
        inbox.fault = None if number % 2 else fault
    inbox.fault = None
    connect(scenario.dealer, inbox)
    line = scenario.finish(120)
    assert line.delivered == len(scenario.rows()) == 80
