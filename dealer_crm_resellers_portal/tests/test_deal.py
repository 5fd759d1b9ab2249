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
        deal.with_user(self.manager).action_confirm_deal()
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
