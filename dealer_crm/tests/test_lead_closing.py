from psycopg2.errors import NotNullViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import TransitionCase


@tagged("post_install", "-at_install")
class TestClosing(TransitionCase):
    def test_lost_from_each_open_stage(self):
        for stage in (self.new, self.qualified, self.negotiation):
            with self.subTest(stage=stage.name), freeze_time("2026-02-03 04:05:06"):
                lead = self.make_lead(stage)
                self.lose(lead.with_user(self.agent), lost_notes="Too dear")
                self.assertRecordValues(
                    lead,
                    [
                        {
                            "stage_id": self.lost.id,
                            "open_stage_id": stage.id,
                            "won_status": "lost",
                            "date_lost": fields.Datetime.now(),
                            "date_won": False,
                            "lost_reason": self.reason.id,
                            "lost_notes": "Too dear",
                        }
                    ],
                )

    def test_won_from_each_open_stage(self):
        for stage in (self.new, self.qualified, self.negotiation):
            with self.subTest(stage=stage.name), freeze_time("2026-02-03 04:05:06"):
                lead = self.make_lead(stage)
                self.make_delivered(lead)
                lead.lost_notes = "Almost lost"
                action = lead.with_user(self.agent).action_mark_won()
                self.assertEqual(action["effect"]["type"], "rainbow_man")
                self.assertRecordValues(
                    lead,
                    [
                        {
                            "stage_id": self.won.id,
                            "open_stage_id": stage.id,
                            "won_status": "won",
                            "date_won": fields.Datetime.now(),
                            "date_lost": False,
                            "lost_reason": False,
                            "lost_notes": False,
                        }
                    ],
                )

    def test_date_won_that_is_set_stays(self):
        lead = self.make_lead(self.negotiation, date_won="2026-01-01 10:00:00")
        other = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        self.make_delivered(other)
        with freeze_time("2026-03-03 03:03:03"):
            (lead | other).action_mark_won()
        self.assertEqual(
            [str(date) for date in (lead | other).mapped("date_won")],
            ["2026-01-01 10:00:00", "2026-03-03 03:03:03"],
        )

    def test_no_date_in_the_future(self):
        lead = self.make_lead(self.negotiation)
        for vals in (
            {"date_won": "2199-01-01 00:00:00"},
            {
                "stage_id": self.lost.id,
                "lost_reason": self.reason.id,
                "date_lost": "2199-01-01 00:00:00",
            },
        ):
            with self.subTest(vals), self.assertRefused(ValidationError, lead.name, "future"):
                lead.write(vals)

    def test_date_won_in_the_same_write(self):
        lead = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        lead.write({"stage_id": self.won.id, "date_won": "2026-01-01 10:00:00"})
        self.assertEqual(str(lead.date_won), "2026-01-01 10:00:00")

    def test_lost_needs_a_reason_in_the_same_write(self):
        lead = self.make_lead(self.qualified)
        for vals in (
            {},
            {"lost_reason": False},
            {"lost_notes": "no reason"},
            {"lost_reason": 0},
            {"lost_reason": "Price too high"},
            {"lost_reason": [self.reason.id]},
            {"lost_reason": True},
            {"lost_reason": 1.5},
        ):
            with self.subTest(vals=vals):
                self.assertStays(lead, {"stage_id": self.lost.id, **vals}, lead.name, "lost reason")

    def test_two_leads_without_a_reason(self):
        leads = self.make_lead() | self.make_lead()
        with self.assertRefused(UserError, leads[0].name, leads[1].name):
            leads.stage_id = self.lost

    def test_nothing_leaves(self):
        won, lost = self.make_lead(self.won), self.make_lead(self.lost)
        self.make_delivered(lost)  # so that the gate does not refuse it
        for user in (self.agent, self.manager, self.admin):
            for lead in (won, lost):
                for stage in self.Stage.search([]) - lead.stage_id:
                    with self.subTest(user=user.login, lead=lead.won_status, stage=stage.name):
                        self.assertStays(
                            lead,
                            {"stage_id": stage.id, "lost_reason": self.reason.id},
                            lead.name,
                            user=user,
                        )

    def test_closed_stays_closed_without_its_flag(self):
        lead = self.make_lead(self.won)
        self.won.is_won = False
        following = self.Stage.create({"name": "Aftercare", "sequence": 41})
        self.assertStays(lead, {"stage_id": following.id}, lead.name, "reopen")

    def test_what_was_reported_stays(self):
        won, lost = self.make_lead(self.won), self.make_lead(self.lost)
        other = self.env.ref("dealer_crm.lost_reason_stock")
        for lead, vals in (
            (won, {"date_won": "2026-01-01 00:00:00"}),
            (won, {"date_won": False}),
            (won, {"date_lost": "2026-01-01 00:00:00"}),
            (won, {"lost_reason": other.id}),
            (lost, {"date_lost": False}),
            (lost, {"lost_reason": other.id}),
            (lost, {"lost_reason": False}),
            (lost, {"lost_notes": "Rewritten"}),
            (lost, {"stage_id": self.lost.id, "lost_reason": other.id}),
        ):
            for user in (self.agent, self.admin):
                with self.subTest(vals=vals, user=user.login):
                    self.assertStays(lead, vals, lead.name, "closed", user=user)
        lost.write({"lost_reason": self.reason.id, "lost_notes": False, "priority": "3"})
        self.assertEqual(lost.priority, "3")

    def test_closed_leads_can_be_archived(self):
        lead = self.make_lead(self.lost)
        lead.action_archive()
        self.assertEqual((lead.active, lead.won_status), (False, "lost"))
        lead.action_unarchive()
        self.assertEqual((lead.active, lead.stage_id), (True, self.lost))

    def test_archived_lead_can_be_lost(self):
        lead = self.make_lead(active=False)
        self.lose(lead)
        self.assertEqual(lead.won_status, "lost")


@tagged("post_install", "-at_install")
class TestLostWizard(TransitionCase):
    def confirm(self, leads, user=None, **vals):
        wizards = self.env["dealer.crm.lead.lost"].with_user(user or self.agent)
        wizard = wizards.create({"lead_ids": leads.ids, "lost_reason": self.reason.id, **vals})
        return wizard.action_confirm()

    def test_one(self):
        lead = self.make_lead().with_user(self.agent)
        action = lead.action_mark_lost()
        self.assertEqual(action["res_model"], "dealer.crm.lead.lost")
        self.assertEqual(action["context"]["default_lead_ids"], lead.ids)
        self.assertEqual(lead.won_status, "pending")
        result = self.confirm(lead, lost_notes="Bought a bike")
        self.assertEqual(result["type"], "ir.actions.act_window_close")
        self.assertEqual((lead.won_status, lead.lost_notes), ("lost", "Bought a bike"))

    def test_many_archived_too(self):
        leads = self.make_lead() | self.make_lead(self.negotiation) | self.make_lead(active=False)
        self.confirm(leads)
        self.assertEqual(leads.mapped("won_status"), ["lost"] * 3)

    def test_reason_is_required(self):
        lead = self.make_lead()
        with self.assertRaises(NotNullViolation), mute_logger("odoo.sql_db"):
            self.env["dealer.crm.lead.lost"].create({"lead_ids": lead.ids})
        self.assertEqual(lead.won_status, "pending")

    def test_closed_among_them(self):
        won, pending = self.make_lead(self.won), self.make_lead()
        with self.assertRefused(UserError, won.name):
            self.confirm(won | pending)
        self.assertEqual(pending.won_status, "pending")

    def test_lost_ones_with_another_reason(self):
        lost = self.make_lead(self.lost)
        with self.assertRefused(UserError, lost.name):
            self.confirm(lost, lost_reason=self.env.ref("dealer_crm.lost_reason_stock").id)
        self.assertEqual(lost.lost_reason, self.reason)

    def test_reason_archived_meanwhile(self):
        """The reason was archived while the wizard was open; it can still be used."""
        lead = self.make_lead()
        self.reason.active = False
        self.confirm(lead)
        self.assertEqual(lead.lost_reason, self.reason)
        self.assertNotIn(self.reason, self.env["dealer.crm.lost.reason"].search([]))

    def test_confirmed_orders_are_asked_about(self):
        """The wizard names confirmed orders, also a colleague's, but no draft or cancelled ones."""
        first, second, third = self.make_lead(), self.make_lead(), self.make_lead()
        order = self.make_order(first, user_id=self.other_agent.id)
        other = self.make_order(second)
        self.make_order(third, confirm=False)
        self.make_order(third)._action_cancel()
        leads = first | second | third
        with Form(
            self.env["dealer.crm.lead.lost"]
            .with_user(self.agent)
            .with_context(**leads.action_mark_lost()["context"])
        ) as form:
            self.assertEqual(
                form.confirmed_orders,
                f"Ana ({first.name}): {order.name}\nAna ({second.name}): {other.name}",
            )
            form.lost_reason = self.reason
        with self.assertRefused(UserError, first.name, order.name, other.name, "Mark Lost Anyway"):
            form.record.action_confirm()
        self.assertEqual(leads.mapped("won_status"), ["pending"] * 3)
        form.record.despite_orders = True
        form.record.action_confirm()
        self.assertEqual(leads.mapped("won_status"), ["lost"] * 3)
        self.assertEqual((order | other).mapped("state"), ["sale", "sale"])

    def test_the_selection(self):
        """The window names the leads, and leaves out those that are closed already."""
        first, second = self.make_lead(contact_name="Ida"), self.make_lead(contact_name="Ute")
        won = self.make_lead(self.won, contact_name="Wim")
        wizards = self.env["dealer.crm.lead.lost"].with_user(self.agent)
        selection = wizards.with_context(default_lead_ids=(first | won | second).ids)
        with Form(selection) as form:
            self.assertEqual(form.lead_names, f"{first._get_label()}\n{second._get_label()}")
            self.assertEqual(form.closed_names, f"{won._get_label()}: Won")
            form.lost_reason = self.reason
        form.record.action_confirm()
        self.assertEqual((first | second | won).mapped("won_status"), ["lost", "lost", "won"])

    def test_all_closed_already(self):
        lost = self.make_lead(self.lost)
        wizards = self.env["dealer.crm.lead.lost"].with_user(self.agent)
        form = Form(wizards.with_context(default_lead_ids=lost.ids))
        self.assertFalse(form.lead_names)
        self.assertEqual(form.closed_names, f"{lost._get_label()}: Lost")
        with self.assertRefused(UserError, "closed already"):
            self.confirm(lost.browse())

    def test_many_leads_are_not_all_named(self):
        leads = self.Lead.create([{"contact_name": f"Ida {number}"} for number in range(12)])
        wizard = self.env["dealer.crm.lead.lost"].new({"lead_ids": leads.ids})
        self.assertEqual(len(wizard.lead_names.splitlines()), 11)
        self.assertIn("2 more", wizard.lead_names)

    def test_frequent_reasons(self):
        reasons = self.env["dealer.crm.lost.reason"].search([])
        often, seldom, archived = reasons[-1], reasons[-2], reasons[0]
        for reason in (often, often, seldom, archived, archived, archived):
            self.make_lead().write({"stage_id": self.lost.id, "lost_reason": reason.id})
        archived.active = False
        wizard = self.env["dealer.crm.lead.lost"].with_user(self.other_agent).new({})
        shown = wizard.frequent_reason_ids._origin
        self.assertEqual(len(shown), 5)
        self.assertEqual(shown[:2], often | seldom)
        self.assertNotIn(archived, shown)

    def test_no_orders_no_question(self):
        wizards = self.env["dealer.crm.lead.lost"].with_user(self.agent)
        lead, hers = self.make_lead(), self.make_lead(user_id=self.other_agent.id)
        self.make_order(lead, confirm=False)
        self.make_order(hers)
        self.assertFalse(wizards.new({"lead_ids": lead.ids}).confirmed_orders)
        # The names of another agent's lead and order are not shown.
        self.assertFalse(wizards.new({"lead_ids": hers.ids}).confirmed_orders)

    def test_another_agents_lead(self):
        mine, hers = self.make_lead(), self.make_lead(user_id=self.other_agent.id)
        with self.assertRefused(AccessError):
            self.confirm(mine | hers)
        self.assertEqual((mine | hers).mapped("won_status"), ["pending", "pending"])

    def test_who_may_open_it(self):
        lead = self.make_lead()
        for user in self.outsiders | self.intake:
            with self.assertRefused(AccessError):
                self.confirm(lead, user=user)

    def test_reason_that_leads_have(self):
        self.make_lead(self.lost)
        with self.assertRefused(UserError, self.reason.name, "1 lead", "archive"):
            self.reason.with_user(self.admin).unlink()
        self.env.ref("dealer_crm.lost_reason_stock").with_user(self.admin).unlink()
