from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries

from .callback_common import DOWN, CallbackCase, FakeClient

CALLBACK = "odoo.addons.dealer_crm.models.dealer_crm_callback"


class TestInstanceCheck(CallbackCase):
    def test_a_raw_copy_keeps_quiet_until_rebound(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeClient(lambda _payload: DOWN))
        self.make_due(row)
        with patch.dict("os.environ", {"DEALER_CRM_INSTANCE": "another machine"}):
            self.assertFalse(self.deliver(FakeClient()).sent)
            self.assertEqual(
                (self.connection.state, self.connection.hold_code), ("held", "instance")
            )
            self.assertIn("copy", self.connection.state_reason)
            self.assertFalse(self.deliver(FakeClient()).tests, "a copy was probed")
            with patch.object(type(self.connection), "_open_client", lambda self: FakeClient()):
                note = self.connection.action_test_connection()["params"]
                self.assertEqual(note["type"], "danger")
                self.connection.with_user(self.admin).action_rebind()
            self.assertEqual(self.connection.state, "ready")
            self.assertEqual(len(self.deliver(FakeClient()).sent), 1)

    def test_a_copy_made_before_the_first_sending_keeps_quiet(self):
        """A connection is bound when it is created, not by the database that sends first."""
        row = self.lose(self.make_leads(1))
        with patch.dict("os.environ", {"DEALER_CRM_INSTANCE": "another machine"}):
            self.connection.with_user(self.admin).api_key = "entered in the copy"
            self.assertFalse(self.deliver(FakeClient()).sent)
            self.assertEqual(self.connection.hold_code, "instance")
        self.assertEqual(row.state, "pending")

    def test_neutralised(self):
        row = self.lose(self.make_leads(1))
        self.env.flush_all()
        for query in get_neutralization_queries(["dealer_crm"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self.get_key(self.connection))
        self.assertTrue(self.connection.url.endswith(".invalid"))
        client = self.deliver(FakeClient())
        self.assertEqual((client.sent, client.tests), ([], 0))
        self.assertEqual(row.state, "pending")


class TestUpkeep(CallbackCase):
    def test_reconciliation_lists_and_replays(self):
        leads = self.make_leads(3)
        rows = self.lose(leads)
        self.deliver(FakeClient())
        self.connection.capabilities = {"reconcile": True}
        forgotten = leads[1].bpo_source_lead_id
        client = FakeClient()
        client.reconcile = lambda items: [
            {"bpo_source_lead_id": item["bpo_source_lead_id"], "sequence": 0, "outcome": "endorsed"}
            for item in items
            if item["bpo_source_lead_id"] == forgotten
        ]
        with (
            patch.object(type(self.connection), "_open_client", lambda self: client),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.callbacks.with_env(self.env(cr=cr))._cron_reconcile()
        self.env.invalidate_all()
        differing = rows.filtered("difference")
        self.assertEqual(differing.lead_id, leads[1])
        self.assertTrue(self.connection.activity_ids)
        event = differing.event_id
        differing.with_user(self.admin).action_retry("The BPO was restored")
        self.assertEqual([p["event_id"] for p in self.deliver(FakeClient()).sent], [event])

    def test_old_rows_go_and_undelivered_ones_stay(self):
        old, recent, waiting = self.lose(self.make_leads(3))
        self.deliver(FakeClient())
        waiting = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET delivered_at = now() - interval '401 days'"
            " WHERE id = %s",
            [old.id],
        )
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET create_date = now() - interval '9 years',"
            " next_attempt_at = now() - interval '9 years' WHERE id = %s",
            [waiting.id],
        )
        self.env.cr.execute(
            "UPDATE dealer_crm_callback_attempt SET started_at = now() - interval '181 days'"
            " WHERE callback_id = %s",
            [recent.id],
        )
        self.env.invalidate_all()
        # Messages and followers of the outcome.
        event = old.event_id
        old.message_subscribe(self.admin.partner_id.ids)
        message = old.message_post(body="Looked into it", attachments=[("note.txt", b"text")])
        attachment = message.attachment_ids
        self.assertTrue(attachment and old.message_follower_ids)
        follower = old.message_follower_ids
        self.assertEqual(self.callbacks._gc_delivered(), (1, False))
        self.env["dealer.crm.callback.attempt"]._gc_attempts()
        self.env.invalidate_all()
        self.assertFalse(old.exists(), event)
        self.assertFalse(message.exists() or follower.exists() or attachment.exists())
        self.assertTrue(waiting.exists())
        self.assertTrue(recent.exists())
        self.assertFalse(recent.attempt_ids)

    def test_kept_as_long_as_the_settings_say(self):
        rows = self.lose(self.make_leads(3))
        self.deliver(FakeClient())
        for row, days in zip(rows, (70, 90, 110), strict=True):
            self.env.cr.execute(
                "UPDATE dealer_crm_callback SET delivered_at = now() - make_interval(days => %s)"
                " WHERE id = %s",
                [days, row.id],
            )
        self.env.invalidate_all()
        settings = self.env["dealer.crm.settings"].with_user(self.admin).create({})
        self.assertEqual((settings.keep_delivered_days, settings.keep_attempt_days), (400, 180))
        settings.keep_delivered_days = 80
        with patch(f"{CALLBACK}.GC_LIMIT", 1):
            self.assertEqual(self.callbacks._gc_delivered(), (1, True))
            self.assertEqual(rows.exists(), rows[:2], "the oldest first")
            self.assertEqual(self.callbacks._gc_delivered(), (1, True))
            self.assertEqual(self.callbacks._gc_delivered(), (0, False))
        self.assertEqual(rows.exists(), rows[0])
        with self.assertRaisesRegex(UserError, "Outcomes are kept"):
            rows[0].unlink()
        # The nightly comparison reads deliveries of the last 60 days.
        for field, days in (("keep_delivered_days", 59), ("keep_attempt_days", 0)):
            with self.assertRaisesRegex(ValidationError, "must be between"):
                settings.write({field: days})
        for nonsense in ("", "soon"):
            self.env["ir.config_parameter"].set_param("dealer_crm.keep_delivered_days", nonsense)
            self.assertEqual(settings._get_days("keep_delivered_days"), 400)
        for value, days in (("-5", 60), ("1e9", 400), ("99999999", 36_500)):
            self.env["ir.config_parameter"].set_param("dealer_crm.keep_delivered_days", value)
            self.assertEqual(settings._get_days("keep_delivered_days"), days)
