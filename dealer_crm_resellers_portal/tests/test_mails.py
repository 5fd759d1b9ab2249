from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestMails(PortalCase):
    def run_cron(self, method="_cron_notify_partners"):
        """The e-mails that a run queues."""
        self.env.flush_all()
        before = self.env["mail.mail"].search([])
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            getattr(self.Assignment.with_env(self.env(cr=cr)), method)()
        self.env.invalidate_all()
        return self.env["mail.mail"].search([]) - before

    def remind(self):
        return self.run_cron("_cron_remind_partners")

    def age(self, lead, hours):
        row = lead.assignment_ids[0]
        row._write_unchecked({"date": fields.Datetime.now() - timedelta(hours=hours)})

    def test_new_leads(self):
        """One e-mail for a batch, with an answer for each lead, and none of what is hidden."""
        leads = self.give() | self.give()
        mail = self.run_cron()
        self.assertEqual(mail.recipient_ids, self.one)
        for lead in leads:
            self.assertIn(lead.name, mail.body_html)
        self.assertEqual(mail.body_html.count("answer=accept"), 2)
        self.assertEqual(mail.body_html.count("answer=decline"), 2)
        self.assertNotIn("Hushed", mail.body_html)
        self.assertFalse(self.run_cron())
        self.log_in(None)
        urls = mail.body_html.split('href="')
        [first, _second] = [url.split('"')[0] for url in urls if "answer=accept" in url]
        path = first[first.index("/dealer/answer") :]
        self.assertIn("Do you take this lead?", self.url_open(path).text)

    def test_reminder(self):
        self.company.dealer_accept_hours = 8
        lead, fresh = self.give(), self.give()
        self.run_cron()
        self.age(lead, 7)
        self.age(fresh, 5)
        mail = self.remind()
        self.assertEqual(mail.recipient_ids, self.one)
        self.assertIn(lead.name, mail.body_html)
        self.assertNotIn(fresh.name, mail.body_html)
        self.assertFalse(self.remind(), "told twice")
        self.age(fresh, 9)
        self.assertFalse(self.remind(), "too late")

    def test_no_reminder(self):
        lead = self.give()
        self.run_cron()
        self.age(lead, 7)
        self.assertFalse(self.remind(), "no limit")
        self.company.dealer_accept_hours = 8
        lead.action_accept_assignment()
        self.assertFalse(self.remind().filtered(lambda mail: mail.recipient_ids == self.one))

    def test_withdrawn(self):
        expired, moved = self.give(), self.give()
        self.run_cron()
        untold = self.give(contact_name="Untold")
        self.two.dealer_level_weight = 0
        expired._expire()
        (moved | untold).assign_partner(self.two)
        mail = self.remind()
        self.assertEqual(mail.recipient_ids, self.one)
        self.assertIn(expired.name, mail.body_html)
        self.assertIn(f"{moved.contact_name} ({moved.name})", mail.body_html)
        self.assertNotIn(untold.name, mail.body_html)
        self.assertFalse(self.remind())

    def test_not_told_of_what_they_did(self):
        lead = self.give()
        self.run_cron()
        lead.with_user(self.seller).action_decline_assignment("No")
        self.assertFalse(self.remind())

    def test_back_with_them(self):
        lead = self.give()
        self.run_cron()
        lead.assign_partner(self.two)
        lead.assign_partner(self.one)
        self.assertFalse(self.remind().filtered(lambda mail: mail.recipient_ids == self.one))

    def test_salesperson(self):
        before = self.env["mail.mail"].search([])
        lead, other = self.give(), self.give()
        lead.with_user(self.seller).action_accept_assignment()
        other.with_user(self.seller).action_decline_assignment("No pickups", contacted=True)
        mails = (self.env["mail.mail"].search([]) - before).filtered(self.is_answer).sorted("id")
        self.assertEqual(mails.recipient_ids, self.agent.partner_id)
        self.assertIn("accepted", mails[0].body_html)
        self.assertIn("declined", mails[1].body_html)
        self.assertIn("No pickups", mails[1].body_html)
        own = self.give()
        own.with_user(self.agent).action_accept_assignment()
        mails = (self.env["mail.mail"].search([]) - before).filtered(self.is_answer)
        self.assertEqual(len(mails), 2, "told of their own answer")

    def is_answer(self, mail):
        return mail.subject.endswith(": One")

    def test_summary(self):
        self.give()
        self.give(accept=True)
        self.lose(self.give(accept=True))
        self.run_cron()
        self.assertFalse(self.run_cron("_cron_weekly_summary"), "switched off")
        self.company.dealer_weekly_summary = True
        mail = self.run_cron("_cron_weekly_summary")
        self.assertEqual(mail.recipient_ids, self.one)
        text = " ".join(mail.body_html.split())
        for line in ("To answer: 1", "Open: 1", "Won: 0", "Lost: 1"):
            self.assertIn(line, text.replace("<t>", "").replace("</t>", ""))
        self.assertFalse(self.run_cron("_cron_weekly_summary"))
        self.one._write_unchecked({"dealer_date_summary": fields.Date.today() - timedelta(days=7)})
        self.assertTrue(self.run_cron("_cron_weekly_summary"))

    def test_who_cannot_be_told(self):
        self.one.email = False
        self.two.email = "no address"
        self.company.write({"dealer_accept_hours": 8, "dealer_weekly_summary": True})
        leads = self.give() | self.give(self.two)
        told = self.run_cron()
        for lead in leads:
            self.age(lead, 7)
        told |= self.remind() | self.run_cron("_cron_weekly_summary")
        leads.assign_partner(self.Partner)
        told |= self.remind()
        self.assertFalse(told)
        leads.assign_partner(self.one)
        domain = self.get_filter("dealer.crm.lead", "cannot_be_told")
        self.assertEqual(self.Lead.search(domain), leads)
        domain = self.get_filter("res.partner", "dealer_cannot_be_told")
        self.assertEqual(self.Partner.search(domain) & (self.one | self.two), self.one | self.two)

    def get_filter(self, model, name):
        for user, there in ((self.manager, True), (self.agent, False)):
            arch = (
                self.env[model]
                .with_user(user)
                .get_view(
                    self.env.ref(
                        {
                            "dealer.crm.lead": "dealer_crm.dealer_crm_lead_view_search",
                            "res.partner": "base.view_res_partner_filter",
                        }[model]
                    ).id,
                    "search",
                )["arch"]
            )
            found = etree.fromstring(arch).xpath(f"//filter[@name='{name}']/@domain")
            self.assertEqual(bool(found), there, user.login)
            if there:
                domain = found[0]
        return literal_eval(domain)

    def test_language_and_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.one.lang = "fr_FR"
        company = self.env["res.company"].create(
            {"name": "Second Dealer", "email": "second@example.com"}
        )
        self.give(company_id=company.id, user_id=False)
        mail = self.run_cron()
        self.assertIn("Second Dealer", mail.subject)
        self.assertIn("second@example.com", mail.email_from)
        self.assertRegex(mail.body_html, r"12\s500,00")
        self.assertNotIn(self.company.name, mail.body_html)
