import threading
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from ..models import dealer_crm_lead_cron
from .common import MARSEILLE, NEAR, PARIS, ResellerCase

SCOTT_BASE = (-77.85, 166.76)  # nobody else sells there


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
        known = {}
        with (
            patch.object(dealer_crm_lead_cron, "BATCH", 3),
            patch("odoo.addons.dealer_crm_resellers.models.dealer_crm_lead_match.FEW_LEADS", 0),
        ):
            self.Lead._assign_batch(known)
            roster = known["roster"]
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
                self.Lead._assign_batch(known)
                self.assertIsNot(known["roster"], roster)
                self.assertEqual(lead.partner_assigned_id, fresh)
                roster = known["roster"]
            lead.partner_assigned_id = False
            lead._write_past_rule({"date_partner_attempt": False})
            self.Lead._assign_batch(known)
            self.assertIs(known["roster"], roster)

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


@tagged("post_install", "-at_install")
class TestConcurrency(TransactionCase):
    """Runs at the same time, in transactions that commit; everything made here is deleted."""

    def setUp(self):
        super().setUp()
        self.made = []
        self.addCleanup(self.clean_up)

    def real_env(self):
        registry = self.registry

        class RealEnv:
            def __enter__(self):
                self.cr = registry.cursor()
                return api.Environment(self.cr, SUPERUSER_ID, {"mail_create_nolog": True})

            def __exit__(self, error, *_args):
                if error:
                    self.cr.rollback()
                else:
                    self.cr.commit()  # pylint: disable=invalid-commit
                self.cr.close()

        return RealEnv()

    def make(self, env, model, **vals):
        record = env[model].create(vals)
        self.made.append((model, record.id))
        return record

    def make_partner(self, env, **vals):
        return self.make(
            env,
            "res.partner",
            name="Reseller",
            dealer_level_id=env.ref("dealer_crm_resellers.level_gold").id,
            partner_latitude=SCOTT_BASE[0],
            partner_longitude=SCOTT_BASE[1],
            **vals,
        ).id

    def make_leads(self, env, count):
        return [
            self.make(
                env,
                "dealer.crm.lead",
                contact_name=f"Lead {number}",
                user_id=False,
                partner_latitude=SCOTT_BASE[0],
                partner_longitude=SCOTT_BASE[1],
            ).id
            for number in range(count)
        ]

    def clean_up(self):
        with self.real_env() as env:
            for model in ("dealer.crm.lead", "res.partner"):
                ids = [record_id for name, record_id in self.made if name == model]
                env[model].browse(ids).unlink()

    def test_a_lead_is_taken_once(self):
        with self.real_env() as env:
            self.make_partner(env)
            ids = self.make_leads(env, 3)
        with self.real_env() as one, self.real_env() as two:
            first = one["dealer.crm.lead"].browse(ids[:2])._assign_automatically()
            second = two["dealer.crm.lead"].browse(ids)._assign_automatically()
            self.assertEqual([match.lead_id for match in first], ids[:2])
            self.assertEqual([match.lead_id for match in second], ids[2:])
        with self.real_env() as env:
            self.assertFalse(env["dealer.crm.lead"].browse(ids)._assign_automatically())

    def test_a_run_on_old_data_fails_to_serialise(self):
        with self.real_env() as env:
            self.make_partner(env)
            [lead_id] = self.make_leads(env, 1)
        with self.real_env() as old:
            old["res.partner"].search_count([])
            with self.real_env() as env:
                env["dealer.crm.lead"].browse(lead_id)._assign_automatically()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                old["dealer.crm.lead"].browse(lead_id)._assign_automatically()
            old.cr.rollback()

    def test_the_last_seat_is_given_once(self):
        """Two runs want the one seat of a partner: the second waits, fails, and starts anew."""
        with self.real_env() as env:
            capped = self.make_partner(env, dealer_lead_cap=1, dealer_level_weight=10**6)
            other = self.make_partner(env, dealer_level_weight=1)
            ids = self.make_leads(env, 2)
        failures, done = [], threading.Event()

        def rival():
            while not done.is_set():
                with self.real_env() as env:
                    try:
                        env["dealer.crm.lead"].browse(ids[1])._assign_automatically(run_seed=1)
                        done.set()
                    except SerializationFailure:
                        failures.append(True)
                        env.cr.rollback()

        with mute_logger("odoo.sql_db"):
            with self.real_env() as env:
                env["dealer.crm.lead"].browse(ids[0])._assign_automatically(run_seed=1)
                thread = threading.Thread(target=rival)
                thread.start()
                thread.join(1)
                self.assertFalse(done.is_set(), "the rival must wait for the seat")
            thread.join(20)
        self.assertTrue(failures)
        with self.real_env() as env:
            leads = env["dealer.crm.lead"].browse(ids)
            self.assertEqual(leads.mapped("partner_assigned_id.id"), [capped, other])

    def test_many_crons_at_once(self):
        """Each lead gets one partner and one log row, and no cap is passed."""
        with self.real_env() as env:
            capped = [
                self.make_partner(env, dealer_lead_cap=3, dealer_level_weight=10**4)
                for _each in range(6)
            ]
            other = self.make_partner(env, dealer_level_weight=1)
            ids = self.make_leads(env, 60)
        ours = SQL("l.partner_assigned_id IS NULL AND l.id = ANY(%s)", ids)

        def work():
            for _round in range(20):
                with self.real_env() as env:
                    env["dealer.crm.lead"]._cron_assign_partners()

        threads = [threading.Thread(target=work) for _each in range(3)]
        with (
            patch.object(dealer_crm_lead_cron, "BATCH", 4),
            patch.object(
                self.registry["dealer.crm.lead"], "_get_unassigned_condition", lambda self: ours
            ),
            mute_logger("odoo.sql_db", "odoo.addons.dealer_crm_resellers"),
        ):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        with self.real_env() as env:
            leads = env["dealer.crm.lead"].browse(ids)
            given = leads.grouped("partner_assigned_id")
            counts = {partner.id: len(theirs) for partner, theirs in given.items()}
            self.assertEqual(counts, {**dict.fromkeys(capped, 3), other: 42})
            self.assertEqual(len(leads.assignment_ids), 60)
            self.assertEqual(set(leads.assignment_ids.mapped("state")), {"assigned"})
