from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..wire.transport import DealerError
from .common import KEY, BpoCase, FakeDealer, odoo_error


@tagged("post_install", "-at_install")
class TestDealer(BpoCase):
    def test_key_cannot_be_read_back(self):
        dealer = self.dealer.with_user(self.manager)
        self.assertTrue(dealer.has_api_key)
        self.assertFalse(dealer.api_key)
        for user in (self.manager, self.env.ref("base.user_admin")):
            dealer = self.dealer.with_user(user)
            self.assertNotIn(KEY, str(dealer.read()))
            self.assertNotIn(KEY, str(dealer.export_data(["name", "api_key"])))
            keys = self.env["bpo.dealer.key"].sudo().search([]).with_user(user)
            self.assertTrue(keys)
            self.assertNotIn("secret", keys.fields_get())
            with self.assertRaises(AccessError):
                keys.read(["secret"])
            with self.assertRaises(AccessError):
                keys.export_data(["secret"])
            with self.assertRaises(AccessError):
                keys.search([("secret", "=like", KEY[0] + "%")])
            with self.assertRaises(AccessError):
                keys.search([], order="secret")
            with self.assertRaises(AccessError):
                keys.formatted_read_group([], ["secret"], [])
            with self.assertRaises(AccessError):
                keys.write({"secret": "mine"})

    def test_answer_to_saving_does_not_hold_the_key(self):
        values = {
            "name": "Bay Cars",
            "url": "https://bay.example",
            "database": "bay",
            "login": "bpo",
            "api_key": "another-key",
            "user_id": self.dealer_user.id,
        }
        Dealer = self.env["bpo.dealer"].with_user(self.manager)
        created = Dealer.web_save(values, {"api_key": {}, "has_api_key": {}})
        self.assertEqual((created[0]["api_key"], created[0]["has_api_key"]), (False, True))
        dealer = Dealer.browse(created[0]["id"])
        saved = dealer.web_save({"api_key": "newer-key"}, {"api_key": {}})
        self.assertFalse(saved[0]["api_key"])
        self.assertEqual(self.get_key(dealer), "newer-key")
        self.assertFalse(dealer.copy({"name": "Copy"}).has_api_key)

    def test_empty_key_keeps_the_saved_one(self):
        for blank in (False, "", "  "):
            self.dealer.with_user(self.manager).write({"api_key": blank, "name": "City Motors Ltd"})
            self.assertEqual(self.get_key(self.dealer), KEY)

    def test_a_blank_key_does_not_take_the_saved_one_elsewhere(self):
        dealer = self.dealer.with_user(self.manager)
        dealer.write({"url": "https://evil.example", "api_key": " "})
        self.assertFalse(dealer.has_api_key)

    def test_what_cannot_be_stored_or_sent_is_refused_in_words(self):
        dealer = self.dealer.with_user(self.manager)
        for field in ("name", "url", "database", "login", "api_key"):
            for value in ("a\x00b", "a\nb", "a\ud800b", 7, ["a"]):
                with (
                    self.subTest(field=field, value=value),
                    self.assertRaisesRegex(ValidationError, "of a dealer must be one line"),
                ):
                    dealer.write({field: value})

    def test_new_address_forgets_the_key(self):
        dealer = self.dealer.with_user(self.manager)
        dealer.write({"url": "https://dealer.example/"})
        self.assertTrue(dealer.has_api_key, "The same address")
        dealer.write({"url": "https://evil.example"})
        self.assertFalse(dealer.has_api_key)
        dealer.write({"url": "https://dealer.example", "api_key": "fresh"})
        self.assertEqual(self.get_key(dealer), "fresh")

    def test_address_is_checked(self):
        for url in ("http://dealer.example", "dealer.example"):
            with self.assertRaises(ValidationError) as caught:
                self.dealer.url = url
            self.assertIn(url, str(caught.exception))

    def test_listed_addresses(self):
        with patch.dict("os.environ", BPO_CRM_DEALER_HOSTS="http://dealer:8069"):
            self.dealer.url = "http://dealer:8069"
            with self.assertRaises(ValidationError):
                self.dealer.url = "https://dealer.example"

    def test_form(self):
        with Form(self.env["bpo.dealer"].with_user(self.manager)) as form:
            form.name = "Bay Cars"
            form.url = "https://bay.example/"
            form.database = "bay"
            form.login = "bpo"
            form.api_key = "typed"
            form.user_id = self.dealer_user
        self.assertEqual(form.record.url, "https://bay.example")
        self.assertTrue(form.record.has_api_key)

    def test_salesman_reads_names_only(self):
        dealer = self.dealer.with_user(self.salesman)
        self.assertEqual(dealer.display_name, "City Motors")
        for field in ("url", "database", "login", "api_key", "has_api_key", "user_id"):
            with self.subTest(field=field), self.assertRaises(AccessError):
                dealer.read([field])
        with self.assertRaises(AccessError):
            dealer.write({"name": "x"})
        with self.assertRaises(AccessError):
            dealer.action_test_connection()

    def test_company(self):
        company = self.env["res.company"].create({"name": "Other BPO"})
        elsewhere = self._create_dealer(
            "Elsewhere",
            self.env["res.users"].create(
                {
                    "name": "e",
                    "login": "elsewhere",
                    "company_id": company.id,
                    "company_ids": company.ids,
                }
            ),
            company_id=company.id,
        )
        found = self.env["bpo.dealer"].with_user(self.manager).search([])
        self.assertNotIn(elsewhere, found)
        self.assertIn(self.dealer, found)

    def test_connection(self):
        fake = FakeDealer()
        fake.answer = odoo_error("odoo.exceptions.ValidationError", "bpo_source_lead_id is missing")
        with fake.running():
            self.dealer.write({"url": fake.url, "api_key": KEY})
            dealer = self.dealer.with_user(self.manager)
            self.assertEqual(dealer.action_test_connection()["params"]["type"], "success")
            self.assertEqual(fake.payloads, [{}])
            for name, message, words in (
                ("odoo.exceptions.AccessError", "no", "may not endorse leads"),
                ("odoo.exceptions.UserError", "Object x doesn't exist", "no Dealer CRM"),
                ("psycopg2.OperationalError", "no database", "database dealer"),
                ("builtins.TypeError", "boom", "boom"),
            ):
                fake.answer = odoo_error(name, message)
                with self.subTest(name=name), self.assertRaises(UserError) as caught:
                    dealer.action_test_connection()
                self.assertIn(words, str(caught.exception))
                self.assertIn("City Motors", str(caught.exception))
            fake.answer = {"id": 1}
            with self.assertRaises(UserError):
                dealer.action_test_connection()
            fake.uid = False
            with self.assertRaises(UserError) as caught:
                dealer.action_test_connection()
            self.assertIn("refuses the login bpo-service", str(caught.exception))
            self.assertNotIn(KEY, str(caught.exception))

    def watch(self, dealer, fake):
        """Run the cron with this answer; return the activities of ``dealer``."""
        (self.dealer | self.other_dealer).active = False
        dealer.active = True
        self.env.flush_all()
        with fake.running(), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            dealers = self.env["bpo.dealer"].with_env(self.env(cr=cr))
            # Another address deletes the key.
            key = self.get_key(dealer) and KEY
            dealers.browse(dealer.id).write({"url": fake.url, "api_key": key})
            dealers._cron_watch_keys()
        self.env.invalidate_all()
        return dealer.activity_ids

    def test_the_end_of_our_key(self):
        dealer = self.dealer.with_user(self.manager).create(
            {
                "name": "Bay Cars",
                "url": "https://bay.example",
                "database": "bay",
                "login": "bpo-service",
                "api_key": KEY,
                "user_id": self.dealer_user.id,
            }
        )
        dealer = dealer.sudo()
        now = fields.Datetime.now()
        soon, later = now + timedelta(days=6), now + timedelta(days=8)
        for answer, warned in (
            (f"{later.isoformat()}Z", False),
            (None, False),
            (f"{soon.isoformat()}Z", True),
            (odoo_error("odoo.exceptions.AccessError", "No"), True),
            ("tomorrow", True),
            ({"a": 1}, True),
            (f"{soon.isoformat()}Z", True),
            (f"{later.isoformat()}Z", False),
        ):
            fake = FakeDealer()
            fake.answer = answer
            activity = self.watch(dealer, fake)
            self.assertEqual(len(activity), warned, answer)
            self.assertEqual(fake.calls[0][3:], ["dealer.crm.lead", "intake_key_expiry", [KEY[:8]]])
            if warned:
                self.assertEqual(activity.user_id, self.manager)
                self.assertIn(f"{soon:%Y-%m-%d %H:%M}", activity.note)
                self.assertIn("for login bpo-service", activity.note)

    def test_who_is_warned_of_a_dealer_nobody_entered(self):
        fake = FakeDealer()
        fake.answer = "2020-01-01T00:00:00Z"
        user = self.watch(self.dealer, fake).user_id
        self.assertTrue(user.active and user.has_group("sales_team.group_sale_manager"))

    def test_nobody_is_asked_without_a_key(self):
        fake = FakeDealer()
        self.env["bpo.dealer.key"]._delete_secrets(self.dealer)
        self.assertFalse(self.watch(self.dealer, fake))
        self.assertFalse(fake.calls)

    def test_mail(self):
        """The gateway works with sudo, for any user."""
        mail = "From: Zoe <z@example.com>\nMessage-Id: <{}@x>\nSubject: x\n\nx"
        threads = self.env["mail.thread"].with_user(self.dealer_user)
        values = {"name": "Mine", "url": "https://x.example", "database": "x", "login": "x"}
        count = self.env["bpo.dealer"].search_count([])
        for number, dealer_id in enumerate((False, self.dealer.id)):
            with (
                mute_logger("odoo.addons.mail.models.mail_thread"),
                self.assertRaises(AccessError, msg=dealer_id),
            ):
                threads.message_process(
                    "bpo.dealer",
                    mail.format(number),
                    {**values, "user_id": self.dealer_user.id},
                    thread_id=dealer_id,
                )
        self.assertEqual(self.env["bpo.dealer"].search_count([]), count)

    def test_connection_without_key(self):
        self.env["bpo.dealer.key"]._delete_secrets(self.dealer)
        with self.assertRaises(UserError) as caught:
            self.dealer.action_test_connection()
        self.assertIn("has no API key", str(caught.exception))

    def test_every_error_has_a_sentence(self):
        for kind in (
            "url",
            "unreachable",
            "timeout",
            "tls",
            "redirect",
            "page",
            "database",
            "login",
            "access",
            "missing",
            "refused",
            "failed",
            "answer",
        ):
            sentence = self.dealer._explain(DealerError(kind, "detail"))
            self.assertIn("City Motors", sentence)

    def test_neutralize(self):
        for query in get_neutralization_queries(["bpo_crm"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(self.dealer.url, "https://neutralized.invalid")
        self.assertFalse(self.dealer.has_api_key)
