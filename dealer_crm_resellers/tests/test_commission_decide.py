"""What managers decide on commissions."""

import math

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .commission_common import BillCase


@tagged("post_install", "-at_install")
class TestCommissionDecide(BillCase):
    def test_approve(self):
        commission = self.win(self.truck).commission_ids
        for user in (self.agent, *self.outsiders):
            for records in (commission, commission.entry_ids):
                with self.assertRaises(AccessError):
                    records.with_user(user).action_approve()
        commission.with_user(self.manager).action_approve()
        self.assertEqual(self.states(commission), ["approved"])
        self.assertIn("100.00", commission.message_ids[0].body)
        with self.assertRefused(UserError, commission.order_id.name, "drafts"):
            commission.with_user(self.manager).action_approve()
        with self.assertRefused(UserError, commission.order_id.name, "Only drafts", "approved"):
            commission.entry_ids.with_user(self.manager).action_approve()
        with self.assertRefused(UserError, commission.order_id.name):
            commission.unlink()

    def test_nobody_changes_what_was_decided(self):
        """Neither the program nor the superuser: below every entry point."""
        commission = self.win(self.truck).commission_ids
        entry = commission.entry_ids
        entry._write_unchecked({"note": "A draft may change"})
        for state in ("approved", "refused"):
            entry._write_unchecked({"state": state})
            for vals in (
                {"amount": 1},
                {"base": 1},
                {"source": "x"},
                {"note": "x"},
                {"state": "draft", "amount": 1},
            ):
                with self.assertRefused(UserError, commission.order_id.name):
                    entry.sudo()._write_unchecked(vals)
            with self.assertRefused(UserError, commission.order_id.name):
                entry.sudo()._as_program().unlink()
        self.assertRecordValues(entry, [{"amount": 100, "note": "A draft may change"}])

    def test_refused(self):
        """It is not proposed again until another sum is due."""
        lead = self.win(self.truck)
        commission = lead.commission_ids
        commission.with_user(self.manager).action_refuse()
        self.assertFalse(commission._reconcile())
        self.assertEqual(commission.amount, 0)
        lead.sale_order_ids.order_line.price_unit = 1200
        self.assertEqual(self.granted(commission), [(100, "refused", "won"), (120, "draft", "won")])
        commission.action_approve()
        lead.sale_order_ids.order_line.price_unit = 1000
        self.assertEqual(self.granted(commission)[2], (-20, "draft", "order_changed"))
        commission.action_refuse()
        lead.sale_order_ids._action_cancel()
        self.assertEqual(self.granted(commission)[3], (-120, "draft", "cancelled"))

    def test_back_to_draft(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids.with_user(self.manager)
        commission.action_approve()
        lead.sale_order_ids.order_line.price_unit = 1100
        self.assertEqual(self.granted(commission)[1], (10, "draft", "order_changed"))
        commission.action_back_to_draft()
        self.assertEqual(self.granted(commission), [(110, "draft", "won")])
        commission.action_refuse()
        commission.action_back_to_draft()
        self.assertEqual(self.granted(commission), [(110, "draft", "won")])
        bill = self.bill(commission.sudo())
        with self.assertRefused(UserError, lead.sale_order_ids.name, "without a bill"):
            commission.entry_ids.action_back_to_draft()
        bill.button_cancel()
        with self.assertRefused(UserError, lead.sale_order_ids.name, "Delete the bill"):
            commission.action_back_to_draft()
        bill.unlink()
        commission.action_back_to_draft()
        self.assertEqual(self.states(commission), ["draft"])

    def test_several_back_to_draft(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        for price in (1000, 1100, 1200):
            lead.sale_order_ids.order_line.price_unit = price
            self.settle()
            commission.action_approve()
        self.assertEqual(len(commission.entry_ids), 3)
        commission.action_back_to_draft()
        self.assertEqual(self.granted(commission), [(120, "draft", "won")])

    def test_by_hand(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids.with_user(self.manager)
        wizard = (
            self.env["dealer.crm.commission.decide"]
            .with_user(self.manager)
            .with_context(**commission.action_adjust()["context"])
            .create({"amount": -30.005, "reason": "Late papers"})
        )
        wizard.action_confirm()
        self.assertEqual(
            self.granted(commission), [(100, "draft", "won"), (-30.01, "draft", "by_hand")]
        )
        entry = commission.entry_ids.filtered("note")
        self.assertRecordValues(entry, [{"note": "Late papers", "amount_company": -30.01}])
        self.assertIn("Late papers", commission.message_ids[0].body)
        lead.sale_order_ids.order_line.price_unit = 2000
        self.settle()
        self.assertEqual(commission.amount, 200 - 30.01)
        for amount, reason in ((0, "x"), (0.001, "x")):
            with self.assertRefused(UserError, "zero"):
                commission.action_adjust(amount, reason)
        for reason in ("", " ", 5, True):
            with self.assertRefused(UserError, "reason"):
                commission.action_adjust(5, reason)
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                commission.with_user(user).action_adjust(5, "x")

    def test_by_hand_is_a_number(self):
        commission = self.win(self.truck).commission_ids.with_user(self.manager)
        for amount in (math.nan, math.inf, 1e300, "much", [1]):
            with self.subTest(amount), self.assertRefused(ValidationError, "number"):
                commission.action_adjust(amount, "Bonus")

    def test_cancelled_by_hand(self):
        commission = self.win(self.truck).commission_ids.with_user(self.manager)
        commission.action_approve()
        with self.assertRaises(AccessError):
            commission.with_user(self.agent).action_cancel("x")
        context = commission.action_cancel()["context"]
        wizards = self.env["dealer.crm.commission.decide"].with_user(self.manager)
        wizards.with_context(**context).create({"reason": "Fraud"}).action_confirm()
        self.assertEqual(
            self.granted(commission), [(100, "approved", "won"), (-100, "draft", "cancelled")]
        )
        self.assertIn("Fraud", commission.message_ids[0].body)
        context = commission.action_restore()["context"]
        wizards.with_context(**context).create({"reason": "No"}).action_confirm()
        self.assertEqual(self.granted(commission), [(100, "approved", "won")])

    def test_a_draft_that_was_replaced(self):
        lead = self.win(self.truck)
        entry = lead.commission_ids.entry_ids.with_user(self.manager)
        lead.sale_order_ids.order_line.price_unit = 2000
        for decide in (entry.action_approve, entry.action_refuse):
            with self.assertRefused(UserError, "replaced", "Reload"):
                decide()
        self.settle()
        for decide in (entry.action_approve, entry.action_refuse, entry.action_back_to_draft):
            with self.assertRefused(UserError, "replaced", "Reload"):
                decide()
        with self.assertRaises(AccessError):
            entry.with_user(self.agent).action_approve()

    def test_rights(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        for records in (commission, commission.entry_ids):
            for user in (self.agent, self.manager, self.admin):
                self.assertTrue(records.with_user(user).read(["amount"]))
                with self.assertRaises(AccessError):
                    records.with_user(user).write({"is_stale": False, "state": "paid"})
            for user in (self.agent, self.manager):
                with self.assertRaises(AccessError):
                    records.with_user(user).unlink()
        lead.user_id = self.other_agent
        for records in (commission, commission.entry_ids):
            for user in (self.agent, *self.outsiders):
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["amount"])
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.env.cr.execute(
            "UPDATE dealer_crm_commission SET company_id = %s WHERE id = %s",
            [company.id, commission.id],
        )
        self.env.invalidate_all()
        for records in (commission, commission.entry_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.manager).read(["amount"])
