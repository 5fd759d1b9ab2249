from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commission_common import CommissionCase


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
                    "amount_draft": 150,
                    "amount_paid": 0,
                    "currency_id": order.currency_id.id,
                    "date": fields.Date.context_today(lead.with_user(self.agent)),
                }
            ],
        )
        self.assertRecordValues(
            lead.commission_ids.entry_ids.sorted("id"),
            [
                {
                    "product_id": product.id,
                    "base": base,
                    "rule_id": self.plan.rule_ids.id,
                    "amount": base / 10,
                    "amount_company": base / 10,
                    "reason": "won",
                    "state": "draft",
                    "date": fields.Date.context_today(lead.with_user(self.agent)),
                    "date_rate": order.date_order.date(),
                }
                for product, base in ((self.truck, 1000), (self.car, 500))
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
        self.assertEqual(self.amounts(lead), [20, 5, 9, 40])

    def test_a_category_includes_its_children_only(self):
        other = self.env["product.category"].create({"name": "Boats"})
        boat = self.make_product(categ_id=other.id, type="service", list_price=900)
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.vehicles.id, "percentage": 10}
        )
        commission = self.win(self.truck, boat, self.service).commission_ids
        self.assertEqual(commission.entry_ids.product_id, self.truck)
        self.assertEqual((commission.base, commission.amount), (1000, 100))
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.trucks.id, "percentage": 10}
        )
        self.assertFalse(self.win(self.car).commission_ids.entry_ids)

    def test_cap_per_line(self):
        self.gold.commission_plan_id = self.make_plan({"percentage": 10, "cap": 60})
        lead = self.win(self.truck, self.truck, self.car)
        self.assertEqual(self.amounts(lead), [60, 60, 50])
        self.assertEqual(lead.commission_ids.amount, 170)

    def test_cap_per_deal(self):
        self.gold.commission_plan_id = self.make_plan({"percentage": 10, "cap_deal": 120})
        self.assertEqual(self.amounts(self.win(self.truck, self.car)), [100, 20])

    def test_an_amount_for_each_unit(self):
        """It counts in the product's own unit, whatever the order's unit."""
        self.gold.commission_plan_id = self.make_plan({"percentage": 1, "amount_unit": 2.5})
        lead = self.make_sale(self.truck)
        dozen = self.env.ref("uom.product_uom_dozen")
        lead.sale_order_ids.order_line.write({"product_uom_id": dozen.id, "price_unit": 1200})
        lead.action_mark_won()
        self.assertEqual(self.amounts(lead), [12 + 30])

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
        self.assertEqual(commission.amount, 120)
        self.assertEqual(commission.entry_ids.amount_company, 60)
        self.assertEqual(lead.won_revenue, 1000)

    def test_a_negative_line_that_a_rule_names(self):
        self.gold.commission_plan_id = self.make_plan(
            {"product_id": self.car.id, "percentage": 10, "cap": 60}, {"percentage": 10, "cap": 60}
        )
        lead = self.make_sale(self.truck, self.car)
        lead.sale_order_ids.order_line[1].product_uom_qty = -3
        lead.action_mark_won()
        self.assertEqual(self.amounts(lead), [60, -60])

    def test_a_discount_on_the_order(self):
        """It lowers all other lines in proportion, also those that no rule matches."""
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.vehicles.id, "percentage": 10}
        )
        lead = self.make_sale(self.truck, self.car, self.service)
        self.env["sale.order.discount"].create(
            {
                "sale_order_id": lead.sale_order_ids.id,
                "discount_type": "amount",
                "discount_amount": 100,
            }
        ).action_apply_discount()
        lead.action_mark_won()
        self.assertEqual(lead.sale_order_ids.amount_untaxed, 1480)
        # 100 x 1000 / 1580 = 63.29 and 100 x 500 / 1580 = 31.65
        self.assertEqual(
            lead.commission_ids.entry_ids.sorted("id").mapped("base"), [936.71, 468.35]
        )
        self.assertEqual(self.amounts(lead), [93.67, 46.84])

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
        self.Commission._create_for_orders(order)
        order.write({"state": "sale"})
        order.note = "touched"
        lead.priority = "3"
        entry = commission.entry_ids
        self.assertEqual(self.granted(commission), [(100, "draft", "won")])
        self.assertEqual(commission.entry_ids, entry)
        self.assertFalse(commission._reconcile())
        lead.with_user(self.manager).action_reopen("Wrong one")
        self.assertEqual(self.granted(commission), [])
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids, commission)
        commission.action_approve()
        lead.with_user(self.manager).action_reopen("Again")
        lead.action_mark_won()
        self.assertEqual(lead.commission_ids, commission)
        self.assertEqual(self.granted(commission), [(100, "approved", "won")])
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

    def test_one_draft_for_each_line(self):
        entry = self.win(self.truck).commission_ids.entry_ids
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            entry.copy({"source": entry.source})

    def test_many_won_at_once(self):
        leads = self.Lead.union(*(self.make_sale(self.truck) for _each in range(4)))
        leads.action_mark_won()
        self.assertEqual(leads.commission_ids.mapped("amount"), [100] * 4)

    def test_numbers_in_range(self):
        for vals in (
            {"percentage": -1},
            {"percentage": 100.5},
            {"cap": -5},
            {"cap_deal": -5},
            {"amount_unit": -5},
        ):
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
                "rate_ids": [
                    Command.create({"name": "2010-01-01", "company_rate": 2}),
                    Command.create({"name": "2020-01-01", "company_rate": 4}),
                ],
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
        second.date_order = "2015-01-01"
        self.settle()
        self.assertEqual(lead.won_revenue, 1000 + 200)
        self.assertEqual(sum(lead.commission_ids.entry_ids.mapped("amount_company")), 120)
        second.currency_id = lead.company_currency
        self.env.flush_all()
        self.assertEqual(second.amount_untaxed, 400)
        self.assertEqual(lead.won_revenue, 1000 + 400)
