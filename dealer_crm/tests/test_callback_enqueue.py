import json
import uuid

from .callback_common import CallbackCase, FakeClient


class TestEnqueue(CallbackCase):
    def test_payload_of_a_lost_lead(self):
        lead = self.make_leads(1, user_id=self.agent.id)
        row = self.lose(lead)
        self.assertEqual(
            row.payload,
            {
                "schema_version": 1,
                "event_id": row.event_id,
                "sequence": 1,
                "bpo_source_lead_id": lead.bpo_source_lead_id,
                "outcome": "lost",
                "occurred_at": row.payload["occurred_at"],
                "date_lost": f"{lead.date_lost.isoformat()}Z",
                "lost_reason": "Price too high",
                "lost_notes": "Too far",
                "dealer_lead_id": lead.id,
                "dealer_lead_name": lead.name,
                "dealer_instance": self.env["ir.config_parameter"].get_param("database.uuid"),
                "dealer_company": lead.company_id.name,
                "actor": self.agent.name,
            },
        )
        self.assertEqual(uuid.UUID(row.event_id).version, 4)
        self.assertEqual((row.state, row.connection_id), ("pending", self.connection))
        self.assertEqual(lead.callback_state, "pending")

    def test_payload_stays_frozen(self):
        lead = self.make_leads(1)
        row = self.lose(lead)
        before = json.dumps(row.payload)
        self.reason.name = "Renamed"
        lead.contact_name = "Somebody else"
        self.env.invalidate_all()
        self.assertEqual(json.dumps(row.payload), before)

    def test_long_notes_are_cut_and_the_lead_keeps_all(self):
        lead, notes = self.make_leads(1), "ü" * 200_000
        lead.write({"stage_id": self.lost.id, "lost_reason": self.reason.id, "lost_notes": notes})
        self.assertEqual(lead.lost_notes, notes)
        payload = lead.callback_ids.payload
        size = len(json.dumps(payload, ensure_ascii=False).encode())
        self.assertTrue(15_000 < size <= 20_000)

    def test_walk_in_is_told_to_nobody(self):
        lead = self.env["dealer.crm.lead"].create(
            {"contact_name": "Walk-in", "user_id": self.agent.id}
        )
        self.assertFalse(self.lose(lead))
        self.assertFalse(lead.callback_state)

    def test_each_outcome_has_its_number(self):
        self.connection.capabilities = {"reopened": True}
        lead = self.make_leads(1)
        self.lose(lead)
        lead.with_user(self.manager).action_reopen("Came back")
        self.lose(lead, self.manager)
        rows = lead.callback_ids.sorted("id")
        self.assertEqual(rows.mapped("sequence"), [1, 2, 3])
        self.assertEqual(rows.mapped("outcome"), ["lost", "reopened", "lost"])

    def test_reopening_is_told_only_to_who_can_hear_it(self):
        self.connection.capabilities = {}
        lead = self.make_leads(1)
        self.lose(lead)
        lead.with_user(self.manager).action_reopen("Came back")
        self.assertEqual(lead.callback_ids.mapped("outcome"), ["lost"])

    def test_numbers_go_on_when_a_deleted_lead_is_endorsed_again(self):
        lead = self.make_leads(1)
        row = self.lose(lead)
        bpo_id = lead.bpo_source_lead_id
        lead.unlink()
        self.assertTrue(row.exists())
        self.assertFalse(row.lead_id)
        result = self.env["dealer.crm.lead"].receive_endorsed_lead(
            {"bpo_source_lead_id": bpo_id, "contact_name": "Again"}
        )
        again = self.env["dealer.crm.lead"].browse(result["id"])
        self.assertEqual(self.lose(again).sequence, 2)

    def test_one_trigger_and_few_queries_for_many(self):
        leads = self.make_leads(1000)
        self.env.flush_all()
        triggers = self.env["ir.cron.trigger"].search_count([])
        leads.mapped("name")
        with self.assertQueryCount(22):
            leads._queue_outcome("reopened")
            self.connection.capabilities = {"reopened": True}
            leads._queue_outcome("reopened")
        self.assertEqual(len(leads.callback_ids), 1000)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([]), triggers + 1)

    def test_without_a_cron_the_click_still_works(self):
        self.env.ref("dealer_crm.ir_cron_deliver_callbacks").unlink()
        self.assertEqual(self.lose(self.make_leads(1)).state, "pending")

    def test_agent_reads_once_that_the_bpo_waits(self):
        self.connection.active = False
        lead = self.make_leads(1)
        row = self.lose(lead)
        self.deliver(FakeClient())
        notes = lead.message_ids.filtered(lambda m: "cannot be informed" in (m.body or ""))
        self.assertEqual(len(notes), 1)
        self.connection.active = True
        self.assertEqual(len(self.deliver(FakeClient()).sent), 1)
        self.assertEqual(row.state, "delivered")
