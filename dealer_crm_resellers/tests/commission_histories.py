"""Random histories of a lead that resellers win, and what they earn, computed the slow way.

A ``World`` holds the facts. ``slow_commission`` is the rule in docs/commissions.md, implemented literally in
decimals of the currency; it shares no code with ``commission``.
"""

from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from odoo.addons.dealer_crm.tests.properties import st

STEPS = ("0.01", "1", "0.001", "0.05")
RESELLERS = 3
#: of products 0 to 3; whatever a rule names, a down payment and a section are no sale
PRODUCTS = 4
#: what moves money more often than what people decide
EVENTS = (
    ["win", "invoice", "pay"] * 5
    + ["approve", "credit", "quantity", "price", "confirm"] * 2
    + ["reopen", "assign", "terms", "cancel", "add", "discount", "down payment", "unpost", "undo"]
    + ["refuse", "by hand", "bill", "settle bill", "reverse bill"]
)


class Terms(NamedTuple):
    """A rule of a plan. Amounts in steps of the currency; ``product`` None: all products."""

    product: int | None
    percentage: str
    unit_amount: str
    line_cap: int
    deal_cap: int


class Plan(NamedTuple):
    basis: str
    rules: tuple[Terms, ...]


@dataclass
class Line:
    """``product`` None: a down payment. ``price`` in steps."""

    number: int
    product: int | None
    quantity: Decimal
    price: int

    @property
    def total(self) -> int:
        return int((self.price * self.quantity).quantize(1, ROUND_HALF_UP))


@dataclass
class Paper:
    """A posted invoice, or a credit note with negative lines: (line's number, total, quantity)."""

    number: int
    lines: list[tuple[int, int, Decimal]]
    paid: int = 0

    @property
    def gross(self) -> int:
        """With a fifth of taxes."""
        return abs(6 * sum(total for _line, total, _quantity in self.lines) // 5)

    @property
    def share(self) -> Fraction:
        return Fraction(self.paid, self.gross) if self.gross else Fraction(1)


@dataclass
class Order:
    lines: list[Line]
    confirmed: bool = True
    papers: list[Paper] = field(default_factory=list)


@dataclass
class World:
    """A lead with its orders, the plans of its resellers, and the plan of each deal since it was won.

    ``deals`` maps (reseller, number of the order) to the plan.
    """

    step: str
    plans: list[Plan]
    orders: list[Order]
    won: bool = False
    reseller: int = 0
    deals: dict[tuple[int, int], Plan] = field(default_factory=dict)

    def earns(self, deal: tuple[int, int]) -> bool:
        reseller, order = deal
        return self.won and self.reseller == reseller and self.orders[order].confirmed

    def happen(self, event: str, which: int, much: int) -> None:
        """Let an event of ``EVENTS`` happen to the facts. Events of the ledger change none.

        :param which: order, line, document or reseller, modulo their number
        :param much: amount, quantity or percentage, 0 to 999
        """
        order = self.orders[which % len(self.orders)]
        self.decide(event, order, which, much)
        self.change(event, order, which, much)
        if event == "invoice":
            self.invoice(order, which, much)
        elif order.papers:
            self.move_money(event, order, order.papers[which // 2 % len(order.papers)], much)
        if self.won:
            for number, each in enumerate(self.orders):
                if each.confirmed:
                    self.deals.setdefault((self.reseller, number), self.plans[self.reseller])

    def decide(self, event, order, which, much):
        match event:
            case "win" | "reopen":
                self.won = event == "win"
            case "assign":
                self.won, self.reseller = False, which % RESELLERS
            case "terms":
                one, two = which % RESELLERS, much % RESELLERS
                self.plans[one], self.plans[two] = self.plans[two], self.plans[one]
            case "cancel" | "confirm":
                order.confirmed = event == "confirm"

    def change(self, event, order, which, much):
        line = order.lines[which // 2 % len(order.lines)]
        match event:
            case "add":
                order.lines.append(Line(len(order.lines), which % PRODUCTS, Decimal(1), 7 * much))
            case "discount":
                off = sum(max(each.total, 0) for each in order.lines) * (much % 30) // 100
                order.lines.append(Line(len(order.lines), 3, Decimal(1), -off - 1))
            case "quantity" if line.product is not None:
                line.quantity = Decimal(much % 60 - 5) / 4
            case "price" if line.product is not None:
                line.price = 37 * (much if line.price >= 0 else -much)
            case "down payment":
                down = Line(len(order.lines), None, Decimal(1), 0)
                order.lines.append(down)
                paper = Paper(self.new_paper(), [(down.number, 100 * much, Decimal(1))])
                order.papers.append(paper)

    def move_money(self, event, order, paper, much):
        rest = paper.gross - paper.paid
        match event:
            case "credit":
                back = Paper(self.new_paper(), share_lines(paper.lines, -Decimal(much % 100) / 100))
                if much % 2:
                    # Reconciled with the invoice, as far as that goes.
                    back.paid = min(back.gross, rest)
                    paper.paid += back.paid
                order.papers.append(back)
            case "unpost":
                order.papers.remove(paper)
            case "pay":
                paper.paid += rest if much % 3 == 0 else rest * much // 1000
            case "undo":
                paper.paid = 0 if much % 2 else paper.paid * much // 1000

    def invoice(self, order, which, much):
        """All that is left, a part of all lines, or a part of one."""
        sold = [(line.number, line.total, line.quantity) for line in order.lines if line.total]
        done = {}
        for paper in order.papers:
            for number, total, quantity in paper.lines:
                known = done.get(number, (0, Decimal(0)))
                done[number] = (known[0] + total, known[1] + quantity)
        if much % 3 == 0:
            lines = []
            for number, total, quantity in sold:
                known = done.get(number, (0, Decimal(0)))
                lines.append((number, total - known[0], quantity - known[1]))
        else:
            lines = share_lines(sold, Decimal(much % 100) / 100)
            if much % 3 == 1 and lines:
                lines = [lines[which % len(lines)]]
        if sum(total for _line, total, _quantity in lines) >= 0 and lines:
            order.papers.append(Paper(self.new_paper(), lines))

    def new_paper(self):
        return 1 + max((paper.number for each in self.orders for paper in each.papers), default=0)


def share_lines(lines, part):
    return [
        (number, int((total * part).quantize(1, ROUND_HALF_UP)), quantity * part)
        for number, total, quantity in lines
    ]


def slow_commission(world: World, deal: tuple[int, int], papers: int | None = None) -> Decimal:
    """What the reseller has earned on a deal, in the currency.

    :param papers: count the first so many documents only; None: all
    """
    if not world.earns(deal):
        return Decimal(0)
    with localcontext(prec=60):
        return _slow(world.step, world.deals[deal], world.orders[deal[1]], papers)


def _slow(step, plan, order, papers):
    step = Decimal(step)
    goods = [line for line in order.lines if line.product is not None]
    sold, quantities = {}, {}
    for line in goods:
        sold[line.number], quantities[line.number] = Decimal(0), Decimal(0)
        if plan.basis == "won":
            sold[line.number] = line.total * step
            quantities[line.number] = line.quantity
    if plan.basis != "won":
        for paper in order.papers[:papers]:
            for number, total, quantity in paper.lines:
                if number in sold:
                    counts, units = total * step, quantity
                    if plan.basis == "paid" and paper.gross:
                        counts = to_step(counts * paper.paid / paper.gross, step)
                        units = units * paper.paid / paper.gross
                    sold[number] += counts
                    quantities[number] += units

    rules = {line.number: find_rule(plan, line) for line in goods}
    named = {rule.product for rule in plan.rules}
    discounts = [line for line in goods if line.total < 0 and line.product not in named]
    others = [line for line in goods if line not in discounts]
    take_off(sold, sum(sold[line.number] for line in discounts), others, step)

    by_rule = {}
    for line in others:
        if rule := rules[line.number]:
            earned = sold[line.number] * Decimal(rule.percentage) / 100
            earned += quantities[line.number] * Decimal(rule.unit_amount) * step
            earned = bound(to_step(earned, step), rule.line_cap * step)
            by_rule[rule] = by_rule.get(rule, 0) + earned
    return sum(
        (bound(amount, rule.deal_cap * step) for rule, amount in by_rule.items()), Decimal(0)
    )


def take_off(sold, discount, lines, step):
    """Share the discount by the totals: whole steps first, then one each by the largest remainder."""
    whole = sum(sold[line.number] for line in lines)
    if not whole:
        return
    towards = step if discount > 0 else -step
    left = abs(discount)
    waiting = []
    for line in lines:
        exact = abs(discount) * sold[line.number] / whole
        share = (clean(exact / step)).to_integral_value(ROUND_FLOOR) * step
        left -= share
        waiting.append((-clean(exact - share), line.number, share))
    for _remainder, number, share in sorted(waiting):
        steps = share / step
        if left > 0:
            steps += 1
            left -= step
        sold[number] += steps * towards


def find_rule(plan, line):
    for rule in plan.rules:
        if rule.product in (None, line.product):
            return rule
    return None


def to_step(amount, step):
    return clean(amount / step).to_integral_value(ROUND_HALF_UP) * step


def clean(amount):
    """Without what a division of decimals leaves in the last digits."""
    return amount.quantize(Decimal("1e-25"))


def bound(amount, cap):
    if cap and abs(amount) > cap:
        return cap if amount > 0 else -cap
    return amount


def plans():
    rules = st.builds(
        Terms,
        st.sampled_from([None, None, None, 0, 1, 2, 3]),
        st.sampled_from(["10", "3.33", "0.5", "12.5", "0", "100"]),
        st.sampled_from(["0", "0", "2", "0.333"]),
        st.sampled_from([0, 0, 50, 5000]),
        st.sampled_from([0, 0, 90, 9000]),
    )
    return st.builds(
        Plan,
        st.sampled_from(["won", "invoiced", "paid"]),
        st.lists(rules, min_size=1, max_size=3, unique_by=lambda rule: rule.product).map(tuple),
    )


def worlds():
    lines = st.lists(
        st.tuples(
            st.integers(0, PRODUCTS - 1),
            st.sampled_from(["1", "1", "2", "3", "0.25", "-1"]),
            st.one_of(st.integers(1, 300), st.integers(10**3, 10**7)),
        ),
        min_size=1,
        max_size=4,
    )
    orders = lines.map(
        lambda found: Order(
            [
                Line(number, product, Decimal(quantity), price)
                for number, (product, quantity, price) in enumerate(found)
            ]
        )
    )
    return st.builds(
        World,
        st.sampled_from(STEPS),
        st.lists(plans(), min_size=RESELLERS, max_size=RESELLERS),
        st.lists(orders, min_size=1, max_size=2),
        won=st.booleans(),
    )


def histories(most=40):
    """Strategy of lists of the arguments of ``World.happen``."""
    event = st.tuples(st.sampled_from(EVENTS), st.integers(0, 11), st.integers(0, 999))
    return st.integers(most // 4, most).flatmap(
        lambda count: st.lists(event, min_size=count, max_size=count)
    )
