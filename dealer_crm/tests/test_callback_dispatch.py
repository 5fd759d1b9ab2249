import threading
from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.dealer_crm.bpo import sender

from .callback_common import APPLIED, DENIED, DOWN, INVALID, KEY, CallbackCase, FakeClient


class TestDispatch(CallbackCase):
    def test_a_lost_worker_s_lease_runs_out(self):
        row = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET state = 'sending', lease_token = 'dead',"
            " first_attempt_at = now() at time zone 'UTC',"
            " lease_until = now() at time zone 'UTC' + interval '1 min' WHERE id = %s",
            [row.id],
        )
        self.assertFalse(self.deliver(FakeClient()).sent, "a leased row was taken")
        self.expire_lease(row)
        self.deliver(FakeClient())
        self.make_due(row)
        self.deliver(FakeClient())
        self.assertEqual(row.state, "delivered")
        self.assertIn("worker_lost", row.attempt_ids.mapped("code"))

    def test_only_the_holder_of_the_lease_settles(self):
        row = self.lose(self.make_leads(1))
        settle = type(self.callbacks)._settle

        def steal(callbacks, results):
            callbacks.env.cr.execute(
                "UPDATE dealer_crm_callback SET lease_token = 'other' WHERE id = %s", [row.id]
            )
            return settle(callbacks, results)

        for answer in (APPLIED, DOWN, INVALID, DENIED):
            with self.subTest(answer=answer.code):
                self.make_due(row)
                with patch.object(type(self.callbacks), "_settle", steal):
                    self.assertTrue(self.deliver(FakeClient([answer])).sent)
                self.assertEqual((row.state, row.attempt_count), ("sending", 0))
                self.env.cr.execute("UPDATE dealer_crm_callback SET state = 'pending'")

    def test_our_own_fault_in_sending_loses_nothing(self):
        row = self.lose(self.make_leads(1))

        def fail(_payload):
            raise RuntimeError(KEY)

        with self.assertLogs("odoo.addons.dealer_crm.bpo.sender", "ERROR") as logs:
            self.deliver(FakeClient(fail))
        self.assertNotIn(KEY, "".join(logs.output))
        self.assertEqual(row.state, "pending")

    @mute_logger("odoo.addons.dealer_crm.models.dealer_crm_callback_dispatch")
    def test_no_error_leaves_the_cron(self):
        self.lose(self.make_leads(1))
        with patch.object(type(self.callbacks), "_settle_results", side_effect=ValueError):
            self.deliver(FakeClient())

    @mute_logger("odoo.addons.dealer_crm.models.dealer_crm_callback_dispatch")
    def test_an_outcome_that_cannot_be_written_down_is_in_nobodys_way(self):
        rows = self.lose(self.make_leads(4))
        poison = rows[1]
        log = type(self.callbacks)._log_on_leads

        def fail(callbacks, lead_ids, body):
            if poison.lead_id.id in lead_ids:
                raise ValueError(body)
            return log(callbacks, lead_ids, body)

        with patch.object(type(self.callbacks), "_log_on_leads", fail):
            self.deliver(FakeClient())
            self.assertEqual(set((rows - poison).mapped("state")), {"delivered"})
            self.assertEqual(poison.state, "sending")
        with patch.object(type(self.callbacks), "_postpone", side_effect=ValueError):
            self.expire_lease(poison)
            self.deliver(FakeClient())
        self.expire_lease(poison)
        self.deliver(FakeClient())
        self.make_due(poison)
        self.deliver(FakeClient())
        self.assertEqual(poison.state, "delivered")

    def expire_lease(self, row):
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET lease_until = now() at time zone 'UTC'"
            " - interval '1 s' WHERE id = %s AND state = 'sending'",
            [row.id],
        )
        self.assertTrue(self.env.cr.rowcount)
        self.env.invalidate_all()

    def make_second_company(self):
        """A lead of another company that has its own BPO."""
        company = self.env["res.company"].create({"name": "Second dealer"})
        self.connection.copy(
            {"company_id": company.id, "active": True, "name": "BPO 2", "was_asked": True}
        )
        return self.make_leads(1, company_id=company.id, user_id=False, team_id=False)

    def test_a_bpo_that_hangs_does_not_slow_what_comes_due_meanwhile(self):
        theirs = self.lose(self.make_second_company(), self.env.user)
        ours = self.lose(self.make_leads(1))
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET next_attempt_at = clock_timestamp() at time zone 'UTC'"
            " + interval '1 s' WHERE id = %s",
            [ours.id],
        )
        ours_arrived, overtaken = threading.Event(), []

        def answer(payload):
            if payload["dealer_company"] == "Second dealer":
                overtaken.append(ours_arrived.wait(20))
            else:
                ours_arrived.set()
            return APPLIED

        # The cron's time is up as soon as the first outcome has been sent.
        progress = patch.object(type(self.callbacks), "_progress", side_effect=[10, *[0] * 1000])
        with progress, patch.object(sender, "STALLED_SECONDS", 0.1):
            self.deliver(FakeClient(answer))
        self.assertEqual(overtaken, [True])
        self.assertEqual((ours.state, theirs.state), ("delivered", "delivered"))

    def test_two_companies_drain_on_their_own(self):
        theirs = self.make_second_company()
        ours = self.make_leads(1)
        self.lose(ours)
        self.lose(theirs, self.env.user)

        def answer(payload):
            return DENIED if payload["dealer_company"] == "Second dealer" else APPLIED

        self.deliver(FakeClient(answer))
        self.assertEqual(ours.callback_ids.state, "delivered")
        self.assertEqual(theirs.callback_ids.state, "pending")
        self.assertEqual(self.connection.state, "ready")
