"""Queries of the hot paths, compared with Odoo's own CRM.

Measured on Odoo 19.0 in one database with ``crm``, warm, by a salesperson who sees own and
unassigned records; leads with a customer, a number and a tag, and the fields that each board asks
for. Where ``crm`` is installed beside it, as in ``make test``, both are measured anew.

=============================================  ========  ===========
queries of                                     crm.lead  dealer lead
=============================================  ========  ===========
a drag of a card (``web_save`` of its stage)   28        10
a load of the board, 96 cards                  17        16
a thousand leads lost, with their tracking     –         39
a thousand leads created                       –         34
a thousand endorsed leads more than others     –         8
=============================================  ========  ===========
"""

from lxml import etree

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.dealer_crm_lead_card import ACTIVITY_FIELDS
from .common import DealerCase

CRM_DRAG = 28
DRAG = 9
CRM_BOARD = 17
RELATIONAL = ("many2one", "many2many", "one2many")


class QueryCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dealer.crm.bpo.connection"].search([]).active = False
        cls.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "url": "https://bpo.example.com/",
                "database": "bpo",
                "login": "dealer",
                "api_key": "key",
                "user_id": cls.admin.id,
            }
        )

    def specification(self, model):
        """The fields that the browser reads for the board."""
        arch = etree.fromstring(model.get_views([(False, "kanban")])["views"]["kanban"]["arch"])
        types = {name: field["type"] for name, field in model.fields_get().items()}
        shown = {node.get("name") for node in arch.iter("field") if node.get("invisible") != "1"}
        specification = {}
        for name in (node.get("name") for node in arch.iter("field")):
            specification[name] = {}
            if types[name] in RELATIONAL:
                # Of what is never shown the browser only reads the id.
                specification[name]["fields"] = {"display_name": {}} if name in shown else {}
        specification |= {name: {} for name in ACTIVITY_FIELDS}
        return specification

    def make_crm_leads(self, count):
        """Opportunities like our leads, over all columns, and the columns; None without ``crm``."""
        if "crm.lead" not in self.env:
            return None, None
        stages = self.env["crm.stage"].search([("is_won", "=", False)], limit=3)
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": f"Opportunity {number}",
                    "type": "opportunity",
                    "user_id": self.agent.id,
                    "stage_id": stages[number % len(stages)].id,
                    **values,
                }
                for number, values in enumerate(self.make_values(count))
            ]
        )
        return leads, stages

    def make_values(self, count):
        """Values for leads of both kinds, each with a customer."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"Customer {number}", "phone": f"+1650555{number:04}"}
                for number in range(count)
            ]
        )
        return [
            {"partner_id": partner.id, "tag_ids": [Command.link(self.tag.id)]}
            for partner in partners
        ]

    def make_leads(self, count):
        stages = (self.new, self.qualified, self.negotiation)
        return self.Lead.create(
            [
                {
                    "user_id": self.agent.id,
                    "stage_id": stages[number % len(stages)].id,
                    **values,
                }
                for number, values in enumerate(self.make_values(count))
            ]
        )


@tagged("post_install", "-at_install")
class TestBoardCost(QueryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["crm.tag"].create({"name": "Tag of the tests"})

    def drag(self, lead, stage):
        # The browser keeps the mark of a card that it moves.
        specification = self.specification(lead)
        specification.pop("has_duplicate", None)
        # As in a request, which names the companies.
        lead = lead.with_context(allowed_company_ids=self.env.companies.ids)
        return self.cost(lambda: lead.web_save({"stage_id": stage.id}, specification))

    def load_board(self, model, domain, measure):
        """The two calls that the browser makes to show the board."""
        specification = self.specification(model)
        model = model.with_context(read_group_expand=True)

        def load():
            self.board = model.web_read_group(
                domain,
                ["stage_id"],
                [f"{measure}:sum"],
                auto_unfold=True,
                unfold_read_specification=specification,
                unfold_read_default_limit=80,
            )
            self.bar = model.read_progress_bar(
                domain,
                "stage_id",
                {"field": "activity_state", "colors": {"planned": "x", "today": "y"}},
            )

        load()
        return self.cost(load)

    def test_drag(self):
        """No more queries than in Odoo's own CRM."""
        self.drag(self.make_leads(1).with_user(self.agent), self.qualified)
        cost = self.drag(self.make_leads(1).with_user(self.agent), self.qualified)
        crm, stages = self.make_crm_leads(4)
        limit = CRM_DRAG
        if crm:
            self.drag(crm[0].with_user(self.agent), stages[1])
            limit = self.drag(crm[3].with_user(self.agent), stages[1])
        self.assertLessEqual(cost, limit)
        self.assertLessEqual(cost, DRAG)

    def test_drag_among_many(self):
        """Other cards in the column add no queries."""
        leads = self.make_leads(1).with_user(self.agent)
        self.drag(leads, self.qualified)
        few = self.drag(self.make_leads(1).with_user(self.agent), self.qualified)
        many = self.drag(self.make_leads(60)[:1].with_user(self.agent), self.qualified)
        self.assertEqual(many, few)

    def test_board(self):
        leads = self.Lead.with_user(self.agent)
        self.make_leads(6)
        few = self.load_board(leads, [], "expected_price")
        self.make_leads(90)
        many = self.load_board(leads, [], "expected_price")
        self.assertEqual(
            [len(group["__records"]) for group in self.board["groups"] if "__records" in group],
            [32, 32, 32, 0],
        )
        crm, _stages = self.make_crm_leads(96)
        limit = CRM_BOARD
        if crm:
            limit = self.load_board(
                crm.browse().with_user(self.agent),
                [("id", "in", crm.ids)],
                "expected_revenue",
            )
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, limit)

    def test_next_steps(self):
        """The next steps of 80 cards take as many queries as those of 4, whatever they wait for."""
        product = self.make_product()
        service = self.make_product(type="service", is_storable=False)
        leads = self.make_leads(80)
        mine = leads.with_user(self.agent)
        names = ["next_step", "is_ready_to_win", "next_stage_id"]
        mine.read(names)
        base = self.cost(lambda: mine.read(["contact_name"]))
        self.assertLessEqual(self.cost(lambda: mine.read(names)) - base, 2)
        for number, lead in enumerate(leads):
            if kind := number % 4:
                self.make_order(lead, service if kind == 3 else product, confirm=kind > 1)
        mine.read(names)
        few = self.cost(lambda: mine[:4].read(names))
        many = self.cost(lambda: mine.read(names))
        self.assertEqual(many, few)
        self.assertLessEqual(many - base, 12)
        ready = mine.filtered("is_ready_to_win")
        self.assertEqual(ready, mine[3::4])

    def test_won_blockers(self):
        """A list of 80 leads takes as many queries as one of 2."""
        product = self.make_product()
        service = self.make_product(type="service", is_storable=False)
        leads = self.make_leads(80)
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": lead.partner_id.id,
                    "dealer_crm_lead_id": lead.id,
                    "order_line": [Command.create({"product_id": product.id})],
                }
                for lead in leads
            ]
        )
        orders[0::4].order_line.product_id = service
        orders[1::2].action_confirm()
        orders[0::4].action_confirm()
        orders[3::4].picking_ids.action_cancel()
        names = ["won_blockers", "blocking_picking_ids", "sale_order_count"]
        mine = leads.with_user(self.agent)
        mine.read(names)
        few = self.cost(lambda: mine[:4].read(names))
        many = self.cost(lambda: mine.read(names))
        self.assertEqual(many, few)
        kinds = [bool(lead.won_blockers) for lead in leads[:4]]
        self.assertEqual(kinds, [False, True, True, True])
        self.assertEqual(len(leads.blocking_picking_ids), 20)


@tagged("post_install", "-at_install")
class TestBulkCost(QueryCase):
    def make_bulk(self, count, endorsed):
        """Insert ``count`` open leads by SQL: their creation is not measured."""
        self.env.flush_all()
        first = self.Lead.search([], order="id desc", limit=1).id + 1_000_000
        self.env.cr.execute(
            """
            INSERT INTO dealer_crm_lead
                   (name, contact_name, active, company_id, stage_id, open_stage_id, won_status,
                    kanban_state, priority, quantity, create_uid, create_date, write_date,
                    date_last_stage_update, bpo_source_lead_id, callback_sequence)
            SELECT 'BULK/' || (%(first)s + n), 'Customer ' || n, TRUE, %(company)s, %(stage)s,
                   %(stage)s, 'pending', 'normal', '0', 1, 1, now(), now(), now(),
                   CASE WHEN %(endorsed)s THEN %(first)s + n ELSE 0 END, 0
              FROM generate_series(1, %(count)s) AS n
            RETURNING id
            """,
            {
                "first": first,
                "company": self.env.company.id,
                "stage": self.negotiation.id,
                "endorsed": endorsed,
                "count": count,
            },
        )
        return self.Lead.browse(lead_id for (lead_id,) in self.env.cr.fetchall())

    def close(self, leads):
        """Lose the leads; return the queries, the new rows and the triggers of the dispatcher."""
        triggers = self.env["ir.cron.trigger"].search_count([])
        cost = self.cost(lambda: self.lose(leads))
        rows = self.env["dealer.crm.callback"].search_count([("lead_id", "in", leads.ids)])
        return cost, rows, self.env["ir.cron.trigger"].search_count([]) - triggers

    def assertBulk(self, count, tracked):
        self.Lead = self.Lead.with_context(tracking_disable=not tracked)
        self.close(self.make_bulk(2, endorsed=True))
        plain, rows, woken = self.close(self.make_bulk(count, endorsed=False))
        self.assertEqual((rows, woken), (0, 0))
        endorsed = self.make_bulk(count, endorsed=True)
        cost, rows, woken = self.close(endorsed)
        self.assertEqual((rows, woken), (count, 1))
        # The outbox: sequences, companies, one INSERT per 1,000 rows, the trigger.
        self.assertLessEqual(cost - plain, 8 + 3 * count // 1000)
        self.assertEqual(endorsed[-1].callback_ids.payload["lost_reason"], self.reason.name)
        return plain

    def test_a_thousand(self):
        """The ORM inserts 100 tracking values per query."""
        self.assertLessEqual(self.assertBulk(1000, tracked=True), 46)

    def test_ten_thousand(self):
        self.assertLessEqual(self.assertBulk(10_000, tracked=False), 150)

    def test_activities_of_a_thousand(self):
        """Leads that end their activities take no query per lead or activity."""
        self.close(self.make_bulk(2, endorsed=False))
        plain, _rows, _woken = self.close(self.make_bulk(1000, endorsed=False))
        leads = self.make_bulk(1000, endorsed=False)
        self.env["mail.activity"].create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id(leads._name),
                    "res_id": lead.id,
                    "summary": "Call back",
                    "user_id": self.agent.id,
                }
                for lead in leads
            ]
        )
        cost, _rows, _woken = self.close(leads)
        self.assertFalse(leads.activity_ids)
        self.assertLessEqual(cost - plain, 30)

    def test_a_thousand_taken(self):
        """Whoever moves a thousand unassigned leads takes them with no query per lead."""

        def move(count):
            leads = self.make_bulk(count, endorsed=False).with_user(self.manager)
            return lambda: self.lose(leads)

        self.cost(move(2))
        few = self.cost(move(10))
        many = self.cost(move(1000))
        # The ORM inserts 100 followers and 100 tracking values per query.
        self.assertLessEqual(many - few, 60)

    def test_create(self):
        """A thousand leads with numbers and addresses take no query per lead."""

        def create(count):
            return lambda: self.Lead.with_user(self.manager).create(
                [
                    {
                        "contact_name": f"Customer {number}",
                        "phone": f"+1650555{number:04}",
                        "email": f"c{number}@example.com",
                    }
                    for number in range(count)
                ]
            )

        self.cost(create(2))
        few = self.cost(create(10))
        many = self.cost(create(1000))
        # The ORM inserts 100 leads and 100 followers per query.
        self.assertLessEqual(many - few, 20)

    def test_a_refused_batch(self):
        """A thousand refusals take no query per lead."""
        leads = self.make_bulk(1000, endorsed=False)

        def refuse():
            try:
                leads.write({"stage_id": self.new.id})
            except UserError:
                return
            self.fail("The leads went back.")

        self.assertLessEqual(self.cost(refuse), 10)

    def test_the_gate_of_many(self):
        """A thousand leads without orders."""
        leads = self.make_bulk(1000, endorsed=False)

        def refuse():
            try:
                leads.action_mark_won()
            except UserError:
                return
            self.fail("The gate was open.")

        self.assertLessEqual(self.cost(refuse), 12)
