from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import dealer_crm_lead_cron
from .common import MARSEILLE, NEAR, PARIS, ResellerCase


@tagged("post_install", "-at_install")
class TestCron(ResellerCase):
    def setUp(self):
        super().setUp()
        self.near = self.make_reseller(place=NEAR)
        self.leads = self.Lead.union(*(self.make_placed_lead() for _each in range(5)))
        self.company.dealer_assign_automatic = True

    def run_cron(self, name="_cron_assign_partners"):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            getattr(self.Lead.with_env(self.env(cr=cr)), name)()
        self.env.invalidate_all()

    def test_assigns_the_rest(self):
        with patch.object(dealer_crm_lead_cron, "BATCH", 2):
            self.run_cron()
        self.assertEqual(self.leads.partner_assigned_id, self.near)
        self.assertEqual(set(self.leads.assignment_ids.mapped("method")), {"automatic"})
        self.assertEqual(self.leads.assignment_ids.user_id, self.env.ref("base.user_root"))

    def test_of_the_companies_that_want_it(self):
        self.company.dealer_assign_automatic = False
        self.run_cron()
        self.assertFalse(self.leads.partner_assigned_id)

    def test_tries_again_after_a_day_only(self):
        self.near.active = False
        self.run_cron()
        self.assertEqual(set(self.leads.mapped("assignment_failure")), {"nobody"})
        self.near.active = True
        self.run_cron()
        self.assertFalse(self.leads.partner_assigned_id)
        self.assertEqual(len(self.leads.assignment_ids), 5)
        self.leads._write_past_rule(
            {"date_partner_attempt": fields.Datetime.now() - timedelta(hours=25)}
        )
        self.env.flush_all()
        self.run_cron()
        self.assertEqual(self.leads.partner_assigned_id, self.near)

    def test_the_partners_are_read_anew_when_they_change(self):
        """Between batches somebody edits; the next batch must see it."""
        fresh = self.make_reseller("Fresh", NEAR, active=False, dealer_level_weight=10**6)
        with patch("odoo.addons.dealer_crm_resellers.models.dealer_crm_lead_match.FEW_LEADS", 0):
            self.Lead._assign_batch(3)
            roster = self.Lead._known_roster
            self.assertEqual(self.leads.partner_assigned_id, self.near)
            more = self.make_placed_lead(partner_assigned_id=self.near.id)
            more.partner_assigned_id = False
            for change in (
                {"active": True},
                {"dealer_level_weight": 2 * 10**6},
                {"partner_latitude": 49.1},
            ):
                fresh.write(change)
                lead = self.leads[-1]
                lead.partner_assigned_id = False
                lead._write_past_rule({"date_partner_attempt": False})
                self.Lead._assign_batch(3)
                self.assertIsNot(self.Lead._known_roster, roster)
                self.assertEqual(lead.partner_assigned_id, fresh)
                roster = self.Lead._known_roster
            lead.partner_assigned_id = False
            lead._write_past_rule({"date_partner_attempt": False})
            self.Lead._assign_batch(3)
            self.assertIs(self.Lead._known_roster, roster)

    def test_places_first(self):
        """With the look-up switched on, a new lead waits for its place: a day at most."""
        self.company.dealer_geolocalize = True
        far = self.make_reseller("Far", MARSEILLE, dealer_level_weight=10**6)
        lead = self.make_placed_lead((0, 0), city="Paris", zip="75001", street="Rue 1")
        lost = self.make_placed_lead((0, 0), city="Atlantis")
        self.run_cron()
        self.assertFalse((lead | lost).partner_assigned_id)
        asked = []

        def look_up(_self, street, zip, city, state, country):
            asked.append((street, zip, city, state, country))
            return PARIS if city == "Paris" else None

        with (
            patch.object(type(self.Partner), "_geo_localize", look_up),
            patch.object(dealer_crm_lead_cron, "PLACE_INTERVAL", 0),
        ):
            self.run_cron("_cron_geolocalize")
            self.run_cron("_cron_geolocalize")
        self.assertEqual(
            asked,
            [
                ("Rue 1", "75001", "Paris", False, "France"),
                (False, False, "Atlantis", False, "France"),
            ],
        )
        self.assertAlmostEqual(lead.partner_latitude, PARIS[0])
        self.assertTrue(lead.date_localization and lost.date_localization)
        self.run_cron()
        self.assertEqual(lead.partner_assigned_id, self.near)
        self.assertEqual(lost.partner_assigned_id, far)

    def test_waiting_ends_after_a_day(self):
        self.company.dealer_geolocalize = True
        lead = self.make_placed_lead((0, 0), city="Paris")
        self.env.cr.execute(
            "UPDATE dealer_crm_lead SET create_date = create_date - interval '25 hours' WHERE id = %s",
            [lead.id],
        )
        self.run_cron()
        self.assertEqual(lead.partner_assigned_id, self.near)

    def test_a_geocoder_that_fails_is_left_alone(self):
        self.company.dealer_geolocalize = True
        leads = [self.make_placed_lead((0, 0), city="Paris") for _each in range(3)]
        with (
            patch.object(
                type(self.Partner), "_geo_localize", side_effect=UserError("no network")
            ) as look_up,
            self.assertLogs("odoo.addons.dealer_crm_resellers", "WARNING") as logs,
        ):
            self.run_cron("_cron_geolocalize")
        self.assertEqual(look_up.call_count, 1)
        self.assertIn("no network", logs.output[0])
        self.assertFalse(any(lead.date_localization for lead in leads))

    def test_one_request_at_a_time(self):
        self.company.dealer_geolocalize = True
        for _each in range(3):
            self.make_placed_lead((0, 0), city="Paris")
        naps = []
        with (
            patch.object(type(self.Partner), "_geo_localize", lambda *args: PARIS),
            patch.object(dealer_crm_lead_cron.time, "sleep", naps.append),
        ):
            self.run_cron("_cron_geolocalize")
        self.assertEqual(len(naps), 3)
        self.assertGreater(min(naps), 0.5)

    def test_out_of_time(self):
        """Nobody is asked once the scheduler's time is up."""
        self.company.dealer_geolocalize = True
        self.make_placed_lead((0, 0), city="Paris")
        with (
            patch.object(type(self.Partner), "_geo_localize", return_value=PARIS) as look_up,
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=0),
        ):
            self.run_cron("_cron_geolocalize")
        look_up.assert_not_called()
