from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ADMIN, DealerCase


@tagged("post_install", "-at_install")
class TestFirstDay(DealerCase):
    """A company of its own, in which nothing is set up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "First Dealer"})
        cls.env["crm.team"].search([("company_id", "=", False)]).company_id = cls.env.company
        cls.boss = new_test_user(
            cls.env,
            "dealer-first",
            ADMIN,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def get_steps(self):
        self.env.invalidate_all()
        steps = self.env["dealer.crm.settings"].with_user(self.boss).get_first_day()
        return {step["key"]: step for step in steps}

    def get_states(self):
        return {key: step["state"] for key, step in self.get_steps().items()}

    def test_states_are_those_of_the_records(self):
        fresh = {
            "connection": "open",
            "people": "open",
            "stages": "done",
            "reasons": "done",
            "address": "optional",
            "import": "optional",
        }
        self.assertEqual(self.get_states(), fresh)
        connection = self.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "company_id": self.company.id,
                "url": "https://bpo.example.com",
                "database": "bpo",
                "login": "dealer",
            }
        )
        step = self.get_steps()["connection"]
        self.assertEqual((step["state"], step["text"]), ("open", "BPO: Not set up"))
        self.assertEqual(step["action"]["res_id"], connection.id)
        self.company._set_dealer_lead_alias("first-leads")
        self.won.is_won = False
        self.env["dealer.crm.lost.reason"].search([]).active = False
        self.assertEqual(
            self.get_states(), {**fresh, "address": "done", "stages": "open", "reasons": "open"}
        )

    def test_goes_away(self):
        connection = self.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "company_id": self.company.id,
                "url": "https://bpo.example.com",
                "database": "bpo",
                "login": "dealer",
            }
        )
        connection.was_asked = True
        self.assertTrue(self.get_states())
        self.env["crm.team"].create(
            {
                "name": "First",
                "company_id": self.company.id,
                "member_ids": [Command.link(self.boss.id)],
            }
        )
        self.assertEqual(self.get_states(), {}, "everything that must be done is done")
        connection.was_asked = False
        self.assertTrue(self.get_states())
        self.make_lead(company_id=self.company.id, user_id=False).active = False
        self.assertEqual(self.get_states(), {}, "the company has a lead")

    def test_every_link_opens(self):
        for step in self.get_steps().values():
            action = step["action"]
            if isinstance(action, str):
                action = self.env["ir.actions.actions"].with_user(self.boss)._for_xml_id(action)
            if action["type"] == "ir.actions.server":
                action = (
                    self.env["ir.actions.server"].browse(action["id"]).with_user(self.boss).run()
                )
            if action["type"] == "ir.actions.act_window":
                model = self.env[action["res_model"]].with_user(self.boss)
                self.assertTrue(model.has_access("read"), step["key"])
            else:
                self.assertEqual((action["tag"], step["key"]), ("import", "import"))

    def test_admins_only(self):
        for user in (self.agent, self.manager, self.clerk):
            with self.assertRaises(AccessError):
                self.env["dealer.crm.settings"].with_user(user).get_first_day()
