import os
import types
import unittest
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

from odoo.addons.dealer_crm.tests.properties import Phase, given, settings

from .. import commission
from ..commission import Document, DocumentLine, OrderLine, Rule, due
from .commission_histories import World, find_rule, histories, slow_commission, worlds

#: number of random histories; make faults asks for more
HISTORIES = int(os.environ.get("HISTORIES", "2000"))


@dataclass(eq=False)
class Entry:
    deal: tuple
    key: tuple
    amount: int
    state: str = "draft"
    by_hand: bool = False


@dataclass
class Ledger:
    """Entries of a world, and the rule that makes them: what is due less what is there."""

    world: World
    entries: list[Entry] = field(default_factory=list)

    def facts(self, deal):
        """The arguments of ``get_due``."""
        plan, order = self.world.deals[deal], self.world.orders[deal[1]]
        lines = []
        for line in order.lines:
            if line.product is None:
                continue
            terms = find_rule(plan, line)
            rule = terms and Rule(
                terms,
                Fraction(terms.percentage),
                Fraction(terms.unit_amount),
                terms.line_cap,
                terms.deal_cap,
            )
            named = any(rule.product == line.product for rule in plan.rules)
            off = line.total < 0 and not named
            lines.append(OrderLine(line.number, line.total, Fraction(line.quantity), rule, off))
        documents = [
            Document(
                paper.number,
                paper.share,
                tuple(DocumentLine(key, total, Fraction(qty)) for key, total, qty in paper.lines),
            )
            for paper in order.papers
        ]
        return plan.basis, self.world.earns(deal), lines, documents

    def reconcile(self):
        self.entries = [each for each in self.entries if each.state != "draft" or each.by_hand]
        for deal in self.world.deals:
            missing = {}
            for each in commission.get_due(*self.facts(deal)):
                key = (each.line, each.document)
                missing[key] = missing.get(key, 0) + each.amount
            for entry in self.entries:
                if entry.deal == deal and entry.state != "refused" and not entry.by_hand:
                    missing[entry.key] = missing.get(entry.key, 0) - entry.amount
            self.entries += [Entry(deal, key, amount) for key, amount in missing.items() if amount]

    def happen(self, event, which, much):
        deals = list(self.world.deals)
        if deals:
            deal = deals[which % len(deals)]
            ours = [each for each in self.entries if each.deal == deal]
            theirs = [each for each in self.entries if each.deal[0] == deal[0]]
            match event:
                case "approve":
                    move(ours, "draft", "approved")
                case "refuse":
                    move(ours[:1], "draft", "refused")
                case "by hand":
                    self.entries.append(Entry(deal, ("by hand",), much - 500, by_hand=True))
                case "bill":
                    move(theirs, "approved", "billed")
                case "settle bill":
                    move(theirs, "billed", "paid")
                case "reverse bill":
                    move(theirs, "billed", "approved")
                    move(theirs, "paid", "approved")
        self.world.happen(event, which, much)
        self.reconcile()


def move(entries, before, after):
    for entry in entries:
        if entry.state == before:
            entry.state = after


#: of due.py: what is wrong, a line of it, and the line of the mutant
MUTANTS = (
    (
        "rounds down",
        "(2 * abs(above) + below) // (2 * below)",
        "abs(above) // below",
    ),
    ("rounds up", "(2 * abs(above) + below) // (2 * below)", "abs(amount).__ceil__()"),
    ("rounds a half to even", "(2 * abs(above) + below) // (2 * below)", "round(abs(amount))"),
    (
        "rounds each document's part",
        "Due(key, document, rule, base - old[key][1], amount - old[key][2])",
        "Due(key, document, rule, base - old[key][1],"
        " _round((base - old[key][1]) * next(each.rule.percentage for each in lines"
        " if each.key == key) / 100) if document else amount)",
    ),
    (
        "forgets credit notes",
        "for document in documents:",
        "for document in [each for each in documents if sum(line.total for line in each.lines) >= 0]:",
    ),
    (
        "counts credit notes as invoices",
        "known.total + _round(each.total * share)",
        "known.total + abs(_round(each.total * share))",
    ),
    ("counts each document twice", "before = dict(sold)", "before = {}"),
    (
        "counts only the last document of a line",
        "known = sold.get(each.order_line, _Sold())\n            sold[",
        "known = _Sold()\n            sold[",
    ),
    ("pays when invoiced", 'if basis == "paid" else Fraction(1)', "if False else Fraction(1)"),
    ("invoices when paid", 'if basis == "paid" else Fraction(1)', "if True else Fraction(1)"),
    (
        "loses the cents of payments",
        "known.total + _round(each.total * share)",
        "known.total + int(each.total * share)",
    ),
    (
        "counts whole quantities",
        "known.quantity + each.quantity * share",
        "known.quantity + each.quantity",
    ),
    ("forgets discounts", "base = each.total + share", "base = each.total"),
    (
        "shares discounts among matched lines",
        "for line in lines if not line.is_discount]\n    shares",
        "for line in lines if line.rule and not line.is_discount]\n    shares",
    ),
    ("loses the cents of discounts", "largest[:left]", "largest[:0]"),
    ("gives the cents of discounts to the first lines", "largest[:left]", "range(left)"),
    (
        "gives them to the smallest remainder",
        "shares[index] += 1",
        "shares[largest[-1 - largest.index(index)]] += 1",
    ),
    (
        "takes discounts for sales",
        "for line in lines if line.is_discount)",
        "for line in lines if 0)",
    ),
    ("ignores the amount of a unit", "amount += each.quantity * rule.unit_amount", "pass"),
    ("ignores the cap of a line", "_clip(_round(amount), rule.line_cap)", "_round(amount)"),
    ("ignores the cap of a deal", "_clip(after, cap) - _clip(before, cap)", "change.amount"),
    (
        "caps each document",
        "_clip(after, cap) - _clip(before, cap)",
        "_clip(change.amount, cap)",
    ),
    (
        "caps what is earned, not what is taken back",
        "max(-cap, min(cap, amount))",
        "min(cap, amount)",
    ),
    ("earns on lost leads and cancelled orders", "if not earns:", "if False:"),
)


class TestHistories(unittest.TestCase):
    @settings(max_examples=HISTORIES)
    @given(worlds(), histories())
    def test_the_ledger_is_what_is_due(self, world, events):
        self.check(world, events)

    def test_mutants_are_found(self):
        source = Path(due.__file__).read_text()
        for title, line, wrong in MUTANTS:
            with self.subTest(title):
                self.assertEqual(source.count(line), 1, "this line of due.py, once")
                mutant = types.ModuleType(title)
                exec(source.replace(line, wrong), mutant.__dict__)
                scenario = settings(
                    max_examples=2000,
                    derandomize=True,
                    phases=[Phase.generate],
                    report_multiple_bugs=False,
                )(given(worlds(), histories())(self.check))
                with (
                    patch.object(commission, "get_due", mutant.get_due),
                    self.assertRaises(AssertionError),
                ):
                    scenario()

    def check(self, world, events):
        """After each event of a history: the sum of the entries, and what was approved."""
        ledger, approved = Ledger(world), {}
        for event in events:
            ledger.happen(*event)
            for deal in world.deals:
                ours = [each for each in ledger.entries if each.deal == deal]
                granted = sum(
                    each.amount for each in ours if each.state != "refused" and not each.by_hand
                )
                self.assertEqual(granted * Decimal(world.step), slow_commission(world, deal))
            for entry, before in approved.items():
                self.assertIn(entry, ledger.entries)
                self.assertEqual((entry.deal, entry.key, entry.amount), before)
            approved |= {
                each: (each.deal, each.key, each.amount)
                for each in ledger.entries
                if each.state in ("approved", "billed", "paid")
            }
        self.check_each_document(ledger)

    def check_each_document(self, ledger):
        """What is due by a document is what it adds to the commission."""
        world = ledger.world
        for deal, plan in world.deals.items():
            if plan.basis == "won":
                continue
            papers = world.orders[deal[1]].papers
            found = commission.get_due(*ledger.facts(deal))
            for number, paper in enumerate(papers, 1):
                until = {each.number for each in papers[:number]}
                amount = sum(each.amount for each in found if each.document in until)
                self.assertEqual(
                    amount * Decimal(world.step), slow_commission(world, deal, number), paper
                )
