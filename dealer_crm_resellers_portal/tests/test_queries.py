from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import hash_sign

from ..models.dealer_crm_assignment import TOKEN_SCOPE
from .common import LIST, PortalCase


@tagged("post_install", "-at_install")
class TestQueries(PortalCase):
    """A page costs the same queries however much there is of what it shows."""

    def setUp(self):
        super().setUp()
        self.log_in(self.seller)
        self.lead = self.fill()

    def fill(self):
        lead = self.give(
            accept=True,
            contact_name="Buyer",
            vehicle_model_text=False,
            product_id=self.make_product().id,
        )
        self.write_to(lead)
        self.give(contact_name="Buyer")
        won = self.give(accept=True, contact_name="Buyer")
        self.make_delivered(won)
        won.action_mark_won()
        return lead

    def write_to(self, lead):
        message = lead.message_post(body="Hello", subtype_xmlid="mail.mt_comment")
        # In the second of the assignment it would be looked at more closely.
        message.date = lead.date_partner_assign + timedelta(hours=1)

    def count_queries(self, url):
        """Queries of a page whose templates are compiled already."""
        self.get(url)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.get(url)
        return self.env.cr.sql_log_count - before

    def test_queries(self):
        plan = self.env["dealer.crm.commission.plan"].create(
            {"name": "Ten", "rule_ids": [(0, 0, {"percentage": 10})]}
        )
        self.one.dealer_commission_plan_id = plan
        self.fill()
        waiting = self.Lead.search([("date_partner_accept", "=", False)], limit=1)
        token = hash_sign(self.env, TOKEN_SCOPE, [waiting.assignment_ids.id, self.one.id])
        # Of the pages' own queries and those of Odoo's layout with a website.
        limits = {
            "/my": 30,
            LIST: 14,
            f"{LIST}?filterby=open&sortby=price&search=buyer": 14,
            f"{LIST}/{self.lead.id}": 20,
            "/my/dealer/commissions": 20,
            "/my/dealer/commissions/statement?date_from=2020-01-01&date_to=2099-01-01": 18,
            f"/dealer/answer/{token}": 16,
        }
        counts = {url: self.count_queries(url) for url in limits}
        for url, limit in limits.items():
            with self.subTest(url=url):
                self.assertLessEqual(counts[url], limit)
        for _each in range(10):
            self.fill()
            self.write_to(self.lead)
        more = {url: self.count_queries(url) for url in limits}
        self.assertEqual(more, counts)
