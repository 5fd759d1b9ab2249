import math
import unittest

from odoo.addons.dealer_crm.tests.properties import given, settings, st

from ..assignment import circle_boxes, has_place
from ..assignment.geo import EARTH_RADIUS_KM, distance_km, unit_vector
from .brute_force import haversine

HALF_TURN_KM = math.pi * EARTH_RADIUS_KM

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def measure(latitude, longitude, latitude2, longitude2):
    return distance_km(unit_vector(latitude, longitude), unit_vector(latitude2, longitude2))


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
                self.assertAlmostEqual(measure(*place, *other), km, delta=0.2)

    def test_a_degree_of_longitude_shrinks_with_latitude(self):
        equator = measure(0, 10, 0, 11)
        self.assertAlmostEqual(equator, 111.195, places=2)
        self.assertAlmostEqual(measure(60, 10, 60, 11), equator / 2, delta=0.01)

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

    @given(latitudes, longitudes, latitudes, longitudes)
    def test_distance_is_a_metric_of_the_sphere(self, lat, lon, lat2, lon2):
        km = measure(lat, lon, lat2, lon2)
        self.assertAlmostEqual(km, measure(lat2, lon2, lat, lon), places=6)
        self.assertAlmostEqual(km, haversine(lat, lon, lat2, lon2), delta=1e-3)
        self.assertLessEqual(km, HALF_TURN_KM + 1e-6)
        chord = math.dist(unit_vector(lat, lon), unit_vector(lat2, lon2))
        self.assertAlmostEqual(km, 2 * 6371.0088 * math.asin(min(1, chord / 2)), delta=1)

    @settings(max_examples=500)
    @given(latitudes, longitudes, st.floats(1, 20_000), latitudes, longitudes)
    def test_boxes_hold_the_circle(self, lat, lon, km, lat2, lon2):
        """Nothing outside of the boxes is in the circle."""
        inside = [
            south <= lat2 <= north and west <= lon2 <= east
            for south, north, west, east in circle_boxes(lat, lon, km)
        ]
        self.assertLessEqual(sum(inside), 1)
        if not any(inside):
            self.assertGreater(haversine(lat, lon, lat2, lon2), km)

    def test_boxes_are_close(self):
        """Their edges touch the circle, and across ±180 there are two of them."""
        for longitude in (2.0, 180.0, -180.0, 179.8):
            boxes = circle_boxes(48.0, longitude, 50)
            self.assertEqual(len(boxes), 1 if longitude == 2.0 else 2)
            width = sum(east - west for _south, _north, west, east in boxes)
            # The widest parallel is a little nearer to the pole than the centre.
            parallel = math.asin(math.sin(math.radians(48)) / math.cos(50 / 6371.0088))
            half = haversine(48.0, 0, math.degrees(parallel), width / 2)
            self.assertAlmostEqual(half, 50, delta=0.05)
            self.assertAlmostEqual(haversine(48.0, 0, boxes[0][1], 0), 50, delta=0.05)
            self.assertAlmostEqual(haversine(48.0, 0, boxes[0][0], 0), 50, delta=0.05)
        self.assertEqual(len(circle_boxes(89.9, 10.0, 50)), 1)
