"""Undo against the delivery of the outcome, with real processes: one of the two happens, never both."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .concurrency import OUTBOX, at_once, people, ref, served_twice, split
from .faults.inbox import FakeInbox
from .harness import wait_until
from .web import RpcError

UNDO = {"context": {"dealer_crm_undo": True}}


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    with served_twice(peers_of, tmp_path_factory.mktemp("dealer")) as dealer:
        yield dealer


@pytest.fixture(scope="module")
def bpo(dealer):
    with FakeInbox() as bpo:
        dealer.connect_to(bpo.url, bpo.database, bpo.login, bpo.key)
        yield bpo


def close(dealer, agent, number):
    """Close an endorsed lead as the web client does; its id."""
    [lead] = dealer.make_leads([number])
    values = {
        "stage_id": ref(dealer, "stage_lost"),
        "lost_reason": ref(dealer, "lost_reason_price"),
    }
    agent.call("dealer.crm.lead", "write", [lead], values, **UNDO)
    return lead


def make_due(dealer, lead):
    """The outcome may be sent, while the closing can still be undone."""
    dealer.db.query(
        "UPDATE dealer_crm_callback SET next_attempt_at = now() AT TIME ZONE 'UTC'"
        " - interval '1 second' WHERE lead_id = %s",
        lead,
    )
    dealer.db.query(
        "UPDATE dealer_crm_lead SET undo_until = now() AT TIME ZONE 'UTC' + interval '1 minute'"
        " WHERE id = %s AND undo_until IS NOT NULL",
        lead,
    )


def state(dealer, lead):
    """The lead's status and the states of its outcomes."""
    status = dealer.db.value("SELECT won_status FROM dealer_crm_lead WHERE id = %s", lead)
    rows = dealer.db.query("SELECT state FROM dealer_crm_callback WHERE lead_id = %s", lead)
    return status, [row["state"] for row in rows]


def test_the_bpo_never_hears_of_a_slip(dealer, bpo):
    [agent] = people(dealer, "test_agent")
    lead = close(dealer, agent, 7001)
    dealer.run_manually()
    assert state(dealer, lead) == ("lost", ["pending"])
    agent.call("dealer.crm.lead", "action_undo_closing", [lead])
    make_due(dealer, lead)
    dealer.run_manually()
    assert state(dealer, lead) == ("pending", ["cancelled"])
    assert 7001 not in bpo.applied
    # Closed again, and not undone: the BPO hears of it once.
    lost, reason = ref(dealer, "stage_lost"), ref(dealer, "lost_reason_price")
    agent.call("dealer.crm.lead", "write", [lead], {"stage_id": lost, "lost_reason": reason})
    dealer.run_manually()
    assert state(dealer, lead) == ("lost", ["cancelled", "delivered"])
    assert 7001 in bpo.applied


def test_undo_and_delivery_at_once(dealer, bpo):
    """Both stand before the outbox and go on together: either the lead is open or the BPO knows."""
    [agent] = people(dealer, "test_agent")
    for number in range(7010, 7016):
        lead = close(dealer, agent, number)
        make_due(dealer, lead)
        _answers, errors = split(
            at_once(
                dealer,
                OUTBOX,
                (),
                lambda lead=lead: agent.call("dealer.crm.lead", "action_undo_closing", [lead]),
                dealer.run_manually,
            )
        )
        dealer.run_manually()
        told = number in bpo.applied
        assert state(dealer, lead) == (
            ("lost", ["delivered"]) if told else ("pending", ["cancelled"])
        )
        assert bool(errors) == told
        assert all(error.name == "odoo.exceptions.UserError" for error in errors)


def test_too_late_while_it_is_sent(dealer, bpo):
    [agent] = people(dealer, "test_agent")
    lead = close(dealer, agent, 7020)
    make_due(dealer, lead)
    before = bpo.waiting
    bpo.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        try:
            run = pool.submit(dealer.run_manually)
            wait_until(lambda: bpo.waiting > before, "the outcome is on its way")
            with pytest.raises(RpcError, match="BPO"):
                agent.call("dealer.crm.lead", "action_undo_closing", [lead])
        finally:
            bpo.open_gates()
        run.result(60)
    assert state(dealer, lead) == ("lost", ["delivered"])
