from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestStageWarning(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_lead(cls.negotiation)
        cls.make_lead(cls.lost)
        cls.make_lead(cls.lost).action_archive()

    def explain(self, stage, **vals):
        return " ".join(stage.with_user(self.admin).explain_edit(vals))

    def test_dangerous_edits(self):
        """Each says what it does, and to how many leads."""
        for stage, vals, words in (
            (self.won, {"is_won": False}, ("mark a lead as won", "0 lead(s)")),
            (self.lost, {"is_lost": False}, ("mark a lead as lost", "2 lead(s)")),
            (self.lost, {"name": "Gone"}, ('"Lost"', '"Gone"', "2 lead(s)")),
            (self.won, {"fold": True}, ("folded", "0 lead(s)")),
            (self.negotiation, {"sequence": 45}, ("will come after", "1 lead(s)")),
            (self.won, {"sequence": 5}, ('"New" will come after', '"Negotiation"')),
        ):
            with self.subTest(stage=stage.name, vals=vals):
                sentences = self.explain(stage, **vals)
                for word in words:
                    self.assertIn(word, sentences)

    def test_harmless_edits(self):
        for stage, vals in (
            (self.new, {"name": "Fresh", "fold": True, "sequence": 15}),
            (self.won, {"name": "Won", "is_won": True, "requirements": "Delivered"}),
            (self.lost, {"fold": False, "rotting_threshold_days": 3, "sequence": 60}),
            (self.qualified, {"sequence": "35"}),
        ):
            with self.subTest(stage=stage.name):
                self.assertEqual(self.explain(stage, **vals), "")

    def test_the_handle(self):
        """Only a move across Won is dangerous; nothing is changed by asking."""
        stages = (self.new + self.qualified).with_user(self.admin)
        self.assertEqual(stages[::-1].explain_resequence(), [])
        moved = (self.won + self.negotiation).with_user(self.admin)
        [sentence] = moved.explain_resequence()
        self.assertIn('"Negotiation" will come after "Won"', sentence)
        moved.web_resequence({"sequence": {}})
        [sentence] = (self.negotiation + self.won).with_user(self.admin).explain_resequence()
        self.assertIn('"Negotiation" will come before "Won"', sentence)
        self.won.is_won = False
        self.assertEqual((self.won + self.negotiation).explain_resequence(), [])

    def test_counts_take_one_query(self):
        self.make_lead(
            self.new, company_id=self.env["res.company"].create({"name": "B"}).id, user_id=False
        )
        stages = self.Stage.with_user(self.admin).search([])
        stages.with_context(prefetch_fields=False).mapped("name")
        self.env.flush_all()
        with self.assertQueryCount(1):
            counts = stages.mapped("lead_count")
        self.assertEqual(counts, [1, 0, 1, 0, 2])

    def test_admins_only(self):
        for user in (self.agent, self.manager, self.clerk):
            with self.assertRaises(AccessError):
                self.won.with_user(user).explain_edit({"is_won": False})
            with self.assertRaises(AccessError):
                self.won.with_user(user).explain_resequence()

    def test_copy_twice(self):
        names = [self.won.copy().name for _time in range(3)]
        self.assertEqual(names, ["Won (copy)", "Won (copy) (2)", "Won (copy) (3)"])
