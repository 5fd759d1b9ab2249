from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import MARSEILLE, NEAR, TOKYO, ResellerCase


class AnswerCase(ResellerCase):
    def setUp(self):
        super().setUp()
        self.company.dealer_catch_all_user_id = self.manager
        self.one = self.make_reseller("One", NEAR, is_company=True)
        self.two = self.make_reseller("Two", MARSEILLE)
        self.lead = self.make_placed_lead()
        self.lead.assign_partner(self.one)


@tagged("post_install", "-at_install")
class TestAnswer(AnswerCase):
    def test_accept(self):
        before = fields.Datetime.now()
        self.lead.with_user(self.agent).action_accept_assignment()
        accepted = self.lead.date_partner_accept
        self.assertGreaterEqual(accepted, before)
        self.assertRecordValues(
            self.lead.assignment_ids, [{"state": "accepted", "date_accept": accepted}]
        )
        self.assertIn("One accepted.", self.lead.message_ids[0].body)
        messages = self.lead.message_ids
        self.lead.action_accept_assignment()
        self.assertEqual(self.lead.message_ids, messages)

    def test_decline_goes_to_the_next_at_once(self):
        self.lead.with_user(self.agent).action_decline_assignment("Too far", contacted=True)
        self.assertEqual(self.lead.partner_assigned_id, self.two)
        self.assertEqual(self.lead.partner_declined_ids, self.one)
        self.assertRecordValues(
            self.lead.assignment_ids,
            [
                {
                    "partner_id": self.two.id,
                    "state": "assigned",
                    "decline_reason": False,
                    "contacted": False,
                },
                {
                    "partner_id": self.one.id,
                    "state": "declined",
                    "decline_reason": "Too far",
                    "contacted": True,
                },
            ],
        )
        note = self.lead.message_ids.filtered(lambda message: "declined" in message.body)
        for words in ("One declined", "was contacted", "Too far"):
            self.assertIn(words, note.body)
        self.lead.user_id = False
        self.lead.action_decline_assignment()
        self.assertFalse(self.lead.partner_assigned_id)
        self.assertEqual(self.lead.partner_declined_ids, self.one | self.two)
        self.assertEqual(self.lead.assignment_failure, "nobody")
        self.assertEqual(self.lead.user_id, self.manager)

    def test_decline_after_accepting(self):
        self.lead.action_accept_assignment()
        self.lead.action_decline_assignment("Changed our mind")
        self.assertEqual(self.lead.partner_assigned_id, self.two)
        self.assertFalse(self.lead.date_partner_accept)
        self.assertTrue(self.lead.assignment_ids[1].date_accept)

    def test_spam_goes_to_nobody(self):
        self.company.dealer_assign_automatic = True
        self.lead.user_id = False
        self.lead.action_decline_assignment("Spam!", spam=True)
        self.assertFalse(self.lead.partner_assigned_id)
        self.assertTrue(self.lead.partner_spam)
        self.assertEqual(self.lead.user_id, self.manager)
        self.assertTrue(self.lead.assignment_ids.spam)
        self.assertFalse(self.Lead._count_unassigned())

    def test_a_batch_of_several_partners(self):
        other = self.make_placed_lead(partner_assigned_id=self.two.id)
        (self.lead | other).action_decline_assignment("Holidays")
        self.assertEqual(self.lead.partner_assigned_id, self.two)
        self.assertEqual(other.partner_assigned_id, self.one)

    def test_what_cannot_be_answered(self):
        unassigned = self.make_placed_lead()
        lost = self.make_placed_lead(stage=self.lost, partner_assigned_id=self.one.id)
        for method in ("action_accept_assignment", "action_decline_assignment"):
            with self.assertRefused(UserError, unassigned.name, "no reseller"):
                getattr(unassigned, method)()
            with self.assertRefused(UserError, lost.name, "closed"):
                getattr(lost, method)()
        for reason in (7, ["no"], "x" * 2001):
            with self.assertRefused(ValidationError, "2000"):
                self.lead.action_decline_assignment(reason)
        self.assertEqual(self.lead.partner_assigned_id, self.one)

    def test_portal_users_answer_for_their_company(self):
        contact = self.Partner.create({"name": "Clerk", "parent_id": self.one.id})
        user = new_test_user(self.env, "reseller-one", "base.group_portal")
        user.partner_id.parent_id = contact.commercial_partner_id
        foreign = self.make_placed_lead(partner_assigned_id=self.two.id)
        for method in ("action_accept_assignment", "action_decline_assignment"):
            for leads in (foreign, foreign | self.lead):
                with self.assertRefused(AccessError, "your company"):
                    getattr(leads.with_user(user), method)()
        self.lead.with_user(user).action_accept_assignment()
        self.assertEqual(self.lead.assignment_ids.state, "accepted")
        self.lead.with_user(user).action_decline_assignment("No stock")
        self.assertEqual(self.lead.partner_assigned_id, self.two)
        with self.assertRefused(AccessError):
            self.lead.with_user(user).action_accept_assignment()

    def test_rights(self):
        self.lead.user_id = self.other_agent
        for user in (self.agent, *self.outsiders):
            for method in ("action_accept_assignment", "action_decline_assignment"):
                with self.assertRaises(AccessError):
                    getattr(self.lead.with_user(user), method)()
        self.lead.with_user(self.manager).action_accept_assignment()

    def test_the_wizard(self):
        action = self.lead.with_user(self.agent).action_open_decline()
        wizards = self.env[action["res_model"]].with_user(self.agent)
        with Form(wizards.with_context(**action["context"])) as form:
            form.reason = "Too far"
            form.contacted = True
        form.record.action_confirm()
        self.assertRecordValues(
            self.lead.assignment_ids[1], [{"decline_reason": "Too far", "contacted": True}]
        )


@tagged("post_install", "-at_install")
class TestAcceptWithin(AnswerCase):
    def run_cron(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Lead.with_env(self.env(cr=cr))._cron_assign_partners()
        self.env.invalidate_all()

    def wait(self, leads, **ago):
        """Move the assignment of ``leads`` into the past."""
        date = fields.Datetime.now() - timedelta(**ago)
        leads.assignment_ids.date = date
        leads.date_partner_assign = date
        self.env.flush_all()

    def test_off_by_default(self):
        self.assertFalse(self.env["res.company"].create({"name": "New"}).dealer_accept_hours)
        self.wait(self.lead, days=400)
        self.run_cron()
        self.assertEqual(self.lead.partner_assigned_id, self.one)

    def test_goes_to_the_next(self):
        self.company.dealer_accept_hours = 24
        self.lead.user_id = False
        in_time, accepted, closed = (
            self.make_placed_lead(partner_assigned_id=self.one.id) for _each in range(3)
        )
        accepted.action_accept_assignment()
        self.wait(self.lead | accepted | closed, hours=25)
        self.lose(closed)
        self.wait(in_time, hours=23)
        self.run_cron()
        self.assertEqual(self.lead.partner_assigned_id, self.two)
        self.assertEqual((in_time | accepted | closed).partner_assigned_id, self.one)
        self.assertEqual(self.lead.partner_declined_ids, self.one)
        self.assertEqual(self.lead.assignment_ids.mapped("state"), ["assigned", "expired"])
        self.assertTrue(
            self.lead.message_ids.filtered(lambda m: "One did not accept in time" in m.body)
        )
        self.wait(self.lead, hours=25)
        self.run_cron()
        self.assertFalse(self.lead.partner_assigned_id)
        self.assertEqual(self.lead.user_id, self.manager)
        rows = self.lead.assignment_ids
        self.run_cron()
        self.assertEqual(self.lead.assignment_ids, rows)

    def test_many(self):
        self.company.dealer_accept_hours = 1
        self.make_reseller("Tokyo", TOKYO, self.japan)
        leads = self.Lead.create(
            [
                {
                    "contact_name": f"L{number}",
                    "country_id": self.france.id,
                    "partner_assigned_id": self.one.id,
                }
                for number in range(230)
            ]
        )
        self.wait(leads, hours=2)
        self.run_cron()
        self.assertEqual(leads.partner_assigned_id, self.two)
