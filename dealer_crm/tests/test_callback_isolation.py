"""Errors of one connection do not affect the others."""

from unittest.mock import patch

from psycopg2 import errors

from odoo.tools import mute_logger

from .callback_common import APPLIED, CallbackCase, FakeClient

DISPATCH = "odoo.addons.dealer_crm.models.dealer_crm_callback_dispatch"
RECONCILE = "odoo.addons.dealer_crm.models.dealer_crm_callback_reconcile"


class TestIsolation(CallbackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env["res.company"].create({"name": "Second dealer"})
        # The broken connection comes first.
        cls.broken = cls.connection
        cls.sound = cls.connection.copy(
            {"company_id": company.id, "active": True, "name": "BPO 2", "was_asked": True}
        )

    def setUp(self):
        super().setUp()
        self.ours = self.lose(self.make_leads(1))
        leads = self.make_leads(
            1, company_id=self.sound.company_id.id, user_id=False, team_id=False
        )
        self.theirs = self.lose(leads, self.env.user)

    def test_any_capabilities(self):
        """Capabilities may be any JSON that a receiver or an admin put there."""
        lead = self.ours.lead_id
        for odd in ("batch", ["batch"], 7, True, {"batch": {"x": 1}}, {"batch": "no"}, None):
            with self.subTest(odd=odd):
                self.broken.capabilities = odd
                self.assertFalse(self.broken._can("batch"))
                self.deliver(FakeClient())
                self.assertEqual((self.ours.state, self.theirs.state), ("delivered", "delivered"))
                lead.action_reopen("Came back")
                self.ours = self.lose(lead).sorted("id")[-1]
                self.reconcile()

    def break_at(self, model, name):
        method = getattr(type(model), name)

        def fail(records, *args):
            mine = records if records._name == self.broken._name else args[0]
            if mine == self.broken:
                raise ValueError("odd")
            return method(records, *args)

        return patch.object(type(model), name, fail)

    def test_whatever_breaks_holds_the_one_and_not_the_other(self):
        for model, name in (
            (self.broken, "_check_instance"),
            (self.broken, "_get_batch_size"),
            (self.callbacks, "_claim"),
        ):
            with (
                self.subTest(name=name),
                self.assertLogs(DISPATCH, "ERROR") as logs,
                self.break_at(model, name),
            ):
                self.deliver(FakeClient())
                self.assertIn("cannot be used now", logs.output[0])
                self.assertEqual((self.ours.state, self.theirs.state), ("pending", "delivered"))
                self.assertEqual((self.broken.state, self.broken.hold_code), ("held", "internal"))
                self.assertEqual(self.sound.state, "ready")
                self.env.cr.execute(
                    "SELECT next_probe_at > now() AT TIME ZONE 'UTC'"
                    " FROM dealer_crm_bpo_connection WHERE id = %s",
                    [self.broken.id],
                )
                self.assertTrue(self.env.cr.fetchone()[0], "it would be taken up at once again")
            self.broken.write({"state": "ready", "hold_code": False})
            self.theirs._retry()

    @mute_logger(DISPATCH)
    def test_a_hold_that_cannot_be_made_is_a_hold_all_the_same(self):
        with self.break_at(self.broken, "_check_instance"), self.break_at(self.broken, "_hold"):
            self.deliver(FakeClient())
        self.assertEqual((self.broken.state, self.broken.hold_code), ("held", "internal"))
        self.assertEqual((self.ours.state, self.theirs.state), ("pending", "delivered"))

    @mute_logger(DISPATCH)
    def test_a_probe_that_cannot_be_written_down_waits_for_the_next(self):
        self.broken._set_held("refused", "It was down")
        self.broken.next_probe_at = "2000-01-01"
        with self.break_at(self.broken, "_release"):
            self.assertEqual(self.deliver(FakeClient()).tests, 1)
            self.assertFalse(self.deliver(FakeClient()).tests)
        self.assertEqual((self.broken.state, self.theirs.state), ("held", "delivered"))

    def test_conflicts_are_tried_again(self):
        """The three errors on which Odoo retries end no run and lose no answer."""
        for error in (
            errors.SerializationFailure,
            errors.DeadlockDetected,
            errors.LockNotAvailable,
        ):
            for name in ("_requeue_lost", "_open_pool", "_claim", "_settle_results"):
                self.fail_once(name, error)

    def fail_once(self, name, error):
        method, failed = getattr(type(self.callbacks), name), []

        def fail(callbacks, *args):
            if not failed:
                failed.append(True)
                raise error
            return method(callbacks, *args)

        self.ours._retry()
        with (
            self.subTest(name=name, error=error.__name__),
            patch.object(type(self.callbacks), name, fail),
            self.assertNoLogs(DISPATCH),
        ):
            client = self.deliver(FakeClient(lambda _payload: APPLIED))
            self.assertEqual(self.ours.state, "delivered")
            self.assertIn(self.ours.event_id, [payload["event_id"] for payload in client.sent])
            self.assertTrue(failed)

    def test_reconciling_goes_on_with_the_next(self):
        self.deliver(FakeClient())
        for connection in (self.broken, self.sound):
            connection.capabilities = {"reconcile": True}
        with self.assertLogs(RECONCILE, "ERROR"), self.break_at(self.broken, "_check_instance"):
            asked = self.reconcile()
        self.assertEqual(asked, [self.theirs.bpo_source_lead_id])

    def test_reconciling_takes_any_answer(self):
        self.deliver(FakeClient())
        self.broken.capabilities = {"reconcile": True}
        lead_id = self.ours.bpo_source_lead_id
        self.reconcile(
            [
                7,
                {"bpo_source_lead_id": [1]},
                {"bpo_source_lead_id": lead_id, "sequence": {"a": 1}, "outcome": "x\x00y"},
            ]
        )
        self.assertIn("x y", self.ours.difference)

    def reconcile(self, answer=()):
        """Ids of the BPO leads that were compared."""
        asked, client = [], FakeClient()

        def compare(leads):
            asked.extend(lead["bpo_source_lead_id"] for lead in leads)
            return list(answer)

        client.reconcile = compare
        with (
            patch.object(type(self.broken), "_open_client", lambda self: client),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.callbacks.with_env(self.env(cr=cr))._cron_reconcile()
        self.env.invalidate_all()
        return asked
