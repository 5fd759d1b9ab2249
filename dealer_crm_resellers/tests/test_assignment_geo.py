import math
import unittest

from ..assignment import distance_km, has_place
from ..assignment.circle import ROWS_PER_DEGREE, Radius, get_row
from ..assignment.geo import HALF_TURN_KM, unit_vector
from .brute_force import haversine
from .properties import given, settings, st

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


class TestGeo(unittest.TestCase):
    def test_known_distances(self):
        # Great-circle distances of a sphere of 6371.0088 km.
        for place, other, km in (
            ((48.8566, 2.3522), (51.5074, -0.1278), 343.6),  # Paris - London
            ((14.5995, 120.9842), (10.3157, 123.8854), 571.0),  # Manila - Cebu
            ((0, 179.5), (0, -179.5), 111.2),  # over the antimeridian
            ((89.9, 0), (89.9, 180), 22.2),  # over the pole
            ((-90, 12), (-90, -77), 0),  # a pole is one place
            ((0, 0.001), (0, -179.999), HALF_TURN_KM),  # antipodes
        ):
            with self.subTest(place=place, other=other):
                self.assertAlmostEqual(distance_km(*place, *other), km, delta=0.2)

    def test_a_degree_of_longitude_shrinks_with_latitude(self):
        equator = distance_km(0, 10, 0, 11)
        self.assertAlmostEqual(equator, 111.195, places=2)
        self.assertAlmostEqual(distance_km(60, 10, 60, 11), equator / 2, delta=0.01)

    def test_has_place(self):
        for latitude, longitude, known in (
            (0, 0, False),
            (None, None, False),
            (False, False, False),
            (0, 12.5, True),
            (-33.9, 0, True),
            (90, 180, True),
            (90.1, 0, False),
            (10, -180.5, False),
            (math.nan, 3, False),
            (3, math.inf, False),
        ):
            with self.subTest(latitude=latitude, longitude=longitude):
                self.assertIs(has_place(latitude, longitude), known)

    @settings(deadline=None)
    @given(latitudes, longitudes, latitudes, longitudes)
    def test_distance_is_a_metric_of_the_sphere(self, lat, lon, lat2, lon2):
        km = distance_km(lat, lon, lat2, lon2)
        self.assertAlmostEqual(km, distance_km(lat2, lon2, lat, lon), places=6)
        self.assertAlmostEqual(km, haversine(lat, lon, lat2, lon2), delta=1e-3)
        self.assertLessEqual(km, HALF_TURN_KM + 1e-6)
        chord = math.dist(unit_vector(lat, lon), unit_vector(lat2, lon2))
        self.assertAlmostEqual(km, 2 * 6371.0088 * math.asin(min(1, chord / 2)), delta=1)

    @settings(deadline=None, max_examples=500)
    @given(latitudes, longitudes, st.floats(1, 20_000), st.floats(0, 1), st.floats(0, 1))
    def test_cuts_hold_the_circle(self, lat, lon, km, up, across):
        """All within the outer cut's ends but nothing beyond; all between the inner one's ends."""
        radius = Radius(km)
        cuts = radius.get_cuts(lat)
        self.assertEqual([cut.row for cut in cuts], list(range(cuts[0].row, cuts[-1].row + 1)))
        reach = math.degrees(radius.angle)
        self.assertLessEqual(cuts[0].row, get_row(lat - reach))
        self.assertGreaterEqual(cuts[-1].row, get_row(lat + reach))
        for cut in cuts:
            parallel = (cut.row + up) / ROWS_PER_DEGREE - 90
            if cut.inner > 0:
                away = haversine(lat, lon, parallel, lon + cut.inner * across)
                self.assertLessEqual(away, km + 1e-6)
            if cut.outer < 180:
                east = lon + cut.outer + (180 - cut.outer) * across
                self.assertGreaterEqual(haversine(lat, lon, parallel, east), km - 1e-6)

    def test_cuts_are_close(self):
        """In the middle row nearly all is sure, and little of what lies outside is looked at."""
        middle = next(cut for cut in Radius(50).get_cuts(45.1) if cut.row == get_row(45.1))
        width = math.degrees(50 / 6371.0088) / math.cos(math.radians(45.1))
        self.assertTrue(0.8 * width < middle.inner < width < middle.outer < 1.01 * width)
