"""API keys that end, and the languages of texts for the BPO and for the responsible user."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user
from odoo.tools.babel import extract_python
from odoo.tools.translate import code_translations

from odoo.addons.dealer_crm.bpo.answer import Answer, Verdict
from odoo.addons.dealer_crm.health import get_attention

from .callback_common import DENIED, INVALID, CallbackCase, FakeClient


class KeyClient(FakeClient):
    """A receiver that tells when the key ends."""

    def __init__(self, ends=None, answer=None):
        super().__init__()
        self.ends, self.answer = ends, answer or Answer(Verdict.ACCEPTED, "ok")

    def capabilities(self):
        return {"key_expiry": True}

    def key_expires_at(self):
        return self.ends, self.answer


class TestKeys(CallbackCase):
    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        self.env.ref("dealer_crm.group_dealer_intake").user_ids = False

    def watch(self, client=None):
        self.env.flush_all()
        with (
            patch.object(type(self.connection), "_open_client", return_value=client),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.connection.with_env(self.env(cr=cr))._cron_watch_keys()
        self.env.invalidate_all()
        return self.connection.activity_ids

    def test_a_year_may_be_chosen(self):
        """Without our group, Odoo allows an internal user three months, a portal user a day."""
        for base in ("base.group_user", "base.group_portal"):
            user = new_test_user(
                self.env, f"intake of {base}", f"{base},dealer_crm.group_dealer_intake"
            )
            description = self.env["res.users.apikeys.description"].with_user(user)
            self.assertIn("365", dict(description._selection_duration()))

    def test_our_key(self):
        self.connection.capabilities = {"key_expiry": True}
        self.assertFalse(self.watch(KeyClient()), "a key for ever")
        ends = self.now + timedelta(days=6)
        activity = self.watch(KeyClient(ends))
        self.assertEqual(activity.user_id, self.admin)
        self.assertIn(f"ends on {ends:%Y-%m-%d}", activity.note)
        self.assertEqual(self.connection.api_key_expires_at, ends)
        self.assertIn("key", get_attention(self.env.cr)["reasons"])
        silent = KeyClient(None, Answer(Verdict.TRANSIENT, "refused"))
        self.assertEqual(self.watch(silent), activity, "no answer is no key for ever")
        self.assertFalse(self.watch(KeyClient(self.now + timedelta(days=300))))

    def test_a_receiver_that_cannot_tell_is_not_asked(self):
        with patch.object(KeyClient, "key_expires_at", side_effect=AssertionError):
            self.watch(KeyClient())

    def test_one_that_breaks_stops_no_other(self):
        company = self.env["res.company"].create({"name": "Second dealer"})
        other = self.connection.copy({"company_id": company.id, "active": True, "name": "BPO 2"})
        other.api_key_expires_at = self.now
        self.connection.capabilities = {"key_expiry": True}
        with self.assertLogs("odoo.addons.dealer_crm.models.dealer_crm_bpo_connection", "ERROR"):
            self.watch(object())
        self.assertTrue(other.activity_ids)

    def test_the_keys_of_the_bpo(self):
        user = new_test_user(
            self.env, "bpo-service", "base.group_portal,dealer_crm.group_dealer_intake"
        )
        keys = self.env["res.users.apikeys"].with_user(user)
        keys._generate("rpc", "short", self.now + timedelta(days=2))
        self.assertIn("for our user bpo-service", self.watch().note)
        keys._generate("rpc", "the next", self.now + timedelta(days=200))
        self.assertFalse(self.watch(), "a new one was made")

    def test_a_hold_says_that_the_key_ended(self):
        self.lose(self.make_leads(1))
        self.connection.api_key_expires_at = self.now - timedelta(hours=1)
        self.deliver(FakeClient([DENIED]))
        self.assertIn("key ended on", self.connection.state_reason)
        self.connection.with_user(self.admin).api_key = "a new one"
        self.assertFalse(self.connection.api_key_expires_at)
        self.connection._hold(DENIED)
        self.assertIn("whether the key has ended", self.connection.state_reason)

    def test_asked_by_test_connection(self):
        ends = self.now + timedelta(days=20)
        with patch.object(type(self.connection), "_open_client", return_value=KeyClient(ends)):
            self.connection.with_user(self.admin).action_test_connection()
        self.assertEqual(self.connection.api_key_expires_at, ends)


class TestLanguages(CallbackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("fr_FR", "de_DE"):
            cls.env["res.lang"]._activate_lang(code)
        cls.reason.with_context(lang="fr_FR").name = "Trop cher"
        cls.reason.with_context(lang="de_DE").name = "Zu teuer"
        cls.english = cls.reason.with_context(lang="en_US").name
        cls.connection.company_id.partner_id.lang = "en_US"

    def test_lost_reason_in_the_connections_language(self):
        self.agent.lang = "fr_FR"
        self.assertEqual(self.get_reason(), self.english)
        self.connection.company_id.partner_id.lang = "de_DE"
        self.assertEqual(self.get_reason(), "Zu teuer", "the company's")
        self.connection.lang = "fr_FR"
        self.agent.lang = "en_US"
        lead = self.make_leads(1)
        row = self.lose(lead)
        self.assertEqual(row.payload["lost_reason"], "Trop cher")
        self.connection.lang = "de_DE"
        self.assertEqual(self.deliver(FakeClient()).sent[0]["lost_reason"], "Trop cher", "frozen")
        self.connection.active = False
        self.assertEqual(self.get_reason(), "Zu teuer", "without a connection the company's")

    def get_reason(self):
        row = self.lose(self.make_leads(1).with_context(lang=self.agent.lang))
        payload = row.payload
        row.with_user(self.admin).action_cancel("Only looked at")
        return payload["lost_reason"]

    def translate(self, source, translation):
        """Replace translations, as if a .po file of the responsible user's language had them."""
        return patch.dict(
            code_translations.python_translations,
            {("dealer_crm", "fr_FR"): {source: translation}},
        )

    def test_the_responsible_reads_activities_in_their_language(self):
        self.admin.lang = "fr_FR"
        rows = self.lose(self.make_leads(2))
        with self.translate("Outcome of BPO lead %(lead)s needs you", "Affaire %(lead)s"):
            self.deliver(FakeClient([INVALID]))
        self.assertIn("Affaire", rows.activity_ids[:1].summary)
        with self.translate("The BPO connection needs you", "La connexion"):
            self.connection._hold(DENIED)
        self.assertEqual(self.connection.activity_ids.summary, "La connexion")

    def test_words_of_the_bpo_are_text_in_activities(self):
        rows = self.lose(self.make_leads(1))
        markup = '<h1>x</h1><img src="https://evil.example/x.png"><a href="https://evil.example">log in</a>'
        self.deliver(FakeClient([Answer(Verdict.MESSAGE, "rejected", markup)]))
        self.connection._hold(Answer(Verdict.CONNECTION, "redirect", markup))
        for note in (rows.activity_ids.note, self.connection.activity_ids.note):
            self.assertIn("&lt;h1&gt;", note)
            self.assertNotIn("<h1>", note)
            self.assertNotIn("<img", note)
            self.assertNotIn("<a ", note)

    def test_every_sentence_can_be_translated(self):
        """The export of translations does not find a sentence in an alias of `_`."""
        path = Path(__file__).parents[1] / "models" / "dealer_crm_bpo_connection_state.py"
        with path.open("rb") as source:
            found = {
                text
                for _line, _func, text, _comments in extract_python(source, ["_", "_lt"], [], {})
            }
        for code in ("access_denied", "tls", "no_key", "barred", "not_encrypted", "worker_lost"):
            self.assertIn(self.connection._describe(Answer(Verdict.TRANSIENT, code)), found)
