"""Mails to a company's address for leads."""

from email.message import EmailMessage

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerCase

MARKUP = '<b onclick="stranger=1">red</b> <script>stranger=1</script>'


@tagged("post_install", "-at_install")
class TestLeadMail(DealerCase):
    number = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.team"].search([]).active = False
        domain = cls.env["mail.alias.domain"].create({"name": "dealer.example.com"})
        cls.second = cls.env["res.company"].create({"name": "Second"})
        for company, name in ((cls.env.company, "leads"), (cls.second, "second")):
            company.alias_domain_id = domain
            company._set_dealer_lead_alias(name)

    def send(self, sender="Zoe Zimmer <zoe@example.com>", to="leads@dealer.example.com", **values):
        """Give a mail to the gateway as a mail server does; the leads that it makes.

        ``body``, ``html``, ``files`` (dict of name to bytes), and headers with ``_`` for ``-``.
        """
        TestLeadMail.number += 1
        mail = EmailMessage()
        mail["From"], mail["To"] = sender, to
        mail["Message-Id"] = values.pop("message_id", f"<mail{self.number}@example.com>")
        mail["Subject"] = values.pop("subject", "A red pickup")
        html = values.pop("html", None)
        mail.set_content(values.pop("body", "Hello, how much is it?"))
        if html:
            mail.add_alternative(html, subtype="html")
        for name, content in values.pop("files", {}).items():
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        for name, value in values.items():
            mail[name.replace("_", "-")] = value
        before = self.Lead.search([])
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, mail.as_bytes())
        self.env.flush_all()
        self.env.invalidate_all()
        return self.Lead.search([]) - before

    def test_a_lead(self):
        lead = self.send(files={"trade-in.pdf": b"%PDF-1.4"})
        self.assertRecordValues(
            lead,
            [
                {
                    "contact_name": "Zoe Zimmer",
                    "email": "zoe@example.com",
                    "vehicle_model_text": "A red pickup",
                    "description": "<p>Hello, how much is it?</p>",
                    "user_id": False,
                    "company_id": self.env.company.id,
                    "stage_id": self.new.id,
                }
            ],
        )
        self.assertRegex(lead.name, r"^DLEAD/")
        [message] = lead.message_ids.filtered("attachment_ids")
        self.assertEqual(message.attachment_ids.mapped("name"), ["trade-in.pdf"])
        self.assertEqual(message.attachment_ids.raw, b"%PDF-1.4")

    def test_the_subject_is_never_the_reference(self):
        for subject in ("DLEAD/2026/00001", "New", "name", ""):
            lead = self.send(sender=f"{self.number}@example.com", subject=subject)
            self.assertRegex(lead.name, r"^DLEAD/")
            self.assertNotEqual(lead.name, subject)
            self.assertEqual(lead.vehicle_model_text or "", subject)

    def test_texts_of_others_are_no_markup(self):
        lead = self.send(
            sender=f'"{MARKUP[:20]}" <zoe@example.com>'.replace('onclick="', ""),
            subject=MARKUP,
            html=f"<p>Is it {MARKUP}?</p><a href='https://evil.example.com'>see</a>",
        )
        self.assertIn("<b", lead.vehicle_model_text)
        for word in ("<b>", "<b ", "<a", "script", "stranger", "evil"):
            self.assertNotIn(word, lead.description)
        self.assertIn("red", lead.description)
        plain = self.send(sender="two@example.com", body=MARKUP)
        self.assertIn("&lt;b onclick", plain.description)
        self.assertNotIn("<b ", plain.description)
        self.assertNotIn("<script", plain.description)

    def test_what_cannot_be_stored(self):
        """A mail is never lost because of its length or its characters."""
        lead = self.send(
            subject="x" * 2000, body="y" * 300_000, sender=f'"{"z" * 600}" <z@example.com>'
        )
        self.assertEqual(len(lead), 1)
        self.assertLessEqual(len(lead.vehicle_model_text), 500)
        for bad in ("A\0B", "A\ud800B"):
            values = {"subject": bad, "body": bad, "email_from": f"{bad} <bad@example.com>"}
            lead = self.Lead.message_new(values)
            self.assertEqual(lead.vehicle_model_text, "A B")
            self.assertIn("A B", lead.description)

    def test_each_company_has_its_address(self):
        lead = self.send(to="second@dealer.example.com")
        self.assertEqual(lead.company_id, self.second)
        both = self.send(
            sender="both@example.com", to="leads@dealer.example.com, second@dealer.example.com"
        )
        self.assertEqual(both.company_id, self.env.company | self.second)
        self.assertEqual(len(both.message_ids.filtered(lambda m: "how much" in m.body)), 2)

    def test_a_reply_goes_to_its_lead(self):
        lead = self.send()
        answer = lead.with_user(self.manager).message_post(body="We have one.")
        self.lose(lead)
        self.assertFalse(self.send(In_Reply_To=answer.message_id, body="I take it."))
        self.assertIn("I take it", lead.message_ids[0].body)

    def test_the_customers_open_lead_gets_the_mail(self):
        lead = self.send()
        self.assertFalse(self.send(body="I forgot: automatic.", sender="ZOE@example.com"))
        self.assertIn("automatic", lead.message_ids[0].body)
        other = self.send(to="second@dealer.example.com")
        self.assertEqual(other.company_id, self.second)
        self.lose(lead)
        self.assertEqual(len(self.send()), 1)

    def test_the_customers_open_lead_by_customer(self):
        partner = self.env["res.partner"].create({"name": "Zoe", "email": "zoe@example.com"})
        lead = self.make_lead(partner_id=partner.id)
        lead.email = "else@example.com"
        self.assertFalse(self.send())
        self.assertIn("how much", lead.message_ids[0].body)
        lead.active = False
        self.assertEqual(len(self.send()), 1)

    def test_who_writes_for_others_gets_leads_each_time(self):
        """An agent forwards mails, and a portal sends them for its visitors."""
        self.agent.email = "agent@dealer.example.com"
        for sender in ("agent@dealer.example.com", "no-reply@portal.example.com"):
            with self.subTest(sender=sender):
                self.assertEqual(len(self.send(sender=sender)), 1)
                self.assertEqual(len(self.send(sender=sender)), 1)

    def test_automatic_replies_make_no_lead(self):
        for headers in (
            {"Auto_Submitted": "auto-replied"},
            {"Auto_Submitted": "auto-generated", "In_Reply_To": "<x@example.com>"},
            {"Precedence": "auto_reply"},
            {"X_Autoreply": "yes"},
            {"Return_Path": "<>"},
        ):
            with self.subTest(**headers):
                self.assertFalse(self.send(**headers))
        self.assertEqual(len(self.send(Auto_Submitted="auto-generated", Precedence="bulk")), 1)

    def test_bounces_and_loops_make_no_lead(self):
        self.assertFalse(self.send(sender="MAILER-DAEMON@example.com"))
        self.assertFalse(self.send(sender="leads@dealer.example.com"))
        self.assertFalse(self.send(sender="second@dealer.example.com"))
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 3)
        sender = "no-reply@portal.example.com"
        self.assertEqual([len(self.send(sender=sender)) for _number in range(4)], [1, 1, 1, 0])
        lead = self.send(sender="loop@example.com")
        for _number in range(6):
            self.send(sender="loop@example.com")
        mails = lead.message_ids.filtered(lambda message: message.message_type == "email")
        self.assertLessEqual(len(mails), 4)

    def test_twice(self):
        self.assertEqual(len(self.send(message_id="<same@example.com>")), 1)
        self.assertFalse(self.send(sender="x@example.com", message_id="<same@example.com>"))

    def test_it_is_assigned(self):
        team = self.env["crm.team"].create({"name": "Floor", "company_id": self.second.id})
        self.agent.company_ids = [Command.link(self.second.id)]
        self.env["crm.team.member"].create({"crm_team_id": team.id, "user_id": self.agent.id})
        self.second.dealer_lead_assignment = "team"
        lead = self.send(to="second@dealer.example.com")
        self.assertEqual(lead.user_id, self.agent)
        self.assertEqual(lead.team_id, team)
        lead = self.send(sender=self.manager.email_formatted, to="second@dealer.example.com")
        self.assertEqual(lead.user_id, self.agent)
