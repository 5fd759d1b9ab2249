from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .callback_common import KEY, CallbackCase


class TestRights(CallbackCase):
    def test_nobody_writes_rows_by_rpc(self):
        row = self.lose(self.make_leads(1))
        for user in (self.agent, self.manager, self.admin):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    row.with_user(user).write({"state": "delivered"})
                with self.assertRaises(AccessError):
                    self.callbacks.with_user(user).create({"event_id": "x"})
                with self.assertRaises(AccessError):
                    row.with_user(user).unlink()

    def test_retry_and_cancel_are_the_admins_and_need_a_reason(self):
        row = self.lose(self.make_leads(1))
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                row.with_user(user).action_retry("because")
            with self.assertRaises(AccessError):
                row.with_user(user).action_cancel("because")
        with self.assertRaises(ValidationError):
            row.with_user(self.admin).action_cancel("  ")
        wizard = self.env["dealer.crm.callback.reason"].with_user(self.admin)
        wizard.create(
            {"callback_ids": row.ids, "action": "cancel", "reason": "Entered twice"}
        ).action_confirm()
        self.assertEqual(row.state, "cancelled")
        self.assertIn("Entered twice", row.message_ids[0].body)
        with self.assertRaises(UserError):
            row.with_user(self.admin).action_retry("because")

    def test_rows_are_read_with_their_leads(self):
        other = new_test_user(self.env, "cb_other", "dealer_crm.group_dealer_user")
        row = self.lose(self.make_leads(1, user_id=self.agent.id))
        self.assertEqual(row.with_user(self.agent).read(["state"])[0]["state"], "pending")
        with self.assertRaises(AccessError):
            row.with_user(other).read(["state"])
        self.assertTrue(row.with_user(self.manager).read(["state"]))
        with self.assertRaises(AccessError):
            row.with_user(self.agent).read(["lease_token"])

    def test_key_can_be_written_and_never_read(self):
        connection = self.connection.with_user(self.admin)
        connection.api_key = "another-key"
        self.assertEqual(self.connection.sudo().api_key_stored, "another-key")
        saved = connection.web_save({"api_key": KEY}, {"api_key": {}, "name": {}})
        self.assertNotIn(KEY, str(saved))
        self.assertNotIn(KEY, str(connection.read()))
        self.assertNotIn(KEY, str(connection.export_data(["api_key", "name"])))
        for door in (
            lambda: connection.read(["api_key_stored"]),
            lambda: connection.search([("api_key_stored", "=like", "s3%")]),
            lambda: connection.export_data(["api_key_stored"]),
            lambda: connection.search([], order="api_key_stored"),
        ):
            with self.assertRaises(AccessError):
                door()
        self.assertNotIn(KEY, str(self.connection.copy().sudo().api_key_stored))
        self.assertNotIn(KEY, "".join(self.connection.message_ids.mapped("body")))

    def test_another_address_does_not_get_the_key(self):
        connection = self.connection.with_user(self.admin)
        connection.write({"url": "https://bpo.example.com/", "login": "other"})
        self.assertEqual(connection.api_key_state, "stored")
        connection.url = "https://elsewhere.example.com"
        self.assertEqual(connection.api_key_state, "missing")
        connection.write({"url": "https://bpo.example.com", "api_key": "new"})
        self.assertEqual(self.connection.sudo().api_key_stored, "new")

    def test_connections_are_the_admins(self):
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                self.connection.with_user(user).read(["url"])
            with self.assertRaises(AccessError):
                self.connection.with_user(user).action_test_connection()
            with self.assertRaises(AccessError):
                self.connection.with_user(user).action_rebind()

    def test_address_is_checked_and_stripped(self):
        self.assertEqual(self.connection.url, "https://bpo.example.com")
        for url in ("http://bpo.example.com", "ftp://x", "https://u:p@x", "https://x/?a"):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.connection.url = url

    @mute_logger("odoo.sql_db")
    def test_one_connection_a_company(self):
        with self.assertRaises(IntegrityError):
            self.connection.copy({"active": True})
