from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import TransitionCase


@tagged("post_install", "-at_install")
class TestReopen(TransitionCase):
    def test_back_to_where_it_closed_from(self):
        for stage in (self.new, self.qualified, self.negotiation):
            lead = self.make_lead(stage)
            self.lose(lead, lost_notes="Gone")
            with freeze_time("2026-04-04 04:04:04"):
                lead.with_user(self.manager).action_reopen("Customer called back")
            self.assertRecordValues(
                lead,
                [
                    {
                        "stage_id": stage.id,
                        "won_status": "pending",
                        "date_won": False,
                        "date_lost": False,
                        "lost_reason": False,
                        "lost_notes": False,
                        "date_last_stage_update": fields.Datetime.to_datetime(
                            "2026-04-04 04:04:04"
                        ),
                    }
                ],
            )
            self.assertIn("Customer called back", lead.message_ids[:1].body)
            self.assertEqual(lead.message_ids[:1].author_id, self.manager.partner_id)

    def test_won_lead_and_the_rule_afterwards(self):
        lead = self.make_lead(self.won)
        lead.with_user(self.manager).action_reopen("Order was returned")
        self.assertEqual((lead.stage_id, lead.date_won), (self.new, False))
        self.assertStays(lead, {"stage_id": self.negotiation.id}, "Qualified")
        lead.action_mark_won()
        self.assertEqual(lead.won_status, "won")

    def test_a_selection_goes_back_each_to_its_own(self):
        leads = self.make_lead(self.new) | self.make_lead(self.negotiation)
        self.lose(leads)
        leads.with_user(self.admin).action_reopen("All again")
        self.assertEqual(leads.mapped("stage_id"), self.new | self.negotiation)
        self.assertEqual(leads[1].stage_id, self.negotiation)

    def test_who_may(self):
        lead = self.make_lead(self.lost)
        for user in self.agent | self.other_agent | self.intake | self.outsiders:
            with self.subTest(user=user.login), self.assertRefused(AccessError):
                lead.with_user(user).action_reopen("Please")
        self.assertEqual(lead.won_status, "lost")

    def test_reason(self):
        lead = self.make_lead(self.lost).with_user(self.manager)
        for reason in ("", "   ", False, 5, ["x"], {"x": 1}):
            with self.subTest(reason=reason), self.assertRefused(ValidationError, lead.name):
                lead.action_reopen(reason)
        action = lead.action_reopen()
        self.assertEqual(action["res_model"], "dealer.crm.lead.reopen")
        self.assertEqual(lead.won_status, "lost")

    def test_wizard(self):
        leads = self.make_lead(self.lost) | self.make_lead(self.lost, active=False)
        wizards = self.env["dealer.crm.lead.reopen"]
        for user in self.agent | self.clerk:
            with self.assertRefused(AccessError):
                wizards.with_user(user).create({"lead_ids": leads.ids, "reason": "x"})
        context = leads.with_user(self.manager).action_reopen()["context"]
        wizard = wizards.with_user(self.manager).with_context(**context).create({"reason": "Again"})
        wizard.action_confirm()
        self.assertEqual(leads.mapped("won_status"), ["pending", "pending"])

    def test_open_lead(self):
        closed, pending = self.make_lead(self.lost), self.make_lead()
        with self.assertRefused(UserError, pending.name, "not closed"):
            (closed | pending).with_user(self.manager).action_reopen("x")
        self.assertEqual(closed.won_status, "lost")

    def test_its_stage_was_deleted(self):
        stage = self.Stage.create({"name": "Short Life", "sequence": 12})
        lead = self.make_lead(stage)
        self.lose(lead)
        stage.unlink()
        self.env.invalidate_all()
        lead.action_reopen("Back")
        self.assertEqual(lead.stage_id, self.negotiation)

    def test_its_stage_closes_leads_now(self):
        lead = self.make_lead(self.negotiation)
        self.lose(lead)
        self.won.is_won = False
        self.negotiation.is_won = True
        lead.action_reopen("Back")
        self.assertEqual((lead.stage_id, lead.won_status), (self.won, "pending"))

    def test_no_open_stage_left(self):
        lead = self.make_lead(self.lost)
        (self.new | self.qualified | self.negotiation).unlink()
        with self.assertRefused(UserError, lead.name, "open stage"):
            lead.action_reopen("Back")

    def test_closed_twice(self):
        lead = self.make_lead(self.new)
        self.lose(lead)
        lead.action_reopen("Again")
        lead.stage_id = self.qualified
        self.lose(lead)
        lead.action_reopen("And again")
        self.assertEqual(lead.stage_id, self.qualified)

    def test_date_won_of_before_is_not_taken_again(self):
        with freeze_time("2026-01-01 00:00:00"):
            lead = self.make_lead(self.won)
        lead.action_reopen("Returned")
        with freeze_time("2026-02-02 00:00:00"):
            lead.action_mark_won()
        self.assertEqual(str(lead.date_won), "2026-02-02 00:00:00")
