from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestStageFlags(DealerCase):
    def test_shipped(self):
        stages = self.new | self.qualified | self.negotiation | self.won | self.lost
        self.assertEqual(stages.mapped("sequence"), [10, 20, 30, 40, 50])
        self.assertEqual(stages.mapped("name"), ["New", "Qualified", "Negotiation", "Won", "Lost"])
        self.assertEqual(stages.filtered("is_won"), self.won)
        self.assertEqual(stages.filtered("is_lost"), self.lost)
        self.assertEqual(stages.filtered("fold"), self.lost)

    def test_the_handle_keeps_the_gaps(self):
        """The client sends the stages in between, from their first number (list) or 0 (board)."""
        stages = (self.new | self.qualified | self.negotiation | self.won | self.lost).with_user(
            self.admin
        )
        new, qualified, negotiation, won, lost = stages
        for moved, offset, order in (
            (negotiation | new | qualified, 10, negotiation | new | qualified | won | lost),
            (new | qualified | negotiation, 10, stages),
            (qualified | new, 10, qualified | new | negotiation | won | lost),
            (stages, 0, stages),
        ):
            moved.web_resequence({"sequence": {}}, "sequence", offset)
            self.assertEqual(self.Stage.search([]), order)
            self.assertEqual(order.mapped("sequence"), [10, 20, 30, 40, 50])
        between = self.Stage.create({"name": "Test Drive"})
        self.assertEqual(self.Stage.search([])[3:], between | won | lost)
        (won | between).web_resequence({"sequence": {}}, "sequence", 35)
        self.assertEqual(self.Stage.search([]).mapped("sequence"), [10, 20, 30, 40, 50, 60])
        with self.assertRaises(AccessError):
            stages.with_user(self.manager).web_resequence({"sequence": {}})

    def test_one_of_each(self):
        for flag in ("is_won", "is_lost"):
            with self.subTest(flag=flag):
                with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
                    self.Stage.create({"name": "Second", flag: True})
                with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
                    self.new.write({flag: True})
                    self.env.flush_all()

    def test_never_both(self):
        (self.won | self.lost).write({"is_won": False, "is_lost": False})
        both = {"is_won": True, "is_lost": True}
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.new.write(both)
            self.env.flush_all()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.Stage.create({"name": "Both", **both})

    def test_flags_move_in_one_transaction(self):
        self.lost.is_lost = False
        self.new.is_lost = True
        self.new.is_lost = False
        self.won.is_won = False
        self.Stage.create({"name": "Delivered", "is_won": True})
        for giver, taker in ((self.new, self.lost), (self.lost, self.new)):
            (self.new | self.lost).is_lost = False
            giver.is_lost = True
            rows = [[str(giver.id), "0"], [str(taker.id), "1"]]
            self.assertFalse(self.Stage.load([".id", "is_lost"], rows)["messages"])
            self.assertEqual(self.Stage.search([("is_lost", "=", True)]), taker)

    def test_the_database_holds_it(self):
        """Also for SQL that skips the model."""
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "UPDATE dealer_crm_stage SET is_won = TRUE WHERE id = %s", [self.new.id]
            )
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "UPDATE dealer_crm_stage SET is_lost = TRUE WHERE id = %s", [self.won.id]
            )

    def test_none_configured(self):
        lead = self.make_lead(self.negotiation)
        self.make_delivered(lead)
        self.won.is_won = False
        self.lost.is_lost = False
        with self.assertRefused(UserError, "No Won/Lost stage configured"):
            lead.action_mark_won()
        with self.assertRefused(UserError, "No Won/Lost stage configured"):
            lead.action_mark_lost()
        with self.assertRefused(UserError, "No Won/Lost stage configured"):
            self.env["dealer.crm.lead.lost"].create(
                {"lead_ids": lead.ids, "lost_reason": self.reason.id}
            ).action_confirm()
        self.won.is_won = True
        lead.action_mark_won()
        self.assertEqual(lead.won_status, "won")

    def test_moved_flag_is_obeyed_at_once(self):
        lead = self.make_lead(self.negotiation)
        self.lost.is_lost = False
        abandoned = self.Stage.create({"name": "Abandoned", "is_lost": True})
        self.assertTrue(abandoned.fold)
        with self.assertRefused(UserError, "lost reason"):
            lead.stage_id = abandoned
        lead.write({"stage_id": abandoned.id, "lost_reason": self.reason.id})
        self.assertEqual(lead.won_status, "lost")

    def test_flag_on_stage_with_open_leads(self):
        other_company = self.env["res.company"].create({"name": "Second Dealer"})
        self.won.is_won = False
        self.lost.is_lost = False
        for vals in (
            {},
            {"active": False},
            {"company_id": other_company.id, "user_id": False},
        ):
            with self.subTest(vals=vals):
                stage = self.Stage.create({"name": f"Busy {vals}"})
                self.make_lead(stage, **vals)
                for flag in ("is_won", "is_lost"):
                    with self.assertRefused(ValidationError, stage.name, "1 lead"):
                        stage.with_user(self.admin).write({flag: True})
                self.assertFalse(stage.is_won or stage.is_lost)

    def test_flag_back_on_its_own_leads(self):
        lost = self.make_lead(self.lost)
        won = self.make_lead(self.won)
        (self.won | self.lost).write({"is_won": False, "is_lost": False})
        with self.assertRefused(ValidationError, "Won", "not closed as Lost"):
            self.won.is_lost = True
        with self.assertRefused(ValidationError, "Lost", "not closed as Won"):
            self.lost.is_won = True
        self.won.is_won = True
        self.lost.is_lost = True
        self.assertEqual((won | lost).mapped("won_status"), ["won", "lost"])

    def test_swapping_both_flags_at_once_on_one_stage(self):
        self.make_lead(self.lost)
        self.won.is_won = False
        with self.assertRefused(ValidationError, "not closed as Won"):
            self.lost.write({"is_won": True, "is_lost": False})

    def test_open_lead_entered_while_the_flag_was_off(self):
        self.won.is_won = False
        lead = self.make_lead(self.negotiation)
        lead.stage_id = self.won
        self.assertEqual(lead.won_status, "pending")
        with self.assertRefused(ValidationError, "1 lead"):
            self.won.is_won = True

    def test_saving_the_flag_it_has(self):
        """Writing the flag that a stage has already is allowed, also with won leads in it."""
        self.make_lead(self.won)
        self.won.write({"is_won": True, "sequence": 41})
        self.assertFalse(self.won.fold)

    def test_lost_folds(self):
        self.lost.is_lost = False
        self.assertTrue(self.Stage.create({"name": "Gone", "is_lost": True}).fold)
        self.Stage.search([("is_lost", "=", True)]).is_lost = False
        stage = self.Stage.create({"name": "Given up"})
        self.assertFalse(stage.fold)
        stage.is_lost = True
        self.assertTrue(stage.fold)
        stage.fold = False
        self.assertFalse(stage.fold)

    def test_days_to_rot_are_not_negative(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.new.rotting_threshold_days = -1
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestStageOrder(DealerCase):
    def order(self):
        return self.Stage.search([]).mapped("name")

    def test_middle_of_the_last_gap(self):
        stage = self.Stage.create({"name": "Closing"})
        self.assertEqual(stage.sequence, 35)
        self.assertFalse(stage.is_won or stage.is_lost or stage.fold)

    def test_form(self):
        with Form(self.Stage.with_user(self.admin)) as form:
            form.name = "Closing"
        self.assertEqual(form.record.sequence, 35)

    def test_until_the_gap_is_used_up(self):
        names = [f"Step {number}" for number in range(8)]
        for name in names:
            self.Stage.create({"name": name})
        self.assertEqual(self.order(), ["New", "Qualified", "Negotiation", *names, "Won", "Lost"])

    def test_many_at_once(self):
        names = ["First", "Second", "Third"]
        self.Stage.create([{"name": name} for name in names])
        self.assertEqual(self.order(), ["New", "Qualified", "Negotiation", *names, "Won", "Lost"])

    def test_import_and_quick_create(self):
        self.Stage.load(["name"], [["Imported"]])
        self.Stage.name_create("Quick")
        self.assertEqual(
            self.order(), ["New", "Qualified", "Negotiation", "Imported", "Quick", "Won", "Lost"]
        )

    def test_without_won(self):
        self.won.is_won = False
        stage = self.Stage.create({"name": "Last"})
        self.assertGreater(stage.sequence, self.won.sequence)
        (self.won | stage | self.new | self.qualified | self.negotiation | self.lost).unlink()
        self.assertEqual(self.Stage.create({"name": "Only"}).sequence, 10)

    def test_won_is_first(self):
        self.won.sequence = 5
        self.Stage.create({"name": "Before"})
        self.assertEqual(self.order()[:2], ["Before", "Won"])

    def test_given_sequence_stays(self):
        self.assertEqual(self.Stage.create({"name": "Zero", "sequence": 0}).sequence, 0)

    def test_drag_handle(self):
        stages = self.Stage.search([])
        moved = self.qualified | self.new | self.negotiation | self.won | self.lost
        moved.with_user(self.admin).web_resequence({}, offset=10)
        self.assertEqual(self.Stage.search([]), moved)
        self.assertEqual(len(moved), len(stages))


@tagged("post_install", "-at_install")
class TestStageDelete(DealerCase):
    def test_with_leads(self):
        stage = self.Stage.create({"name": "Busy"})
        company = self.env["res.company"].create({"name": "Second Dealer"})
        leads = self.make_lead(stage)
        leads |= self.make_lead(stage, active=False)
        leads |= self.make_lead(stage, company_id=company.id, user_id=False)
        self.env.flush_all()
        for kept in range(len(leads)):
            with self.assertRefused(UserError, "Busy", str(len(leads) - kept)):
                stage.with_user(self.admin).unlink()
            leads[kept].stage_id = self.won.browse(self._next(stage))
        stage.with_user(self.admin).unlink()
        self.assertFalse(stage.exists())

    def _next(self, stage):
        """Create an open stage after ``stage``."""
        return (
            self.Stage.search([("name", "=", "Behind")]).id
            or self.Stage.create({"name": "Behind"}).id
        )

    def test_with_closed_leads(self):
        self.make_lead(self.lost)
        with self.assertRefused(UserError, "Lost", "1 lead"):
            self.lost.unlink()

    def test_one_of_two_is_busy(self):
        empty = self.Stage.create({"name": "Empty"})
        self.make_lead(self.qualified)
        with self.assertRefused(UserError, "Qualified"):
            (empty | self.qualified).unlink()
        self.assertTrue(empty.exists())

    def test_empty(self):
        stage = self.Stage.create({"name": "Empty"})
        stage.with_user(self.admin).unlink()
        self.assertFalse(stage.exists())

    def test_deleted_stage_is_no_step(self):
        stage = self.Stage.create({"name": "Between", "sequence": 15})
        lead = self.make_lead(self.new)
        with self.assertRefused(UserError, "Between"):
            lead.stage_id = self.qualified
        stage.unlink()
        lead.stage_id = self.qualified
        self.assertEqual(lead.stage_id, self.qualified)


@tagged("post_install", "-at_install")
class TestStageAudit(DealerCase):
    def changes(self, stage):
        """Set of the (field, old, new) in the chatter, and the authors."""
        self.env.flush_all()
        self.cr.precommit.run()
        values = stage.message_ids.sudo().tracking_value_ids
        return {
            (
                value.field_id.name,
                value.old_value_char or value.old_value_integer or 0,
                value.new_value_char or value.new_value_integer or 0,
            )
            for value in values
        }

    def test_who_when_old_and_new(self):
        stage = self.Stage.create({"name": "Watched", "sequence": 33})
        (self.won | self.lost).write({"is_won": False, "is_lost": False})
        self.cr.precommit.run()
        for vals, change in (
            ({"name": "Seen"}, ("name", "Watched", "Seen")),
            ({"sequence": 34}, ("sequence", 33, 34)),
            ({"is_won": True}, ("is_won", 0, 1)),
            ({"is_won": False}, ("is_won", 1, 0)),
            ({"is_lost": True}, ("is_lost", 0, 1)),
            ({"fold": False}, ("fold", 1, 0)),
        ):
            with self.subTest(vals=vals):
                before = stage.message_ids
                stage.with_user(self.admin).write(vals)
                self.assertIn(change, self.changes(stage))
                message = stage.message_ids - before
                self.assertEqual(message.author_id, self.admin.partner_id)
                self.assertTrue(message.date)

    def test_by_drag_handle(self):
        (self.qualified | self.new).with_user(self.admin).web_resequence({}, offset=10)
        self.assertIn(("sequence", 10, 20), self.changes(self.new))

    def test_same_value_is_no_change(self):
        self.cr.precommit.run()
        before = self.new.message_ids
        self.new.write({"name": "New", "sequence": 10, "is_won": False})
        self.changes(self.new)
        self.assertEqual(self.new.message_ids, before)
