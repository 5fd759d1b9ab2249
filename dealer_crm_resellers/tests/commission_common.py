"""What the tests of commissions share."""

from odoo.fields import Command

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

    def settle(self):
        """Reconcile what has changed, as before a commit."""
        self.env.cr.flush()

    def granted(self, commission):
        """(amount, state, reason) of each entry of a deal, oldest first."""
        self.settle()
        return [
            (entry.amount, entry.state, entry.reason) for entry in commission.entry_ids.sorted("id")
        ]

    def amounts(self, lead):
        self.settle()
        return lead.commission_ids.entry_ids.sorted("id").mapped("amount")

    def win(self, *products, **options):
        lead = self.make_sale(*products, **options)
        lead.action_mark_won()
        return lead


class BillCase(CommissionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.commission_product_id.supplier_taxes_id = False

    def pay(self, bill):
        if bill.state == "draft":
            bill.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()

    def undo_payments(self, move):
        payments = (
            move.matched_payment_ids
            | move.line_ids.matched_debit_ids.debit_move_id.payment_id
            | move.line_ids.matched_credit_ids.credit_move_id.payment_id
        )
        payments.action_draft()
        payments.action_cancel()

    def reverse(self, move):
        """Credit the whole invoice or bill, as its button Credit Note does."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id})
        )
        return self.env["account.move"].browse(wizard.refund_moves()["res_id"])

    def bill(self, commissions):
        """Approve and bill what is due on these deals; return the bills."""
        commissions.action_approve()
        commissions.action_create_bills()
        return self.get_bills(commissions)

    def get_bills(self, commissions):
        return commissions.entry_ids.bill_line_id.move_id

    def states(self, commissions):
        self.settle()
        return commissions.entry_ids.sorted("id").mapped("state")
