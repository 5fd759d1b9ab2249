"""Facts that change after a lead was won, and the nightly check."""

from odoo import fields
from odoo.tests import tagged

from .commission_common import CommissionCase


@tagged("post_install", "-at_install")
class TestCommissionChanged(CommissionCase):
    def test_a_price_changed_afterwards(self):
        lead = self.win(self.truck)
        line, commission = lead.sale_order_ids.order_line, lead.commission_ids
        line.price_unit = 5000
        self.assertEqual(self.granted(commission), [(500, "draft", "won")])
        commission.with_user(self.manager).action_approve()
        line.price_unit = 4000
        line.discount = 50
        self.assertEqual(
            self.granted(commission), [(500, "approved", "won"), (-300, "draft", "order_changed")]
        )
        line.discount = 0
        line.product_uom_qty = 2
        self.assertEqual(
            self.granted(commission), [(500, "approved", "won"), (300, "draft", "order_changed")]
        )
        self.assertEqual(commission.base, 8000)

    def test_lines_in_another_sequence(self):
        """The first line takes what the cap of the deal leaves to the others."""
        self.plan.rule_ids.cap_deal = 120
        lead = self.win(self.truck, self.car)
        self.assertEqual(self.amounts(lead), [100, 20])
        lead.sale_order_ids.order_line[0].sequence = 99
        self.assertEqual(self.amounts(lead), [50, 70])

    def test_an_agent_changes_only_drafts(self):
        """Whatever an agent does to an order, what a manager has approved stays."""
        lead = self.win(self.truck)
        commission = lead.commission_ids
        commission.with_user(self.manager).action_approve()
        lead.sale_order_ids.user_id = self.agent
        order = lead.sale_order_ids.with_user(self.agent)
        order.order_line.price_unit = 9000
        self.settle()
        order.order_line.price_unit = 1
        self.settle()
        order._action_cancel()
        self.assertEqual(
            self.granted(commission), [(100, "approved", "won"), (-100, "draft", "cancelled")]
        )

    def test_plan_frozen_when_won(self):
        lead = self.make_sale(self.truck)
        second = self.make_order(lead, self.car, confirm=False)
        second.order_line.tax_ids = False
        lead.action_mark_won()
        commission = lead.commission_ids
        self.plan.rule_ids.percentage = 20
        self.plan.basis = "invoiced"
        commission.order_id.order_line.price_unit = 2000
        self.assertEqual(self.granted(commission), [(200, "draft", "won")])
        second.action_confirm()
        self.assertEqual(lead.commission_ids.filtered(lambda c: c.order_id == second).amount, 50)
        self.plan.basis = "won"
        commission.action_approve()
        commission.with_user(self.manager).action_apply_plan()
        self.assertEqual(
            self.granted(commission), [(200, "approved", "won"), (200, "draft", "by_hand")]
        )
        self.assertIn(self.plan.name, commission.message_ids[0].body)
        self.plan.rule_ids.unlink()
        commission.order_id.order_line.price_unit = 1000
        self.assertEqual(self.granted(commission), [(200, "approved", "won")])

    def test_a_closing_that_is_undone(self):
        """It leaves no commission; the reseller keeps the lead and earns once when it is won again."""
        lead = self.make_sale(self.truck).with_context(dealer_crm_undo=True)
        lead.action_mark_won()
        commission = lead.commission_ids
        [(amount, *_rest)] = self.granted(commission)
        lead.action_undo_closing()
        self.assertEqual(sum(each for each, *_rest in self.granted(commission)), 0)
        self.assertEqual(lead.partner_assigned_id, self.reseller)
        lead.action_mark_won()
        granted = self.granted(lead.commission_ids)
        self.assertEqual(sum(each for each, *_rest in granted), amount)

    def test_after_reopening_another_partner_earns(self):
        lead = self.win(self.truck)
        first = lead.commission_ids
        first.action_approve()
        lead.with_user(self.manager).action_reopen("Sold by another")
        self.assertEqual(
            self.granted(first), [(100, "approved", "won"), (-100, "draft", "reopened")]
        )
        other = self.make_reseller(
            "Other", dealer_commission_plan_id=self.make_plan({"percentage": 20}).id
        )
        lead.assign_partner(other)
        lead.action_mark_won()
        second = lead.commission_ids - first
        self.assertEqual(second.partner_id, other)
        self.assertEqual(self.granted(second), [(200, "draft", "won")])
        self.assertEqual(
            self.granted(first), [(100, "approved", "won"), (-100, "draft", "reassigned")]
        )
        first.action_approve()
        lead.with_user(self.manager).action_reopen("The first one, after all")
        lead.assign_partner(self.reseller)
        lead.action_mark_won()
        self.assertEqual(self.granted(second), [])
        self.assertEqual((first.amount, first.amount_draft), (100, 100))

    def test_cancelled_with_the_order(self):
        lead = self.win(self.truck)
        commission, order = lead.commission_ids, lead.sale_order_ids
        order._action_cancel()
        self.assertEqual(self.granted(commission), [])
        order.action_draft()
        order.action_confirm()
        self.assertEqual(lead.commission_ids, commission)
        self.assertEqual(self.granted(commission), [(100, "draft", "won")])
        commission.action_approve()
        order._action_cancel()
        self.assertEqual(
            self.granted(commission), [(100, "approved", "won"), (-100, "draft", "cancelled")]
        )

    def test_the_nightly_check(self):
        """What went past the product is found, and told."""
        lead, quiet = self.win(self.truck), self.win(self.car)
        self.settle()
        self.assertFalse(self.run_cron())
        self.env.cr.execute(
            "UPDATE sale_order_line SET price_subtotal = 900 WHERE order_id = %s",
            [lead.sale_order_ids.id],
        )
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.dealer_crm_resellers", "WARNING") as logged:
            self.run_cron()
        self.assertIn(lead.sale_order_ids.name, logged.output[0])
        self.assertEqual(self.granted(lead.commission_ids), [(90, "draft", "won")])
        self.assertIn("difference", lead.commission_ids.message_ids[0].body)
        self.assertEqual(self.granted(quiet.commission_ids), [(50, "draft", "won")])
        self.assertFalse(self.run_cron())

    def run_cron(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            found = self.Commission.with_env(self.env(cr=cr))._cron_reconcile()
            count = len(found)
        self.env.invalidate_all()
        return count

    def test_what_the_nightly_check_reads(self):
        lead = self.win(self.truck)
        self.settle()
        future = fields.Datetime.add(fields.Datetime.now(), days=1)
        self.assertFalse(self.Commission._find_changed(future))
        self.env.cr.execute(
            "UPDATE sale_order_line SET write_date = %s WHERE order_id = %s",
            [future, lead.sale_order_ids.id],
        )
        self.assertEqual(self.Commission._find_changed(future), lead.commission_ids)
