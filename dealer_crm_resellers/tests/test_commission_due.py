import unittest
from fractions import Fraction

from odoo.addons.dealer_crm.tests.properties import given, st

from ..commission import Document, DocumentLine, OrderLine, Rule, get_due, share_discount

TEN = Rule("ten", Fraction(10))


def line(key, total, quantity=1, rule=TEN, is_discount=False):
    return OrderLine(key, total, Fraction(quantity), rule, is_discount)


def document(key, *lines, settled=1):
    """A document with lines of (order line, total) or (order line, total, quantity)."""
    return Document(
        key,
        Fraction(settled),
        tuple(
            DocumentLine(name, total, Fraction(*quantity or [1]))
            for name, total, *quantity in lines
        ),
    )


def amounts(due):
    return [(each.line, each.document, each.base, each.amount) for each in due]


class TestDue(unittest.TestCase):
    def test_won(self):
        self.assertEqual(
            amounts(get_due("won", True, [line("a", 1005), line("b", 50, rule=None)])),
            [("a", None, 1005, 101)],
        )
        self.assertEqual(get_due("won", False, [line("a", 1000)]), [])
        with self.assertRaises(ValueError):
            get_due("delivered", True, [line("a", 1000)])

    def test_an_amount_for_each_unit(self):
        rule = Rule("both", Fraction(10), Fraction(5, 2))
        self.assertEqual(
            amounts(get_due("won", True, [line("a", 1000, 3, rule)])), [("a", None, 1000, 108)]
        )

    def test_caps(self):
        rule = Rule("capped", Fraction(10), line_cap=60, deal_cap=130)
        lines = [line(key, 1000, rule=rule) for key in "abc"] + [line("d", 100)]
        self.assertEqual(
            amounts(get_due("won", True, lines)),
            [
                ("a", None, 1000, 60),
                ("b", None, 1000, 60),
                ("c", None, 1000, 10),
                ("d", None, 100, 10),
            ],
        )

    def test_a_cap_holds_for_all_documents_of_a_line(self):
        rule = Rule("capped", Fraction(10), line_cap=60)
        documents = [
            document(1, ("a", 400)),
            document(2, ("a", 400)),
            document(3, ("a", -500, -1)),
        ]
        self.assertEqual(
            amounts(get_due("invoiced", True, [line("a", 800, rule=rule)], documents)),
            [("a", 1, 400, 40), ("a", 2, 400, 20), ("a", 3, -500, -30)],
        )

    def test_a_discount_lowers_all_lines(self):
        lines = [
            line("a", 1000),
            line("b", 1000, rule=None),
            line("c", 1000),
            line("off", -100, is_discount=True),
        ]
        self.assertEqual(
            amounts(get_due("won", True, lines)), [("a", None, 966, 97), ("c", None, 967, 97)]
        )

    def test_the_example_of_the_documentation(self):
        """docs/commissions.md"""
        cars, others = Rule("cars", Fraction(10), line_cap=9000), Rule("others", Fraction(5))

        def get_example(tyres):
            lines = [
                line("car", 100000, rule=cars),
                line("tyres", tyres, rule=others),
                line("mats", 8000, rule=others),
                line("off", -10000, rule=None, is_discount=True),
            ]
            return [(each.base, each.amount) for each in get_due("won", True, lines)]

        self.assertEqual(get_example(50000), [(93671, 9000), (46835, 2342), (7494, 375)])
        self.assertEqual(get_example(40000), [(93243, 9000), (37297, 1865), (7460, 373)])

    def test_a_negative_line_named_by_a_rule_is_none(self):
        lines = [line("a", 1000), line("back", -400)]
        self.assertEqual(
            amounts(get_due("won", True, lines)),
            [("a", None, 1000, 100), ("back", None, -400, -40)],
        )

    def test_a_discount_on_nothing(self):
        self.assertEqual(get_due("won", True, [line("off", -100, is_discount=True)]), [])

    def test_invoiced_in_parts(self):
        """Each third earns what it adds to the rounded commission on all so far."""
        lines = [line("a", 100)]
        thirds = [document(1, ("a", 33)), document(2, ("a", 33)), document(3, ("a", 34))]
        due = get_due("invoiced", True, lines, thirds)
        self.assertEqual([each.amount for each in due], [3, 4, 3])

    def test_a_credit_note_takes_back(self):
        due = get_due(
            "invoiced",
            True,
            [line("a", 1000)],
            [document("invoice", ("a", 1000)), document("credit", ("a", -300, -1))],
        )
        self.assertEqual(amounts(due)[1], ("a", "credit", -300, -30))

    def test_a_discount_in_a_later_invoice(self):
        lines = [line("a", 1000), line("off", -100, is_discount=True)]
        due = get_due(
            "invoiced", True, lines, [document(1, ("a", 1000)), document(2, ("off", -100))]
        )
        self.assertEqual(amounts(due), [("a", 1, 1000, 100), ("a", 2, -100, -10)])

    def test_paid_in_parts(self):
        lines = [line("a", 1005), line("b", 995)]
        for settled, expected in (
            (0, 0),
            (Fraction(1, 3), 34 + 33),
            (Fraction(2, 3), 67 + 66),
            (1, 101 + 100),
        ):
            due = get_due(
                "paid", True, lines, [document(1, ("a", 1005), ("b", 995), settled=settled)]
            )
            self.assertEqual(sum(each.amount for each in due), expected)

    def test_foreign_lines_are_left_out(self):
        due = get_due("invoiced", True, [line("a", 1000)], [document(1, ("down", 500), ("a", 500))])
        self.assertEqual(amounts(due), [("a", 1, 500, 50)])

    @given(
        discount=st.integers(-(10**9), 10**9),
        totals=st.lists(st.integers(-(10**9), 10**9), max_size=8),
    )
    def test_shares_add_up(self, discount, totals):
        shares = share_discount(discount, totals)
        whole = sum(totals)
        self.assertEqual(sum(shares), discount if whole else 0)
        for share, total in zip(shares, totals, strict=True):
            self.assertLess(abs(share - Fraction(discount * total, whole or 1)) if whole else 0, 1)

    def test_what_is_left_goes_to_the_largest_remainder(self):
        self.assertEqual(share_discount(-100, [1, 1, 1]), [-34, -33, -33])
        self.assertEqual(share_discount(-10, [34, 33, 33]), [-4, -3, -3])
        self.assertEqual(share_discount(-10, [33, 33, 34]), [-3, -3, -4])

    @given(data=st.data())
    def test_sold_invoiced_and_paid_in_full_are_the_same(self, data):
        """However an order is split over documents, and whatever was paid when."""
        rules = [None, TEN, Rule("b", Fraction(333, 100), Fraction(7, 3), 5000, 9000)]
        lines = [
            line(
                key,
                data.draw(st.integers(0, 10**5)),
                data.draw(st.integers(1, 9)),
                data.draw(st.sampled_from(rules)),
            )
            for key in range(data.draw(st.integers(1, 4)))
        ]
        lines.append(line("off", -data.draw(st.integers(0, 10**4)), is_discount=True, rule=None))
        parts = data.draw(st.integers(1, 4))
        documents = []
        rest = {each.key: (each.total, each.quantity) for each in lines}
        for number in range(parts):
            found = []
            for key, (total, quantity) in rest.items():
                if number == parts - 1:
                    part = (total, quantity)
                else:
                    part = (data.draw(st.integers(-(10**5), 10**5)), Fraction(number, 3))
                rest[key] = (total - part[0], quantity - part[1])
                found.append(DocumentLine(key, *part))
            documents.append(Document(number, Fraction(1), tuple(found)))
        won = sum(each.amount for each in get_due("won", True, lines))
        for basis in ("invoiced", "paid"):
            due = get_due(basis, True, lines, documents)
            self.assertEqual(sum(each.amount for each in due), won)
