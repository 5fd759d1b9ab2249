from unittest.mock import patch

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
        self.assertEqual(self.get_key(self.connection), "another-key")
        saved = connection.web_save({"api_key": KEY}, {"api_key": {}, "name": {}})
        self.assertNotIn(KEY, str(saved))
        self.assertNotIn(KEY, str(connection.read()))
        self.assertNotIn(KEY, str(connection.export_data(["api_key", "name"])))
        keys = self.env["dealer.crm.bpo.key"].search([]).with_user(self.admin)
        self.assertTrue(keys)
        for entry_point in (
            lambda: keys.read(["secret"]),
            lambda: keys.search([("secret", "=like", "s3%")]),
            lambda: keys.export_data(["secret"]),
            lambda: keys.search([], order="secret"),
        ):
            with self.assertRaises(AccessError):
                entry_point()
        self.assertNotIn(KEY, str(self.get_key(self.connection.copy())))
        self.assertNotIn(KEY, "".join(self.connection.message_ids.mapped("body")))

    def test_another_address_does_not_get_the_key(self):
        connection = self.connection.with_user(self.admin)
        connection.write({"url": "https://bpo.example.com/", "login": "dealer", "api_key": " "})
        self.assertEqual(self.get_key(self.connection), KEY)
        for field, value in (
            ("url", "https://elsewhere.example.com"),
            ("database", "another"),
            ("login", "somebody"),
        ):
            for blank in ({}, {"api_key": False}, {"api_key": "  "}):
                with self.subTest(field=field, blank=blank):
                    before = connection[field]
                    connection.write({field: value, **blank})
                    self.assertEqual(connection.api_key_state, "missing")
                    self.assertFalse(self.get_key(self.connection))
                    connection.write({field: before, "api_key": "new"})
                    self.assertEqual(self.get_key(self.connection), "new")

    def test_another_receiver_is_not_known_by_what_the_first_announced(self):
        for field, value in (
            ("url", "https://elsewhere.example.com"),
            ("database", "another"),
            ("login", "somebody"),
        ):
            self.connection.capabilities = {"batch": True}
            self.connection.name = "The same"
            self.assertTrue(self.connection._can("batch"))
            self.connection[field] = value
            self.assertFalse(self.connection._can("batch"), field)

    def test_what_cannot_be_stored_or_sent_is_refused_in_words(self):
        connection = self.connection.with_user(self.admin)
        for field in ("api_key", "name", "url", "database", "login"):
            for value in ("a\x00b", "a\nb", "a\ud800b", 7, ["a"], {"a": 1}):
                with self.subTest(field=field, value=value):
                    label = connection._fields[field].string
                    with self.assertRaisesRegex(ValidationError, f'"{label}" of a BPO connection'):
                        connection.write({field: value})
        self.assertEqual(self.get_key(self.connection), KEY)
        connection.api_key = f" {KEY}2\n"
        self.assertEqual(self.get_key(self.connection), f"{KEY}2")

    def test_the_environments_key_goes_only_where_the_operator_lists(self):
        connection = self.connection
        with patch.dict("os.environ", {"DEALER_CRM_BPO_API_KEY": "of the environment"}):
            self.assertEqual(connection._get_endpoint().key, KEY)
            self.env["dealer.crm.bpo.key"]._delete_secrets(connection)
            connection.invalidate_recordset()
            self.assertEqual(connection.api_key_state, "unlisted")
            note = connection.with_user(self.admin).action_test_connection()["params"]
            self.assertIn("dealer_crm_bpo_hosts", note["message"])
            with patch.dict("os.environ", {"DEALER_CRM_BPO_HOSTS": "bpo.example.com"}):
                connection.invalidate_recordset()
                self.assertEqual(connection.api_key_state, "environment")
                self.assertEqual(connection._get_endpoint().key, "of the environment")

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
        with self.assertRaisesRegex(ValidationError, "dealer_crm_bpo_hosts"):
            self.connection.url = "http://bpo.example.com"

    @mute_logger("odoo.sql_db")
    def test_one_connection_a_company(self):
        with self.assertRaises(IntegrityError):
            self.connection.copy({"active": True})
