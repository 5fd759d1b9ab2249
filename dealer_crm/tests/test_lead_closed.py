from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.dealer_crm_lead_closed import FROZEN_FIELDS
from .common import DealerHttpCase, IntakeCase, TransitionCase


@tagged("post_install", "-at_install")
class TestFrozen(TransitionCase):
    """What a closed lead was worth stays, whoever writes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create({"name": "Other Customer"})
        cls.product = cls.make_product(name="Other Pickup")
        cls.closed = [
            cls.make_lead(stage, expected_price=30_000, quantity=2) for stage in (cls.won, cls.lost)
        ]

    def changes(self):
        return (
            ("Expected Price", {"expected_price": 1}),
            ("Quantity", {"quantity": 3}),
            ("Product", {"product_id": self.product.id}),
            ("Customer", {"partner_id": self.customer.id}),
        )

    def values(self, lead):
        names = ["expected_price", "quantity", "product_id", "partner_id", "company_id"]
        self.env.invalidate_all()
        return lead.sudo().read(names)

    def test_each_field_for_each_user(self):
        for lead in self.closed:
            before = self.values(lead)
            for user in (self.agent, self.manager, self.admin, self.env.ref("base.user_root")):
                for label, vals in self.changes():
                    for writer in (lead.with_user(user), lead.with_user(user).sudo()):
                        with (
                            self.subTest(user=user.login, sudo=writer.env.su, vals=vals),
                            self.assertRefused(UserError, lead.contact_name, label, "closed"),
                        ):
                            writer.write(vals)
            self.assertEqual(self.values(lead), before)

    def test_import(self):
        for lead in self.closed:
            before = self.values(lead)
            result = self.Lead.with_user(self.manager).load(
                [".id", "expected_price"], [[str(lead.id), "1"]]
            )
            self.assertFalse(result["ids"])
            self.assertIn("Expected Price", result["messages"][0]["message"])
            self.assertEqual(self.values(lead), before)

    def test_company_also_for_the_superuser(self):
        other = self.env["res.company"].create({"name": "Second Dealer"})
        lead = self.closed[1]
        with self.assertRefused(UserError, lead.contact_name, "Company"):
            lead.write({"company_id": other.id})

    def test_one_closed_lead_among_open_ones(self):
        pending = self.make_lead(expected_price=5)
        with self.assertRefused(UserError, self.closed[0].contact_name):
            (pending | self.closed[0]).write({"expected_price": 1})
        self.assertEqual(pending.expected_price, 5)

    def test_what_does_not_change_or_is_no_part_of_the_report(self):
        lead = self.closed[0].with_user(self.agent)
        lead.write({"expected_price": 30_000, "quantity": 2, "partner_id": lead.partner_id.id})
        lead.write(
            {
                "description": "Wants winter tyres",
                "priority": "2",
                "mobile": "+1 212 555 0147",
                "tag_ids": [Command.create({"name": "Regular of the tests"})],
            }
        )
        lead.activity_schedule("mail.mail_activity_data_todo", summary="Send flowers")
        self.assertEqual(len(lead.activity_ids), 1)

    def test_with_the_closing_and_after_reopening(self):
        lead = self.make_lead()
        self.lose(lead, expected_price=7)
        self.assertEqual(lead.expected_price, 7)
        lead.with_user(self.manager).action_reopen("Came back")
        lead.with_user(self.agent).expected_price = 8
        self.assertEqual(lead.expected_price, 8)

    def test_lists_leave_closed_leads_out(self):
        """In a selection, Odoo's list changes the leads where the field can be changed."""
        view = self.Lead.with_user(self.manager).get_views([(False, "list")])["views"]["list"]
        nodes = etree.fromstring(view["arch"]).iter("field")
        shown = {node.get("name"): node.get("readonly", "") for node in nodes}
        for name in {*FROZEN_FIELDS, "stage_id"} & shown.keys():
            self.assertIn(shown[name], ("1", "True", "won_status != 'pending'"), name)

    def test_customers_can_be_merged(self):
        lead = self.closed[0]
        lead._write_unchecked({"partner_id": self.customer.id})
        twin = self.env["res.partner"].create({"name": "Other Customer"})
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer | twin).ids, dst_partner=twin
        )
        self.assertEqual(lead.partner_id, twin)

    def test_what_is_frozen_cannot_be_deleted(self):
        """Nothing of a closed lead empties because another record goes."""
        for name in FROZEN_FIELDS:
            field = self.Lead._fields[name]
            if field.type == "many2one":
                self.assertEqual(field.ondelete, "restrict", name)
        lead = self.closed[0]
        lead.active = False
        lead._write_unchecked({"partner_id": self.customer.id, "product_id": self.product.id})
        for record, label in (
            (self.customer, "Customer"),
            (self.product, "Product"),
            (self.product.product_tmpl_id, "Product"),
        ):
            with self.assertRefused(UserError, record.name, label, lead.contact_name, "Archive it"):
                (record | record.copy()).unlink()
        with self.assertRefused(UserError, lead.name):
            self.customer.with_user(self.clerk).sudo().unlink()

    def test_variants_that_go_are_archived(self):
        self.closed[0]._write_unchecked({"product_id": self.product.id})
        self.product._unlink_or_archive()
        self.assertFalse(self.product.active)

    def test_an_appointment_gives_no_customer(self):
        lead = self.closed[1]
        lead.mobile = "+1 212 555 0148"
        self.env["calendar.event"].with_user(self.agent).create(
            {
                "name": "Visit",
                "start": "2026-01-01 10:00:00",
                "stop": "2026-01-01 11:00:00",
                "dealer_crm_lead_id": lead.id,
                "dealer_crm_kind": "visit",
            }
        )
        self.assertFalse(lead.partner_id)


@tagged("post_install", "-at_install")
class TestFrozenHttp(DealerHttpCase):
    def test_rpc_and_browser(self):
        lead = self.make_lead(self.lost, expected_price=9)
        for call in (self.rpc, self.web):
            answer = call(self.agent, lead._name, "write", lead.ids, {"expected_price": 1})
            self.assertRpcRefused(answer, "UserError", lead.contact_name, "Expected Price")
            answer = call(self.agent, lead._name, "web_save", lead.ids, {"quantity": 5}, {})
            self.assertRpcRefused(answer, "UserError", lead.contact_name, "Quantity")
        self.assertEqual((lead.expected_price, lead.quantity), (9, 1))


@tagged("post_install", "-at_install")
class TestFrozenIntake(IntakeCase):
    def test_endorsed_again(self):
        lead, _answer = self.receive(expected_price=100)
        self.lose(lead)
        again, answer = self.receive(expected_price=200)
        self.assertEqual((again, answer["created"]), (lead, False))
        self.assertEqual(lead.expected_price, 100)


@tagged("post_install", "-at_install")
class TestActivitiesEnd(TransitionCase):
    def plan(self, lead, summary, user=None):
        return lead.activity_schedule(
            "mail.mail_activity_data_call",
            summary=summary,
            date_deadline=fields.Date.today() + timedelta(days=3),
            user_id=(user or self.agent).id,
        )

    def notes(self, lead):
        return [body for body in lead.message_ids.mapped("body") if "Ended with the lead" in body]

    def test_lost(self):
        lead, other = self.make_lead(), self.make_lead()
        mine = self.plan(lead, "Ask about the trade-in")
        hers = self.plan(lead, "Check the credit", self.manager)
        elsewhere = self.plan(other, "Call back")
        self.lose(lead.with_user(self.agent))
        self.assertFalse(lead.activity_ids)
        self.assertFalse((mine | hers).filtered("active"))
        self.assertTrue(elsewhere.active)
        (note,) = self.notes(lead)
        for word in ("Ask about the trade-in", "Check the credit", self.manager.name):
            self.assertIn(word, note)
        self.assertFalse(lead.date_first_contact)

    def test_won(self):
        lead = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        self.plan(lead, "Hand over")
        lead.with_user(self.agent).action_mark_won()
        self.assertFalse(lead.activity_ids)
        self.assertEqual(len(self.notes(lead)), 1)

    def test_a_move_to_an_open_stage_ends_nothing(self):
        lead = self.make_lead()
        self.plan(lead, "Call back")
        lead.stage_id = self.qualified
        self.assertEqual(len(lead.activity_ids), 1)

    def test_refused(self):
        lead = self.make_lead()
        activity = self.plan(lead, "Call back")
        with self.assertRefused(UserError):
            lead.with_user(self.agent).action_mark_won()
        self.assertTrue(activity.active)

    def test_the_setting_keeps_them(self):
        self.env["dealer.crm.settings"].with_user(self.admin).create(
            {"dealer_keep_activities": True}
        )
        self.assertTrue(self.env.company.dealer_keep_activities)
        lead = self.make_lead()
        activity = self.plan(lead, "Send flowers")
        self.lose(lead)
        self.assertEqual(lead.activity_ids, activity)
        self.assertFalse(self.notes(lead))

    def test_the_setting_keeps_no_reminder_of_the_first_contact(self):
        """Nobody waits for the first contact with the customer of a closed lead."""
        self.env.company.dealer_keep_activities = True
        lead = self.make_lead()
        activity = self.plan(lead, "Send flowers")
        lead._tell_leader(self.manager)
        self.assertEqual(len(lead.activity_ids), 2)
        self.lose(lead.with_user(self.agent))
        self.assertEqual(lead.activity_ids, activity)
        (note,) = self.notes(lead)
        self.assertNotIn("Send flowers", note)


@tagged("post_install", "-at_install")
class TestMoveTakes(TransitionCase):
    def make_free(self, stage=None):
        return self.make_lead(stage, user_id=False)

    def test_who_moves_takes(self):
        for user in (self.agent, self.manager):
            for move in (lambda lead: lead.write({"stage_id": self.qualified.id}), self.lose):
                lead = self.make_free()
                move(lead.with_user(user))
                self.assertEqual(lead.user_id, user)

    def test_won(self):
        lead = self.make_free(self.negotiation)
        self.make_delivered(lead)
        lead.with_user(self.manager).action_mark_won()
        self.assertEqual((lead.won_status, lead.user_id), ("won", self.manager))

    def test_of_several_only_the_unassigned(self):
        free, hers = self.make_free(), self.make_lead(user_id=self.other_agent.id)
        (free | hers).with_user(self.manager).stage_id = self.qualified
        self.assertEqual((free.user_id, hers.user_id), (self.manager, self.other_agent))
        self.assertEqual((free | hers).stage_id, self.qualified)

    def test_what_is_written_with_the_stage_holds(self):
        lead = self.make_free()
        lead.with_user(self.manager).write({"stage_id": self.qualified.id, "user_id": False})
        self.assertFalse(lead.user_id)

    def test_a_refused_move_takes_nothing(self):
        lead = self.make_free()
        with self.assertRefused(UserError):
            lead.with_user(self.agent).stage_id = self.negotiation
        self.env.invalidate_all()
        self.assertFalse(lead.user_id)

    def test_the_program_and_others_take_nothing(self):
        for user in (self.env.ref("base.user_root"), self.portal, self.clerk):
            lead = self.make_free()
            lead.with_user(user).sudo().stage_id = self.qualified
            self.assertFalse(lead.user_id, user.login)

    def test_not_in_a_company_of_others(self):
        other = self.env["res.company"].create({"name": "Second Dealer"})
        lead = self.make_free()
        lead._write_unchecked({"company_id": other.id, "team_id": False})
        lead.with_user(self.agent).sudo().stage_id = self.qualified
        self.assertFalse(lead.user_id)
