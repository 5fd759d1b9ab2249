import unittest
from collections import Counter
from unittest.mock import patch

from odoo.addons.dealer_crm.tests.properties import given, st

from ..assignment import COUNTRY, Lead, Matcher, Partner, draw, lead_seed
from ..assignment import match as matching

DRAWS = 100_000
# Quantiles of the chi-square distribution at 0.999 by degrees of freedom.
CHI_SQUARE = {1: 10.83, 4: 18.47, 9: 27.88}


def chi_square(counts, weights):
    total = sum(weights.values())
    expected = {key: DRAWS * weight / total for key, weight in weights.items()}
    return sum((counts[key] - expected[key]) ** 2 / expected[key] for key in weights)


class TestDraw(unittest.TestCase):
    def test_shares_follow_weights(self):
        """In 100,000 draws each partner's share matches its weight (chi-square test)."""
        for weights in ({1: 1, 2: 99}, {1: 10, 2: 20, 3: 30, 4: 1, 5: 500}):
            partners = [
                Partner(key, weight, 48.8 + key / 100, 2.3, 75, None, key)
                for key, weight in weights.items()
            ]
            matcher = Matcher(partners)
            counts = Counter(
                matcher.match(Lead(lead, 1, 48.85, 2.35, 75), lead_seed(42, lead)).partner_id
                for lead in range(DRAWS)
            )
            self.assertEqual(set(counts), set(weights))
            self.assertLess(chi_square(counts, weights), CHI_SQUARE[len(weights) - 1])

    def test_shares_follow_weights_in_the_country_tier(self):
        weights = {key: key for key in range(1, 11)}
        matcher = Matcher(
            [Partner(key, weight, 0, 0, 75, None, key) for key, weight in weights.items()]
        )
        counts = Counter(
            matcher.match(Lead(lead, 1, 0, 0, 75), lead_seed(7, lead)).partner_id
            for lead in range(DRAWS)
        )
        self.assertLess(chi_square(counts, weights), CHI_SQUARE[9])

    def test_seeds_of_one_run_spread(self):
        """Draws of consecutive leads look independent: deciles of a uniform number, and pairs of them."""
        tens = [draw(lead_seed(1, lead), 10) for lead in range(DRAWS)]
        self.assertLess(chi_square(Counter(tens), dict.fromkeys(range(10), 1)), CHI_SQUARE[9])
        rises = Counter(one < other for one, other in zip(tens[::2], tens[1::2], strict=True))
        self.assertAlmostEqual(rises[True] / (DRAWS / 2), 0.45, delta=0.01)

    @given(st.integers(), st.integers(0, 2**31 - 1), st.integers(1, 2**40))
    def test_draw_is_in_range_and_repeatable(self, run_seed, lead_id, total):
        seed = lead_seed(run_seed, lead_id)
        self.assertTrue(0 <= seed < 2**31)
        self.assertEqual(seed, lead_seed(run_seed, lead_id))
        self.assertTrue(0 <= draw(seed, total) < total)
        self.assertEqual(draw(seed, total), draw(seed, total))

    @given(st.lists(st.integers(1, 50), min_size=1, max_size=30))
    def test_each_partner_is_drawn_as_often_as_it_weighs(self, weights):
        """The weights lie end to end, in the order of the ids."""
        partners = [Partner(key, weight, 1, 1, 1, None, key) for key, weight in enumerate(weights)]
        matcher = Matcher(partners)
        with patch.object(matching, "draw", lambda place, _total: place):
            near, in_country = (
                [matcher.match(lead, place) for place in range(sum(weights))]
                for lead in (Lead(1, 1, 1, 1, None), Lead(1, 1, 0, 0, 1))
            )
        ids = [key for key, weight in enumerate(weights) for _each in range(weight)]
        for tier, found in ((1, near), (COUNTRY, in_country)):
            self.assertEqual(
                [(match.tier, match.partner_id, match.candidates) for match in found],
                [(tier, key, len(weights)) for key in ids],
            )
