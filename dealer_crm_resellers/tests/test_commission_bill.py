from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_commission import CommissionCase


@tagged("post_install", "-at_install")
class TestCommissionBill(CommissionCase):
    def pay(self, bill):
        bill.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()

    def test_approve(self):
        commission = self.win(self.truck).commission_ids
        for user in (self.agent, *self.outsiders):
            with self.assertRaises(AccessError):
                commission.with_user(user).action_approve()
        commission.with_user(self.manager).action_approve()
        self.assertEqual(commission.state, "approved")
        with self.assertRefused(UserError, commission.order_id.name, "not a draft"):
            commission.with_user(self.manager).action_approve()
        with self.assertRefused(UserError, commission.order_id.name):
            commission.unlink()

    def test_one_draft_bill_for_each_partner(self):
        other = self.make_reseller("Other")
        commissions = (
            self.win(self.truck) | self.win(self.car) | self.win(self.truck, partner=other)
        ).commission_ids
        draft = self.win(self.truck).commission_ids
        managers = (commissions | draft).with_user(self.manager)
        with self.assertRefused(UserError, "approved"):
            managers.action_create_bills()
        commissions.with_user(self.manager).action_approve()
        action = managers.action_create_bills()
        bills = self.env["account.move"].search(action["domain"])
        self.assertEqual(bills, commissions.bill_id)
        self.assertFalse(draft.bill_id)
        self.assertEqual(
            {(bill.partner_id, bill.move_type, bill.state, bill.amount_total) for bill in bills},
            {
                (self.reseller, "in_invoice", "draft", 150),
                (other, "in_invoice", "draft", 100),
            },
        )
        for commission in commissions:
            self.assertEqual(commission.bill_line_id.price_subtotal, commission.amount)
            self.assertIn(commission.order_id.name, commission.bill_line_id.name)
        with self.assertRefused(UserError, "unbilled"):
            commissions.with_user(self.manager).action_create_bills()
        with self.assertRaises(AccessError):
            commissions.with_user(self.agent).action_create_bills()
        self.assertEqual(commissions[0].action_open_bill()["res_id"], commissions[0].bill_id.id)

    def test_paid_follows_the_bill(self):
        commission = self.win(self.truck).commission_ids
        commission.action_approve()
        commission.action_create_bills()
        self.pay(commission.bill_id)
        self.assertIn(commission.bill_id.payment_state, ("in_payment", "paid"))
        self.assertEqual(commission.state, "paid")
        payments = (
            commission.bill_id.matched_payment_ids
            | commission.bill_id.line_ids.matched_debit_ids.debit_move_id.payment_id
        )
        payments.action_draft()
        payments.action_cancel()
        self.assertEqual(commission.bill_id.payment_state, "not_paid")
        self.assertEqual(commission.state, "approved")

    def test_cancelled_order_leaves_the_draft_bill(self):
        lead, other = self.win(self.truck), self.win(self.car)
        commissions = (lead | other).commission_ids
        commissions.action_approve()
        commissions.action_create_bills()
        bill = commissions.bill_id
        lead.sale_order_ids._action_cancel()
        self.assertEqual(lead.commission_ids.state, "cancelled")
        self.assertEqual(bill.amount_total, 50)
        other.sale_order_ids._action_cancel()
        self.assertEqual(bill.state, "cancel")

    def test_cancelled_order_with_a_posted_bill(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        commission.action_approve()
        commission.action_create_bills()
        bill = commission.bill_id
        bill.action_post()
        lead.sale_order_ids._action_cancel()
        self.assertEqual(commission.state, "approved")
        self.assertIn(bill.name, commission.message_ids[0].body)
        self.assertIn("reverse", commission.message_ids[0].body)
        self.assertEqual(bill.state, "posted")

    def test_a_cancelled_or_deleted_bill_is_made_anew(self):
        commission = self.win(self.truck).commission_ids
        commission.action_approve()
        commission.action_create_bills()
        first = commission.bill_id
        first.button_cancel()
        commission.action_create_bills()
        self.assertNotEqual(commission.bill_id, first)
        commission.bill_id.unlink()
        commission.action_create_bills()
        self.assertEqual(commission.bill_id.amount_total, 100)

    def test_one_live_bill(self):
        """A cancelled bill cannot be reopened beside the one that replaced it."""
        commission = self.win(self.truck).commission_ids
        commission.action_approve()
        commission.action_create_bills()
        first = commission.bill_id
        first.button_cancel()
        commission.action_create_bills()
        second = commission.bill_id
        for revive in (
            first.button_draft,
            lambda: first.write({"state": "posted"}),
        ):
            with self.assertRefused(UserError, commission.order_id.name, "Cancel"):
                revive()
        self.assertEqual(first.state, "cancel")
        second.button_cancel()
        with self.assertRefused(UserError, commission.order_id.name):
            (first | second).button_draft()
        first.button_draft()
        self.assertEqual(commission.bill_id, first)
        with self.assertRefused(UserError, "unbilled"):
            commission.action_create_bills()
        with self.assertRefused(UserError, first.display_name):
            second.button_draft()
        self.pay(first)
        self.assertEqual(commission.state, "paid")

    def test_a_cancelled_commission_leaves_all_its_bills(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        commission.action_approve()
        commission.action_create_bills()
        first = commission.bill_id
        first.button_cancel()
        commission.action_create_bills()
        lead.sale_order_ids._action_cancel()
        self.assertEqual(commission.state, "cancelled")
        first.button_draft()
        self.assertFalse(first.invoice_line_ids)

    def test_who_reads_no_bills_reads_commissions(self):
        commission = self.win(self.truck).commission_ids
        commission.action_approve()
        commission.action_create_bills()
        commission.bill_id.button_cancel()
        commission.action_create_bills()
        for user in (self.agent, self.manager):
            self.assertTrue(commission.with_user(user).read())

    def test_rights(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        for records in (commission, commission.line_ids):
            for user in (self.agent, self.manager, self.admin):
                self.assertTrue(records.with_user(user).read(["amount"]))
                with self.assertRaises(AccessError):
                    records.with_user(user).write({"amount": 1})
            for user in (self.agent, self.manager):
                with self.assertRaises(AccessError):
                    records.with_user(user).unlink()
        lead.user_id = self.other_agent
        for records in (commission, commission.line_ids):
            for user in (self.agent, *self.outsiders):
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["amount"])
        company = self.env["res.company"].create({"name": "Second Dealer"})
        self.env.cr.execute(
            "UPDATE dealer_crm_commission SET company_id = %s WHERE id = %s",
            [company.id, commission.id],
        )
        self.env.invalidate_all()
        for records in (commission, commission.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.manager).read(["amount"])
