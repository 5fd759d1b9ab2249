"""Two people at the same moment on one commission: real processes on one database.

Each round is one deal: the two go off together, a little earlier or later by turns. Whoever comes
first, what is granted is what is due, and it is billed once.
"""

import json
from collections import Counter
from typing import Any, NamedTuple

import pytest

from .concurrency import served_twice
from .test_portal_races import GAPS, go_off
from .web import Browser, RpcError

ROUNDS, MANY_ROUNDS = 6, 200
#: deals that one shell makes, which ends before it times out on a busy machine
BATCH = 50
MANAGER = "test_manager"
PEOPLE = """
env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
plans = env["dealer.crm.commission.plan"].create([
    {"name": basis, "basis": basis, "rule_ids": [(0, 0, {"percentage": 10})]}
    for basis in ("won", "paid")])
env["res.partner"].create([
    {"name": plan.name, "is_company": True, "dealer_commission_plan_id": plan.id,
     "dealer_level_id": env.ref("dealer_crm_resellers.level_gold").id} for plan in plans])
group = env.ref("account.group_account_invoice")
env["res.users"].search([("login", "in", ("admin", "test_manager"))]).group_ids += group
env.company.dealer_notify_partners = False
env["ir.cron"].search([]).active = False
env.cr.commit()
"""
#: deals of 1,000 in two invoices, won or not
DEALS = """
import json
reseller = env["res.partner"].search([("name", "=", {basis!r})])
product = env["product.product"].search([("default_code", "=", "TEST-SERVICE")])
product.invoice_policy = "order"
made = []
for number in range({count}):
    lead = env["dealer.crm.lead"].create(
        {{"contact_name": "Race", "stage_id": env.ref("dealer_crm.stage_negotiation").id}})
    lead.assign_partner(reseller)
    order = env["sale.order"].create({{
        "partner_id": env["res.partner"].create({{"name": "Buyer"}}).id,
        "dealer_crm_lead_id": lead.id,
        "order_line": [(0, 0, {{"product_id": product.id, "price_unit": 1000, "tax_ids": []}})]}})
    order.action_confirm()
    for _part in range(2):
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 0.5
        invoice.action_post()
    if {won}:
        lead.action_mark_won()
    made.append({{"lead": lead.id, "order": order.id, "line": order.order_line.id,
                  "invoices": order.invoice_ids.ids}})
env.cr.commit()
print("DEALS", json.dumps(made))
"""


class Race(NamedTuple):
    """``make_calls``: (first user's browser, the second's, dealer, deal) → two calls.

    ``due``: what is granted at last. ``billed``: what is on a bill. ``prepare``: before they go off.
    """

    basis: str
    won: bool
    make_calls: Any
    due: int
    billed: int = 0
    prepare: Any = None


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    with served_twice(
        peers_of, tmp_path_factory.mktemp("dealer"), "dealer_crm_resellers", PEOPLE
    ) as dealer:
        yield dealer


def pay(browser, *invoices):
    wizard = browser.call(
        "account.payment.register",
        "create",
        [{}],
        context={"active_model": "account.move", "active_ids": list(invoices)},
    )
    return browser.button("account.payment.register", "action_create_payments", *wizard)


def win(browser, deal):
    return browser.button("dealer.crm.lead", "action_mark_won", deal["lead"])


def commission(dealer, deal):
    return dealer.db.value("SELECT id FROM dealer_crm_commission WHERE lead_id = %s", deal["lead"])


def press(browser, dealer, deal, method):
    return browser.button("dealer.crm.commission", method, commission(dealer, deal))


def pay_and_approve(browser, dealer, deal):
    pay(browser, *deal["invoices"])
    press(browser, dealer, deal, "action_approve")


def reprice(browser, deal, price):
    return browser.call("sale.order.line", "write", [deal["line"]], {"price_unit": price})


RACES = {
    "win against payment": Race(
        "paid",
        False,
        lambda one, two, dealer, deal: (
            lambda: win(one, deal),
            lambda: pay(two, *deal["invoices"]),
        ),
        due=100,
    ),
    "two wins": Race(
        "won",
        False,
        lambda one, two, dealer, deal: (lambda: win(one, deal), lambda: win(two, deal)),
        due=100,
    ),
    "two payments": Race(
        "paid",
        True,
        lambda one, two, dealer, deal: (
            lambda: pay(one, deal["invoices"][0]),
            lambda: pay(two, deal["invoices"][1]),
        ),
        due=100,
    ),
    "two bills": Race(
        "paid",
        True,
        lambda one, two, dealer, deal: (
            lambda: press(one, dealer, deal, "action_create_bills"),
            lambda: press(two, dealer, deal, "action_create_bills"),
        ),
        due=100,
        billed=100,
        prepare=pay_and_approve,
    ),
    "approval against a new price": Race(
        "won",
        True,
        lambda one, two, dealer, deal: (
            lambda: press(one, dealer, deal, "action_approve"),
            lambda: reprice(two, deal, 1500),
        ),
        due=150,
    ),
    "win against a new price": Race(
        "won",
        False,
        lambda one, two, dealer, deal: (lambda: win(one, deal), lambda: reprice(two, deal, 500)),
        due=50,
    ),
}


def attempt(call):
    """The answer, or the name of the exception; the server has retried what can be retried."""
    try:
        return call()
    except RpcError as error:
        return error.name


def look(dealer, deal):
    """What was granted on the deal, what of it is on live bills, and what these say."""
    entries = dealer.db.query(
        "SELECT e.id, e.amount FROM dealer_crm_commission_entry e"
        " JOIN dealer_crm_commission c ON c.id = e.commission_id WHERE c.lead_id = %s",
        deal["lead"],
    )
    lines = dealer.db.query(
        "SELECT r.entry_id, l.id, l.price_subtotal FROM dealer_crm_commission_entry_bill_line_rel r"
        " JOIN account_move_line l ON l.id = r.line_id JOIN account_move m ON m.id = l.move_id"
        " WHERE m.state != 'cancel' AND r.entry_id = ANY(%s)",
        [entry["id"] for entry in entries],
    )
    return {
        "deals": dealer.db.value(
            "SELECT count(*) FROM dealer_crm_commission WHERE lead_id = %s", deal["lead"]
        ),
        "granted": float(sum(entry["amount"] for entry in entries)),
        "twice": [entry for entry, n in Counter(x["entry_id"] for x in lines).items() if n > 1],
        "billed": float(sum({line["id"]: line["price_subtotal"] for line in lines}.values())),
    }


def make_deals(dealer, race, count):
    output = dealer.shell(DEALS.format(basis=race.basis, count=count, won=race.won))
    line = next(line for line in output.splitlines() if line.startswith("DEALS "))
    return json.loads(line[6:])


def run(dealer, race, rounds):
    """Run the rounds; return how often each pair of answers came."""
    deals = []
    for begin in range(0, rounds, BATCH):
        deals += make_deals(dealer, race, min(BATCH, rounds - begin))
    one, two = (
        Browser(process.url, dealer.db.name, login, login)
        for process, login in zip(dealer.processes, (MANAGER, "admin"), strict=True)
    )
    answers = Counter()
    for number, deal in enumerate(deals):
        if race.prepare:
            race.prepare(one, dealer, deal)
        calls = race.make_calls(one, two, dealer, deal)
        found = go_off(*[lambda call=call: attempt(call) for call in calls], GAPS[number % 9])
        answers[tuple(each if isinstance(each, str) else "done" for each in found)] += 1
        assert look(dealer, deal) == {
            "deals": 1,
            "granted": race.due,
            "twice": [],
            "billed": race.billed,
        }, (deal, found)
    return answers


@pytest.mark.parametrize("race", RACES)
def test_at_once(dealer, race):
    assert run(dealer, RACES[race], ROUNDS).total() == ROUNDS


@pytest.mark.faults
@pytest.mark.parametrize("race", RACES)
def test_many_at_once(dealer, race, record_property):
    answers = run(dealer, RACES[race], MANY_ROUNDS)
    record_property("answers", {" / ".join(pair): count for pair, count in answers.items()})
    assert answers.total() == MANY_ROUNDS
