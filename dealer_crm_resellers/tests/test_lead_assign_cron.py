from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import pairwise
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import base_geocoder, dealer_crm_lead_cron, dealer_crm_lead_place
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
        self.leads._write_unchecked(
            {"date_partner_attempt": fields.Datetime.now() - timedelta(hours=25)}
        )
        self.env.flush_all()
        self.run_cron()
        self.assertEqual(self.leads.partner_assigned_id, self.near)

    def test_the_partners_are_read_anew_when_they_change(self):
        """The next batch sees an edit made since the last one."""
        fresh = self.make_reseller("Fresh", NEAR, active=False, dealer_level_weight=10**6)
        with patch("odoo.addons.dealer_crm_resellers.models.dealer_crm_lead_match.FEW_LEADS", 0):
            self.Lead._assign_batch(3)
            matcher = self.Lead._known_matcher
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
                lead._write_unchecked({"date_partner_attempt": False})
                self.Lead._assign_batch(3)
                self.assertIsNot(self.Lead._known_matcher, matcher)
                self.assertEqual(lead.partner_assigned_id, fresh)
                matcher = self.Lead._known_matcher
            lead.partner_assigned_id = False
            lead._write_unchecked({"date_partner_attempt": False})
            self.Lead._assign_batch(3)
            self.assertIs(self.Lead._known_matcher, matcher)

    def test_places_first(self):
        """A new lead waits for the look-up of its place, for one day at most."""
        self.company.dealer_geolocalize = True
        far = self.make_reseller("Far", MARSEILLE, dealer_level_weight=10**6)
        lead = self.make_placed_lead((0, 0), city="Paris", zip="75001", street="Rue 1")
        lost = self.make_placed_lead((0, 0), city="Atlantis")
        self.run_cron()
        self.assertFalse((lead | lost).partner_assigned_id)
        asked = []

        def find(_self, address, **_options):
            asked.append(address)
            return PARIS if "Paris" in address else None

        with self.geocoder(find):
            self.run_cron("_cron_geolocalize")
            self.run_cron("_cron_geolocalize")
        self.assertEqual(sorted(asked), ["Atlantis, France", "Rue 1, 75001 Paris, France"])
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

    def geocoder(self, find):
        """Answer requests with ``find(geocoder, address, …)``."""
        return self.enter_patches(
            patch.object(type(self.env["base.geocoder"]), "_call_openstreetmap", find),
            patch.object(base_geocoder, "PLACE_INTERVAL", 0),
        )

    @contextmanager
    def enter_patches(self, *patches):
        with ExitStack() as stack:
            yield [stack.enter_context(each) for each in patches]

    def test_a_geocoder_that_fails_is_left_alone(self):
        self.company.dealer_geolocalize = True
        leads = [self.make_placed_lead((0, 0), city="Paris") for _each in range(5)]
        asked = []
        refusal = UserError("no network")

        def refuse(_self, address, **_options):
            asked.append(address)
            raise refusal

        with (
            self.geocoder(refuse),
            self.assertLogs("odoo.addons.dealer_crm_resellers", "WARNING") as logs,
        ):
            self.run_cron("_cron_geolocalize")
        self.assertLessEqual(len(asked), dealer_crm_lead_place.PLACE_FAILURES)
        self.assertIn("no network", logs.output[0])
        self.assertFalse(any(lead.date_localization for lead in leads))

    def test_a_refused_address_blocks_no_other(self):
        """The service works for other addresses, so the refused address is wrong."""
        self.company.dealer_geolocalize = True
        leads = self.Lead.union(
            *(self.make_placed_lead((0, 0), city=f"City {number}") for number in range(6))
        )

        refusal = UserError("invalid request")

        def find(_self, address, **_options):
            if "City 0" in address:
                raise refusal
            return PARIS

        with self.geocoder(find):
            # The order is random, and an address refused last is tried again in the next run.
            for _run in range(20):
                leads[-1].write({"city": "City 9"})
                self.env.flush_all()
                self.run_cron("_cron_geolocalize")
        self.assertTrue(all(lead.date_localization for lead in leads))
        self.assertFalse(leads[0].partner_latitude)

    def test_requests_are_counted(self):
        """The interval applies to requests, not leads: Odoo makes up to two for one address."""
        self.company.dealer_geolocalize = True
        for city in ("Paris", "Atlantis"):
            self.make_placed_lead((0, 0), city=city, street="1 Main")
        clock = [1000.0]
        asked = []

        def find(_self, address, **_options):
            asked.append((clock[0], address))
            return PARIS if "Paris" in address else None

        def sleep(seconds):
            clock[0] += seconds

        with (
            patch.object(type(self.env["base.geocoder"]), "_call_openstreetmap", find),
            patch.object(base_geocoder.time, "sleep", sleep),
            patch.object(base_geocoder.time, "monotonic", lambda: clock[0]),
        ):
            self.run_cron("_cron_geolocalize")
        self.assertEqual(
            {address for _time, address in asked},
            {"1 Main, Paris, France", "1 Main, Atlantis, France", "Atlantis, France"},
        )
        times = [time for time, _address in asked]
        gaps = [after - before for before, after in pairwise(times)]
        self.assertEqual(len(gaps), 2)
        self.assertGreaterEqual(min(gaps), base_geocoder.PLACE_INTERVAL - 1e-6)

    def test_out_of_time(self):
        """No request is made once the scheduler's time is up."""
        self.company.dealer_geolocalize = True
        self.make_placed_lead((0, 0), city="Paris")
        with (
            patch.object(type(self.Partner), "_geo_localize", return_value=PARIS) as look_up,
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=0),
        ):
            self.run_cron("_cron_geolocalize")
        look_up.assert_not_called()

    def test_only_a_changed_reason_is_logged(self):
        """A lead without a match is tried every day and logged once."""
        self.near.dealer_level_weight = 0
        lead = self.leads[0]

        def try_again():
            self.leads._write_unchecked({"date_partner_attempt": "2024-01-01 00:00:00"})
            self.env.flush_all()
            self.env.cr.execute("UPDATE dealer_crm_lead SET write_date = '2024-01-01'")
            self.env.invalidate_all()
            self.run_cron()
            self.assertGreater(str(lead.date_partner_attempt), "2024-02")
            return str(lead.write_date)[:4], len(lead.assignment_ids), len(lead.message_ids)

        self.run_cron()
        rows, notes = len(lead.assignment_ids), len(lead.message_ids)
        self.assertEqual(lead.assignment_failure, "nobody")
        self.assertEqual(try_again(), ("2024", rows, notes))
        lead.write({"partner_latitude": 0, "partner_longitude": 0})
        self.assertEqual(try_again()[1:], (rows + 1, notes + 1))
        self.assertEqual(lead.assignment_failure, "no_country_partner")
        self.assertEqual(try_again()[1:], (rows + 1, notes + 1))
        self.near.dealer_level_weight = 10
        self.assertEqual(try_again()[1:], (rows + 2, notes + 2))
        self.assertEqual(lead.partner_assigned_id, self.near)

    def test_one_failing_lead_blocks_no_other(self):
        bad = self.leads[2]
        assign = type(self.Lead)._assign_automatically
        tries = []

        def fail(leads, **options):
            tries.append(len(leads))
            if bad.id in leads.ids:
                raise ValueError("bad lead")
            return assign(leads, **options)

        with (
            patch.object(type(self.Lead), "_assign_automatically", fail),
            self.assertLogs("odoo.addons.dealer_crm_resellers", "WARNING") as logs,
        ):
            self.run_cron()
            self.assertEqual((self.leads - bad).partner_assigned_id, self.near)
            self.assertFalse(bad.partner_assigned_id)
            self.assertIn(f"Lead {bad.id} ", logs.output[-1])
            del tries[:]
            self.run_cron()
            self.assertFalse(tries, "it waits a day for the next try")
            # The same for leads that were not accepted in time.
            self.company.dealer_accept_hours = 1
            (self.leads - bad).assignment_ids.date = "2024-01-01 00:00:00"
            bad = self.leads[0]
            self.make_reseller("Next", NEAR)
            self.run_cron()
        self.assertEqual(bad.partner_assigned_id, self.near)
        self.assertEqual(self.leads[3].assignment_ids.mapped("state"), ["assigned", "expired"])

    def test_a_stale_open_row_blocks_nothing(self):
        """Old versions left such a row when a reseller was deleted."""
        lead = self.leads[0]
        lead.assign_partner(self.near)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dealer_crm_lead SET partner_assigned_id = NULL WHERE id = %s", [lead.id]
        )
        self.env.invalidate_all()
        self.run_cron()
        self.assertEqual(self.leads.partner_assigned_id, self.near)
        self.assertEqual(lead.assignment_ids.mapped("state"), ["assigned", "withdrawn"])
