import unittest
from collections import Counter

from ..assignment import Lead, Partner, Roster, draw, lead_seed
from ..assignment.draw import Urn
from .properties import given, settings, st

DRAWS = 100_000
# Quantiles of the chi-square distribution at 0.999 by degrees of freedom.
CHI_SQUARE = {1: 10.83, 4: 18.47, 9: 27.88}


def chi_square(counts, weights):
    total = sum(weights.values())
    expected = {key: DRAWS * weight / total for key, weight in weights.items()}
    return sum((counts[key] - expected[key]) ** 2 / expected[key] for key in weights)


class TestDraw(unittest.TestCase):
    def test_shares_follow_weights(self):
        """In 100,000 draws each partner's share is its weight's, by the chi-square test."""
        for weights in ({1: 1, 2: 99}, {1: 10, 2: 20, 3: 30, 4: 1, 5: 500}):
            partners = [
                Partner(key, weight, 48.8 + key / 100, 2.3, 75, None, key)
                for key, weight in weights.items()
            ]
            roster = Roster(partners)
            counts = Counter(
                roster.match(Lead(lead, 1, 48.85, 2.35, 75), lead_seed(42, lead)).partner_id
                for lead in range(DRAWS)
            )
            self.assertEqual(set(counts), set(weights))
            self.assertLess(chi_square(counts, weights), CHI_SQUARE[len(weights) - 1])

    def test_shares_follow_weights_in_the_country_tier(self):
        weights = {key: key for key in range(1, 11)}
        roster = Roster(
            [Partner(key, weight, 0, 0, 75, None, key) for key, weight in weights.items()]
        )
        counts = Counter(
            roster.match(Lead(lead, 1, 0, 0, 75), lead_seed(7, lead)).partner_id
            for lead in range(DRAWS)
        )
        self.assertLess(chi_square(counts, weights), CHI_SQUARE[9])

    def test_seeds_of_one_run_spread(self):
        """Consecutive leads draw as if independent: tens of a uniform number, and pairs of them."""
        tens = [draw(lead_seed(1, lead), 10) for lead in range(DRAWS)]
        self.assertLess(chi_square(Counter(tens), dict.fromkeys(range(10), 1)), CHI_SQUARE[9])
        rises = Counter(one < other for one, other in zip(tens[::2], tens[1::2], strict=True))
        self.assertAlmostEqual(rises[True] / (DRAWS / 2), 0.45, delta=0.01)

    @settings(deadline=None)
    @given(st.integers(), st.integers(0, 2**31 - 1), st.integers(1, 2**40))
    def test_draw_is_in_range_and_repeatable(self, run_seed, lead_id, total):
        seed = lead_seed(run_seed, lead_id)
        self.assertTrue(0 <= seed < 2**31)
        self.assertEqual(seed, lead_seed(run_seed, lead_id))
        self.assertTrue(0 <= draw(seed, total) < total)
        self.assertEqual(draw(seed, total), draw(seed, total))

    @settings(deadline=None)
    @given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.data())
    def test_urn_gives_each_ticket_its_numbers(self, weights, data):
        """Each ticket holds exactly as many numbers as it weighs, also after some are taken out."""
        urn = Urn(list(range(len(weights))), list(weights))
        left = dict(enumerate(weights))
        for _removal in range(data.draw(st.integers(0, len(weights) - 1))):
            place = data.draw(st.integers(0, len(urn.tickets) - 1))
            del left[urn.tickets[place]]
            urn.remove(place)
        low = data.draw(st.integers(0, len(urn.tickets) - 1))
        total = urn.prefix[-1] - urn.prefix[low]
        counts = Counter(urn.tickets[urn.pick(low, target)] for target in range(total))
        self.assertEqual(counts, {ticket: left[ticket] for ticket in urn.tickets[low:]})
