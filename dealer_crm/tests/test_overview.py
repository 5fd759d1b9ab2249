from datetime import timedelta
from random import Random

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.dealer_crm_lead_overview import SALE_STEPS, TREND_DAYS
from .common import DealerCase

#: a limit of the spec
QUERIES = 12


class OverviewCase(DealerCase):
    def setUp(self):
        super().setUp()
        self.Stage.search([]).rotting_threshold_days = 0

    def count(self, user=None):
        self.env.flush_all()
        return self.Lead.with_user(user or self.manager).get_overview()["tiles"]

    def shift(self, lead, **days):
        """Set date fields of ``lead`` to so many days before now."""
        self.env.flush_all()
        now = fields.Datetime.now()
        lead._write({name: now - timedelta(days=number) for name, number in days.items()})
        lead.invalidate_recordset()
        lead.modified(["date_won", "date_lost"])


@tagged("post_install", "-at_install")
class TestOverview(OverviewCase):
    def test_waiting(self):
        self.env.company.dealer_first_contact_minutes = 30
        for arrival, deadline in ((1, 0.5), (1, -1), (20, 19), (20, -1)):
            lead = self.make_lead()
            self.shift(lead, create_date=arrival, first_contact_deadline=deadline)
        done = self.make_lead()
        self.shift(done, first_contact_deadline=1, date_first_contact=1)
        lost = self.make_lead(self.lost)
        self.shift(lost, first_contact_deadline=1)
        tiles = self.count()
        self.assertEqual(tiles["call"], {"count": 2, "recent": 1})
        self.assertEqual(tiles["waiting"], {"count": 4, "recent": 2})

    def test_rotting(self):
        """The same leads as Odoo marks one by one."""
        self.new.rotting_threshold_days = 3
        self.qualified.rotting_threshold_days = 20
        self.lost.rotting_threshold_days = 1
        draw = Random(7)
        leads = self.Lead.browse()
        for number in range(30):
            lead = self.make_lead(
                [self.new, self.qualified, self.negotiation, self.lost][number % 4]
            )
            self.shift(lead, date_last_stage_update=draw.randint(0, 60) + 0.5)
            leads |= lead
        self.env.flush_all()
        marked = leads.filtered("is_rotting")
        self.assertEqual(self.Lead.search([("is_rotting", "=", True)]), marked.sorted())
        self.assertEqual(self.Lead.search([("is_rotting", "=", False)]), (leads - marked).sorted())
        self.assertFalse(marked & leads.filtered(lambda lead: lead.won_status == "lost"))
        new = marked.filtered(
            lambda lead: (
                lead.date_last_stage_update + timedelta(days=lead.stage_id.rotting_threshold_days)
                >= fields.Datetime.now() - timedelta(days=TREND_DAYS)
            )
        )
        self.assertTrue(0 < len(new) < len(marked))
        for lead in leads:
            rest = (fields.Datetime.now() - lead.date_last_stage_update).days
            self.assertEqual(lead.rotting_days, rest if lead in marked else 0)
        self.assertEqual(self.count()["rotting"], {"count": len(marked), "recent": len(new)})

    def make_sales(self):
        """Leads with orders of every kind, two orders of some; the leads."""
        goods = self.make_product()
        self.env["stock.quant"]._update_available_quantity(
            goods, self.env.ref("stock.warehouse0").lot_stock_id, 6
        )
        service = self.make_product(type="service", is_storable=False)
        leads = self.Lead.browse()

        def lead(*orders, **vals):
            nonlocal leads
            made = self.make_lead(self.negotiation, **vals)
            leads |= made
            return [self.make_order(made, *args, **kwargs) for args, kwargs in orders]

        lead()
        lead(((service,), {"confirm": False}))
        lead(((service,), {"confirm": False}))[0].action_cancel()
        lead(((service,), {}))
        lead(((service,), {"quantity": 0}))
        lead(((goods,), {}))  # in stock
        lead(((goods, 99), {}))  # not in stock
        lead(((goods,), {}), ((goods, 99), {}))
        lead(((goods,), {}), ((service,), {"confirm": False}))
        lead(((service,), {}), ((service,), {"quantity": 0}))
        [order] = lead(((goods,), {}))
        self.deliver(order.picking_ids)
        [order] = lead(((goods, 2), {}))
        order.picking_ids.action_cancel()
        [order] = lead(((goods, 2), {}))
        self.deliver(order.picking_ids, quantity=1)
        [order] = lead(((service,), {}))
        order.order_line.is_downpayment = True
        [order] = lead(((service,), {}))
        order.order_line.price_unit = -5
        [order] = lead(((service,), {}))
        order.write({"order_line": [Command.create({"display_type": "line_note", "name": "x"})]})
        [order] = lead(((service,), {}))
        order.order_line.extra_tax_data = {"computation_key": "global_discount,1"}
        lead(((service,), {}), kanban_state="blocked")
        lead(((goods, 99), {}), kanban_state="blocked")
        lead(kanban_state="blocked")
        self.lose(leads[-1:].copy())
        return leads

    def test_sales(self):
        """The search finds what the form says of each lead, one by one."""
        leads = self.make_sales()
        self.env.flush_all()
        self.env.invalidate_all()
        for step in SALE_STEPS:
            same = leads.filtered(lambda lead, step=step: lead.sale_step == step)
            self.assertEqual(self.Lead.search([("sale_step", "=", step)], order="id"), same)
            self.assertTrue(same, step)
        without = leads.filtered(lambda lead: not lead.sale_step)
        self.assertEqual(
            self.Lead.search(
                [("sale_step", "=", False), ("won_status", "=", "pending")], order="id"
            ),
            without,
        )
        ready = leads.filtered("is_ready_to_win")
        self.assertEqual(ready, leads.filtered(lambda lead: lead.sale_step == "ready"))
        tiles = self.count()
        self.assertEqual(tiles["ready"], {"count": len(ready), "recent": len(ready)})
        held = leads.filtered(
            lambda lead: (
                lead.kanban_state == "blocked" or (lead.sale_step and lead.sale_step != "ready")
            )
        )
        self.assertEqual(tiles["blocked"]["count"], len(held))
        parts = dict(tiles["blocked"]["parts"])
        self.assertEqual(parts.pop("marked"), 3)
        for step, count in parts.items():
            self.assertEqual(count, self.Lead.search_count([("sale_step", "=", step)]))

    def test_unassigned_and_flow(self):
        for days in (1, 8, 30):
            lead = self.make_lead(user_id=False)
            self.shift(lead, create_date=days)
        won, lost = self.make_lead(self.won), self.make_lead(self.lost)
        self.shift(won, create_date=40, date_won=9)
        self.shift(lost, create_date=40, date_lost=2)
        tiles = self.count()
        self.assertEqual(tiles["unassigned"], {"count": 3, "recent": 1})
        self.assertEqual(tiles["arrived"], {"count": 1, "before": 1})
        self.assertEqual(tiles["won"], {"count": 0, "before": 1})
        self.assertEqual(tiles["lost"], {"count": 1, "before": 0})

    def test_uninformed(self):
        connection = self.env["dealer.crm.bpo.connection"].search([], limit=1)
        connection = connection or self.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "url": "https://bpo.example.com/",
                "database": "bpo",
                "login": "dealer",
                "api_key": "key",
                "user_id": self.admin.id,
            }
        )
        first, second = self.endorse(self.make_lead() | self.make_lead())
        self.lose(first | second)
        self.assertEqual(self.count()["uninformed"], {"count": 2, "recent": 2})
        second.callback_ids._write_unchecked({"state": "delivered"})
        self.assertEqual(self.count()["uninformed"], {"count": 1, "recent": 1})

    def test_rights(self):
        """An agent gets what an agent may read, a manager what the chosen companies have."""
        self.make_lead(user_id=False)
        self.make_lead(user_id=self.other_agent.id)
        branch = self.env["res.company"].create({"name": "Branch"})
        self.manager.company_ids |= branch
        self.make_lead(user_id=False, team_id=False, company_id=branch.id)
        self.assertEqual(self.count(self.agent)["arrived"]["count"], 1)
        self.assertEqual(self.count(self.other_agent)["arrived"]["count"], 2)
        manager = self.Lead.with_user(self.manager)
        for companies, count in (
            (self.env.company, 2),
            (branch, 1),
            (branch | self.env.company, 3),
        ):
            chosen = manager.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(chosen.get_overview()["tiles"]["arrived"]["count"], count)
        for user in self.outsiders | self.intake:
            with self.assertRaises(AccessError):
                self.count(user)

    def test_queries(self):
        self.make_sales()
        manager = self.Lead.with_user(self.manager)
        manager.get_overview()
        self.assertLessEqual(self.cost(manager.get_overview), QUERIES)
