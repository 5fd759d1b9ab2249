from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PARIS, ResellerCase


class CommissionCase(ResellerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Commission = cls.env["dealer.crm.commission"]
        cls.Plan = cls.env["dealer.crm.commission.plan"]
        cls.vehicles = cls.env["product.category"].create({"name": "Vehicles"})
        cls.trucks = cls.env["product.category"].create(
            {"name": "Trucks", "parent_id": cls.vehicles.id}
        )
        cls.truck = cls.make_product(categ_id=cls.trucks.id, type="service", list_price=1000)
        cls.car = cls.make_product(categ_id=cls.vehicles.id, type="service", list_price=500)
        cls.service = cls.make_product(type="service", list_price=80)
        cls.plan = cls.make_plan({"percentage": 10})
        cls.gold.commission_plan_id = cls.plan
        cls.reseller = cls.make_reseller(place=PARIS)

    @classmethod
    def make_plan(cls, *rules, **vals):
        return cls.Plan.create(
            {
                "name": f"Plan {cls.Plan.search_count([])}",
                "rule_ids": [
                    Command.create({"sequence": number, **rule})
                    for number, rule in enumerate(rules)
                ],
                **vals,
            }
        )

    def make_sale(self, *products, partner=None, **vals):
        """A lead of a reseller with a confirmed order of one of each product."""
        lead = self.make_lead(self.negotiation)
        lead.assign_partner(self.reseller if partner is None else partner)
        order = self.make_order(lead, products[0], confirm=False, **vals)
        order.order_line = [Command.create({"product_id": each.id}) for each in products[1:]]
        order.order_line.tax_ids = False
        order.action_confirm()
        return lead

    def win(self, *products, **options):
        lead = self.make_sale(*products, **options)
        lead.action_mark_won()
        return lead


@tagged("post_install", "-at_install")
class TestCommission(CommissionCase):
    def test_made_when_won(self):
        lead = self.make_sale(self.truck, self.car)
        self.assertFalse(lead.commission_ids)
        lead.with_user(self.agent).action_mark_won()
        order = lead.sale_order_ids
        self.assertRecordValues(
            lead.commission_ids,
            [
                {
                    "order_id": order.id,
                    "partner_id": self.reseller.id,
                    "plan_id": self.plan.id,
                    "base": 1500,
                    "amount": 150,
                    "amount_company": 150,
                    "currency_id": order.currency_id.id,
                    "state": "draft",
                    "date": fields.Date.context_today(lead.with_user(self.agent)),
                }
            ],
        )
        self.assertRecordValues(
            lead.commission_ids.line_ids,
            [
                {"product_id": self.truck.id, "base": 1000, "percentage": 10, "amount": 100},
                {"product_id": self.car.id, "base": 500, "percentage": 10, "amount": 50},
            ],
        )

    def test_the_first_rule_that_matches(self):
        self.gold.commission_plan_id = self.make_plan(
            {"product_id": self.car.id, "percentage": 1},
            {"category_id": self.trucks.id, "percentage": 2},
            {"category_id": self.vehicles.id, "percentage": 3},
            {"percentage": 50},
        )
        van = self.make_product(categ_id=self.vehicles.id, type="service", list_price=300)
        lead = self.win(self.truck, self.car, van, self.service)
        self.assertEqual(lead.commission_ids.line_ids.mapped("amount"), [20, 5, 9, 40])

    def test_a_category_includes_its_children_only(self):
        other = self.env["product.category"].create({"name": "Boats"})
        boat = self.make_product(categ_id=other.id, type="service", list_price=900)
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.vehicles.id, "percentage": 10}
        )
        commission = self.win(self.truck, boat, self.service).commission_ids
        self.assertEqual(commission.line_ids.product_id, self.truck)
        self.assertEqual((commission.base, commission.amount), (1000, 100))
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.trucks.id, "percentage": 10}
        )
        self.assertFalse(self.win(self.car).commission_ids)

    def test_cap_per_line(self):
        self.gold.commission_plan_id = self.make_plan({"percentage": 10, "cap": 60})
        commission = self.win(self.truck, self.truck, self.car).commission_ids
        self.assertEqual(commission.line_ids.mapped("amount"), [60, 60, 50])
        self.assertEqual(commission.amount, 170)

    def test_cap_in_another_currency(self):
        other = self.env["res.currency"].create({"name": "XAA", "symbol": "X", "rounding": 0.01})
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "rate": 2.0, "name": "2020-01-01"}
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "X", "currency_id": other.id, "company_id": self.company.id}
        )
        self.gold.commission_plan_id = self.make_plan({"percentage": 10, "cap": 60})
        lead = self.make_sale(self.truck, pricelist_id=pricelist.id)
        self.assertEqual(lead.sale_order_ids.amount_untaxed, 2000)
        lead.action_mark_won()
        commission = lead.commission_ids
        self.assertEqual(commission.currency_id, other)
        self.assertEqual((commission.amount, commission.amount_company), (120, 60))
        self.assertEqual(lead.won_revenue, 1000)

    def test_a_negative_line(self):
        self.gold.commission_plan_id = self.make_plan({"percentage": 10, "cap": 60})
        lead = self.make_sale(self.truck, self.car)
        lead.sale_order_ids.order_line[1].product_uom_qty = -3
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids.line_ids.mapped("amount"), [60, -60])

    def test_the_partners_own_plan_comes_first(self):
        self.reseller.dealer_commission_plan_id = self.make_plan({"percentage": 7})
        self.assertEqual(self.win(self.truck).commission_ids.amount, 70)
        self.reseller.dealer_commission_plan_id.active = False
        self.assertFalse(self.win(self.truck).commission_ids)
        self.reseller.dealer_commission_plan_id = False
        self.assertEqual(self.win(self.truck).commission_ids.amount, 100)
        self.gold.commission_plan_id = False
        self.assertFalse(self.win(self.truck).commission_ids)

    def test_none_without_a_reseller(self):
        self.assertFalse(self.win(self.truck, partner=self.Partner).commission_ids)
        lead = self.make_sale(self.truck)
        self.lose(lead)
        self.assertFalse(lead.commission_ids)

    def test_one_for_each_confirmed_order(self):
        lead = self.make_sale(self.truck)
        second = self.make_order(lead, self.car)
        draft = self.make_order(lead, self.car, confirm=False)
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids.order_id, lead.sale_order_ids - draft)
        self.assertIn(second, lead.commission_ids.order_id)
        draft.action_confirm()
        self.assertEqual(len(lead.commission_ids), 3)

    def test_once_only(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        order = lead.sale_order_ids
        self.Commission._create_for_won_leads(lead)
        order.write({"state": "sale"})
        order.order_line.price_unit = 5000
        order.note = "touched"
        lead.priority = "3"
        lead.with_user(self.manager).action_reopen("Wrong one")
        self.assertEqual(commission.state, "cancelled")
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids, commission)
        self.assertEqual((commission.state, commission.amount), ("draft", 500))
        commission.action_approve()
        lead.with_user(self.manager).action_reopen("Again")
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids, commission)
        self.assertEqual(commission.state, "approved")
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.Commission.create(
                {
                    "order_id": order.id,
                    "lead_id": lead.id,
                    "partner_id": self.reseller.id,
                    "company_id": self.company.id,
                    "currency_id": order.currency_id.id,
                }
            )

    def test_after_reopening_another_partner_earns(self):
        lead = self.win(self.truck)
        lead.with_user(self.manager).action_reopen("Sold by another")
        other = self.make_reseller("Other")
        lead.assign_partner(other)
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids.partner_id, other)

    def test_many_won_at_once(self):
        leads = self.Lead.union(*(self.make_sale(self.truck) for _each in range(4)))
        leads.action_mark_won()
        self.assertEqual(leads.commission_ids.mapped("amount"), [100] * 4)

    def test_cancelled_with_the_order(self):
        lead = self.win(self.truck)
        commission, order = lead.commission_ids, lead.sale_order_ids
        order._action_cancel()
        self.assertEqual(commission.state, "cancelled")
        self.assertIn(order.name, commission.message_ids[0].body)
        order.action_draft()
        order.action_confirm()
        self.assertEqual(lead.commission_ids, commission)
        self.assertEqual(commission.state, "draft")

    def test_numbers_in_range(self):
        for vals in ({"percentage": -1}, {"percentage": 100.5}, {"cap": -5}):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self.make_plan(vals)

    def test_won_revenue(self):
        lead = self.make_sale(self.truck, self.car)
        self.make_order(lead, self.car, confirm=False)
        self.assertEqual(lead.won_revenue, 0)
        lead.action_mark_won()
        self.assertEqual(lead.won_revenue, 1500)
        lead.with_user(self.manager).action_reopen("No")
        self.assertEqual(lead.won_revenue, 0)

    def test_won_revenue_in_two_currencies(self):
        """Each order is converted by its own rate, also when only its currency changes afterwards."""
        currency = self.env["res.currency"].create(
            {
                "name": "DLR",
                "symbol": "D",
                "rate_ids": [Command.create({"name": "2020-01-01", "company_rate": 4})],
            }
        )
        abroad = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": currency.id}
        )
        lead = self.make_sale(self.truck)
        second = self.make_order(lead, self.car, confirm=False, pricelist_id=abroad.id)
        second.order_line.write({"price_unit": 400, "tax_ids": False})
        second.action_confirm()
        lead.action_mark_won()
        self.assertEqual((second.currency_id, second.amount_untaxed), (currency, 400))
        self.assertEqual(lead.won_revenue, 1000 + 100)
        second.currency_id = lead.company_currency
        self.env.flush_all()
        self.assertEqual(second.amount_untaxed, 400)
        self.assertEqual(lead.won_revenue, 1000 + 400)
