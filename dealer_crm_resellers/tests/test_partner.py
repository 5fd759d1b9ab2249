from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import res_partner
from .common import ResellerCase


@tagged("post_install", "-at_install")
class TestReviewReminder(ResellerCase):
    def remind(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Partner.with_env(self.env(cr=cr))._cron_remind_reviews()
        self.env.invalidate_all()

    def setUp(self):
        super().setUp()
        self.today = fields.Date.context_today(self.Partner)
        self.partner = self.make_reseller(user_id=self.agent.id)

    def test_due_reviews(self):
        self.partner.dealer_date_review_next = self.today - timedelta(days=1)
        later = self.make_reseller(
            user_id=self.agent.id, dealer_date_review_next=self.today + timedelta(days=1)
        )
        nobodys = self.make_reseller(dealer_date_review_next=self.today)
        today = self.make_reseller(user_id=self.manager.id, dealer_date_review_next=self.today)
        self.remind()
        self.assertRecordValues(
            self.partner.activity_ids,
            [{"user_id": self.agent.id, "date_deadline": self.today - timedelta(days=1)}],
        )
        self.assertEqual(today.activity_ids.user_id, self.manager)
        self.assertFalse((later | nobodys).activity_ids)

    def test_once_for_each_date(self):
        self.partner.dealer_date_review_next = self.today
        self.remind()
        self.remind()
        self.assertEqual(len(self.partner.activity_ids), 1)
        self.partner.activity_ids.action_done()
        self.remind()
        self.assertFalse(self.partner.activity_ids)
        self.partner.dealer_date_review_next = self.today - timedelta(days=2)
        self.remind()
        self.assertEqual(len(self.partner.activity_ids), 1)

    def test_more_than_a_batch(self):
        partners = self.Partner.create(
            [
                {
                    "name": f"Reseller {number}",
                    "user_id": self.agent.id,
                    "dealer_date_review_next": self.today,
                }
                for number in range(205)
            ]
        )
        self.remind()
        self.assertEqual(len(partners.activity_ids), 205)

    def test_out_of_time(self):
        """The next run continues where one ends."""
        self.Partner.search(
            [("dealer_date_review_next", "!=", False)]
        ).dealer_date_review_next = False
        partners = self.partner | self.make_reseller(user_id=self.agent.id)
        partners.dealer_date_review_next = self.today
        with (
            patch.object(res_partner, "REVIEW_BATCH", 1),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=0),
        ):
            self.remind()
        self.assertEqual(len(partners.activity_ids), 1)
        self.remind()
        self.assertEqual([len(partner.activity_ids) for partner in partners], [1, 1])

    def test_a_salesperson_without_access_blocks_no_other(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        away = self.make_reseller(company_id=company.id, user_id=self.other_agent.id)
        past = self.make_reseller(user_id=self.manager.id)
        (away | past | self.partner).dealer_date_review_next = self.today
        self.manager.active = False
        schedule = type(self.Partner).activity_schedule

        refusal = UserError("no access")

        def refuse(partners, *args, **options):
            if away in partners:
                raise refusal
            return schedule(partners, *args, **options)

        with (
            patch.object(type(self.Partner), "activity_schedule", refuse),
            self.assertLogs("odoo.addons.dealer_crm_resellers", "WARNING") as logs,
        ):
            self.remind()
        self.assertIn(self.other_agent.login, logs.output[0])
        self.assertEqual(len(self.partner.activity_ids), 1)
        self.assertFalse((away | past).activity_ids)

    def test_a_user_cannot_mark_it_reminded_by_copying(self):
        self.partner.dealer_date_review_next = self.today
        self.remind()
        self.assertFalse(self.partner.copy().dealer_review_reminded)


@tagged("post_install", "-at_install")
class TestPartnerLeads(ResellerCase):
    def test_count_and_list(self):
        partner, other = self.make_reseller(), self.make_reseller()
        leads = self.make_placed_lead() | self.make_placed_lead()
        leads.assign_partner(partner)
        self.make_placed_lead()
        self.assertEqual((partner | other).mapped("dealer_lead_count"), [2, 0])
        self.lose(leads[0])
        partner.invalidate_recordset()
        self.assertEqual(partner.dealer_lead_count, 2)
        action = partner.action_open_dealer_leads()
        self.assertEqual(self.Lead.search(action["domain"]), leads.sorted())
        self.assertEqual(partner.dealer_lead_ids, leads.sorted())

    def test_cap_is_for_hand_made_assignments_too(self):
        partner = self.make_reseller("Small Shop", dealer_lead_cap=2)
        leads = self.Lead.union(*(self.make_placed_lead() for _each in range(3)))
        leads[:2].assign_partner(partner)
        with self.assertRefused(UserError, "Small Shop", "2"):
            leads[2].assign_partner(partner)
        with self.assertRefused(UserError, "Small Shop"):
            self.make_placed_lead(partner_assigned_id=partner.id)
        self.lose(leads[0])
        leads[2].assign_partner(partner)
        self.assertEqual(leads.partner_assigned_id, partner)

    def test_cap_is_for_leads_that_come_back(self):
        """A reopened or unarchived lead counts against the cap again."""
        partner = self.make_reseller("Small Shop", dealer_lead_cap=1)
        closed, archived, last = (self.make_placed_lead() for _each in range(3))
        closed.assign_partner(partner)
        self.lose(closed)
        archived.assign_partner(partner)
        archived.active = False
        last.assign_partner(partner)
        managers = closed.with_user(self.manager)
        with self.assertRefused(UserError, "Small Shop", "1"):
            managers.action_reopen("Called back")
        with self.assertRefused(UserError, "Small Shop", "1"):
            archived.with_user(self.agent).action_unarchive()
        partner.dealer_lead_cap = 2
        managers.action_reopen("Called back")
        with self.assertRefused(UserError, "Small Shop", "2"):
            archived.active = True
        archived.write({"active": True, "partner_assigned_id": False})
        self.assertTrue(archived.active)
        # A lead that is open already does not count twice.
        partner.dealer_lead_cap = 1
        last.write({"active": True})


@tagged("post_install", "-at_install")
class TestCustomer(ResellerCase):
    def test_a_reseller_is_listed_as_customer(self):
        reseller = self.make_reseller()
        plain = self.Partner.create({"name": "Plain"})
        both = reseller | plain
        self.assertEqual(both.with_user(self.agent).mapped("is_dealer_crm_customer"), [True, False])
        found = self.Partner.with_user(self.agent).search(
            [("is_dealer_crm_customer", "=", True), ("id", "in", both.ids)]
        )
        self.assertEqual(found, reseller)
