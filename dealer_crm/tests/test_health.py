import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields, http
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import config

from odoo.addons.dealer_crm import health
from odoo.addons.dealer_crm.controllers import health as controller

from .callback_common import DENIED, INVALID, CallbackCase, FakeClient

TOKEN = "the-operator's-own"


class TestHealth(CallbackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cron = cls.env.ref("dealer_crm.ir_cron_deliver_callbacks")
        cls.cron.lastcall = cls.env.cr.now()
        cls.env.cr.execute("DELETE FROM dealer_crm_callback")
        cls.env.ref("dealer_crm.group_dealer_intake").user_ids = False

    def ask(self):
        self.env.flush_all()
        return health.get_health(self.env.cr), health.get_attention(self.env.cr)

    def assertAsks(self, *reasons, well=True):
        state, attention = self.ask()
        self.assertEqual(state["ok"], well, state)
        self.assertEqual((attention["reasons"], attention["ok"]), ([*reasons], not reasons))
        return attention

    def make_overdue(self, rows, hours=1):
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET next_attempt_at = now() at time zone 'UTC'"
            " - make_interval(hours => %s) WHERE id = ANY(%s)",
            [hours, rows.ids],
        )
        self.env.invalidate_all()

    def make_silent(self):
        """Set the times of the cron as if the dispatcher had last run an hour ago."""
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ir_cron_progress WHERE cron_id = %s", [self.cron.id])
        self.env.cr.execute(
            "UPDATE ir_cron SET nextcall = now() at time zone 'UTC' - interval '1 h',"
            " lastcall = now() at time zone 'UTC' - interval '1 h',"
            " create_date = now() at time zone 'UTC' - interval '1 h' WHERE id = %s",
            [self.cron.id],
        )
        self.cron.invalidate_recordset(flush=False)

    def test_nothing_to_do(self):
        self.assertAsks()
        rows = self.lose(self.make_leads(2))
        self.assertEqual(self.assertAsks()["due"], 2)
        self.make_overdue(rows)
        self.assertGreaterEqual(self.assertAsks("stuck")["oldest_due_seconds"], 3600)
        rows.with_user(self.admin).action_cancel("Entered twice")
        self.assertAsks()

    def test_the_bpos_fault_is_not_the_hosts(self):
        """Held or missing connections and parked outcomes need a person; the host is healthy."""
        rows = self.lose(self.make_leads(1))
        self.make_overdue(rows)
        self.deliver(FakeClient([DENIED]))
        self.make_overdue(rows)
        self.assertAsks("held")
        self.connection.active = False
        self.assertAsks("missing")

    def test_parked(self):
        leads = self.make_leads(1)
        self.lose(leads)
        self.deliver(FakeClient([INVALID]))
        self.assertEqual(self.assertAsks("parked")["parked"], 1)
        leads.sudo().action_reopen("Again")
        self.make_overdue(self.lose(leads))
        self.assertEqual(self.assertAsks("parked")["oldest_due_seconds"], 0, "it waits behind")

    def test_a_long_drain_is_no_silence(self):
        """Odoo updates the cron at the end of a run; until then its progress counts."""
        rows = self.lose(self.make_leads(1))
        self.make_overdue(rows, hours=5)
        self.make_silent()
        self.assertAsks("stuck", "cron", well=False)
        self.env["ir.cron.progress"].create({"cron_id": self.cron.id, "done": 7, "remaining": 9})
        self.connection.last_success_at = self.env.cr.now()
        self.assertAsks()

    def test_silence(self):
        """The cron is overdue although nothing waits: its thread has ended."""
        self.make_silent()
        self.assertAsks("cron", well=False)
        self.assertTrue(health.get_health(self.env.cr, runs_crons=False)["ok"])
        # A restart does not activate a cron.
        self.cron.active = False
        self.assertAsks("cron")
        self.cron.unlink()
        self.assertAsks("cron")

    def test_our_key_ends(self):
        soon = timedelta(days=health.WARN_DAYS)
        for ends, reasons in (
            (soon - timedelta(hours=1), ["key"]),
            (timedelta(days=-1), ["key"]),
            (soon + timedelta(hours=1), []),
        ):
            self.connection.api_key_expires_at = fields.Datetime.now() + ends
            self.assertAsks(*reasons)
        self.connection.api_key_expires_at = False
        self.assertAsks()
        self.connection.write({"api_key_expires_at": "2020-01-01 00:00:00", "active": False})
        self.assertAsks()

    def test_a_key_of_the_bpo_ends(self):
        """Of each user of Dealer Intake the key that ends last counts."""
        now = fields.Datetime.now()
        users = [
            new_test_user(
                self.env, f"bpo-{number}", "base.group_portal,dealer_crm.group_dealer_intake"
            )
            for number in range(2)
        ]
        keys = [self.env["res.users.apikeys"].with_user(user) for user in users]
        for each in keys:
            each._generate("rpc", "long", now + timedelta(days=health.WARN_DAYS, hours=1))
        self.assertAsks()
        keys[0].sudo().search([("user_id", "=", users[0].id)]).unlink()
        keys[0]._generate("rpc", "short", now + timedelta(days=health.WARN_DAYS, hours=-1))
        self.assertAsks("key")
        users[0].active = False
        self.assertAsks()
        users[0].active = True
        self.assertAsks("key")
        keys[0].sudo()._generate("rpc", "for ever", None)
        self.assertAsks()
        # Keys of users without the group Dealer Intake do not matter.
        clerk = self.env["res.users.apikeys"].with_user(
            new_test_user(self.env, "clerk", "base.group_user")
        )
        clerk._generate("rpc", "short", now + timedelta(hours=1))
        self.assertAsks()

    def test_the_cost_is_bounded(self):
        """Rows beyond the limit are not read, and the plan has no sequential scan."""
        rows = self.lose(self.make_leads(1))
        self.env.cr.execute(
            """
            INSERT INTO dealer_crm_callback (company_id, bpo_source_lead_id, event_id, sequence,
                                             outcome, payload, state, next_attempt_at)
            SELECT company_id, 1000000 + i, 'bounded' || i, 1, outcome, payload, 'pending',
                   next_attempt_at - interval '1 h'
              FROM dealer_crm_callback, generate_series(1, %s) AS i WHERE id = %s
            """,
            [health.MOST + 2000, rows.id],
        )
        self.env.cr.execute("ANALYZE dealer_crm_callback")
        self.assertEqual(self.assertAsks("stuck")["due"], health.MOST)
        before = self.env.cr.sql_log_count
        self.ask()
        self.assertLessEqual(self.env.cr.sql_log_count - before, 8)


@tagged("post_install", "-at_install")
class TestHealthRoute(HttpCase):
    def setUp(self):
        super().setUp()
        self.forget()
        self.addCleanup(self.forget)

    @staticmethod
    def forget():
        controller._cache.clear()

    def get(self, question, token=None, db=None, fresh=True):
        if fresh:
            self.forget()
        return self.url_open(
            f"/dealer_crm/{question}" + (f"?db={db}" if db else ""),
            headers=None if token is None else {"Authorization": f"Bearer {token}"},
        )

    def test_status(self):
        """The status is enough for a monitor; it needs no login and is not cached by proxies."""
        for question, function in (("health", "get_health"), ("attention", "get_attention")):
            for ok, status in ((True, 200), (False, 503)):
                found = {"ok": ok, "cron_alive": True, "due": 7}
                with patch.object(controller.health, function, return_value=found):
                    answer = self.get(question)
                self.assertEqual((answer.status_code, answer.json()["ok"]), (status, ok))
                self.assertNotIn("due", answer.json())
                self.assertEqual(answer.headers["Cache-Control"], "no-store")
                self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))

    def test_counts_for_the_token_only(self):
        with patch.dict(config.options, {"dealer_crm_health_token": TOKEN}):
            for question in ("health", "attention"):
                for token in (None, "a guess", "", TOKEN + "x"):
                    self.assertNotIn("due", self.get(question, token).json())
                self.assertEqual(self.get(question, TOKEN).json()["due"], 0)
        for token in (None, "None", "False", ""):
            self.assertNotIn("due", self.get("attention", token).json(), "no token is set")
        with patch.dict("os.environ", {"DEALER_CRM_HEALTH_TOKEN": TOKEN}):
            self.assertIn("reasons", self.get("attention", TOKEN).json())

    def test_kept_for_seconds(self):
        self.get("health")
        with patch.object(controller, "_read_answers", side_effect=AssertionError("asked again")):
            self.assertEqual(self.get("health", fresh=False).status_code, 200)
        with patch.object(controller, "KEEP_SECONDS", -1):
            self.assertEqual(self.get("health", fresh=False).status_code, 200)

    def test_named_database(self):
        """Only databases that this server serves under this host name; no registry is loaded."""
        mine, other = self.env.cr.dbname, "some_other_database"
        self.assertEqual(self.get("health", db=mine).status_code, 200)
        for name in (other, "postgres", "template1", "../x", "'--"):
            answer = self.get("health", db=name)
            self.assertEqual((answer.status_code, answer.json()["ok"]), (404, False))
            self.assertIn("Which database?", answer.json()["message"])
        with patch.object(controller.health, "is_installed", return_value=False):
            self.assertIn("not installed", self.get("health", db=mine).json()["message"])

    def test_filter_by_host(self):
        """On the same machine, the database filter is applied as if the host name were the name."""
        mine = self.env.cr.dbname
        served = [mine, "other"]
        environ = {}
        stand_in = type("Request", (), {"db": None})()
        stand_in.httprequest = type("HttpRequest", (), {"environ": environ})()
        with (
            patch.object(controller, "request", stand_in),
            patch.object(http.odoo.service.db, "list_dbs", lambda force: served),
            patch.dict(config.options, {"dbfilter": "^%d$"}),
        ):
            for host, name, found in (
                ("127.0.0.1:8069", mine, mine),
                ("localhost", mine, mine),
                ("[::1]:8069", "other", "other"),
                ("127.0.0.1:8069", "unknown", None),
                ("127.0.0.1:8069", None, None),
                (f"{mine}.example.com", mine, mine),
                (f"{mine}.example.com", "other", None),
                ("10.0.0.9:8069", mine, None),
            ):
                environ["HTTP_HOST"] = host
                self.assertEqual(
                    controller.HealthController._get_database(name), found, (host, name)
                )

    def test_grace(self):
        """A server that has just started may not have run its crons yet."""
        self.env.cr.execute("UPDATE ir_cron SET nextcall = now() - interval '1 d', lastcall = NULL")
        self.env.cr.execute(
            "UPDATE ir_cron SET create_date = now() - interval '1 d'; DELETE FROM ir_cron_progress"
        )
        old = time.monotonic() - 2 * controller.GRACE_SECONDS
        for crons, started, status in ((2, old, 503), (0, old, 200), (2, time.monotonic(), 200)):
            with (
                patch.dict(config.options, {"max_cron_threads": crons}),
                patch.object(controller, "STARTED", started),
            ):
                self.assertEqual(self.get("health").status_code, status)
