from unittest.mock import patch

from odoo.tests import tagged

from ..models import base_geocoder
from .common import MARSEILLE, NEAR, PARIS, ResellerCase


@tagged("post_install", "-at_install")
class TestPartnerPlace(ResellerCase):
    """A reseller with a corrected address is looked up again; its form shows the state."""

    def setUp(self):
        super().setUp()
        self.address = {"street": "1 Main", "city": "Near", "zip": "60000"}
        self.reseller = self.make_reseller(place=NEAR, **self.address)
        self.asked = []

    def look_up(self, **places):
        def find(_self, address, **_options):
            self.asked.append(address)
            return next((place for name, place in places.items() if name in address), None)

        with (
            patch.object(type(self.env["base.geocoder"]), "_call_openstreetmap", find),
            patch.object(base_geocoder, "PLACE_INTERVAL", 0),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.Lead.with_env(self.env(cr=cr))._cron_geolocalize()
        self.env.invalidate_all()

    def test_corrected(self):
        self.assertFalse(self.reseller.dealer_place_state)
        self.look_up()
        self.assertFalse(self.asked)
        # By a user who may only edit contacts, and without the setting for leads.
        self.reseller.with_user(self.agent).city = "Marseille"
        self.assertFalse(self.reseller.partner_latitude)
        self.assertEqual(self.reseller.dealer_place_state, "waiting")
        waiting = self.env.ref("dealer_crm_resellers.res_partner_view_search")
        self.assertIn("('dealer_place_state', '=', 'waiting')", waiting.arch)
        self.look_up(Marseille=MARSEILLE)
        self.assertAlmostEqual(self.reseller.partner_latitude, MARSEILLE[0])
        self.assertTrue(self.reseller.date_localization)
        self.assertFalse(self.reseller.dealer_place_state)
        lead = self.make_placed_lead(MARSEILLE)
        self.assign(lead)
        self.assertEqual(lead.assignment_ids.tier, "1")

    def test_not_found(self):
        """The address is looked up once and shown as not found until the address or the place changes."""
        self.reseller.city = "Atlantis"
        self.look_up()
        self.assertEqual(self.reseller.dealer_place_state, "not_found")
        asked = len(self.asked)
        self.look_up()
        self.assertEqual(len(self.asked), asked)
        self.reseller.city = "Paris"
        self.assertEqual(self.reseller.dealer_place_state, "waiting")
        self.look_up()
        self.assertEqual(self.reseller.dealer_place_state, "not_found")
        self.reseller.write({"partner_latitude": PARIS[0], "partner_longitude": PARIS[1]})
        self.assertFalse(self.reseller.dealer_place_state)

    def test_customers_are_not_looked_up(self):
        customer = self.Partner.create({"name": "Customer", **self.address})
        self.assertFalse(customer.dealer_place_state)
        self.reseller.dealer_level_id = False
        self.reseller.city = "Lyon"
        self.assertFalse(self.reseller.dealer_place_state)
        self.look_up()
        self.assertFalse(self.asked)

    def test_the_form_says_so(self):
        arch = self.Partner.with_user(self.manager).get_view(view_type="form")["arch"]
        for words in ("looked up in the background", "No place was found for this address"):
            self.assertIn(words, arch)
