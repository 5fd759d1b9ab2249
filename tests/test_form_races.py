"""The lead's form with two people at once, with real processes on one database."""

import pytest

from .concurrency import LEAD, at_once, people, ref, served_twice, split


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    with served_twice(peers_of, tmp_path_factory.mktemp("dealer")) as dealer:
        yield dealer


def test_price_changed_while_the_lead_closes(dealer):
    """Whoever comes second is refused, or closes the lead with the new price."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead = agent.create("dealer.crm.lead", contact_name="Ana", expected_price=100)
    lost, reason = ref(dealer, "stage_lost"), ref(dealer, "lost_reason_price")
    closing = {"stage_id": lost, "lost_reason": reason}
    answers, errors = split(
        at_once(
            dealer,
            LEAD,
            (lead,),
            lambda: agent.call("dealer.crm.lead", "write", [lead], closing),
            lambda: manager.call("dealer.crm.lead", "write", [lead], {"expected_price": 1}),
        )
    )
    row = dealer.db.query(
        "SELECT won_status, expected_price::int AS price FROM dealer_crm_lead WHERE id = %s", lead
    )[0]
    assert row["won_status"] == "lost"
    assert len(answers) + len(errors) == 2
    assert row["price"] == (100 if errors else 1)
    assert all("closed" in error.message for error in errors)


def test_two_ask_the_warehouse(dealer):
    """One question is asked; the other person is told that somebody is asked already."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    product = agent.find("product.product", ("default_code", "=", "TEST-CAR"))
    lead = agent.create("dealer.crm.lead", contact_name="Bo", product_id=product)
    agent.button("dealer.crm.lead", "action_convert_to_quotation", lead)
    order = dealer.db.value("SELECT id FROM sale_order WHERE dealer_crm_lead_id = %s", lead)
    agent.button("sale.order", "action_confirm", order)
    answers = at_once(
        dealer,
        LEAD,
        (lead,),
        *[
            lambda who=who: who.button("dealer.crm.lead", "action_ask_warehouse", lead)
            for who in (agent, manager)
        ],
    )
    told = sorted("already" in answer["params"]["message"] for answer in answers)
    assert told == [False, True]
    asked = dealer.db.value(
        "SELECT count(*) FROM mail_activity a JOIN stock_picking p ON p.id = a.res_id"
        " WHERE a.res_model = 'stock.picking' AND p.sale_id = %s",
        order,
    )
    assert asked == 1
