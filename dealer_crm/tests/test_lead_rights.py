from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import AGENT, MANAGER, DealerCase

OPERATIONS = ("read", "create", "write", "unlink")


@tagged("post_install", "-at_install")
class TestLeadRights(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls.make_lead()
        cls.hers = cls.make_lead(user_id=cls.other_agent.id)
        cls.free = cls.make_lead(user_id=False)

    def leads(self, user):
        return self.Lead.with_user(user).search([]).with_user(self.env.user)

    def test_who_sees_which(self):
        self.assertEqual(self.leads(self.agent), (self.free | self.mine))
        for user in (self.manager, self.admin):
            self.assertEqual(self.leads(user), self.free | self.hers | self.mine)
        for user in self.outsiders | self.intake:
            with self.assertRefused(AccessError):
                self.leads(user)

    def test_another_agents_lead(self):
        lead = self.hers.with_user(self.agent)
        for use in (
            lambda: lead.read(["name"]),
            lambda: lead.write({"priority": "1"}),
            lambda: lead.write({"stage_id": self.qualified.id}),
            lambda: lead.write({"stage_id": self.lost.id, "lost_reason": self.reason.id}),
            lambda: lead.write({"user_id": self.agent.id}),
            lambda: lead.action_mark_won(),
            lambda: lead.action_mark_lost(),
            lambda: lead.action_archive(),
            lambda: lead.action_convert_to_quotation(),
            lambda: lead.action_open_quotation(),
            lambda: lead.action_open_duplicates(),
            lambda: lead.copy(),
            lambda: lead.web_save({"priority": "1"}, {"name": {}}),
            lambda: lead.message_post(body="x"),
        ):
            with self.assertRefused(AccessError):
                use()
        self.assertEqual(self.hers.priority, "0")

    def test_one_of_hers_in_my_selection(self):
        with self.assertRefused(AccessError):
            (self.mine | self.hers).with_user(self.agent).write({"stage_id": self.qualified.id})
        self.assertEqual(self.mine.stage_id, self.new)

    def test_take_and_release(self):
        self.free.with_user(self.agent).user_id = self.agent
        self.assertEqual(self.free.user_id, self.agent)
        self.free.with_user(self.agent).user_id = False
        self.assertFalse(self.free.user_id)
        with Form(self.free.with_user(self.agent)) as form:
            form.user_id = self.agent
        self.assertEqual(self.free.user_id, self.agent)

    def test_release_then_taken_by_a_colleague(self):
        self.mine.with_user(self.agent).user_id = False
        self.mine.with_user(self.other_agent).user_id = self.other_agent
        with self.assertRefused(AccessError):
            self.mine.with_user(self.agent).read(["name"])

    def test_an_agent_cannot_hand_over(self):
        for lead in (self.mine, self.free):
            for enter in (
                lambda lead: lead.write({"user_id": self.other_agent.id}),
                lambda lead: lead.write({"user_id": self.manager.id, "priority": "1"}),
                lambda lead: lead.web_save({"user_id": self.other_agent.id}, {"name": {}}),
                lambda lead: lead.copy({"user_id": self.other_agent.id}),
            ):
                with self.assertRefused(AccessError):
                    enter(lead.with_user(self.agent))
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.agent).create({"user_id": self.other_agent.id})
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.agent).with_context(
                default_user_id=self.other_agent.id
            ).create({"contact_name": "x"})
        result = self.Lead.with_user(self.agent).load(
            [".id", "user_id/.id"], [[str(self.mine.id), str(self.other_agent.id)]]
        )
        self.assertFalse(result["ids"])
        self.assertEqual((self.mine | self.free).mapped("user_id"), self.agent)

    def test_saving_the_salesperson_it_has(self):
        self.mine.with_user(self.agent).write({"user_id": self.agent.id, "priority": "2"})
        self.assertEqual(self.mine.priority, "2")

    def test_a_manager_reassigns(self):
        for user in (self.manager, self.admin):
            (self.mine | self.free).with_user(user).user_id = self.other_agent
            self.assertEqual((self.mine | self.free).user_id, self.other_agent)
            (self.mine | self.free).with_user(user).user_id = self.agent

    def test_who_deletes(self):
        with self.assertRefused(AccessError):
            self.mine.with_user(self.agent).unlink()
        self.mine.with_user(self.manager).unlink()
        self.assertFalse(self.mine.exists())

    def test_customers_counter(self):
        partner = self.env["res.partner"].create({"name": "Carla"})
        self.mine.partner_id = partner
        self.free.write({"partner_id": partner.id, "active": False})
        self.hers.partner_id = partner
        self.assertEqual(partner.with_user(self.agent).dealer_crm_lead_count, 2)
        partner.invalidate_recordset()
        self.assertEqual(partner.with_user(self.manager).dealer_crm_lead_count, 3)
        action = partner.with_user(self.agent).action_open_dealer_crm_leads()
        leads = self.Lead.with_user(self.agent).with_context(**action["context"])
        self.assertEqual(leads.search_count(action["domain"]), 2)
        with self.assertRefused(AccessError):
            partner.with_user(self.clerk).read(["dealer_crm_lead_count"])
        self.assertTrue(partner.with_user(self.clerk).read(["name"]))

    def test_who_is_a_customer(self):
        """Menu Customers lists partners with leads, orders or invoices, of any salesperson."""
        Partner = self.env["res.partner"]
        lead, order, invoice, nobody = Partner.create(
            [{"name": name} for name in ("Lead", "Order", "Invoice", "Nobody")]
        )
        self.hers.write({"partner_id": lead.id, "active": False})
        self.env["sale.order"].create({"partner_id": order.id})
        invoice.customer_rank = 1
        everybody = (lead | order | invoice | nobody).with_user(self.agent)
        self.assertEqual(everybody.mapped("is_dealer_crm_customer"), [True, True, True, False])
        action = self.env.ref("dealer_crm.dealer_crm_menu_customers").action
        self.assertEqual(action.res_model, "res.partner")
        [name] = [
            key.removeprefix("search_default_")
            for key in safe_eval(action.context)
            if key.startswith("search_default_")
        ]
        arch = etree.fromstring(
            Partner.with_user(self.agent).get_view(action.search_view_id.id, "search")["arch"]
        )
        [found] = arch.xpath(f"//filter[@name='{name}']")
        domain = Domain(safe_eval(found.get("domain"))) & Domain("id", "in", everybody.ids)
        self.assertEqual(
            set(Partner.with_user(self.agent).search(domain)), set(lead | order | invoice)
        )

    def test_intake_is_a_role_of_its_own(self):
        """The user's form shows it separately from the levels user to admin."""
        privilege = self.env.ref("dealer_crm.group_dealer_intake").privilege_id
        self.assertEqual(privilege.group_ids.mapped("name"), ["Dealer Intake"])
        steps = self.env.ref("dealer_crm.group_dealer_user").privilege_id
        self.assertEqual(privilege.category_id, steps.category_id)
        self.assertEqual(
            steps.group_ids.sorted("sequence").mapped("name"),
            ["Dealer User", "Dealer Manager", "Dealer Admin"],
        )

    def test_lost_reason_counter(self):
        self.lose(self.mine | self.hers)
        self.assertEqual(self.reason.with_user(self.admin).lead_count, 2)
        domain = self.reason.with_user(self.admin).action_open_leads()["domain"]
        self.assertEqual(self.Lead.search(domain), self.hers | self.mine)


@tagged("post_install", "-at_install")
class TestCompanies(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create(
            {"name": "Second Dealer", "currency_id": cls.env.ref("base.JPY").id}
        )
        cls.far_agent = new_test_user(cls.env, "far-agent", AGENT, company_id=cls.second.id)
        cls.far_manager = new_test_user(cls.env, "far-manager", MANAGER, company_id=cls.second.id)
        cls.near = cls.make_lead(user_id=False)
        cls.far = cls.make_lead(company_id=cls.second.id, user_id=False)

    def test_each_sees_his_company(self):
        for user, lead in (
            (self.agent, self.near),
            (self.manager, self.near),
            (self.admin, self.near),
            (self.far_agent, self.far),
            (self.far_manager, self.far),
        ):
            with self.subTest(user=user.login):
                found = self.Lead.with_user(user).search([])
                self.assertEqual(found.ids, lead.ids)
                other = (self.near | self.far - lead) - lead
                with self.assertRefused(AccessError):
                    other.with_user(user).read(["name"])
                with self.assertRefused(AccessError):
                    other.with_user(user).write({"stage_id": self.qualified.id})
                with self.assertRefused(AccessError):
                    other.with_user(user).action_reopen("x")

    def test_a_user_of_both(self):
        self.manager.company_ids = [Command.link(self.second.id)]
        leads = self.Lead.with_user(self.manager)
        one = leads.with_context(allowed_company_ids=self.env.company.ids)
        self.assertEqual(one.search([]).ids, self.near.ids)
        both = leads.with_context(allowed_company_ids=(self.env.company | self.second).ids)
        self.assertEqual(both.search([]).ids, (self.far | self.near).ids)
        moved = both.browse((self.far | self.near).ids)
        moved.write({"stage_id": self.qualified.id})
        self.assertEqual((self.near | self.far).stage_id, self.qualified)

    def test_a_lead_cannot_be_made_elsewhere(self):
        with self.assertRefused(AccessError):
            self.Lead.with_user(self.agent).create({"company_id": self.second.id})

    def test_currency_follows_the_company(self):
        self.assertEqual(self.far.company_currency, self.second.currency_id)
        self.assertEqual(self.near.company_currency, self.env.company.currency_id)

    def test_records_of_another_company(self):
        partner = self.env["res.partner"].create({"name": "P", "company_id": self.second.id})
        product = self.make_product(company_id=self.second.id)
        team = self.env["crm.team"].create({"name": "T", "company_id": self.second.id})
        for vals in (
            {"partner_id": partner.id},
            {"product_id": product.id},
            {"team_id": team.id},
            {"user_id": self.far_agent.id},
        ):
            with self.subTest(vals=vals), self.assertRefused(UserError):
                self.near.write(vals)
        self.far.write({"partner_id": partner.id, "product_id": product.id, "team_id": team.id})

    def test_stages_are_shared(self):
        self.assertEqual(
            self.Stage.with_user(self.far_agent).search([]),
            self.Stage.with_user(self.agent).search([]),
        )
