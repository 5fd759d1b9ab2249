from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadReassign(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Field",
                "member_ids": [Command.set((cls.agent | cls.other_agent | cls.manager).ids)],
            }
        )
        cls.members = cls.team.crm_team_member_ids.sorted(lambda member: member.user_id.id)
        cls.wizards = cls.env["dealer.crm.lead.reassign"].with_user(cls.manager)

    def make_leads(self, count, **vals):
        return self.Lead.union(*(self.make_lead(**vals) for _number in range(count)))

    def open(self, leads, **values):
        wizard = Form(self.wizards.with_context(default_lead_ids=leads.ids))
        for name, value in values.items():
            setattr(wizard, name, value)
        return wizard

    def count(self, leads):
        return {user: len(some) for user, some in leads.grouped("user_id").items()}

    def test_to_one(self):
        leads = self.make_leads(3)
        closed = self.make_lead(self.lost)
        wizard = self.open(leads | closed, user_id=self.other_agent)
        self.assertIn(closed._get_label(), wizard.closed_names)
        self.assertIn("dealer-agent-2", html2plaintext(wizard.preview))
        messages = self.env["mail.message"].search_count([("model", "=", "dealer.crm.lead")])
        record = wizard.save()
        record.action_confirm()
        self.assertEqual(self.count(leads), {self.other_agent: 3})
        self.assertEqual(closed.user_id, self.agent)
        # The tracking of each lead, and one message to the new salesperson instead of three.
        self.env.flush_all()
        self.cr.precommit.run()
        after = self.env["mail.message"].search_count([("model", "=", "dealer.crm.lead")])
        self.assertLessEqual(after - messages, 4)

    def test_over_a_team(self):
        """Equal shares; who has one keeps it; the preview counts what then happens."""
        self.members[2].dealer_lead_optout = True
        leads = self.make_leads(5) | self.make_lead(user_id=self.other_agent.id)
        wizard = self.open(leads, method="team", team_id=self.team)
        row = " ".join(html2plaintext(wizard.preview).split())
        self.assertIn("group_dealer_user) 0 3 3 dealer-agent-2", row)
        self.assertIn("group_dealer_user) 2 1 3", row)
        mine = leads.filtered(lambda lead: lead.user_id == self.other_agent)
        wizard.save().action_confirm()
        self.assertEqual(self.count(leads), {self.agent: 3, self.other_agent: 3})
        self.assertEqual(mine.user_id, self.other_agent)
        self.assertEqual(leads.team_id, self.team)

    def test_most_open_leads_are_kept(self):
        self.members[1:].dealer_lead_optout = True
        self.members[0].dealer_lead_capacity = 3
        self.make_lead(user_id=self.members[0].user_id.id)
        leads = self.make_leads(4, user_id=False)
        wizard = self.open(leads, method="team", team_id=self.team)
        self.assertIn("2 of the leads stay", html2plaintext(wizard.preview))
        wizard.save().action_confirm()
        self.assertEqual(len(leads.filtered("user_id")), 2)
        with self.assertRefused(UserError, "Nobody in Field"):
            self.open(
                leads.filtered(lambda lead: not lead.user_id), method="team", team_id=self.team
            ).save().action_confirm()

    def test_one_write_a_target(self):
        leads = self.make_leads(40)
        self.env.user.group_ids |= self.env.ref("dealer_crm.group_dealer_manager")
        users = self.other_agent, self.manager
        costs = [
            self.cost(lambda some=some, user=user: self.Lead._reassign({user: some}, self.team))
            for user, some in zip(users, (leads[:5], leads), strict=True)
        ]
        self.assertLess(costs[1], 2 * costs[0], costs)

    def test_what_the_rules_refuse(self):
        lead = self.make_lead()
        with self.assertRaises(AccessError):
            self.env["dealer.crm.lead.reassign"].with_user(self.agent).create(
                {"lead_ids": lead.ids}
            )
        with self.assertRaises(AccessError):
            lead.with_user(self.agent)._reassign({self.other_agent: lead}, self.env["crm.team"])
        with self.assertRefused(UserError, "cannot be the salesperson"):
            self.open(lead, user_id=self.clerk).save().action_confirm()
        other = self.env["res.company"].create({"name": "B"})
        foreign = self.make_lead(company_id=other.id, user_id=False)
        with self.assertRaises(AccessError):
            self.wizards.create({"lead_ids": foreign.ids, "user_id": self.agent.id})
        self.assertFalse(foreign.user_id)
        closed = self.make_lead(self.lost)
        with self.assertRefused(UserError, "closed already"):
            self.open(closed, user_id=self.manager).save().action_confirm()
