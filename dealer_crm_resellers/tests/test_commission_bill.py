from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .commission_common import BillCase


@tagged("post_install", "-at_install")
class TestCommissionBill(BillCase):
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
        managers.action_create_bills()
        bills = self.get_bills(commissions)
        self.assertFalse(self.get_bills(draft))
        self.assertEqual(
            {(bill.partner_id, bill.move_type, bill.state, bill.amount_total) for bill in bills},
            {
                (self.reseller, "in_invoice", "draft", 150),
                (other, "in_invoice", "draft", 100),
            },
        )
        for commission in commissions:
            line = commission.entry_ids.bill_line_id
            self.assertEqual(line.price_subtotal, commission.amount)
            self.assertIn(commission.order_id.name, line.name)
            lead = commission.lead_id
            self.assertIn(f"({lead.contact_name}, {lead.name})", line.name)
        self.assertEqual(self.states(commissions), ["billed"] * 3)
        with self.assertRefused(UserError, "unbilled"):
            commissions.with_user(self.manager).action_create_bills()
        with self.assertRaises(AccessError):
            commissions.with_user(self.agent).action_create_bills()
        self.assertEqual(commissions[0].action_open_bill()["res_id"], bills[0].id)

    def test_product_account_and_taxes(self):
        tax = self.env["account.tax"].create(
            {"name": "VAT 20", "amount": 20, "type_tax_use": "purchase"}
        )
        account = self.env["account.account"].create(
            {"name": "Commissions", "code": "626XX", "account_type": "expense"}
        )
        self.plan.commission_product_id = self.make_product(
            type="service",
            supplier_taxes_id=[Command.set(tax.ids)],
            property_account_expense_id=account.id,
        )
        bill = self.bill(self.win(self.truck).commission_ids)
        self.assertRecordValues(
            bill.invoice_line_ids,
            [
                {
                    "product_id": self.plan.commission_product_id.id,
                    "account_id": account.id,
                    "tax_ids": tax.ids,
                    "price_unit": 100,
                    "quantity": 1,
                }
            ],
        )
        self.assertEqual(bill.amount_total, 120)

    def test_a_negative_sum_is_a_credit_note(self):
        lead, other = self.win(self.truck), self.win(self.car)
        bill = self.bill(lead.commission_ids)
        self.pay(bill)
        lead.sale_order_ids._action_cancel()
        self.settle()
        commissions = (lead | other).commission_ids
        commissions.action_approve()
        commissions.action_create_bills()
        refund = self.get_bills(commissions) - bill
        self.assertRecordValues(
            refund, [{"move_type": "in_refund", "state": "draft", "amount_total": 50}]
        )
        self.assertEqual(sorted(refund.invoice_line_ids.mapped("price_unit")), [-50, 100])
        self.pay(refund)
        self.assertEqual(set(self.states(commissions)), {"paid"})

    def test_zero_settles_without_a_document(self):
        lead, other = self.win(self.truck), self.win(self.truck)
        bill = self.bill(lead.commission_ids)
        lead.sale_order_ids._action_cancel()
        self.settle()
        commissions = (lead | other).commission_ids
        commissions.action_approve()
        action = commissions.with_user(self.manager).action_create_bills()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(self.get_bills(commissions), bill)
        self.assertEqual(self.states(lead.commission_ids), ["billed", "paid"])
        self.assertEqual(self.states(other.commission_ids), ["paid"])
        self.assertIn("zero", other.commission_ids.message_ids[0].body)

    def test_states_follow_the_bill(self):
        commission = self.win(self.truck).commission_ids
        bill = self.bill(commission)
        self.assertEqual(self.states(commission), ["billed"])
        self.pay(bill)
        self.assertIn(bill.payment_state, ("in_payment", "paid"))
        self.assertEqual(self.states(commission), ["paid"])
        bill.button_draft()
        self.assertEqual(self.states(commission), ["billed"])
        bill.action_post()
        self.assertEqual(self.states(commission), ["paid"])
        self.undo_payments(bill)
        self.assertEqual(bill.payment_state, "not_paid")
        self.assertEqual(self.states(commission), ["billed"])
        bill.button_draft()
        self.assertEqual(self.states(commission), ["billed"])
        bill.invoice_line_ids.unlink()
        self.assertEqual(self.states(commission), ["approved"])

    def test_a_reversed_bill_is_made_anew(self):
        commission = self.win(self.truck).commission_ids
        first = self.bill(commission)
        first.action_post()
        credit = self.reverse(first)
        credit.action_post()
        self.assertEqual(first.payment_state, "reversed")
        self.assertEqual(self.states(commission), ["approved"])
        credit.line_ids.remove_move_reconcile()
        self.assertEqual(self.states(commission), ["billed"])
        with self.assertRefused(UserError, "unbilled"):
            commission.action_create_bills()
        (first.line_ids | credit.line_ids).filtered(
            lambda line: line.account_id.account_type == "liability_payable"
        ).reconcile()
        self.assertEqual(self.states(commission), ["approved"])
        commission.action_create_bills()
        second = self.get_bills(commission)
        self.assertNotEqual(second, first)
        with self.assertRefused(UserError, commission.order_id.name, "Cancel"):
            credit.line_ids.remove_move_reconcile()
        self.pay(second)
        self.assertEqual(self.states(commission), ["paid"])

    def test_a_bill_that_replaces_a_reversed_one(self):
        """Odoo's button Reverse and Create Invoice: its copy pays the same entries."""
        commissions = (self.win(self.truck) | self.win(self.car)).commission_ids
        bill = self.bill(commissions)
        bill.action_post()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": bill.journal_id.id})
        )
        copy = self.env["account.move"].browse(wizard.modify_moves()["res_id"])
        self.assertEqual(bill.payment_state, "reversed")
        self.assertEqual(self.states(commissions), ["billed"] * 2)
        self.assertEqual(self.get_bills(commissions), copy)
        for entry in commissions.entry_ids:
            self.assertEqual(entry.bill_line_id.price_subtotal, entry.amount)
        with self.assertRefused(UserError, "unbilled"):
            commissions.action_create_bills()

    def test_a_changed_order_leaves_its_bills(self):
        """What is on a bill stays there; the next one takes it back."""
        lead, other = self.win(self.truck), self.win(self.car)
        bill = self.bill((lead | other).commission_ids)
        lead.sale_order_ids._action_cancel()
        self.assertEqual(
            self.granted(lead.commission_ids),
            [(100, "billed", "won"), (-100, "draft", "cancelled")],
        )
        self.assertEqual((bill.state, bill.amount_total), ("draft", 150))

    def test_a_cancelled_or_deleted_bill_is_made_anew(self):
        commission = self.win(self.truck).commission_ids
        first = self.bill(commission)
        first.button_cancel()
        self.assertEqual(self.states(commission), ["approved"])
        commission.action_create_bills()
        second = self.get_bills(commission)
        self.assertNotEqual(second, first)
        second.unlink()
        self.assertEqual(self.states(commission), ["approved"])
        commission.action_create_bills()
        self.assertEqual(self.get_bills(commission).amount_total, 100)

    def test_a_bill_pays_what_was_granted(self):
        """Another amount on the line of a commission is refused; other lines are free."""
        commissions = (self.win(self.truck) | self.win(self.car)).commission_ids
        bill = self.bill(commissions)
        line = commissions[0].entry_ids.bill_line_id
        order = commissions[0].order_id.name
        foreign = self.env.ref("base.CHF")
        for vals in ({"price_unit": 1}, {"quantity": 2}, {"discount": 10}):
            with self.subTest(vals), self.env.cr.savepoint() as point:
                line.write(vals)
                for post in (bill.action_post, lambda: bill.write({"state": "posted"})):
                    with self.assertRefused(
                        UserError, bill.display_name, order, "100.00", "by hand"
                    ):
                        post()
                point.rollback()
                self.env.invalidate_all()
        with self.assertRefused(UserError, "CHF"):
            foreign.active = True
            bill.currency_id = foreign
            bill.action_post()
        bill.invoice_line_ids = [Command.create({"name": "Travel", "price_unit": 7})]
        self.pay(bill)
        self.assertEqual(set(self.states(commissions)), {"paid"})
        commissions[0].order_id._action_cancel()
        self.settle()
        refund = self.bill(commissions[0]) - bill
        refund.invoice_line_ids.price_unit = 1
        with self.assertRefused(UserError, refund.display_name, order):
            refund.action_post()
        refund.invoice_line_ids.price_unit = 100
        refund.action_post()

    def test_a_tax_in_the_price(self):
        """The commission is what the line is without taxes."""
        self.plan.commission_product_id.supplier_taxes_id = self.env["account.tax"].create(
            {
                "name": "VAT 20",
                "amount": 20,
                "type_tax_use": "purchase",
                "price_include_override": "tax_included",
            }
        )
        bill = self.bill(self.win(self.truck).commission_ids)
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (100, 120))
        bill.action_post()

    def test_deleted_with_its_order_or_lead(self):
        """A deal without decided entries goes along; a decided one prevents it."""
        leads = self.win(self.truck) | self.win(self.car) | self.win(self.truck)
        decided, *others = leads
        decided.commission_ids.action_approve()
        for lead in leads:
            lead.action_reopen("Wrong")
            lead.sale_order_ids._action_cancel()
        self.settle()
        others[0].commission_ids.with_user(self.manager).action_adjust(5, "Bonus")
        order = decided.sale_order_ids
        for record in (order, decided):
            with self.assertRefused(UserError, order.name, "approved", "archive"):
                record.unlink()
        others[0].sale_order_ids.unlink()
        others[1].unlink()
        self.assertEqual(leads.exists(), decided | others[0])
        self.assertEqual(leads.exists().commission_ids, decided.commission_ids)

    def test_merged_resellers_of_one_order(self):
        lead = self.win(self.truck)
        order, other = lead.sale_order_ids, self.make_reseller("Other")
        lead.action_reopen("Wrong")
        lead.assign_partner(other)
        lead.action_mark_won()
        self.assertEqual(len(lead.commission_ids), 2)
        resellers = self.reseller | other
        with self.assertRefused(UserError, order.name, "Archive"):
            self.env["base.partner.merge.automatic.wizard"]._merge(resellers.ids, other)

    def test_one_live_bill(self):
        """A cancelled bill cannot be reopened beside the one that replaced it."""
        commission = self.win(self.truck).commission_ids
        first = self.bill(commission)
        first.button_cancel()
        commission.action_create_bills()
        second = self.get_bills(commission)
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
        self.assertEqual(self.get_bills(commission), first)
        with self.assertRefused(UserError, "unbilled"):
            commission.action_create_bills()
        with self.assertRefused(UserError, first.display_name):
            second.button_draft()
        self.pay(first)
        self.assertEqual(self.states(commission), ["paid"])

    def test_who_reads_no_bills_reads_commissions(self):
        """A manager without rights in accounting sees a bill's name, status and amount."""
        manager = new_test_user(
            self.env, "no-accountant", "dealer_crm.group_dealer_manager", company_id=self.company.id
        )
        commission = self.win(self.truck).commission_ids
        self.assertFalse(commission.entry_ids.bill_name)
        self.bill(commission).button_cancel()
        action = commission.with_user(manager).action_create_bills()
        bill = self.get_bills(commission)
        self.assertFalse(bill.with_user(manager).has_access("read"))
        self.assertIn(bill.display_name, action["params"]["message"])
        for user in (self.agent, manager):
            self.assertTrue(commission.with_user(user).read())
            [values] = commission.entry_ids.with_user(user).read()
            self.assertEqual(
                (values["bill_name"], values["bill_state"], values["bill_amount"]),
                (bill.display_name, "Draft", 100),
            )

    def test_deals_with_drafts_may_go(self):
        lead = self.win(self.truck)
        commission = lead.commission_ids
        with self.assertRaises(AccessError):
            commission.with_user(self.manager).unlink()
        with self.assertRefused(UserError, lead.sale_order_ids.name, "Cancel the commission"):
            commission.with_user(self.admin).unlink()
        lead.action_reopen("Wrong")
        commission.with_user(self.admin).unlink()
        self.assertFalse(commission.exists())
