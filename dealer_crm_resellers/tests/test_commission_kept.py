"""What a commission keeps of the day it was won, whatever changes later."""

from odoo.fields import Command
from odoo.tests import tagged

from .test_commission import CommissionCase


@tagged("post_install", "-at_install")
class TestCommissionKept(CommissionCase):
    def test_the_categories_of_products(self):
        """A product that moves to another category changes nothing, until the terms of today apply."""
        self.gold.commission_plan_id = self.make_plan(
            {"category_id": self.trucks.id, "percentage": 10}
        )
        lead = self.win(self.truck, self.car)
        commission = lead.commission_ids
        (self.truck + self.service).categ_id = self.vehicles
        self.car.categ_id = self.trucks
        lead.sale_order_ids.order_line[0].price_unit = 2000
        self.assertEqual(self.granted(commission), [(200, "draft", "won")])
        self.service.categ_id = self.trucks
        lead.sale_order_ids.order_line = [Command.create({"product_id": self.service.id})]
        self.assertEqual(self.amounts(lead), [200, 8])
        commission.with_user(self.manager).action_apply_plan()
        self.assertEqual(self.amounts(lead), [50, 8])
