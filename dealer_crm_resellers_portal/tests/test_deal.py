from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import LIST, PortalCase


@tagged("post_install", "-at_install")
class TestDeal(PortalCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.seller)

    def register(self, **values):
        values = {"contact_name": "Zoe Roy", "phone": "+33 4 72 00 00 99", **values}
        return self.send(f"{LIST}/new", **values)

    def get_deals(self):
        return self.Lead.search([("contact_name", "=", "Zoe Roy")])

    def test_register(self):
        answer = self.register(expected_price="900", stage_id=self.won.id, company_id=99)
        deal = self.get_deals()
        self.assertTrue(answer.url.endswith(f"{LIST}/{deal.id}"))
        self.assertEqual(deal.partner_assigned_id, self.one)
        self.assertTrue(deal.date_partner_accept)
        self.assertEqual(deal.assignment_ids.state, "accepted")
        self.assertEqual(deal.stage_id, self.new)
        self.assertEqual(deal.user_id, self.agent)
        self.assertEqual(deal.expected_price, 900)
        self.assertEqual(deal.deal_state, "confirmed")
        self.assertEqual(
            deal.tag_ids, self.env.ref("dealer_crm_resellers_portal.tag_reseller_deal")
        )

    def test_to_confirm(self):
        self.company.dealer_confirm_deals = True
        self.register()
        deal = self.get_deals()
        self.assertEqual(deal.deal_state, "to_confirm")
        self.assertTrue(deal.activity_ids)
        self.assertNotice(self.act(deal, "advance", seen="0"), "confirms")
        self.make_delivered(deal)
        with self.assertRaisesRegex(UserError, "not confirmed"):
            deal.action_mark_won()
        for user in (self.agent, self.seller):
            with self.assertRaises(AccessError):
                deal.with_user(user).action_confirm_deal()
        step = deal.with_user(self.agent).checklist[-1]
        self.assertEqual((step["key"], step["done"], step["method"]), ("deal", False, None))
        step = deal.with_user(self.manager).checklist[-1]
        self.assertEqual(step["method"], "action_confirm_deal")
        deal.with_user(self.manager).action_confirm_deal()
        deal.invalidate_recordset()
        self.assertTrue(all(step["done"] for step in deal.with_user(self.manager).checklist))
        deal.action_mark_won()
        self.assertEqual(deal.won_status, "won")

    def test_known_already(self):
        lead = self.give(
            self.two, contact_name="Hushed", phone="+33 4 72 00 00 99", email="z@example.com"
        )
        for values in ({}, {"phone": "", "email": "Z@example.com"}, {"phone": "+33472000099"}):
            with self.subTest(values=values):
                text = self.register(**values).text
                self.assertIn("already knows", text)
                self.assertIn("Zoe Roy", text)
                self.assertNotIn("Hushed", text)
                self.assertNotIn(lead.name, text)
        self.assertFalse(self.get_deals())
        self.lose(lead)
        self.register()
        self.assertTrue(self.get_deals())

    def test_what_is_missing(self):
        for values in (
            {"contact_name": ""},
            {"phone": ""},
            {"email": "no address"},
            {"expected_price": "-1"},
            {"contact_name": "x" * 121},
            {"contact_name": "a\0b"},
        ):
            with self.subTest(values=str(values)[:40]):
                answer = self.register(**values)
                self.assertEqual(answer.status_code, 200)
                self.assertIn('role="alert"', answer.text)
        self.assertFalse(self.get_deals())

    def test_needs_an_active_level(self):
        self.one.dealer_level_id = False
        self.assertIn("Only active resellers", self.register().text)
        self.one.dealer_level_id = self.gold
        self.gold.active = False
        self.assertIn("Only active resellers", self.register().text)
        self.log_in(self.portal)
        self.assertIn("Only active resellers", self.register().text)
        self.assertFalse(self.get_deals())

    def test_company_of_the_partner(self):
        other = self.env["res.company"].create({"name": "Second Dealer"})
        people = self.seller | self.colleague
        people.write({"company_ids": [(4, other.id)], "company_id": other.id})
        self.one.company_id = other
        self.register()
        self.assertEqual(self.get_deals().company_id, other)

    def protect(self, days=30):
        self.one.dealer_commission_plan_id = self.env["dealer.crm.commission.plan"].create(
            {"name": "Protected", "protection_days": days}
        )
        self.register()
        return self.get_deals()

    def test_protected(self):
        """For the plan's days, nobody else registers the customer, even when the deal is lost."""
        deal = self.protect()
        self.assertEqual(deal.date_protected, fields.Date.today() + timedelta(days=30))
        page = self.get(f"{LIST}/{deal.id}").text_content()
        self.assertIn("Protected until", page)
        self.lose(deal)
        self.log_in(self.rival)
        self.assertIn("already knows", self.register().text)
        self.assertFalse(self.get_deals() - deal)
        self.log_in(self.colleague)
        self.register()
        self.assertEqual(len(self.get_deals()), 2, "it is their own customer")

    def test_end_of_protection(self):
        deal = self.protect()
        self.lose(deal)
        self.log_in(self.rival)
        past = fields.Date.today() - timedelta(days=1)
        for end in ({"active": False}, {"active": True, "date_protected": past}):
            with self.subTest(end=end):
                deal._write_unchecked(end)
                self.register()
                [other] = self.get_deals() - deal
                self.assertEqual(other.partner_assigned_id, self.two)
                other.unlink()

    def test_without_protection(self):
        deal = self.protect(days=0)
        self.assertFalse(deal.date_protected)
        deal.with_user(self.agent).assign_partner(self.two)
        self.assertEqual(deal.partner_assigned_id, self.two)

    def test_only_managers_take_a_protected_deal(self):
        deal = self.protect()
        for partner in (self.two, self.Partner):
            with self.assertRaisesRegex(UserError, "protected until"):
                deal.with_user(self.agent).assign_partner(partner)
        self.assertEqual(deal.partner_assigned_id, self.one)
        deal.with_user(self.manager).assign_partner(self.two)
        self.assertEqual(deal.partner_assigned_id, self.two)
        self.assertFalse(deal.date_protected)
        deal.with_user(self.agent).assign_partner(self.one)

    def test_a_reseller_gives_its_deal_back(self):
        deal = self.protect()
        deal.with_user(self.seller).action_decline_assignment("Sold out")
        self.assertNotEqual(deal.partner_assigned_id, self.one)
        self.assertFalse(deal.date_protected)

    def test_a_reseller_leaves(self):
        deal = self.protect()
        (self.seller | self.colleague).active = False
        self.one.active = False
        self.assertFalse(deal.partner_assigned_id)
        self.assertFalse(deal.date_protected)
