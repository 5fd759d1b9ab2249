import math
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from ..assignment import distance_km, has_place
from ..assignment.geo import HALF_TURN_KM, Circle, unit_vector
from .brute_force import haversine

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

    @settings(deadline=None)
    @given(latitudes, longitudes, st.floats(1, 4000), latitudes)
    def test_half_width_is_where_the_circle_cuts_the_parallel(self, lat, lon, km, parallel):
        phi = math.radians(parallel)
        circle = Circle(lat, km / 6371.0088)
        half = circle.half_width_at(math.sin(phi), max(0.0, math.cos(phi)))
        self.assertLessEqual(half, circle.half_width + 1e-6)
        for share, inside in ((0.99, True), (1.01, False)):
            east = lon + math.degrees(half) * share
            if half and half * share < math.pi:
                away = haversine(lat, lon, parallel, east)
                self.assertTrue(away <= km + 0.01 if inside else away >= km - 0.01)
