from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BpoCase, make_payload
from .test_callback import LOGGER


@tagged("post_install", "-at_install")
class TestCallbackBatch(BpoCase):
    def send(self, payloads):
        answers = self.receiver.update_from_dealer_callbacks(payloads)
        self.assertEqual(
            [answer["event_id"] for answer in answers],
            [payload["event_id"] for payload in payloads],
        )
        return [answer["status"] for answer in answers]

    def test_all_outcomes_in_order(self):
        leads = self._create_endorsed(4)
        self.receiver.update_from_dealer_callback(make_payload(leads[2].id))
        payloads = [
            make_payload(leads[0].id),
            make_payload(leads[1].id, "lost", lost_reason="Price"),
            make_payload(leads[2].id, "reopened", 2),
            make_payload(leads[3].id, "lost", lost_reason="PRICE"),
        ]
        self.assertEqual(self.send(payloads), ["applied"] * 4)
        self.assertEqual(leads.mapped("won_status"), ["won", "lost", "pending", "lost"])
        self.assertEqual(len(leads.lost_reason_id), 1)

    def test_empty_and_too_many(self):
        self.assertEqual(self.send([]), [])
        for payloads in ([make_payload(1)] * 51, {"a": 1}, "abc"):
            with self.assertRaises(ValidationError):
                self.receiver.update_from_dealer_callbacks(payloads)

    def test_fifty_close_in_one_write(self):
        leads = self._create_endorsed(50)
        sizes = []
        set_won = type(leads).action_set_won

        def action_set_won(records):
            sizes.append(len(records))
            return set_won(records)

        with patch.object(type(leads), "action_set_won", action_set_won):
            self.assertEqual(self.send([make_payload(lead.id) for lead in leads]), ["applied"] * 50)
        self.assertEqual(sizes, [50])

    def test_statistics_are_updated_once(self):
        leads = self._create_endorsed(20)
        updates = []
        increment = type(leads)._pls_increment_frequencies

        def counted(records, **kwargs):
            if records:
                updates.append(len(records))
            return increment(records, **kwargs)

        with patch.object(type(leads), "_pls_increment_frequencies", counted):
            self.send([make_payload(lead.id) for lead in leads])
        self.assertEqual(updates, [20])

    def test_each_team_has_its_own_won_stage(self):
        teams = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        own = self.env["crm.stage"].create(
            [
                {"name": f"Won {team.name}", "is_won": True, "team_ids": team.ids, "sequence": 61}
                for team in teams
            ]
        )
        leads = self._create_endorsed(2)
        for lead, team in zip(leads, teams, strict=True):
            lead.team_id = team
        self.send([make_payload(lead.id) for lead in leads])
        self.assertEqual([lead.stage_id for lead in leads], list(own))

    def test_messages_are_those_of_a_post(self):
        """Messages that are created in one go equal those that are posted one by one."""
        outcomes = ["won", "lost", "won"]
        leads = self._create_endorsed(3)
        loud = leads[2]
        loud.message_subscribe(self.manager.partner_id.ids, self.env.ref("crm.mt_lead_won").ids)
        self.env.cr.flush()
        before = leads.message_ids
        self.send(
            [make_payload(lead.id, outcome) for lead, outcome in zip(leads, outcomes, strict=True)]
        )
        messages = [(lead.message_ids - before) for lead in leads]
        self.assertEqual([len(message) for message in messages], [1, 1, 1])
        self.assertEqual(messages[0].notified_partner_ids.ids, [])
        self.assertEqual(messages[2].notified_partner_ids, self.manager.partner_id)
        for field in (
            "body",
            "author_id",
            "email_from",
            "reply_to",
            "message_type",
            "subtype_id",
            "is_internal",
            "record_alias_domain_id",
            "record_company_id",
        ):
            self.assertEqual(messages[0][field], messages[2][field], field)
        values = [
            {
                value.field_id.name: (value.old_value_char, value.new_value_char)
                for value in message.tracking_value_ids
            }
            for message in messages
        ]
        self.assertEqual(values[0], values[2])
        self.assertEqual(values[0]["stage_id"], ("Endorsed", self.stage_won.name))
        self.assertEqual(values[1]["dealer_outcome"], ("With Dealer", "Lost"))
        self.assertEqual(messages[1].subtype_id, self.env.ref("crm.mt_lead_lost"))

    def test_one_poison(self):
        leads = self._create_endorsed(9)
        poison = leads[4]
        refusal = UserError("Poisoned")
        set_won = type(leads).action_set_won

        def action_set_won(records):
            if poison in records:
                raise refusal
            return set_won(records)

        payloads = [make_payload(lead.id) for lead in leads]
        with patch.object(type(leads), "action_set_won", action_set_won), mute_logger(LOGGER):
            answers = self.receiver.update_from_dealer_callbacks(payloads)
        self.assertEqual(
            [answer["status"] for answer in answers],
            ["applied"] * 4 + ["rejected"] + ["applied"] * 4,
        )
        self.assertEqual(answers[4]["message"], "Poisoned")
        self.assertEqual((leads - poison).mapped("won_status"), ["won"] * 8)
        self.assertEqual((poison.won_status, poison.dealer_callback_sequence), ("pending", 0))
        self.assertFalse(self._inbox(payloads[4]))
        for lead in leads - poison:
            self.assertEqual(self._notes(lead).count("City Motors reports"), 1)
        self.assertEqual(self.send(payloads), ["duplicate"] * 4 + ["applied"] + ["duplicate"] * 4)

    def test_bad_foreign_and_good_together(self):
        lead = self._create_endorsed()
        foreign = self._create_endorsed(dealer_id=self.other_dealer.id)
        self.assertEqual(
            self.send(
                [
                    make_payload(lead.id, outcome="maybe"),
                    make_payload(foreign.id),
                    make_payload(lead.id),
                ]
            ),
            ["rejected", "rejected", "applied"],
        )
        self.assertEqual((lead.won_status, foreign.won_status), ("won", "pending"))

    def test_not_even_an_object(self):
        answers = self.receiver.update_from_dealer_callbacks([None, 5])
        self.assertEqual([answer["status"] for answer in answers], ["rejected"] * 2)

    def test_one_lead_more_than_once(self):
        lead = self._create_endorsed()
        first = make_payload(lead.id, "won", 1)
        self.assertEqual(
            self.send(
                [
                    first,
                    make_payload(lead.id, "reopened", 2),
                    first,
                    make_payload(lead.id, "lost", 2),
                ]
            ),
            ["applied", "applied", "duplicate", "stale"],
        )
        self.assertEqual((lead.won_status, lead.dealer_outcome), ("pending", "reopened"))
        self.assertEqual(self._inbox(first).duplicate_count, 1)

    def test_one_event_for_two_leads(self):
        leads = self._create_endorsed(2)
        payload = make_payload(leads[0].id)
        payloads = [payload, dict(payload, bpo_source_lead_id=leads[1].id)]
        answers = self.receiver.update_from_dealer_callbacks(payloads)
        self.assertEqual([answer["status"] for answer in answers], ["applied", "rejected"])
        self.assertIn('"event_id" was used for another outcome', answers[1]["message"])
        self.assertEqual(leads.mapped("won_status"), ["won", "pending"])
