from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestDigest(DealerCase):
    def test_numbers(self):
        self.make_lead()
        self.make_lead(self.lost)
        self.make_lead(self.won)
        old = self.make_lead(self.lost)
        self.env.flush_all()
        old._write({"date_lost": fields.Datetime.now() - timedelta(days=30)})
        self.env.flush_all()
        self.env.invalidate_all()
        now = fields.Datetime.now()
        digest = self.env.ref("digest.digest_digest_default").with_context(
            start_datetime=now - timedelta(days=7), end_datetime=now + timedelta(days=1)
        )
        names = [f"kpi_dealer_crm_{name}" for name in ("arrived", "won", "lost")]
        self.assertTrue(all(digest[name] for name in names))
        for user, numbers in ((self.manager, [4, 1, 1]), (self.other_agent, [0, 0, 0])):
            self.env.invalidate_all()
            mine = digest.with_user(user).with_company(self.env.company)
            self.assertEqual([mine[f"{name}_value"] for name in names], numbers)
        with self.assertRaises(AccessError):
            digest.with_user(self.clerk).kpi_dealer_crm_won_value  # noqa: B018
        actions = digest._compute_kpis_actions(self.env.company, self.manager)
        for name in names:
            self.env.ref(actions[name].partition("?")[0])
