from odoo.tests.common import tagged

from odoo.addons.dealer_crm_resellers_website.directory.dots import get_dots
from odoo.addons.dealer_crm_resellers_website.directory.view import WORLD

from .common import PartnersCase


@tagged("post_install", "-at_install")
class TestPartnersMap(PartnersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lyon = cls.make_partner("Lyon")
        cls.villeurbanne = cls.make_partner(
            "Villeurbanne", partner_latitude=45.77, partner_longitude=4.88
        )
        cls.sydney = cls.make_partner("Sydney", partner_latitude=-33.87, partner_longitude=151.21)
        cls.nowhere = cls.make_partner("Nowhere", partner_latitude=0, partner_longitude=0)

    def get_links(self, tree):
        """{label: address} of the dots."""
        return {
            link.get("aria-label"): link.get("href")
            for link in tree.xpath("//*[local-name()='svg']//*[local-name()='a']")
        }

    def test_dots(self):
        """Neighbours share a dot that zooms in; a single partner's dot links to its page; 0/0 has no dot."""
        tree = self.get("/partners")
        links = self.get_links(tree)
        self.assertEqual(set(links), {"2 partners", "Sydney"})
        self.assertEqual(links["Sydney"], self.sydney.website_url)
        closer = self.get(links["2 partners"])
        self.assertEqual(self.get_names(closer), ["Lyon", "Villeurbanne"])
        self.assertEqual(
            closer.xpath("//a[contains(@class, 'o_dealer_taken')]/@href"), ["/partners"]
        )
        [box] = closer.xpath("//*[local-name()='svg'][@role='group']/@viewbox")
        west, _top, width, _height = map(float, box.split())
        self.assertTrue(west < 4.84)
        self.assertTrue(4.88 < west + width < 180)

    def test_same_place(self):
        """Two partners in one place share a dot without a link."""
        self.villeurbanne.partner_latitude = self.lyon.partner_latitude
        self.villeurbanne.partner_longitude = self.lyon.partner_longitude
        links = self.get_links(self.get("/partners"))
        self.assertIsNone(self.get_links(self.get(links["2 partners"]))["2 partners"])

    def test_country(self):
        """A country's map shows its partners."""
        self.sydney.country_id = self.env.ref("base.au")
        tree = self.get(f"/partners/country/{self.website._get_slug(self.france)}")
        [box] = tree.xpath("//*[local-name()='svg'][@role='group']/@viewbox")
        self.assertLess(float(box.split()[2]), 10)

    def test_rounded(self):
        """Dots are rounded to about one kilometre."""
        self.sydney.partner_latitude = -33.8765432
        [dot] = [
            dot
            for dot in get_dots(self.Partner, [("id", "=", self.sydney.id)], WORLD)
            if dot["count"] == 1
        ]
        self.assertEqual((dot["x"], dot["y"]), (151.21, 33.88))

    def test_own_outlines(self):
        """The map comes from this server, with its licence."""
        tree = self.get("/partners")
        [source] = tree.xpath("//*[local-name()='svg']//*[local-name()='image']/@href")
        self.assertTrue(source.startswith("/dealer_crm_resellers_website/static/"))
        answer = self.url_open(source)
        self.assertEqual(answer.headers["Content-Type"].partition(";")[0], "image/svg+xml")
        self.assertLess(len(answer.content), 50_000)
        self.assertIn("Michael Bostock", answer.text)
        for node in tree.xpath("//main//@src | //main//@href"):
            self.assertFalse(node.startswith(("http", "//")), node)

    def test_switched_off(self):
        self.env.ref("dealer_crm_resellers_website.partners_map").active = False
        tree = self.get("/partners")
        self.assertFalse(tree.xpath("//*[local-name()='svg'][@role='group']"))
        self.assertEqual(len(self.get_names(tree)), 4)
