from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestViews(DealerCase):
    """All screens load for their roles, and their computed values are right."""

    def test_every_screen_loads_for_its_roles(self):
        self.assertScreensLoad("dealer_crm", 11)

    def test_menus_by_role(self):
        menus = {
            user: self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for user in (self.agent, self.manager, self.admin, self.clerk)
        }
        root = self.env.ref("dealer_crm.dealer_crm_menu_root").id
        config = self.env.ref("dealer_crm.dealer_crm_menu_config").id
        self.assertEqual(
            [root in menus[user] for user in menus], [True, True, True, False], "Dealer CRM"
        )
        self.assertEqual(
            [config in menus[user] for user in menus], [False, False, True, False], "Configuration"
        )

    def test_agent_types_a_lead(self):
        with Form(self.Lead.with_user(self.agent)) as form:
            form.contact_name = "Walk-in"
            form.mobile = "+1 212 555 0100"
            form.expected_price = 100
        self.assertEqual(form.record.stage_id, self.new)
        self.assertEqual(form.record.user_id, self.agent)

    def test_take_action(self):
        leads = self.make_lead(user_id=False) | self.make_lead(user_id=False)
        take = self.env.ref("dealer_crm.dealer_crm_lead_action_take").with_user(self.agent)
        take.with_context(active_model=leads._name, active_ids=leads.ids).run()
        self.assertEqual(leads.user_id, self.agent)

    def test_my_activities_come_by_the_readers_deadline(self):
        later, mine, nobodys = (self.make_lead(contact_name=name) for name in ("b", "a", "c"))
        today = fields.Date.today()
        for lead, user, days in (
            (later, self.agent, 5),
            (mine, self.agent, 1),
            (later, self.manager, -3),
        ):
            lead.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=today + timedelta(days),
                user_id=user.id,
            )
        found = self.Lead.with_user(self.agent).search([], order="my_activity_date_deadline")
        self.assertEqual(found, mine | later | nobodys)
        found = self.Lead.with_user(self.agent).search([], order="my_activity_date_deadline desc")
        self.assertEqual(found, nobodys | later | mine)

    def test_partner_counts_the_leads_its_reader_may_see(self):
        partners = self.env["res.partner"].create([{"name": "One"}, {"name": "Two"}])
        self.make_lead(partner_id=partners[0].id)
        self.make_lead(partner_id=partners[0].id, active=False)
        self.make_lead(partner_id=partners[0].id, user_id=self.other_agent.id)
        self.assertEqual(partners.mapped("dealer_crm_lead_count"), [3, 0])
        mine = partners.with_user(self.agent)
        self.assertEqual(mine.mapped("dealer_crm_lead_count"), [2, 0])
        action = mine[0].action_open_dealer_crm_leads()
        found = self.Lead.with_user(self.agent).with_context(**action["context"])
        self.assertEqual(len(found.search(action["domain"])), 2)

    def test_connection_says_how_long_outcomes_wait(self):
        self.env["dealer.crm.bpo.connection"].search([]).active = False
        connection = self.env["dealer.crm.bpo.connection"].create(
            {"name": "BPO", "url": "http://127.0.0.1:9", "database": "bpo", "login": "dealer"}
        )
        self.env["dealer.crm.callback"].search([]).write({"state": "delivered"})
        self.assertEqual((connection.waiting_count, connection.oldest_due_age), (0, 0))
        leads = self.endorse(self.make_lead() | self.make_lead() | self.make_lead())
        self.lose(leads)
        rows = leads.callback_ids.sorted("id")
        rows[0].next_attempt_at = fields.Datetime.now() - timedelta(hours=2)
        rows[1].next_attempt_at = fields.Datetime.now() + timedelta(hours=2)
        rows[2].state = "parked"
        connection.invalidate_recordset()
        self.assertEqual((connection.waiting_count, connection.parked_count), (2, 1))
        self.assertAlmostEqual(connection.oldest_due_age, 2, places=1)
        rows[0].next_attempt_at = fields.Datetime.now() + timedelta(hours=2)
        connection.invalidate_recordset()
        self.assertEqual(connection.oldest_due_age, 0)
