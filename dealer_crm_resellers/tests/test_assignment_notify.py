from unittest.mock import patch

from odoo.tests import tagged

from ..models import dealer_crm_assignment_notify
from .common import NEAR, PARIS, ResellerCase


@tagged("post_install", "-at_install")
class TestNotify(ResellerCase):
    def setUp(self):
        super().setUp()
        self.one = self.make_reseller("One", NEAR, email="one@example.com")
        self.two = self.make_reseller("Two", PARIS, email="two@example.com")

    def run_cron(self):
        """Run the cron; return the e-mails that it queues for the two resellers."""
        ours = [("recipient_ids", "in", (self.one | self.two).ids)]
        before = self.env["mail.mail"].search(ours)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Assignment.with_env(self.env(cr=cr))._cron_notify_partners()
        self.env.invalidate_all()
        return self.env["mail.mail"].search(ours) - before

    def test_one_for_each_partner_and_run(self):
        leads = self.Lead.union(
            *(self.make_placed_lead(contact_name=f"Buyer {number}") for number in range(6))
        )
        leads[:4].assign_partner(self.one)
        leads[4:5].assign_partner(self.two)
        mails = self.run_cron()
        self.assertEqual(len(mails), 2)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        mail = mails.filtered(lambda mail: mail.recipient_ids == self.one)
        for lead in leads[:4]:
            self.assertIn(lead.name, mail.body_html)
            self.assertIn(lead.contact_name, mail.body_html)
        self.assertNotIn(leads[4].name, mail.body_html)
        self.assertFalse(self.run_cron())
        leads[5].assign_partner(self.one)
        self.assertEqual(len(self.run_cron()), 1)

    def test_who_is_not_told(self):
        self.two.email = False
        leads = self.Lead.union(*(self.make_placed_lead() for _each in range(7)))
        leads[0].assign_partner(self.two)
        leads[1:].assign_partner(self.one)
        self.lose(leads[4])
        self.make_delivered(leads[5])
        leads[5].action_mark_won()
        leads[6].action_accept_assignment()
        leads[1].assign_partner(self.Partner)
        leads[2].active = False
        self.one.dealer_level_weight = 0
        leads[3].action_decline_assignment()
        self.assertFalse(self.run_cron())
        self.assertFalse(self.Assignment.search([("to_notify", "=", True)]))

    def test_one_failing_partner_blocks_no_other(self):
        self.make_placed_lead().assign_partner(self.one)
        self.make_placed_lead().assign_partner(self.two)
        send_mail = type(self.env["mail.template"]).send_mail

        def fail(template, res_id, **options):
            if res_id == self.one.id:
                raise ValueError("bad partner")
            return send_mail(template, res_id, **options)

        with (
            patch.object(type(self.env["mail.template"]), "send_mail", fail),
            patch.object(dealer_crm_assignment_notify, "NOTIFY_BATCH", 1),
            self.assertLogs("odoo.addons.dealer_crm_resellers", "ERROR"),
        ):
            self.assertEqual(self.run_cron().recipient_ids, self.two)
        self.assertEqual(self.run_cron().recipient_ids, self.one)

    def test_switched_off(self):
        self.company.dealer_notify_partners = False
        self.make_placed_lead().assign_partner(self.one)
        self.assertFalse(self.run_cron())

    def test_from_the_leads_company(self):
        company = self.env["res.company"].create(
            {"name": "Second Dealer", "email": "second@example.com"}
        )
        self.make_lead(company_id=company.id, user_id=False).assign_partner(self.one)
        mail = self.run_cron()
        self.assertIn("Second Dealer", mail.subject)
        self.assertIn("second@example.com", mail.email_from)
