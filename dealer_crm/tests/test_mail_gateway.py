"""Odoo's mail gateway creates records with ``sudo``, for anybody and any From address."""

from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .callback_common import KEY
from .common import DealerCase
from .test_foreign_text import MARKUP

MAIL = """\
From: {sender}
To: leads@dealer.example.com
Subject: Do you have it in red?
Message-Id: <{number}@example.com>
Content-Type: text/plain

Hello, I am looking for a pickup.
"""


class MailCase(DealerCase):
    number = 0

    def process(self, model, values=None, user=None, sender="Zoe <zoe@example.com>", **options):
        """Pass an e-mail to the gateway as ``user`` (Odoo itself uses the superuser)."""
        context = options.pop("context", {})
        MailCase.number += 1
        thread = self.env["mail.thread"].with_user(user or self.env.user).with_context(**context)
        mail = MAIL.format(sender=sender, number=options.pop("number", MailCase.number))
        thread_id = thread.message_process(model, mail, values, **options)
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env[model].browse(thread_id)

    def each_caller(self):
        """Yield (parameters of the subtest, options of ``process``): user and From address."""
        root = self.env.ref("base.user_root")
        root.email = root.email or "odoobot@example.com"
        for user in (self.clerk, self.agent, self.admin, root):
            for sender in (user, self.admin, root):
                yield (
                    {"user": user.login, "sender": sender.login},
                    {
                        "user": user,
                        "sender": sender.email_formatted,
                        "context": {"active_test": False},
                    },
                )


@tagged("post_install", "-at_install")
class TestMailGateway(MailCase):
    def assertNothingMade(self, model, values, **options):
        records = self.env[model].with_context(active_test=False)
        before = records.search([])
        with (
            mute_logger("odoo.addons.mail.models.mail_thread"),
            self.assertRefused(UserError, self.env["ir.model"]._get(model).name),
        ):
            self.process(model, values, **options)
        self.env.invalidate_all()
        self.assertEqual(records.search([]), before)

    def test_models_that_take_no_mail(self):
        refusing = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("dealer.crm.")
            and not model._abstract
            and hasattr(model, "message_new")
        }
        self.assertIn("dealer.crm.callback", refusing)
        refusing.remove("dealer.crm.lead")
        for words, options in self.each_caller():
            for name in sorted(refusing):
                with self.subTest(model=name, **words):
                    self.assertNothingMade(name, {"name": "By mail"}, **options)

    def test_a_callback_that_would_be_sent(self):
        lead = self.make_lead()
        values = {
            "lead_id": lead.id,
            "company_id": lead.company_id.id,
            "bpo_source_lead_id": 7,
            "event_id": "made-up",
            "sequence": 1,
            "outcome": "won",
            "payload": {"bpo_source_lead_id": 7},
            "next_attempt_at": "2020-01-01 00:00:00",
        }
        self.assertNothingMade("dealer.crm.callback", values, user=self.clerk)

    def test_a_connection_that_would_get_the_key(self):
        values = {
            "name": "Mine",
            "url": "https://evil.example.com",
            "database": "x",
            "login": "x",
            "api_key": KEY,
        }
        self.assertNothingMade("dealer.crm.bpo.connection", values, user=self.clerk)

    def test_mail_on_a_record(self):
        stage = self.new
        count = len(stage.message_ids)
        for words, options in self.each_caller():
            with self.subTest(**words), self.assertRefused(AccessError, "do not accept e-mails"):
                self.process("dealer.crm.stage", thread_id=stage.id, **options)
        self.assertEqual(len(stage.message_ids), count)

    def test_a_lead(self):
        """The lead gets a reference, no salesperson, the first stage and the mail in its chatter."""
        lead = self.process("dealer.crm.lead")
        self.assertRegex(lead.name, r"^DLEAD/")
        self.assertRecordValues(
            lead,
            [
                {
                    "contact_name": "Zoe",
                    "email": "zoe@example.com",
                    "user_id": False,
                    "stage_id": self.new.id,
                    "won_status": "pending",
                    "bpo_source_lead_id": 0,
                }
            ],
        )
        self.assertEqual(lead.message_ids[0].subject, "Do you have it in red?")
        self.assertIn("pickup", lead.message_ids[0].body)

    def test_a_lead_never_breaks_and_never_comes_twice(self):
        senders = ("", "zoe@example.com", "<>", '"Z, Oe" <z.oe@example.com>', "Zoe", "a@b <c@d>")
        leads = self.Lead
        for sender in senders:
            with self.subTest(sender=sender):
                lead = self.process("dealer.crm.lead", sender=sender)
                self.assertTrue(lead.exists())
                leads |= lead
        self.assertEqual(len(leads), len(senders))
        self.assertEqual(len(set(leads.mapped("name"))), len(senders))
        one = self.process("dealer.crm.lead", number="same")
        self.assertFalse(self.process("dealer.crm.lead", number="same"))
        answer = one.with_user(self.agent).message_post(body="Yes, we have.")
        reply = MAIL.format(sender="Zoe <zoe@example.com>", number="reply").replace(
            "Subject", f"In-Reply-To: {answer.message_id}\nSubject"
        )
        found = self.env["mail.thread"].message_process("dealer.crm.lead", reply)
        self.assertEqual(found, one.id)
        self.assertIn("pickup", one.message_ids[0].body)

    def test_a_conflict_is_no_fault_of_the_alias(self):
        """The e-mail is processed again, so nobody is told that it failed."""
        alias = self.env["mail.alias"].create(
            {
                "alias_name": "leads",
                "alias_domain_id": self.env["mail.alias.domain"]
                .create({"name": "dealer.example.com"})
                .id,
                "alias_model_id": self.env["ir.model"]._get_id("dealer.crm.lead"),
            }
        )
        for error, status in ((ConcurrencyError, "not_tested"), (ValueError, "invalid")):
            mails = self.env["mail.mail"].search_count([])
            with (
                self.enter_registry_test_mode(),
                self.subTest(error=error),
                patch.object(type(self.Lead), "_receive_mail", side_effect=error("No")),
                # assertRaises would roll back.
                suppress(error),
            ):
                self.process("dealer.crm.lead")
            self.env.invalidate_all()
            self.assertEqual(alias.alias_status, status)
            answers = self.env["mail.mail"].search_count([]) - mails
            self.assertEqual(answers, status == "invalid")

    def test_an_incoming_server_processes_again(self):
        """Odoo's loop over the e-mails of a server does not: it drops what fails."""
        module = "odoo.addons.dealer_crm.models.mail_thread.retrying"
        with patch(module, side_effect=lambda process, _env: process()) as retrying:
            self.process("dealer.crm.lead")
            retrying.assert_not_called()
            lead = self.process("dealer.crm.lead", context={"default_fetchmail_server_id": 1})
            retrying.assert_called_once()
        self.assertEqual(lead.contact_name, "Zoe")

    def test_a_lead_of_a_stranger_with_markup(self):
        """Sender and subject are shown as text; the body like any e-mail, without scripts."""
        sender = f'"{MARKUP[:27]}" <zoe@example.com>'.replace('class="stranger"', "")
        mail = (
            MAIL.replace("text/plain", "text/html")
            .replace("Subject: ", f"Subject: {MARKUP} ")
            .replace("Hello", f"<html><body>{MARKUP}<script>stranger=1</script>Hello")
        )
        with patch(f"{__name__}.MAIL", mail):
            lead = self.process("dealer.crm.lead", sender=sender)
        self.assertIn("<h1", lead.contact_name)
        [message] = lead.message_ids.filtered("subject")
        self.assertIn("<h1", message.subject)
        self.assertIn("pickup", message.body)
        for program in ("<script", "onerror", "stranger=1"):
            self.assertNotIn(program, message.body)
        for other in lead.message_ids - message:
            self.assertNotIn("<h1", other.body)
        with patch(f"{__name__}.MAIL", mail.replace("text/html", "text/plain")):
            lead = self.process("dealer.crm.lead")
        self.assertIn("&lt;h1", lead.message_ids[0].body)
        self.assertNotIn("<h1", lead.message_ids[0].body)
        self.assertNotIn("<img", lead.message_ids[0].body)

    def test_a_lead_with_tags(self):
        """It gets those that there are, and changes none."""
        tag, other = self.env["crm.tag"].create([{"name": "Red"}, {"name": "Blue"}])
        values = {
            "tag_ids": [
                Command.update(tag.id, {"name": "Hacked"}),
                Command.link(other.id),
                Command.create({"name": "Made by mail"}),
            ]
        }
        for words, options in self.each_caller():
            with self.subTest(**words):
                lead = self.process("dealer.crm.lead", values, **options)
                self.assertIn(other, lead.tag_ids)
                self.assertFalse(lead.tag_ids - tag - other)
                self.assertEqual(tag.name, "Red")

    def test_a_lead_with_more_than_an_agent_may_say(self):
        values = {
            "phone": "+1 212 555 0100",
            "priority": "2",
            "name": "MINE/1",
            "user_id": self.manager.id,
            "stage_id": self.negotiation.id,
            "company_id": self.env["res.company"].create({"name": "Other"}).id,
            "active": False,
            "won_status": "won",
            "date_won": "2020-01-01 00:00:00",
            "lost_reason": self.reason.id,
            "bpo_source_lead_id": 5,
            "bpo_source_url": "https://bpo.example.com",
            "callback_sequence": 9,
            "email_normalized": "someone@example.com",
            "callback_ids": [(0, 0, {"event_id": "x"})],
        }
        defaults = {f"default_{name}": value for name, value in values.items()}
        for words, options in self.each_caller():
            options["context"] = {**options["context"], **defaults}
            with self.subTest(**words):
                lead = self.process("dealer.crm.lead", values, **options)
                self.assertRegex(lead.name, r"^DLEAD/")
                self.assertRecordValues(
                    lead,
                    [
                        {
                            "phone": "+1 212 555 0100",
                            "priority": "2",
                            "user_id": False,
                            "stage_id": self.new.id,
                            "company_id": self.env.company.id,
                            "active": True,
                            "won_status": "pending",
                            "date_won": False,
                            "lost_reason": False,
                            "bpo_source_lead_id": 0,
                            "bpo_source_url": False,
                            "callback_sequence": 0,
                            "callback_ids": [],
                        }
                    ],
                )
                self.assertNotEqual(lead.email_normalized, "someone@example.com")
