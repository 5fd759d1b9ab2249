from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .callback_common import DOWN, CallbackCase, FakeClient

REASON = "Their server moves until Friday"


@tagged("post_install", "-at_install")
class TestConnectionHold(CallbackCase):
    def answer(self, client, method):
        with patch.object(type(self.connection), "_open_client", lambda self: client):
            return getattr(self.connection.with_user(self.admin), method)()["params"]

    def test_an_empty_connection_is_not_ready(self):
        connections = self.env["dealer.crm.bpo.connection"].with_user(self.admin)
        self.assertEqual(Form(connections).status, "new")
        self.assertEqual(self.connection.status, "ready")
        self.connection.url = "https://other.example.com"
        self.assertEqual(self.connection.status, "new")
        self.answer(FakeClient(), "action_test_connection")
        self.assertEqual(self.connection.status, "ready")

    def test_held_by_a_person(self):
        """Neither the dispatcher nor a test ends the hold, only Resume; the reason stays shown."""
        connection = self.connection.with_user(self.admin)
        with self.assertRaisesRegex(ValidationError, "reason"):
            connection.action_hold(" ")
        window = connection.action_hold()
        wizards = self.env[window["res_model"]].with_user(self.admin)
        wizards.with_context(**window["context"]).create({"reason": REASON}).action_confirm()
        self.assertEqual(connection.status, "held")
        self.assertIn(REASON, connection.state_reason)
        self.assertFalse(connection.activity_ids, "the admin was told of what the admin did")

        row = self.lose(self.make_leads(1))
        self.assertTrue(row.delay_noted)
        client = self.deliver(FakeClient())
        self.assertEqual((client.sent, client.tests), ([], 0))
        self.assertIn("Resume", self.answer(FakeClient(), "action_test_connection")["message"])
        connection._hold(DOWN)
        connection._release({})
        self.assertEqual((connection.status, row.state), ("held", "pending"))
        self.assertIn(REASON, connection.state_reason)

        self.answer(FakeClient(), "action_resume")
        self.assertEqual((connection.status, connection.state_reason), ("ready", False))
        self.assertEqual(len(self.deliver(FakeClient()).sent), 1)

    def test_others_do_not_hold(self):
        for user in (self.agent, self.manager):
            for method, arguments in (("action_hold", [REASON]), ("action_resume", [])):
                with self.assertRaises(AccessError):
                    getattr(self.connection.with_user(user), method)(*arguments)

    def test_retry_and_cancel_ask_their_own_question(self):
        rows = self.lose(self.make_leads(2)).with_user(self.admin)
        titles = {
            (action, len(some)): getattr(some, f"action_{action}")()["name"]
            for action in ("retry", "cancel")
            for some in (rows, rows[0])
        }
        self.assertEqual(len(set(titles.values())), 4, titles)
        window = rows.action_cancel()
        wizard = self.env[window["res_model"]].with_user(self.admin)
        wizard = wizard.with_context(**window["context"]).new({})
        for row in rows:
            self.assertIn(row.display_name, wizard.callback_names)
        other = new_test_user(self.env, "cb_other", "dealer_crm.group_dealer_user")
        wizards = self.env[window["res_model"]].with_user(other)
        self.assertFalse(wizards.new({"callback_ids": rows.ids}).callback_names)
