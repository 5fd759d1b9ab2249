"""Leads of two BPOs in one company; its connection reaches one of them."""

from unittest.mock import patch

from .callback_common import DOWN, CallbackCase, FakeClient

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"


class BpoClient(FakeClient):
    """The receiver of the BPO whose database is ``instance``."""

    def __init__(self, instance, answers=None):
        super().__init__(answers)
        self.instance = instance

    def capabilities(self):
        return {"reopened": True, "instance": self.instance}


class TestTwoBpos(CallbackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.capabilities = {"instance": ONE}

    def sent(self, client):
        return sorted(payload["bpo_source_lead_id"] for payload in client.sent)

    def test_the_others_outcome_is_not_sent(self):
        leads = self.make_leads(3)
        ours, theirs, unknown = leads
        ours.bpo_instance = ONE
        theirs.write({"bpo_instance": TWO, "bpo_source_url": "https://two.example.com"})
        self.lose(leads)
        client = self.deliver(BpoClient(ONE))
        self.assertEqual(self.sent(client), sorted((ours | unknown).mapped("bpo_source_lead_id")))
        row = theirs.callback_ids
        self.assertEqual((row.state, row.attempt_count), ("parked", 0))
        self.assertFalse(row.attempt_ids)
        for words in (
            "another BPO (https://two.example.com)",
            "reaches (https://bpo.example.com)",
            "press Test Connection and retry",
        ):
            self.assertIn(words, row.last_error)
        self.assertEqual(row.activity_ids.user_id, self.admin)
        self.assertEqual(self.connection.state, "ready")

        row.with_user(self.admin).action_retry("Is it there by now?")
        self.assertFalse(self.deliver(BpoClient(ONE)).sent)
        self.assertEqual(row.state, "parked")

        self.connection.with_user(self.admin).url = "https://two.example.com"
        row.with_user(self.admin).action_retry("Points there now")
        self.assertEqual(self.sent(self.deliver(BpoClient(TWO))), [theirs.bpo_source_lead_id])
        self.assertEqual(row.state, "delivered")

    def test_a_new_address_is_asked_before_anything_is_sent(self):
        leads = self.make_leads(2)
        leads[0].bpo_instance = ONE
        leads[1].bpo_instance = TWO
        self.lose(leads)
        for field in ("login", "database", "url"):
            self.connection.was_asked = True
            self.connection.with_user(self.admin)[field] = "https://two.example.com"
            self.assertFalse(self.connection.was_asked, field)
        down = self.deliver(BpoClient(TWO, [DOWN]))
        self.assertEqual((down.tests, down.sent), (1, []))
        self.assertEqual(self.connection.state, "held")
        self.connection.next_probe_at = "2020-01-01"
        client = self.deliver(BpoClient(TWO))
        self.deliver(client)
        self.assertEqual(self.sent(client), [leads[1].bpo_source_lead_id])
        self.assertEqual(leads[0].callback_ids.state, "parked")
        self.assertEqual(client.tests, 1)

    def test_an_address_that_is_entered_while_another_is_asked(self):
        lead = self.make_leads(1, bpo_instance=ONE)
        self.lose(lead)
        self.connection.was_asked = False
        take = type(self.callbacks)._collect_results

        def enter(callbacks, *args):
            callbacks.env.cr.execute(
                "UPDATE dealer_crm_bpo_connection SET url = 'https://two.example.com'"
            )
            return take(callbacks, *args)

        with patch.object(type(self.callbacks), "_collect_results", enter):
            client = self.deliver(BpoClient(ONE))
        self.assertEqual((client.tests, client.sent), (1, []))
        self.assertFalse(self.connection.was_asked)
        self.assertFalse(self.deliver(BpoClient(TWO)).sent)
        self.deliver(BpoClient(TWO))
        self.assertEqual(lead.callback_ids.state, "parked")

    def test_a_new_connection_is_asked(self):
        lead = self.make_leads(1, bpo_instance=ONE)
        self.connection.active = False
        self.env.flush_all()
        self.connection.copy({"active": True})
        self.lose(lead)
        self.deliver(BpoClient(TWO))
        self.deliver(BpoClient(TWO))
        self.assertEqual(lead.callback_ids.state, "parked")

    def test_many_of_the_other_keep_nobody_waiting(self):
        theirs = self.make_leads(40, bpo_instance=TWO)
        self.lose(theirs)
        ours = self.make_leads(1, bpo_instance=ONE)
        self.lose(ours)
        self.assertEqual(self.sent(self.deliver(BpoClient(ONE))), [ours.bpo_source_lead_id])
        self.assertEqual(set(theirs.callback_ids.mapped("state")), {"parked"})

    def test_a_deleted_lead_is_known_by_its_row(self):
        leads = self.make_leads(3)
        leads[0].bpo_instance = TWO
        leads[1].bpo_instance = ONE
        leads[2].bpo_source_url = "https://two.example.com"
        rows = self.lose(leads)
        own = leads[1:].mapped("bpo_source_lead_id")
        leads.with_user(self.env.user).unlink()
        self.assertEqual(self.sent(self.deliver(BpoClient(ONE))), own)
        self.assertEqual(rows.sorted("id").mapped("state"), ["parked", "delivered", "delivered"])

    def test_a_receiver_that_does_not_say_gets_all(self):
        self.connection.capabilities = {}
        leads = self.make_leads(2)
        leads[0].bpo_instance, leads[1].bpo_instance = ONE, TWO
        self.lose(leads)
        self.assertEqual(len(self.deliver(FakeClient()).sent), 2)

    def test_the_nightly_comparison_is_about_its_own(self):
        leads = self.make_leads(2)
        leads[0].bpo_instance, leads[1].bpo_instance = ONE, TWO
        self.connection.capabilities = {}
        rows = self.lose(leads)
        self.deliver(FakeClient())
        self.assertEqual(set(rows.mapped("state")), {"delivered"})
        for capabilities, ids in (({"instance": ONE}, leads[0].ids), ({}, leads.ids)):
            self.connection.capabilities = capabilities
            found = self.callbacks._get_delivered(self.connection, (0, 0))
            self.assertEqual(
                [bpo_id for _id, bpo_id, *_rest in found],
                leads.browse(ids).mapped("bpo_source_lead_id"),
            )
