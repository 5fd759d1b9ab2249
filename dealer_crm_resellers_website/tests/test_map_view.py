from odoo.tests.common import BaseCase, tagged

from odoo.addons.dealer_crm_resellers_website.directory.view import (
    ASPECT,
    CLOSEST,
    WORLD,
    fit,
    parse_box,
)


@tagged("post_install", "-at_install")
class TestMapView(BaseCase):
    def test_fit(self):
        view = fit(-1, 42, 8, 51)
        self.assertTrue(view.west < -1 and view.east > 8)
        self.assertTrue(view.south < 42 and view.north > 51)
        self.assertAlmostEqual(view.width / (view.north - view.south), ASPECT, 2)

    def test_fit_point(self):
        """A single place gets the least width."""
        view = fit(4.84, 45.76, 4.84, 45.76)
        self.assertAlmostEqual(view.width, CLOSEST, 2)
        self.assertAlmostEqual((view.west + view.east) / 2, 4.84, 1)

    def test_fit_edge(self):
        """A view stays inside the world."""
        for box in ((179, -45, 180, -40), (-180, 80, -179, 84), (0, -89, 1, -88)):
            view = fit(*box)
            self.assertGreaterEqual(view.west, WORLD.west)
            self.assertLessEqual(view.east, WORLD.east)
            self.assertGreaterEqual(view.south, WORLD.south)
            self.assertLessEqual(view.north, WORLD.north)

    def test_fit_world(self):
        self.assertEqual(fit(-170, -50, 170, 80), WORLD)

    def test_box(self):
        """The drawing's y grows to the south."""
        self.assertEqual(WORLD.box, "-180 -84 360 142")

    def test_parse(self):
        self.assertEqual(parse_box("2,48,3,49"), fit(2, 48, 3, 49))
        for text in (
            "",
            "1,2,3",
            "1,2,3,4,5",
            "a,b,c,d",
            "nan,1,2,3",
            "1,nan,2,3",
            "-inf,0,inf,1",
            "5,0,1,1",
            "0,5,1,1",
            "-181,0,1,1",
            "0,0,1,91",
            "1e999,0,1,1",
        ):
            self.assertIsNone(parse_box(text), text)
