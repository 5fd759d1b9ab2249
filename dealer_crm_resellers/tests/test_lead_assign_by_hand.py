from datetime import datetime

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import MARSEILLE, NEAR, PARIS, ResellerCase


@tagged("post_install", "-at_install")
class TestAssignByHand(ResellerCase):
    def setUp(self):
        super().setUp()
        self.one = self.make_reseller("One", NEAR)
        self.other = self.make_reseller("Other", MARSEILLE)
        self.lead = self.make_placed_lead()

    def assertLog(self, lead, *states):
        """Check the (partner, state) of the lead's log rows, newest first."""
        self.assertEqual([(row.partner_id, row.state) for row in lead.assignment_ids], list(states))

    def test_the_field_and_the_method(self):
        lead = self.lead.with_user(self.agent)
        before = fields.Datetime.now()
        lead.partner_assigned_id = self.one
        self.assertLog(lead, (self.one, "assigned"))
        self.assertGreaterEqual(lead.date_partner_assign, before)
        row = lead.assignment_ids
        self.assertEqual((row.method, row.user_id), ("manual", self.agent))
        self.assertIn("Assigned to One by hand.", lead.message_ids[0].body)
        lead.assign_partner(self.other)
        self.assertLog(lead, (self.other, "assigned"), (self.one, "withdrawn"))
        self.assertTrue(row.date_end)
        self.assertFalse(row.to_notify)
        lead.assign_partner(self.other.id)
        self.assertEqual(len(lead.assignment_ids), 2)
        lead.assign_partner(self.Partner)
        self.assertLog(lead, (self.other, "withdrawn"), (self.one, "withdrawn"))
        self.assertRecordValues(
            lead, [{"partner_assigned_id": False, "date_partner_assign": False}]
        )

    def test_create_with_a_partner(self):
        leads = self.Lead.create(
            [
                {"contact_name": "A", "partner_assigned_id": self.one.id},
                {"contact_name": "B"},
                {"contact_name": "C", "partner_assigned_id": self.other.id},
            ]
        )
        self.assertLog(leads[0], (self.one, "assigned"))
        self.assertLog(leads[1])
        self.assertLog(leads[2], (self.other, "assigned"))
        self.assertEqual([bool(lead.date_partner_assign) for lead in leads], [True, False, True])

    def test_a_batch_changes_only_what_changes(self):
        leads = self.lead | self.make_placed_lead(partner_assigned_id=self.one.id)
        stamp = leads[1].date_partner_assign = datetime(2024, 5, 1)
        leads.write({"partner_assigned_id": self.one.id, "priority": "2"})
        self.assertEqual(leads.mapped("priority"), ["2", "2"])
        self.assertEqual(leads[1].date_partner_assign, stamp)
        self.assertEqual(len(leads[1].assignment_ids), 1)
        self.assertLog(leads[0], (self.one, "assigned"))

    def test_not_a_partner(self):
        gone = self.make_reseller("Gone")
        gone.unlink()
        for partner in ("One", gone.id, [self.one.id], {"id": 1}, self.one | self.other, self.lead):
            with self.assertRefused(ValidationError, "choose one existing reseller"):
                self.lead.assign_partner(partner)
        for partner in (False, None, 0, self.Partner):
            self.lead.assign_partner(self.one)
            self.lead.assign_partner(partner)
            self.assertFalse(self.lead.partner_assigned_id)

    def test_with_a_move_in_the_same_write(self):
        self.lead.write({"partner_assigned_id": self.one.id, "stage_id": self.qualified.id})
        self.assertRecordValues(
            self.lead, [{"partner_assigned_id": self.one.id, "stage_id": self.qualified.id}]
        )

    def test_closed_leads_keep_their_partner(self):
        lost = self.make_placed_lead(stage=self.lost, partner_assigned_id=self.one.id)
        with self.assertRefused(UserError, lost.name, "closed", "Lost"):
            lost.assign_partner(self.other)
        lost.partner_assigned_id = self.one

    def test_a_partner_of_another_company(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.one.company_id = company
        with self.assertRefused(UserError, "another company"):
            self.lead.assign_partner(self.one)

    def test_an_archived_partner(self):
        """It would lose the lead again at the next run."""
        self.other.active = False
        for assign in (
            lambda: self.lead.with_user(self.agent).assign_partner(self.other),
            lambda: self.lead.write({"partner_assigned_id": self.other.id}),
            lambda: self.make_lead(partner_assigned_id=self.other.id),
        ):
            with self.assertRefused(UserError, "Other", "archived"):
                assign()
        self.assertLog(self.lead)

    def test_what_the_assignment_alone_sets(self):
        for name, value in (
            ("date_partner_accept", "2024-01-01 00:00:00"),
            ("date_partner_attempt", "2024-01-01 00:00:00"),
            ("date_partner_assign", "2024-01-01 00:00:00"),
            ("assignment_failure", "nobody"),
            ("date_localization", "2024-01-01"),
            ("won_revenue", 1000),
        ):
            for user in (self.agent, self.manager, self.admin):
                with self.assertRefused(AccessError, name):
                    self.lead.with_user(user).write({name: value})
                with self.assertRefused(AccessError, name):
                    self.Lead.with_user(user).create({name: value})
                with self.assertRefused(AccessError, name):
                    self.Lead.with_user(user).with_context(**{f"default_{name}": value}).create({})

    def test_copies_start_anew(self):
        self.lead.assign_partner(self.one)
        self.lead.partner_declined_ids = self.other
        copy = self.lead.copy()
        self.assertFalse(copy.partner_assigned_id | copy.partner_declined_ids)
        self.assertFalse(copy.assignment_ids or copy.date_partner_assign)
        self.assertEqual(copy.partner_latitude, self.lead.partner_latitude)

    def test_rights(self):
        foreign = self.make_placed_lead(user_id=self.other_agent.id)
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                foreign.with_user(user).assign_partner(self.one)
        foreign.with_user(self.manager).assign_partner(self.one)
        row = foreign.assignment_ids
        self.assertTrue(row.with_user(self.manager).read(["seed"]))
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                row.with_user(user).read(["seed"])
        for user in (self.agent, self.manager, self.admin):
            with self.assertRaises(AccessError):
                row.with_user(user).write({"seed": 1})
            with self.assertRaises(AccessError):
                row.with_user(user).unlink()
            with self.assertRaises(AccessError):
                self.Assignment.with_user(user).create({"lead_id": foreign.id})
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dealer_crm_lead SET company_id = %s WHERE id = %s", [company.id, foreign.id]
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            row.with_user(self.manager).read(["seed"])

    def test_the_database_holds_one_open_row(self):
        self.lead.assign_partner(self.one)
        row = {
            "lead_id": self.lead.id,
            "date": "2024-01-01",
            "method": "manual",
            "state": "accepted",
        }
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.Assignment.create(row)

    def test_place_in_range(self):
        for name, value in (("partner_latitude", 90.5), ("partner_longitude", -181)):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self.lead[name] = value
                self.env.flush_all()
        for value in (float("nan"), float("inf"), "north"):
            with self.assertRefused(ValidationError, "between -90 and 90 degrees"):
                self.lead.write({"partner_latitude": value})
            with self.assertRefused(ValidationError, "between -180 and 180"):
                self.make_lead(partner_longitude=value)

    def test_the_wizard(self):
        leads = self.lead | self.make_placed_lead()
        wizards = self.env["dealer.crm.lead.assign"].with_user(self.agent)
        with Form(wizards.with_context(default_lead_ids=leads.ids)) as form:
            self.assertEqual(form.method, "automatic")
            form.method = "manual"
            form.partner_id = self.other
        form.record.action_confirm()
        self.assertEqual(leads.partner_assigned_id, self.other)
        more = self.make_placed_lead()
        wizard = wizards.create({"lead_ids": (leads | more).ids})
        self.assertIn("1 of 3", wizard.action_confirm()["params"]["message"])
        self.assertEqual(more.partner_assigned_id, self.one)
        wizard = wizards.create({"lead_ids": leads.ids, "method": "manual"})
        with self.assertRefused(UserError, "Choose the reseller"):
            wizard.action_confirm()


@tagged("post_install", "-at_install")
class TestPlace(ResellerCase):
    def test_comes_from_the_customer(self):
        customer = self.Partner.create(
            {
                "name": "Ana",
                "city": "Paris",
                "country_id": self.france.id,
                "partner_latitude": PARIS[0],
                "partner_longitude": PARIS[1],
            }
        )
        lead = self.make_lead(partner_id=customer.id)
        self.assertAlmostEqual(lead.partner_latitude, PARIS[0])
        self.assertAlmostEqual(lead.partner_longitude, PARIS[1])
        self.assertTrue(lead.date_localization)
        # Another address has another place, which is not known yet.
        lead.city = "Lyon"
        self.assertEqual((lead.partner_latitude, lead.partner_longitude), (0, 0))
        self.assertFalse(lead.date_localization)

    def test_typed_ones_stay(self):
        lead = self.make_placed_lead(NEAR)
        lead.write({"city": "Lyon", "zip": "69001"})
        self.assertAlmostEqual(lead.partner_latitude, NEAR[0])
        lead.partner_id = self.Partner.create({"name": "Ana", "city": "Nice"})
        self.assertAlmostEqual(lead.partner_longitude, NEAR[1])
