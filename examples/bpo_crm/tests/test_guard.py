"""What the Endorse button and the dealers' calls alone set, is set by no other door."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BpoCase

ENDORSED = {
    "dealer_lead_id": 7,
    "dealer_lead_name": "DLEAD/1",
    "dealer_endorsed_at": "2026-01-01 00:00:00",
    "dealer_outcome": "endorsed",
    "dealer_callback_sequence": 3,
    "dealer_callback_ids": [(0, 0, {"event_id": "made-up"})],
}
MAIL = """\
From: {sender}
To: leads@bpo.example.com
Subject: A hatchback
Message-Id: <guard-{number}@example.com>
Content-Type: text/plain

Hello
"""


@tagged("post_install", "-at_install")
class TestGuard(BpoCase):
    def process(self, user, sender, number, values=None, **context):
        thread = self.env["mail.thread"].with_user(user).with_context(active_test=False, **context)
        mail = MAIL.format(sender=sender.email_formatted, number=number)
        return self.env["crm.lead"].browse(thread.message_process("crm.lead", mail, values))

    def test_defaults(self):
        leads = self.env["crm.lead"].with_user(self.salesman)
        for name, value in ENDORSED.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                leads.with_context(**{f"default_{name}": value}).create({"name": "x"})

    def test_sudo_for_somebody(self):
        lead = self._create_leads(1)
        for name, value in ENDORSED.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                lead.with_user(self.salesman).sudo().write({name: value})
        with self.assertRaises(AccessError):
            self.env["bpo.dealer.callback"].with_user(self.dealer_user).sudo().create(
                {"event_id": "x", "dealer_id": self.dealer.id}
            )
        endorsed = self._create_endorsed()
        with self.assertRaises(UserError):
            endorsed.with_user(self.salesman).sudo().dealer_id = self.other_dealer

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_mail_gateway(self):
        """Any user calls it, with any From."""
        root = self.env.ref("base.user_root")
        root.email = root.email or "odoobot@example.com"
        number = 0
        for user in (self.dealer_user, self.salesman, self.manager, root):
            for sender in (user, self.manager, root):
                for name, value in {**ENDORSED, "dealer_id": self.dealer.id}.items():
                    number += 1
                    with (
                        self.subTest(user=user.login, sender=sender.login, name=name),
                        self.assertRaises(AccessError),
                    ):
                        self.process(user, sender, number, {name: value})
        defaults = {f"default_{name}": value for name, value in ENDORSED.items()}
        with self.assertRaises(AccessError):
            self.process(self.dealer_user, root, "defaults", **defaults)
        lead = self.process(self.dealer_user, self.manager, "good", {"priority": "1"})
        self.assertEqual((lead.name, lead.dealer_outcome), ("A hatchback", "none"))
