"""Who gets a lead that comes without a salesperson."""

from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import AGENT, IntakeCase


class ArrivalCase(IntakeCase):
    """A company with one team of three agents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.env["crm.team"].search([]).active = False
        cls.team = cls.env["crm.team"].create({"name": "Floor", "company_id": cls.company.id})
        cls.third_agent = new_test_user(cls.env, "dealer-agent-3", AGENT)
        cls.agents = cls.agent | cls.other_agent | cls.third_agent
        cls.members = cls.env["crm.team.member"].create(
            [{"crm_team_id": cls.team.id, "user_id": user.id} for user in cls.agents]
        )
        cls.company.dealer_lead_assignment = "team"

    def arrive(self, count=1, **vals):
        leads = self.Lead.create([{"contact_name": "Zoe", "user_id": False, **vals}] * count)
        leads._assign_arrivals()
        return leads

    def announcements(self, leads):
        kind = self.env.ref("dealer_crm.mail_activity_type_new_lead")
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", leads._name),
                ("res_id", "in", leads.ids),
                ("activity_type_id", "=", kind.id),
            ]
        )

    def assertTold(self, lead, *words):
        for word in words:
            self.assertIn(word, self.notes(lead))


@tagged("post_install", "-at_install")
class TestArrivalInTurn(ArrivalCase):
    def test_in_turn(self):
        leads = self.Lead.union(*(self.arrive() for _number in range(7)))
        self.assertEqual(
            leads.sorted("id").mapped(lambda lead: lead.user_id.login[-1]), list("t23t23t")
        )
        self.assertEqual(leads.team_id, self.team)
        self.assertTold(leads[1], "dealer-agent-2", "next in turn", "Floor")
        turns = self.env["dealer.crm.lead.turn"].search([("lead_id", "in", leads.ids)])
        self.assertEqual(turns.sorted("lead_id").user_id, self.agents)

    def test_a_batch_is_like_single_ones(self):
        leads = self.arrive(4) | self.arrive() | self.arrive(5)
        self.assertEqual(leads.mapped(lambda lead: lead.user_id.login[-1]), list("t23t23t23t"))

    def test_capacity(self):
        self.members[0].dealer_lead_capacity = 1
        self.members[1].dealer_lead_capacity = 2
        self.members[2].dealer_lead_capacity = 3
        self.make_lead(user_id=self.third_agent.id)
        self.make_lead(self.lost, user_id=self.third_agent.id)
        self.make_lead(user_id=self.third_agent.id).active = False
        leads = self.arrive(6)
        self.assertEqual(leads.mapped(lambda lead: (lead.user_id.login or "")[-1:]), [*"t2323", ""])
        self.assertTold(leads[5], "Nobody in the team Floor")
        self.assertEqual(self.announcements(leads).mapped("res_id"), leads[5].ids * 3)
        self.lose(leads[1])
        again = self.arrive()
        self.assertEqual(again.user_id, self.other_agent)

    def test_whoever_is_not_there_is_left_out(self):
        self.members[0].dealer_lead_optout = True
        now = fields.Datetime.now()
        self.other_agent.out_of_office_from = now - timedelta(days=1)
        self.assertEqual(self.arrive(3).user_id, self.third_agent)
        self.third_agent.group_ids = [
            Command.unlink(self.env.ref("dealer_crm.group_dealer_user").id)
        ]
        self.assertFalse(self.arrive().user_id)
        self.other_agent.out_of_office_from = now + timedelta(days=1)
        self.assertEqual(self.arrive().user_id, self.other_agent)
        self.members[0].dealer_lead_optout = False
        self.assertEqual(self.arrive().user_id, self.agent)
        self.members[0].active = False
        self.assertEqual(self.arrive(2).user_id, self.other_agent)

    def test_only_who_may_work_in_the_company(self):
        other = self.env["res.company"].create({"name": "Second", "dealer_lead_assignment": "team"})
        self.team.company_id = False
        lead = self.arrive(company_id=other.id)
        self.assertFalse(lead.user_id)
        self.other_agent.company_ids = [Command.link(other.id)]
        self.assertEqual(self.arrive(company_id=other.id).user_id, self.other_agent)
        self.assertEqual(lead.company_id, other)

    def test_the_leads_own_team(self):
        other = self.env["crm.team"].create({"name": "Fleet", "sequence": 99})
        self.members[2].crm_team_id = other
        leads = self.arrive(2, team_id=other.id)
        self.assertEqual(leads.user_id, self.third_agent)
        self.assertEqual(leads.team_id, other)
        self.assertEqual(self.arrive(2).user_id, self.agent | self.other_agent)

    def test_no_team(self):
        self.team.active = False
        lead = self.arrive()
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.team_id)

    def test_closed_and_archived_leads_stay(self):
        leads = self.make_lead(self.lost) | self.make_lead()
        leads[1].active = False
        leads._assign_arrivals()
        self.assertEqual(leads.user_id, self.agent)
        self.assertFalse(self.env["dealer.crm.lead.turn"].search([("team_id", "=", self.team.id)]))

    def test_a_person_who_leaves_it_empty(self):
        """A lead that is entered without a salesperson is meant to have none."""
        lead = self.Lead.with_user(self.agent).create({"contact_name": "Zoe", "user_id": False})
        self.assertFalse(lead.user_id)

    def test_endorsed(self):
        leads = self.Lead.union(
            *(self.receive(bpo_source_lead_id=number)[0] for number in range(1, 4))
        )
        self.assertEqual(leads.user_id, self.agents)
        lead, answer = self.receive(bpo_source_lead_id=1)
        self.assertFalse(answer["created"])
        self.assertIn(lead, leads)
        self.assertEqual(len(lead.message_ids.filtered(lambda m: "next in turn" in m.body)), 1)

    def test_endorsed_with_quotation(self):
        product = self.make_product(default_code="CAR")
        lead, _answer = self.receive(with_quotation=True, product_code="CAR")
        order = self.env["sale.order"].search([("dealer_crm_lead_id", "=", lead.id)])
        self.assertEqual(order.order_line.product_id, product)
        self.assertEqual(order.user_id, self.agent)

    def test_the_salesperson_is_told(self):
        """By Odoo's own message; of a batch, each salesperson gets one message."""
        lead = self.arrive()
        self.env.flush_all()
        [message] = self.told(self.agent)
        self.assertIn("assigned", message.subject)
        self.assertEqual(message.res_id, lead.id)
        self.assertIn(self.agent.partner_id, lead.message_partner_ids)
        leads = self.arrive(9)
        [message] = self.told(self.agent) - message
        self.assertIn("3 leads", message.subject)
        for each in leads.filtered(lambda lead: lead.user_id == self.agent):
            self.assertIn(each.name, message.body)
        self.assertIn(self.agent.partner_id, leads[2].message_partner_ids)

    def told(self, user):
        return self.env["mail.message"].search(
            [
                ("partner_ids", "in", user.partner_id.ids),
                ("model", "=", "dealer.crm.lead"),
                ("message_type", "=", "user_notification"),
            ]
        )

    def test_cost(self):
        """At most two queries for each lead of a batch; it is far less."""
        self.cost(lambda: self.arrive(6))
        few = self.Lead.create([{"contact_name": "Zoe", "user_id": False}] * 24)
        many = self.Lead.create([{"contact_name": "Zoe", "user_id": False}] * 240)
        few_cost = self.cost(few._assign_arrivals)
        many_cost = self.cost(many._assign_arrivals)
        self.assertLessEqual(many_cost, few_cost + 30)
        self.assertLessEqual(many_cost, 2 * len(many))
        self.assertLessEqual(few_cost, 2 * len(few) + 60)

    def test_turns_are_tidied_up(self):
        self.arrive(9)
        turns = self.env["dealer.crm.lead.turn"]
        last = turns.search([("team_id", "=", self.team.id)], limit=3)
        turns._gc_turns()
        self.env.invalidate_all()
        self.assertEqual(turns.search([("team_id", "=", self.team.id)]), last)
        self.assertEqual(self.arrive().user_id, self.agent)

    def test_nobody_makes_turns(self):
        turns = self.env["dealer.crm.lead.turn"]
        values = {"team_id": self.team.id, "user_id": self.agent.id}
        for user in (self.agent, self.manager, self.admin):
            with self.assertRaises(AccessError):
                turns.with_user(user).create(values)
            with self.assertRaises(AccessError):
                turns.with_user(user).sudo().create(values)

    def test_no_negative_capacity(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.members[0].dealer_lead_capacity = -1
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestArrivalByCustomer(ArrivalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dealer_lead_assignment = "customer"
        cls.firm = cls.Partner.create(
            {"name": "Firm", "is_company": True, "user_id": cls.other_agent.id}
        )

    def test_the_customers_salesperson(self):
        person = self.Partner.create({"name": "Pia", "parent_id": self.firm.id, "user_id": False})
        lead = self.arrive(partner_id=person.id)
        self.assertEqual(lead.user_id, self.other_agent)
        self.assertTold(lead, "dealer-agent-2", "salesperson of Firm")
        person.user_id = self.third_agent
        self.assertEqual(self.arrive(partner_id=person.id).user_id, self.third_agent)

    def test_found_by_address(self):
        self.firm.write({"email": "firm@example.com", "phone": "+1 650 555 0100"})
        self.assertEqual(self.arrive(email="Firm@example.com").user_id, self.other_agent)
        country = {"country_id": self.us.id}
        self.assertEqual(self.arrive(mobile="6505550100", **country).user_id, self.other_agent)
        self.assertFalse(self.arrive(email="else@example.com").user_id)

    def test_endorsed(self):
        self.firm.email = "firm@example.com"
        lead, _answer = self.receive(email="firm@example.com")
        self.assertEqual(lead.user_id, self.other_agent)

    def test_nobodys_customer(self):
        """Also one whose salesperson has left or works elsewhere."""
        self.firm.user_id = False
        lead = self.arrive(partner_id=self.firm.id)
        self.assertFalse(lead.user_id)
        self.assertTold(lead, "no salesperson")
        self.firm.user_id = self.clerk
        self.assertFalse(self.arrive(partner_id=self.firm.id).user_id)
        other = self.env["res.company"].create({"name": "Second"})
        other.dealer_lead_assignment = "customer"
        self.firm.user_id = self.agent
        self.assertFalse(self.arrive(partner_id=self.firm.id, company_id=other.id).user_id)


@tagged("post_install", "-at_install")
class TestArchivedSalesperson(ArrivalCase):
    def test_open_leads_go_on(self):
        leads = self.Lead.union(*(self.make_lead() for _number in range(4)))
        closed = self.make_lead(self.lost)
        others = self.make_lead(user_id=self.other_agent.id)
        self.agent.active = False
        self.assertEqual(leads.mapped("user_id.login"), ["dealer-agent-2", "dealer-agent-3"])
        self.assertNotIn(self.agent, leads.user_id)
        self.assertEqual(closed.user_id, self.agent)
        self.assertEqual(others.user_id, self.other_agent)
        self.assertTold(leads[0], "the salesperson until now, was archived", "next in turn")

    def test_without_a_rule_they_wait(self):
        self.company.dealer_lead_assignment = "nobody"
        lead = self.make_lead()
        self.agent.active = False
        self.assertFalse(lead.user_id)
        self.assertTold(lead, "was archived")
        self.assertEqual(self.announcements(lead).user_id, self.other_agent | self.third_agent)

    def test_a_copy(self):
        lead = self.make_lead(self.lost)
        self.agent.active = False
        copy = lead.with_user(self.manager).copy()
        self.assertEqual(copy.user_id, self.manager)


@tagged("post_install", "-at_install")
class TestAnnouncement(ArrivalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dealer_lead_assignment = "nobody"

    def test_the_team_is_told(self):
        lead, _answer = self.receive()
        self.assertFalse(lead.user_id)
        activities = self.announcements(lead)
        self.assertEqual(activities.user_id, self.agents)
        self.assertEqual(activities.mapped("res_name"), [lead.display_name] * 3)
        mine = activities.with_user(self.agent).search([("user_id", "=", self.agent.id)])
        self.assertEqual(mine.res_id, lead.id)
        sent = [values for values in self.bus() if "dealer_crm.lead_arrived" in values["message"]]
        self.assertEqual(len(sent), 3)
        self.assertFalse(lead.message_partner_ids & self.agents.partner_id)

    def bus(self):
        return self.env.cr.precommit.data.get("bus.bus.values", [])

    def test_it_ends(self):
        """When somebody takes it, when it is assigned, closed or archived."""
        leads = self.arrive(4)
        self.assertEqual(len(self.announcements(leads)), 12)
        leads[0].with_user(self.agent).action_take()
        leads[1].with_user(self.manager).user_id = self.other_agent
        self.lose(leads[2])
        leads[3].active = False
        self.assertFalse(self.announcements(leads))
        self.assertTrue([v for v in self.bus() if "dealer_crm.lead_taken" in v["message"]])

    def test_other_activities_stay(self):
        lead = self.arrive()
        call = lead.activity_schedule("mail.mail_activity_data_call", user_id=self.agent.id)
        lead.with_user(self.agent).action_take()
        self.assertEqual(lead.activity_ids, call)

    def test_a_large_batch(self):
        """Each member gets one notice; there are no activities."""
        leads = self.arrive(50)
        self.assertFalse(self.announcements(leads))
        sent = [values for values in self.bus() if "dealer_crm.lead_arrived" in values["message"]]
        self.assertEqual(len(sent), 3)
        self.assertIn("50 leads", sent[0]["message"])

    def test_the_leader_of_a_team_without_members(self):
        self.members.unlink()
        self.team.user_id = self.manager
        self.assertEqual(self.announcements(self.arrive()).user_id, self.manager)


@tagged("post_install", "-at_install")
class TestTake(ArrivalCase):
    def test_take(self):
        leads = self.Lead.create([{"contact_name": "Zoe", "user_id": False}] * 2)
        leads.with_user(self.agent).action_take()
        self.assertEqual(leads.user_id, self.agent)
        self.assertEqual(leads.team_id, self.team)
        leads.with_user(self.agent).action_take()
        self.assertEqual(leads.user_id, self.agent)

    def test_taken_meanwhile(self):
        """All or none; the second one is told by whom."""
        free = self.make_lead(user_id=False)
        taken = self.make_lead(user_id=self.other_agent.id)
        with self.assertRefused(UserError, taken.name, "was taken by dealer-agent-2"):
            (free | taken).with_user(self.agent).action_take()
        self.assertFalse(free.user_id)
        self.assertEqual(taken.user_id, self.other_agent)

    def test_refused(self):
        lead = self.make_lead(user_id=False)
        for user in self.outsiders | self.intake:
            with self.assertRaises(AccessError):
                lead.with_user(user).action_take()
        self.lose(lead)
        with self.assertRefused(UserError, "is closed"):
            lead.with_user(self.agent).action_take()
        other = self.env["res.company"].create({"name": "Second"})
        foreign = self.make_lead(user_id=False, company_id=other.id)
        with self.assertRaises(AccessError):
            foreign.with_user(self.agent).action_take()
        self.assertFalse(lead.user_id | foreign.user_id)
