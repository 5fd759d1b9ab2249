from odoo.tests import tagged

from .commission_common import CommissionCase

FEW, MANY = 2, 12


@tagged("post_install", "-at_install")
class TestCommissionQueries(CommissionCase):
    """More deals need no more queries, but for the ORM's batches."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.truck.invoice_policy = "order"
        cls.plan.basis = "paid"

    def make_deals(self, count, won=True):
        leads = self.Lead.union(*(self.make_sale(self.truck, self.car) for _each in range(count)))
        if won:
            leads.action_mark_won()
        return leads

    def compare(self, prepare, act, each=0):
        """``act`` on many records of ``prepare`` needs at most ``each`` queries more for one more."""
        # The first run of all fills the caches of the registry.
        act(prepare(FEW))
        costs = []
        for count in (FEW, MANY):
            # Records as a request has them, which fetch each other.
            records = prepare(count)
            records = records.browse(records.ids)
            costs.append(self.cost(lambda records=records: act(records)))
        self.assertLessEqual(costs[1] - costs[0], each * (MANY - FEW))

    def test_wins(self):
        def prepare(count):
            self.plan.basis = "won"
            return self.make_deals(count, won=False)

        self.compare(prepare, lambda leads: leads.action_mark_won())

    def test_wins_of_invoiced_orders(self):
        def prepare(count):
            leads = self.make_deals(count, won=False)
            leads.sale_order_ids._create_invoices().action_post()
            return leads

        self.compare(prepare, lambda leads: leads.action_mark_won())

    def test_reconcile(self):
        """Nothing has changed: what the nightly run does most."""

        def prepare(count):
            leads = self.make_deals(count)
            leads.sale_order_ids._create_invoices().action_post()
            return leads.commission_ids

        self.compare(prepare, lambda commissions: commissions._reconcile())

    def test_approve(self):
        def prepare(count):
            self.plan.basis = "won"
            return self.make_deals(count).commission_ids.with_user(self.manager)

        # A note in the chatter of each deal.
        self.compare(prepare, lambda commissions: commissions.action_approve(), each=1)

    def test_list(self):
        self.plan.basis = "won"
        arch = self.env["dealer.crm.commission.entry"].get_views([(False, "list")])
        names = [*arch["models"]["dealer.crm.commission.entry"]["fields"]]
        names = [name for name in names if f'name="{name}"' in arch["views"]["list"]["arch"]]

        def act(entries):
            entries.web_read({name: {} for name in names})

        self.compare(
            lambda count: self.make_deals(count).commission_ids.entry_ids.with_user(self.manager),
            act,
        )
