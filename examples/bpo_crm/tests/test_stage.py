from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..hooks import post_init_hook
from .common import BpoCase


@tagged("post_install", "-at_install")
class TestStage(BpoCase):
    def test_shipped_stage_is_before_won(self):
        self.assertTrue(self.stage_endorsed.is_endorse)
        self.assertLess(self.stage_endorsed.sequence, self.stage_won.sequence)

    def test_hook_moves_it_before_won(self):
        self.stage_won.sequence = 3
        later = self.env["crm.stage"].create({"name": "After-sales", "sequence": 9})
        self.stage_endorsed.sequence = 60
        post_init_hook(self.env)
        self.assertEqual(
            (self.stage_endorsed.sequence, self.stage_won.sequence, later.sequence), (3, 4, 10)
        )

    def test_never_both_flags(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.stage_won.is_endorse = True
            self.env.flush_all()

    def test_flag_is_tracked(self):
        self.env.cr.flush()  # what a transaction creates it does not track
        self.stage_new.with_user(self.manager).is_endorse = True
        self.env.cr.flush()
        values = self.stage_new.message_ids.tracking_value_ids
        self.assertIn("is_endorse", values.field_id.mapped("name"))
