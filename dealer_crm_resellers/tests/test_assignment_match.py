import random
import unittest
from itertools import accumulate, pairwise
from unittest.mock import patch

from odoo.addons.dealer_crm.tests.properties import assume, given, settings, st

from ..assignment import (
    NO_COUNTRY_PARTNER,
    NO_ORIGIN,
    NOBODY,
    Lead,
    Match,
    Matcher,
    Partner,
    draw,
    lead_seed,
)
from ..assignment import match as matching
from ..assignment.geo import distance_km, unit_vector
from .brute_force import SlowMatcher, haversine, placed

PARIS = (48.8566, 2.3522)
# Difficult places: poles, both sides of the antimeridian, the equator, a dense town.
CORNERS = [(89.9, 0), (-89.95, 100), (0, 179.9), (0, -179.9), (-16.5, 180), (-16.5, -180), PARIS]


def partner(key, place=(0, 0), weight=10, country=None, **values):
    values = {"company_id": None, "entity_id": key, "capacity": None, **values}
    return Partner(key, weight, *place, country, **values)


def lead(place=(0, 0), country=None, key=1, company=1, excluded=()):
    return Lead(key, company, *place, country, frozenset(excluded))


@st.composite
def places(draw_):
    """A place: unknown, anywhere, or near one of the corners."""
    kind = draw_(st.integers(0, 9))
    if not kind:
        return 0.0, 0.0
    if kind == 1:
        return draw_(st.floats(-90, 90)), draw_(st.floats(-180, 180))
    latitude, longitude = draw_(st.sampled_from(CORNERS))
    latitude += draw_(st.floats(-3, 3))
    longitude += draw_(st.floats(-3, 3))
    return max(-90.0, min(90.0, latitude)), (longitude + 180) % 360 - 180


@st.composite
def worlds(draw_):
    partners = [
        partner(
            key,
            draw_(places()),
            draw_(st.integers(1, 100)),
            draw_(st.sampled_from([None, 1, 2])),
            company_id=draw_(st.sampled_from([None, None, 1, 2])),
            entity_id=draw_(st.sampled_from([key, 1, 2])),
            capacity=draw_(st.sampled_from([None, None, 0, 1, 2])),
        )
        for key in range(1, draw_(st.integers(1, 40)))
    ]
    leads = [
        lead(
            draw_(places()),
            draw_(st.sampled_from([None, 1, 2, 3])),
            key,
            draw_(st.sampled_from([1, 2])),
            draw_(st.sampled_from([(), (), (1,), (1, 2)])),
        )
        for key in range(1, draw_(st.integers(2, 12)))
    ]
    return partners, leads


class TestMatchAgainstBruteForce(unittest.TestCase):
    def compare(self, partners, leads, radii, run_seed):
        matcher, slow = Matcher(partners, radii), SlowMatcher(partners, radii)
        for each in leads:
            seed = lead_seed(run_seed, each.id)
            match = matcher.match(each, seed)
            self.assertEqual(
                (match.tier, match.partner_id, match.candidates), slow.match(each, seed), each
            )

    def keep_off_the_edges(self, partners, leads, radii):
        """Skip places exactly on a circle, where two correct formulas may differ in the last bit."""
        for each in filter(placed, leads):
            for other in filter(placed, partners):
                km = haversine(each.latitude, each.longitude, other.latitude, other.longitude)
                assume(all(abs(km - radius) > 1e-6 for radius in radii))

        # Skip partners that are almost equally near without being in the same place, too.
        for each in filter(placed, leads):
            away = sorted(
                (haversine(each.latitude, each.longitude, *place), place)
                for place in {
                    (other.latitude, other.longitude) for other in filter(placed, partners)
                }
            )
            assume(all(b - a > 1e-5 for (a, _p), (b, _q) in pairwise(away)))

    @settings(max_examples=400)
    @given(
        worlds(),
        st.sampled_from([(50.0, 100.0, 200.0), (5.0, 300.0, 1500.0), (1000.0, 6000.0, 15000.0)]),
        st.integers(0, 2**63),
        st.sampled_from([1, matching.DENSE]),
        st.sampled_from([1, matching.FEW]),
    )
    def test_few(self, world, radii, run_seed, dense, few):
        partners, leads = world
        self.keep_off_the_edges(partners, leads, radii)
        with patch.multiple(matching, DENSE=dense, FEW=few):
            self.compare(partners, leads, radii, run_seed)

    def test_many(self):
        """Caps run out on the way."""
        dice = random.Random(3)
        for corner in CORNERS:
            around = [
                (
                    max(-90.0, min(90.0, corner[0] + dice.gauss(0, 0.5))),
                    (corner[1] + dice.gauss(0, 0.6) + 180) % 360 - 180,
                )
                for _each in range(900)
            ]
            partners = [
                partner(key, place, dice.randint(1, 40), 1, capacity=dice.choice([None, None, 1]))
                for key, place in enumerate(around[:700], 1)
            ]
            leads = [lead(place, 1, key) for key, place in enumerate(around[700:], 1)]
            for dense in (100, matching.DENSE):
                with (
                    self.subTest(corner=corner, dense=dense),
                    patch.object(matching, "DENSE", dense),
                ):
                    self.compare(partners, leads, (50.0, 100.0, 200.0), 11)
                    self.compare(partners, leads, (3.0, 8.0, 20.0), 12)


class TestMatch(unittest.TestCase):
    def test_distance_outranks_weight(self):
        near, far = (49.2, 2.3522), (49.5, 2.3522)  # 38 and 72 km from Paris
        for first, second in ((near, far), (far, (50.4, 2.3522)), ((50.4, 2.3522), (0, 0))):
            matcher = Matcher(
                [partner(1, first, weight=1, country=75), partner(2, second, 10**9, 75)]
            )
            for seed in range(200):
                self.assertEqual(matcher.match(lead(PARIS, 75), seed).partner_id, 1)

    def test_tiers_and_distance(self):
        for place, tier in (
            ((49.2, 2.3522), 1),
            ((49.5, 2.3522), 2),
            ((50.4, 2.3522), 3),
            ((43.3, 5.37), 4),
            ((0, 0), 4),
        ):
            match = Matcher([partner(1, place, country=75)]).match(lead(PARIS, 75), 5)
            self.assertEqual((match.partner_id, match.tier, match.candidates), (1, tier, 1))
            self.assertIs(type(match.candidates), int)
            if place == (0, 0):
                self.assertIsNone(match.distance)
            else:
                self.assertAlmostEqual(match.distance, haversine(*PARIS, *place), places=6)

    def test_a_lead_without_a_place_has_no_distance(self):
        match = Matcher([partner(1, PARIS, country=75)]).match(lead(country=75), 5)
        self.assertEqual((match.tier, match.partner_id, match.distance), (4, 1, None))

    def test_numbers_of_a_match_are_plain(self):
        """The database driver takes no numbers of ``numpy``."""
        match = Matcher([partner(1, PARIS), partner(2, PARIS)]).match(lead(PARIS), 5)
        types = [int, int, int, int, float, int, int, type(None)]
        self.assertEqual([type(value) for value in match], types)

    def test_a_radius_beyond_half_the_earth_holds_everybody(self):
        for place in ((-48.8566, -177.6478), (10, 10)):
            match = Matcher([partner(1, place)], [30_000]).match(lead(PARIS, 75), 5)
            self.assertEqual((match.tier, match.partner_id), (1, 1))

    def test_in_a_dense_place_only_those_near_the_edge_are_measured(self):
        dice = random.Random(5)
        around = [(PARIS[0] + dice.random(), PARIS[1]) for _each in range(800)]  # to 111 km away
        with patch.object(matching, "DENSE", 100):
            matcher = Matcher(map(partner, range(1, 801), around))
            with patch.object(matcher, "_weighed", wraps=matcher._weighed) as weigh:
                match = matcher.match(lead(PARIS), 5)
        [area] = {call.args[0] for call in weigh.call_args_list}
        self.assertGreater(match.candidates, 300)
        self.assertLess(len(area.rim), 200)

    def test_the_edge_belongs_to_the_circle(self):
        places = [(48.8 + number / 50, 2.5) for number in range(6)]
        for key, place in enumerate(places, 1):
            km = distance_km(unit_vector(*PARIS), unit_vector(*place))
            others = [partner(key, place), partner(99, (0, 0), country=75)]
            for radius, tier in ((km, 1), (km * (1 - 1e-6), 4)):
                with self.subTest(place=place, tier=tier):
                    match = Matcher(others, [radius]).match(lead(PARIS, 75), 1)
                    self.assertEqual(match.tier, tier)

    def test_nearest_anywhere_is_by_great_circle(self):
        """The partner at 175° east is 355° away in degrees, but near on the sphere."""
        matcher = Matcher([partner(1, (0, 175.0), country=1), partner(2, (0, -160.0), country=1)])
        match = matcher.match(lead((0, -180.0), 2), 1)
        self.assertEqual((match.partner_id, match.tier), (1, 5))
        self.assertAlmostEqual(match.distance, 556, delta=1)

    def test_equally_near_are_drawn_by_weight(self):
        matcher = Matcher([partner(1, PARIS, 1), partner(2, PARIS, 3)])
        counts = [0, 0, 0]
        for key in range(2000):
            counts[matcher.match(lead((40.0, -100.0), key=key), lead_seed(1, key)).partner_id] += 1
        self.assertAlmostEqual(counts[2] / 2000, 0.75, delta=0.04)

    def test_nobody(self):
        somebody = [partner(1, PARIS, country=75)]
        for who, partners, reason in (
            (lead(), somebody, NO_ORIGIN),
            (lead(country=3), somebody, NO_COUNTRY_PARTNER),
            (lead(country=75), [], NO_COUNTRY_PARTNER),
            (lead(PARIS, 75), [], NOBODY),
            (lead(PARIS, 75, excluded=(1,)), somebody, NOBODY),
            (lead(PARIS, 75, company=2), [somebody[0]._replace(company_id=1)], NOBODY),
            (lead(PARIS, 75), [somebody[0]._replace(capacity=0)], NOBODY),
            (lead(PARIS), [partner(1, country=75)], NOBODY),  # at 0/0: no place to be near
        ):
            self.assertEqual(Matcher(partners).match(who, 9), Match(1, 9, reason=reason))

    def test_the_same_seed_gives_the_same(self):
        dice = random.Random(5)
        partners = [
            partner(key, (48 + dice.random(), 2 + dice.random()), dice.randint(1, 9), 75)
            for key in range(1, 300)
        ]
        leads = [lead((48 + dice.random(), 2 + dice.random()), 75, key) for key in range(100)]
        runs = [
            [Matcher(partners).match(each, lead_seed(run, each.id)) for each in leads]
            for run in (1, 1, 2)
        ]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])
        # The order of the partners and of the leads does not matter, nor who else is there.
        far = [partner(key, (-40, 170), 500, 2) for key in range(1000, 1010)]
        matcher = Matcher(far + partners[::-1])
        again = [matcher.match(each, lead_seed(1, each.id)) for each in leads[::-1]]
        self.assertEqual(again[::-1], runs[0])

    def test_one_lead_is_repeated_from_its_seed_alone(self):
        partners = [partner(key, PARIS, key, 75) for key in range(1, 50)]
        matcher = Matcher(partners)
        for key in range(20):
            match = matcher.match(lead(PARIS, 75, key), lead_seed(99, key))
            self.assertEqual(Matcher(partners).match(lead(PARIS, 75, key), match.seed), match)

    def test_caps(self):
        """A partner gets as many as its cap allows, over all companies; then the next one."""
        capped = [partner(key, PARIS, 1000, 75, capacity=3) for key in (1, 2)]
        matcher = Matcher([*capped, partner(3, (43.3, 5.37), 1, 75)])
        found = [
            matcher.match(lead(PARIS, 75, key, 1 + key % 2), lead_seed(4, key)).partner_id
            for key in range(10)
        ]
        self.assertEqual([found.count(key) for key in (1, 2, 3)], [3, 3, 4])
        self.assertEqual(found[6:], [3, 3, 3, 3])

    @patch.object(matching, "DENSE", 100)
    def test_exclusions_in_a_dense_place(self):
        """The excluded are left out, however many candidates there are."""
        dice = random.Random(8)
        partners = [
            partner(key, (48 + dice.random(), 2 + dice.random()), dice.randint(1, 9), 75)
            for key in range(1, 600)
        ]
        matcher, slow = Matcher(partners), SlowMatcher(partners)
        for key in range(1, 60):
            for excluded in (range(1, 10 * key), range(key % 3, 600, 3)):
                each = lead((48.5, 2.5), 75, key, excluded=excluded)
                match = matcher.match(each, lead_seed(6, key))
                self.assertEqual(
                    (match.tier, match.partner_id, match.candidates), slow.match(each, match.seed)
                )

    def test_exclusions_are_not_kept(self):
        """Each lead has its own, and the sums of thousands of partners would fill the memory."""
        matcher = Matcher(partner(key, PARIS, country=75) for key in range(1, 20))
        for key in range(1, 10):
            matcher.match(lead(PARIS, 75, key, excluded={key}), key)
        self.assertEqual(matcher._weighed.cache_info().currsize, 0)

    @patch.object(matching, "DENSE", 100)
    def test_candidates_are_drawn_in_the_order_of_their_ids(self):
        """So the draw can be repeated by hand from the log: seed, candidates and weights."""
        dice = random.Random(9)
        keys = dice.sample(range(1, 10_000), 800)
        partners = [
            partner(key, (48 + dice.random() / 4, 2 + dice.random() / 4), dice.randint(1, 9), 75)
            for key in keys
        ]
        ordered = sorted(partners)
        matcher = Matcher(partners)
        for key in range(200):
            match = matcher.match(lead((48.1, 2.1), 75, key), lead_seed(3, key))
            self.assertEqual(match.candidates, 800)
            target = draw(match.seed, sum(each.weight for each in ordered))
            ends = accumulate(each.weight for each in ordered)
            expected = next(
                each.id for each, end in zip(ordered, ends, strict=True) if target < end
            )
            self.assertEqual(match.partner_id, expected)

    def test_nobody_is_left(self):
        """No match once all caps of a country, or of a place, are used up."""
        for place in ((0, 0), PARIS):
            matcher = Matcher([partner(1, place, country=75, capacity=1)])
            found = [matcher.match(lead(place, 75, key), key) for key in (1, 2)]
            self.assertEqual([match.partner_id for match in found], [1, None])

    def test_nobody_is_left_of_many(self):
        """As above, with more partners than are added up one by one."""
        partners = range(1, 2 * matching.FEW)
        for place in ((0, 0), PARIS):
            matcher = Matcher(partner(key, place, country=75, capacity=1) for key in partners)
            for left in reversed(partners):
                match = matcher.match(lead(place, 75, left), left)
                self.assertEqual(match.candidates, left)
            self.assertIsNone(matcher.match(lead(place, 75), 1).partner_id)
