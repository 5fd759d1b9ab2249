"""Who may assign a lead, which values are fixed, and grouped boards that must not close leads."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import AGENT, DealerCase


@tagged("post_install", "-at_install")
class TestSalesperson(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gone = new_test_user(cls.env, "dealer-gone", AGENT)
        cls.gone.active = False
        # Moved to another department: the leads stay, as those of an archived user do not.
        cls.moved = new_test_user(cls.env, "dealer-moved", AGENT)
        cls.left = cls.make_lead(user_id=cls.moved.id)
        cls.moved.group_ids = cls.env.ref("base.group_user")
        cls.unfit = cls.gone | cls.moved | cls.clerk | cls.portal

    def test_who_cannot_be_one(self):
        lead = self.make_lead()
        for user in self.unfit:
            for entry_point, enter in {
                "write": lambda lead, user: lead.write({"user_id": user.id}),
                "save": lambda lead, user: lead.web_save({"user_id": user.id}, {"name": {}}),
                "create": lambda lead, user: lead.create({"user_id": user.id}),
                "default": lambda lead, user: lead.with_context(default_user_id=user.id).create({}),
                "copy": lambda lead, user: lead.copy({"user_id": user.id}),
                "sudo": lambda lead, user: lead.sudo().write({"user_id": user.id}),
            }.items():
                with (
                    self.subTest(user=user.login, entry_point=entry_point),
                    self.assertRefused(ValidationError, user.name, "Dealer User"),
                ):
                    enter(lead.with_user(self.manager), user)
        result = self.Lead.with_user(self.manager).load(
            [".id", "user_id/.id"], [[str(lead.id), str(self.clerk.id)]]
        )
        self.assertFalse(result["ids"])

    def test_agents_do_not_hand_over_by_sudo_either(self):
        """Also with ``sudo``, which Odoo uses on behalf of users."""
        for use in (
            lambda leads: leads.create({"user_id": self.other_agent.id}),
            lambda leads: leads.with_context(default_user_id=self.other_agent.id).create({}),
            lambda leads: self.make_lead()
            .with_user(self.agent)
            .sudo()
            .write({"user_id": self.other_agent.id}),
            lambda leads: self.make_lead()
            .with_user(self.agent)
            .sudo()
            .write({"user_id": self.other_agent.id, "stage_id": self.qualified.id}),
        ):
            with self.assertRefused(AccessError, "Dealer Manager"):
                use(self.Lead.with_user(self.agent).sudo())

    def test_copy_of_a_lead_whose_salesperson_left(self):
        self.assertEqual(self.left.with_user(self.manager).copy().user_id, self.manager)
        self.assertEqual(self.make_lead().with_user(self.manager).copy().user_id, self.agent)
        self.assertFalse(self.left.copy().user_id)
        free = self.make_lead(user_id=False)
        self.assertFalse(free.with_user(self.agent).copy().user_id)

    def test_leads_of_who_left_are_worked_on(self):
        self.left.with_user(self.manager).write({"priority": "1", "stage_id": self.qualified.id})
        self.assertEqual(self.left.user_id, self.moved)

    def test_a_lead_of_the_program_is_nobodys(self):
        self.assertFalse(self.Lead.create({"contact_name": "Ana"}).user_id)
        self.assertEqual(self.Lead.with_user(self.agent).create({}).user_id, self.agent)


@tagged("post_install", "-at_install")
class TestWhatStays(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second Dealer"})
        cls.manager.company_ids = [Command.link(cls.second.id)]

    def test_company(self):
        """Otherwise the outcome would go over another company's connection."""
        endorsed, lost = self.endorse(self.make_lead(user_id=False)), self.make_lead(self.lost)
        for lead in endorsed | lost:
            for user in (self.manager, self.env.user):
                mine = lead.with_user(user)
                if user == self.manager:
                    with self.assertRefused(UserError, lead.name, "company"):
                        mine.company_id = self.second
                    with self.assertRefused(UserError, lead.name, "company"):
                        mine.sudo().company_id = self.second
                mine.write({"company_id": lead.company_id.id, "priority": "1"})
        walk_in = self.make_lead(user_id=False)
        walk_in.with_user(self.manager).company_id = self.second
        self.assertEqual(walk_in.company_id, self.second)

    def test_reference(self):
        lead = self.make_lead()
        for user in (self.agent, self.manager, self.admin):
            with self.assertRefused(AccessError, "name"):
                lead.with_user(user).name = "MINE/1"

    def test_an_open_endorsed_lead_is_not_deleted(self):
        lead = self.endorse(self.make_lead())
        for user in (self.manager, self.admin, self.env.user):
            with self.assertRefused(UserError, lead.name, "Mark Lost"):
                lead.with_user(user).unlink()
        with self.assertRaises(UserError):
            (self.make_lead() | lead).with_user(self.manager).unlink()
        self.lose(lead)
        self.make_lead().with_user(self.manager).unlink()
        lead.with_user(self.manager).unlink()
        self.assertFalse(lead.exists())


@tagged("post_install", "-at_install")
class TestGroupsThatWrite(DealerCase):
    def test_lost_reason_of_an_open_lead(self):
        """A card dropped or quick-created in the column of a lost reason."""
        lead = self.make_lead()
        for user in (self.agent, self.manager, self.env.user):
            mine = lead.with_user(user)
            with self.assertRefused(UserError, lead.name, "Mark Lost"):
                mine.web_save({"lost_reason": self.reason.id}, {"name": {}})
            with self.assertRefused(UserError, lead.name, "Mark Lost"):
                mine.write({"lost_reason": self.reason.id, "stage_id": self.qualified.id})
            with self.assertRefused(UserError, "Mark Lost"):
                mine.with_context(default_lost_reason=self.reason.id).name_create("Bo")
            with self.assertRefused(UserError, "Mark Lost"):
                mine.create({"lost_reason": self.reason.id})
        self.lose(lead.with_user(self.agent))
        self.assertEqual(lead.lost_reason, self.reason)

    def test_won_status_of_an_open_lead(self):
        lead = self.make_lead().with_user(self.agent)
        with self.assertRefused(AccessError, "won_status"):
            lead.write({"won_status": "won"})
        with self.assertRefused(AccessError, "won_status"):
            lead.with_context(default_won_status="won").name_create("Bo")
