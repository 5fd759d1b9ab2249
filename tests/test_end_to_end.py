"""The main workflow over real HTTP: endorse → work → Won or Lost → the BPO's lead closes."""

import threading

import pytest
import requests

from .harness import wait_until
from .peers import Bpo, Dealer
from .web import Browser, RpcError

SLOW = 40  # Seconds that an outcome may take on a busy machine; one is usual.


@pytest.fixture(scope="module", params=["jsonrpc", "json2"])
def pair(request, peers_of, tmp_path_factory):
    """A dealer and a BPO, connected."""
    folder = tmp_path_factory.mktemp(request.param)
    dealer = peers_of(Dealer, folder, max_cron_threads=2)
    bpo = peers_of(Bpo, folder)
    try:
        dealer.add_process(wait=False)
        bpo.add_process()
        dealer.processes[0].wait_ready()
        dealer.connect_to(bpo.url, bpo.db.name, "test_dealer", bpo.key, protocol=request.param)
        assert dealer.connection()["state"] == "ready", dealer.connection()["state_reason"]
        bpo.know_dealer(dealer)
        yield dealer, bpo
    finally:
        dealer.close()
        bpo.close()


def new_lead(bpo, **values):
    """Create a salesman's lead at the BPO, not endorsed yet."""
    browser = bpo.browser("test_salesman")
    return browser.create(
        "crm.lead",
        **{
            "name": "Car for Ana",
            "type": "opportunity",
            "contact_name": "Ana Lima",
            "phone": "+1 650 555 0111",
            "email_from": "ana@example.com",
            "product_code": "TEST-CAR",
            "quantity": 1,
            "expected_revenue": 9500,
            "user_id": browser.uid,
            "dealer_id": bpo.db.value("SELECT id FROM bpo_dealer"),
            **values,
        },
    )


def endorse(bpo, lead_id):
    """Click Endorse; return the id of the dealer's lead."""
    bpo.browser("test_salesman").button("crm.lead", "action_endorse", lead_id)
    return bpo.lead(lead_id)["dealer_lead_id"]


def wait_outcome(bpo, lead_id, outcome, sequence):
    wait_until(
        lambda: (
            bpo.lead(lead_id)["dealer_outcome"] == outcome
            and bpo.lead(lead_id)["dealer_callback_sequence"] == sequence
        ),
        f"BPO lead {lead_id} is {outcome}",
        SLOW,
    )


def test_won(pair):
    """Endorse, quote, confirm, deliver, Mark Won: the BPO's lead is won, its inbox has one row."""
    dealer, bpo = pair
    lead_id = new_lead(bpo)
    dealer_lead = endorse(bpo, lead_id)

    agent = dealer.browser("test_agent")
    arrived = agent.read(
        "dealer.crm.lead",
        dealer_lead,
        "stage_id",
        "contact_name",
        "bpo_source_lead_id",
        "user_id",
        "product_id",
    )
    assert arrived["stage_id"][1] == "Negotiation"
    assert (arrived["contact_name"], arrived["bpo_source_lead_id"]) == ("Ana Lima", lead_id)
    assert arrived["user_id"] is False and "Car of the tests" in arrived["product_id"][1]

    agent.button("dealer.crm.lead", "action_convert_to_quotation", dealer_lead)
    (order,) = agent.read("dealer.crm.lead", dealer_lead, "sale_order_ids")["sale_order_ids"]
    agent.button("sale.order", "action_confirm", order)
    assert agent.read("dealer.crm.lead", dealer_lead, "won_blockers")["won_blockers"]
    with pytest.raises(RpcError, match="is not done"):
        agent.button("dealer.crm.lead", "action_mark_won", dealer_lead)
    assert (
        dealer.db.value("SELECT count(*) FROM dealer_crm_callback WHERE lead_id = %s", dealer_lead)
        == 0
    )

    warehouse = dealer.browser()
    picking = warehouse.find("stock.picking", ("sale_id", "=", order))
    (move,) = warehouse.read("stock.picking", picking, "move_ids")["move_ids"]
    warehouse.call("stock.move", "write", [move], {"quantity": 1, "picked": True})
    # Otherwise Odoo asks whether to send the customer an SMS.
    warehouse.call("stock.picking", "button_validate", [picking], context={"skip_sms": True})

    assert not agent.read("dealer.crm.lead", dealer_lead, "won_blockers")["won_blockers"]
    agent.button("dealer.crm.lead", "action_mark_won", dealer_lead)
    wait_outcome(bpo, lead_id, "won", 1)

    told = bpo.browser("test_salesman").read(
        "crm.lead", lead_id, "won_status", "probability", "stage_id"
    )
    assert (told["won_status"], told["probability"]) == ("won", 100)
    (row,) = bpo.db.query("SELECT * FROM bpo_dealer_callback WHERE lead_id = %s", lead_id)
    assert (row["outcome"], row["sequence"], row["status"], row["duplicate_count"] or 0) == (
        "won",
        1,
        "applied",
        0,
    )
    name = agent.read("sale.order", order, "name")["name"]
    assert name in bpo.browser("test_salesman").messages("crm.lead", lead_id)

    wait_until(
        lambda: agent.read("dealer.crm.lead", dealer_lead, "callback_state")["callback_state"]
        == "delivered",
        "the agent's badge says that the BPO is informed",
        SLOW,
    )
    assert "The BPO knows the outcome" in agent.messages("dealer.crm.lead", dealer_lead)


def test_lost_and_reopened(pair):
    """Lost with reason and notes, reopened, lost again: the BPO gets each step."""
    dealer, bpo = pair
    lead_id = new_lead(bpo, name="Bo's car")
    dealer_lead = endorse(bpo, lead_id)
    dealer.lose([dealer_lead], "Zu teuer, sagt er: „nö“ 😕", login="test_agent")
    wait_outcome(bpo, lead_id, "lost", 1)
    told = bpo.browser("test_salesman").read(
        "crm.lead", lead_id, "active", "won_status", "lost_reason_id"
    )
    reason = dealer.browser().read("dealer.crm.lead", dealer_lead, "lost_reason")["lost_reason"][1]
    assert (told["active"], told["won_status"], told["lost_reason_id"][1]) == (
        False,
        "lost",
        reason,
    )
    assert "„nö“ 😕" in bpo.browser("test_salesman").messages("crm.lead", lead_id)

    dealer.reopen(dealer_lead)
    wait_outcome(bpo, lead_id, "reopened", 2)
    again = bpo.browser("test_salesman").read(
        "crm.lead", lead_id, "active", "won_status", "stage_id"
    )
    assert (again["active"], again["won_status"], again["stage_id"][1]) == (
        True,
        "pending",
        "Endorsed",
    )

    dealer.lose([dealer_lead], login="test_agent")
    wait_outcome(bpo, lead_id, "lost", 3)
    rows = bpo.db.query("SELECT * FROM bpo_dealer_callback WHERE lead_id = %s ORDER BY id", lead_id)
    assert [(row["sequence"], row["status"]) for row in rows] == [
        (1, "applied"),
        (2, "applied"),
        (3, "applied"),
    ]


def test_many_lost_at_once_use_the_batch_method(pair):
    """Thirty leads lost at once reach the BPO in a few requests, one row each."""
    dealer, bpo = pair
    ids = bpo.make_endorsed(30)
    dealer.lose(dealer.make_leads(ids))
    wait_until(
        lambda: bpo.db.value(
            "SELECT count(*) FROM crm_lead WHERE id = ANY(%s) AND dealer_outcome = 'lost' AND NOT active",
            ids,
        )
        == 30,
        "the BPO has lost all thirty",
        SLOW,
    )
    assert (
        bpo.db.value("SELECT count(*) FROM bpo_dealer_callback WHERE lead_id = ANY(%s)", ids) == 30
    )
    dealer.drain()
    # A batch has an attempt per outcome, all with the same duration.
    batches = dealer.db.value(
        "SELECT count(DISTINCT a.duration) FROM dealer_crm_callback_attempt a"
        " JOIN dealer_crm_callback c ON c.id = a.callback_id WHERE c.bpo_source_lead_id = ANY(%s)",
        ids,
    )
    assert 1 <= batches <= 5, batches


def test_second_endorse_finds_the_first(pair):
    """A lead whose answer got lost is endorsed again; the dealer still has one lead."""
    dealer, bpo = pair
    lead_id = new_lead(bpo, name="Cleo's car")
    first = endorse(bpo, lead_id)
    # As after a lost answer: the BPO knows nothing of the dealer's lead.
    bpo.db.query(
        "UPDATE crm_lead SET dealer_endorsed_at = NULL, dealer_outcome = 'none', dealer_lead_id = NULL WHERE id = %s",
        lead_id,
    )
    assert endorse(bpo, lead_id) == first
    assert endorse(bpo, lead_id) == first
    assert (
        dealer.db.value(
            "SELECT count(*) FROM dealer_crm_lead WHERE bpo_source_lead_id = %s", lead_id
        )
        == 1
    )


def test_two_endorses_at_once(pair):
    """Three salesmen click Endorse on one lead at the same time: one lead arrives."""
    dealer, bpo = pair
    lead_id = new_lead(bpo, name="Dora's car")
    browsers = [
        Browser(bpo.url, bpo.db.name, "test_salesman", "test_salesman") for _number in range(3)
    ]
    start = threading.Barrier(len(browsers))
    failures = []

    def click(browser):
        start.wait()
        try:
            browser.button("crm.lead", "action_endorse", lead_id)
        except RpcError as error:
            failures.append(error)

    threads = [threading.Thread(target=click, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (
        dealer.db.value(
            "SELECT count(*) FROM dealer_crm_lead WHERE bpo_source_lead_id = %s", lead_id
        )
        == 1
    )
    assert bpo.lead(lead_id)["dealer_outcome"] == "endorsed"


def test_two_calls_of_intake_at_once(pair):
    """The BPO's service user calls twice at the same time: both calls get the id of one lead."""
    dealer, _bpo = pair
    payload = {
        "bpo_source_lead_id": 987654,
        "bpo_source_url": "https://bpo.invalid",
        "contact_name": "Eve",
    }
    answers = []
    start = threading.Barrier(4)

    def call():
        start.wait()
        response = requests.post(
            f"{dealer.url}/json/2/dealer.crm.lead/receive_endorsed_lead",
            json={"payload": payload},
            headers={"Authorization": f"bearer {dealer.key}", "X-Odoo-Database": dealer.db.name},
            timeout=60,
        )
        answers.append(response.json())

    threads = [threading.Thread(target=call) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in answers}) == 1, answers
    assert sorted(answer["created"] for answer in answers) == [False, False, False, True]


def test_refused_endorse_leaves_both_sides_alone(pair):
    """A refused endorsement shows a sentence and changes nothing on either side."""
    dealer, bpo = pair
    lead_id = new_lead(bpo, name="Finn's car", contact_name="F" * 300)
    before = dealer.db.value("SELECT count(*) FROM dealer_crm_lead")
    with pytest.raises(RpcError, match="contact_name"):
        endorse(bpo, lead_id)
    assert bpo.lead(lead_id)["dealer_outcome"] in (None, "none")
    assert dealer.db.value("SELECT count(*) FROM dealer_crm_lead") == before
