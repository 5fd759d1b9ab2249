"""The rule of commissions: what is due on one deal, computed from its facts.

A deal is one order of one lead that one reseller won. Amounts are whole numbers (``int``) of the
smallest step of the order's currency (``res.currency.rounding``): 12.34 EUR is 1234. So every sum
is exact. Quantities are in the product's own unit.

The same rule serves the three bases. It takes the totals of the order's lines, and these are

- ``won``: what was ordered;
- ``invoiced``: what the posted documents say, credit notes negative;
- ``paid``: of each document's line the share that is settled, rounded. A settled document counts
  with its exact totals, so the last payment brings the cents that the earlier ones left.
"""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import NamedTuple

BASES = ("won", "invoiced", "paid")


class Rule(NamedTuple):
    """A rule of a plan, in the currency of the order.

    The commission on a line is a percentage of its base plus an amount for each unit.
    ``line_cap`` bounds it for one order line, ``deal_cap`` for all lines of this rule in the deal;
    both also bound what is negative. 0: no cap.
    """

    key: Hashable
    percentage: Fraction = Fraction(0)
    #: in steps of the currency for each unit; need not be whole
    unit_amount: Fraction = Fraction(0)
    line_cap: int = 0
    deal_cap: int = 0


class OrderLine(NamedTuple):
    """A line of the order that sells or discounts something: no section, no down payment.

    ``rule`` is the first rule that matches its product, if any. ``is_discount`` tells that the line
    is negative and that no rule names its product: its total lowers the other lines.
    """

    key: Hashable
    total: int
    quantity: Fraction
    rule: Rule | None = None
    is_discount: bool = False


class DocumentLine(NamedTuple):
    """What a document says of an order line; negative in a credit note."""

    order_line: Hashable
    total: int
    quantity: Fraction


class Document(NamedTuple):
    """A posted invoice or credit note. ``settled``: the share of it that is paid, 0 to 1."""

    key: Hashable
    settled: Fraction
    lines: tuple[DocumentLine, ...]


class Due(NamedTuple):
    """What is due for an order line because of a document; without one for the basis ``won``.

    ``base`` is what the order line's base changed by, less its share of the discounts.
    """

    line: Hashable
    document: Hashable | None
    rule: Hashable
    base: int
    amount: int


class _Sold(NamedTuple):
    total: int = 0
    quantity: Fraction = Fraction(0)


NOTHING = _Sold()


def get_due(
    basis: str,
    earns: bool,
    lines: Sequence[OrderLine],
    documents: Sequence[Document] = (),
) -> list[Due]:
    """What is due on a deal, by order line and document; their sum is the commission.

    :param basis: one of ``BASES``
    :param earns: whether the reseller has won the lead and the order is confirmed; else nothing is
        due
    :param lines: in the order's sequence
    :param documents: in the order of their dates; each is due for what it changes in the commission
        on all documents up to it. Lines whose order line is not in ``lines`` are left out.
    :raise ValueError: for another basis
    """
    if basis not in BASES:
        raise ValueError(f"no such basis: {basis!r}")
    if not earns:
        return []
    if basis == "won":
        sold = {line.key: _Sold(line.total, line.quantity) for line in lines}
        earned = _get_earned(lines, sold)
        return _cap_deal(lines, [Due(key, None, *each) for key, each in earned.items()])
    changes, before, sold = [], {}, {}
    for document in documents:
        share = document.settled if basis == "paid" else Fraction(1)
        for each in document.lines:
            known = sold.get(each.order_line, _Sold())
            sold[each.order_line] = _Sold(
                known.total + _round(each.total * share), known.quantity + each.quantity * share
            )
        changes += _get_changes(lines, before, sold, document.key)
        before = dict(sold)
    return _cap_deal(lines, changes)


def share_discount(discount: int, totals: Sequence[int]) -> list[int]:
    """Share ``discount`` among lines in proportion to their totals, by the largest remainder.

    Steps of the currency that are left go to the largest remainders of the shares without their
    sign, of equal ones to the first. The shares add up to the discount, or to 0 when the totals do.
    """
    whole = sum(totals)
    if not discount or not whole:
        return [0] * len(totals)
    sign = -1 if discount < 0 else 1
    exact = [Fraction(abs(discount) * total, whole) for total in totals]
    shares = [share.__floor__() for share in exact]
    left = abs(discount) - sum(shares)
    largest = sorted(range(len(totals)), key=lambda i: shares[i] - exact[i])
    for index in largest[:left]:
        shares[index] += 1
    return [sign * share for share in shares]


def _get_changes(lines, before, after, document):
    """List of what the commission changes by, before the cap of the deal."""
    old, new = _get_earned(lines, before), _get_earned(lines, after)
    return [
        Due(key, document, rule, base - old[key][1], amount - old[key][2])
        for key, (rule, base, amount) in new.items()
    ]


def _get_earned(lines, sold):
    """Dict of line key to (rule key, base, commission) on what is ``sold``, for lines with a rule."""
    discount = sum(sold.get(line.key, NOTHING).total for line in lines if line.is_discount)
    others = [(line, sold.get(line.key, NOTHING)) for line in lines if not line.is_discount]
    shares = share_discount(discount, [each.total for _line, each in others])
    earned = {}
    for (line, each), share in zip(others, shares, strict=True):
        if rule := line.rule:
            base = each.total + share
            amount = Fraction(base * rule.percentage.numerator, 100 * rule.percentage.denominator)
            if rule.unit_amount:
                amount += each.quantity * rule.unit_amount
            earned[line.key] = (rule.key, base, _clip(_round(amount), rule.line_cap))
    return earned


def _cap_deal(lines, changes):
    """The changes that are not zero, less what is over the cap of their rule in the whole deal."""
    caps = {line.rule.key: line.rule.deal_cap for line in lines if line.rule}
    sums = dict.fromkeys(caps, 0)
    due = []
    for change in changes:
        cap, before = caps[change.rule], sums[change.rule]
        sums[change.rule] = after = before + change.amount
        if amount := _clip(after, cap) - _clip(before, cap):
            due.append(change._replace(amount=amount))
    return due


def _clip(amount, cap):
    return max(-cap, min(cap, amount)) if cap else amount


def _round(amount):
    """The nearest whole number; of two equally near ones that farther from 0, as currencies do."""
    # In whole numbers, which are faster than fractions.
    above, below = amount.numerator, amount.denominator
    whole = (2 * abs(above) + below) // (2 * below)
    return -whole if above < 0 else whole
