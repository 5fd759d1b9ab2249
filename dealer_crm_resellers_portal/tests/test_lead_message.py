from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LIST, PortalCase

REPLY = """From: {sender}
To: dealer@example.com
Subject: Re: the lead
Message-Id: <reply-{sender}>
In-Reply-To: {message_id}
References: {message_id}

I still have this customer."""


@tagged("post_install", "-at_install")
class TestLeadMessage(PortalCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.seller)

    def show(self, lead):
        return self.get(f"{LIST}/{lead.id}").xpath("//main")[0].text_content()

    def test_post(self):
        lead = self.give(accept=True)
        page = self.act(lead, "message", message="  Is it red?\n<b>Or blue?</b>  ")
        self.assertNotice(page, "Sent", "status")
        self.assertIn("<b>Or blue?</b>", page.text_content())
        message = lead.message_ids[0]
        self.assertEqual(message.author_id, self.seller.partner_id)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertFalse(message.is_internal)
        self.assertFalse(message.attachment_ids)
        self.assertIn("Is it red?", message.body)
        self.assertNotIn("<b>", message.body)
        self.assertIn(self.agent.partner_id, message.notified_partner_ids)
        self.assertIn(self.one, message.notified_partner_ids)

    def test_salesperson_who_does_not_follow(self):
        lead = self.give(accept=True)
        lead.message_unsubscribe(self.agent.partner_id.ids)
        self.act(lead, "message", message="Is it red?")
        self.assertIn(self.agent.partner_id, lead.message_ids[0].notified_partner_ids)

    def test_bounds(self):
        lead = self.give(accept=True)
        before = lead.message_ids
        for text in ("", "  \n ", "x" * 2001, "a\0b"):
            with self.subTest(text=text[:10]):
                page = self.act(lead, "message", message=text, attachment_ids="1", subtype_id="1")
                self.assertTrue(page.xpath("//*[@role='alert']"))
        self.assertEqual(lead.message_ids, before)
        answer = self.send(f"{LIST}/{lead.id}/message", csrf=False, message="x")
        self.assertEqual(answer.status_code, 400)

    def test_accept_first(self):
        lead = self.give()
        self.assertNotice(self.act(lead, "message", message="Hello"), "Accept")
        self.assertFalse(self.get(f"{LIST}/{lead.id}").xpath("//*[@id='dealer_message']"))

    def test_of_a_closed_lead(self):
        lead = self.give(accept=True)
        self.lose(lead)
        self.assertIn(
            "Open it again", self.act(lead, "message", message="Open it again").text_content()
        )

    def test_next_reseller(self):
        """What one writes is not the next one's; nor what it answers by e-mail later."""
        lead = self.give(accept=True)
        self.act(lead, "message", message="Ours alone")
        message_id = lead.message_ids[0].message_id
        self.env["mail.message"].search([("res_id", "=", lead.id)]).date = "2020-01-01"
        lead.assign_partner(self.two)
        lead.action_accept_assignment()
        for sender in ("seller@example.com", "rival@example.com"):
            mail = REPLY.format(sender=sender, message_id=message_id)
            self.env["mail.thread"].message_process(False, mail)
        first, second = lead.message_ids.filtered(lambda each: each.message_type == "email").sorted(
            "id"
        )
        self.assertEqual(first.author_id, self.seller.partner_id)
        self.assertEqual(first.notified_partner_ids, self.agent.partner_id)
        self.assertEqual(second.author_id, self.rival.partner_id)
        self.log_in(self.rival)
        text = self.show(lead)
        self.assertNotIn("Ours alone", text)
        self.assertEqual(text.count("I still have this customer."), 1)

    def test_in_the_second_of_the_change(self):
        """Dates have no more: of the messages with it, the last reseller's are not shown."""
        lead = self.give(accept=True)
        self.act(lead, "message", message="Ours alone")
        lead.assign_partner(self.two)
        lead.action_accept_assignment()
        lead.message_post(body="Welcome", subtype_xmlid="mail.mt_comment")
        messages = self.env["mail.message"].search([("res_id", "=", lead.id)])
        messages.date = lead.date_partner_assign
        self.log_in(self.rival)
        text = self.show(lead)
        self.assertIn("Welcome", text)
        self.assertNotIn("Ours alone", text)

    def test_link_in_the_email(self):
        lead = self.give(accept=True)
        self.env["mail.mail"].search([]).unlink()
        lead.message_post(body="Red", subtype_xmlid="mail.mt_comment")
        [mail] = self.env["mail.mail"].search([("recipient_ids", "in", self.one.ids)])
        self.assertIn(f"{LIST}/{lead.id}", mail.body_html)

    def call(self, method, *arguments):
        """The name of the error of a method of ``mail.message`` that is called over RPC, or its result."""
        params = {"model": "mail.message", "method": method, "args": arguments, "kwargs": {}}
        with mute_logger("odoo.http"):
            url = f"/web/dataset/call_kw/mail.message/{method}"
            answer = self.url_open(url, json={"params": params}).json()
        self.env.invalidate_all()
        return answer["error"]["data"]["name"] if "error" in answer else answer["result"]

    def test_no_message_by_rpc(self):
        """Neither its author nor who was notified reads or rewrites a lead's message over RPC."""
        lead = self.give(accept=True)
        self.act(lead, "message", message="Is it red?")
        own = lead.message_ids[0]
        answer = lead.message_post(
            body="Yes", subtype_xmlid="mail.mt_comment", partner_ids=self.seller.partner_id.ids
        )
        refused = "odoo.exceptions.AccessError"
        for message in own | answer:
            body = message.body
            for method, arguments in {
                "write": [{"body": "<h1>No</h1>"}],
                "read": [["body", "record_name"]],
                "unlink": [],
                "toggle_message_starred": [],
            }.items():
                with self.subTest(method=method, message=body):
                    self.assertEqual(self.call(method, message.ids, *arguments), refused)
            self.assertEqual(message.body, body)
        self.assertEqual(self.call("search_read", [["model", "=", lead._name]], ["body"]), [])
