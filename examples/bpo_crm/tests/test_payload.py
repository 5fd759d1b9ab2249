from odoo.tests import BaseCase, tagged

from ..wire.payload import MAX_INTEGER, PayloadError, peek_event_id, read_outcome
from .common import make_payload

WRONG = [
    ("schema_version", 2),
    ("schema_version", "1"),
    ("schema_version", True),
    ("event_id", 12),
    ("event_id", "not-a-uuid"),
    ("event_id", "x" * 65),
    ("sequence", "1"),
    ("sequence", 0),
    ("sequence", -1),
    ("sequence", 1.5),
    ("sequence", MAX_INTEGER + 1),
    ("bpo_source_lead_id", "7"),
    ("bpo_source_lead_id", True),
    ("bpo_source_lead_id", 10**12),
    ("outcome", "maybe"),
    ("outcome", 1),
    ("occurred_at", "yesterday"),
    ("occurred_at", 1700000000),
    ("date_won", "soon"),
    ("date_lost", 5),
    ("dealer_instance", "x" * 65),
    ("dealer_instance", ["a"]),
    ("dealer_company", "x" * 1025),
    ("dealer_company", 3),
    ("dealer_lead_id", "7"),
    ("dealer_lead_id", -7),
    ("dealer_lead_name", {}),
    ("dealer_lead_name", "x" * 1025),
    ("lost_reason", 1),
    ("lost_reason", "x" * 1025),
    ("lost_notes", ["a"]),
    ("lost_notes", "x" * 20_001),
    ("lost_notes", "a\x00b"),
    ("lost_notes", "a\ud800b"),
    ("sale_order", "S00012"),
    ("sale_orders", {"name": "S00012"}),
    ("sale_orders", ["S00012"]),
    ("actor", 4),
    ("actor", "x" * 1025),
]
REQUIRED = [
    "schema_version",
    "event_id",
    "sequence",
    "bpo_source_lead_id",
    "outcome",
    "occurred_at",
    "dealer_instance",
]


@tagged("post_install", "-at_install")
class TestPayload(BaseCase):
    def assert_refused(self, payload, field):
        with self.assertRaises(PayloadError) as caught:
            read_outcome(payload)
        self.assertEqual(caught.exception.field, field)
        self.assertIn(f'"{field}"', str(caught.exception))

    def test_good(self):
        payload = make_payload(12)
        outcome = read_outcome(payload)
        self.assertEqual(outcome.event_id, payload["event_id"])
        self.assertEqual((outcome.bpo_source_lead_id, outcome.sequence), (12, 1))
        self.assertEqual(outcome.sale_order, "S00012 (18500.00 EUR)")
        self.assertEqual(outcome.lost_reason, "")

    def test_unknown_keys_are_ignored(self):
        self.assertIn("weather", read_outcome(make_payload(1, weather="fine")).raw)

    def test_absent_optional_fields(self):
        for absent in (None, False, ""):
            with self.subTest(absent=absent):
                outcome = read_outcome(
                    make_payload(1, actor=absent, sale_order=absent or None, dealer_lead_id=absent)
                )
                self.assertEqual(
                    (outcome.actor, outcome.sale_order, outcome.dealer_lead_id), ("", "", 0)
                )

    def test_each_wrong_field(self):
        for field, value in WRONG:
            with self.subTest(field=field, value=str(value)[:20]):
                self.assert_refused(make_payload(1, **{field: value}), field)

    def test_each_missing_field(self):
        for field in REQUIRED:
            for absent in (None, "gone"):
                with self.subTest(field=field, absent=absent):
                    payload = make_payload(1, **{field: None})
                    if absent:
                        del payload[field]
                    self.assert_refused(payload, field)

    def test_lost_needs_a_reason(self):
        self.assert_refused(make_payload(1, "lost", lost_reason="  "), "lost_reason")

    def test_sale_order(self):
        for amount in ("12", True, None):
            order = {"name": "S1", "amount_total": amount, "currency": "EUR"}
            self.assert_refused(make_payload(1, sale_order=order), "sale_order.amount_total")
        self.assert_refused(make_payload(1, sale_order={"name": 1}), "name")
        self.assertEqual(
            read_outcome(make_payload(1, sale_order={"name": "S1"})).sale_order, "S1 (0.00)"
        )

    def test_several_orders(self):
        first = {"name": "S1", "amount_total": 10, "currency": "EUR"}
        second = {"name": "S2", "amount_total": 2.5, "currency": "USD"}
        for orders, text in (
            ([first, second], "S1 (10.00 EUR), S2 (2.50 USD)"),
            ([first], "S1 (10.00 EUR)"),
            ([], "S1 (10.00 EUR)"),
            (None, "S1 (10.00 EUR)"),
        ):
            payload = make_payload(1, sale_order=first, sale_orders=orders)
            self.assertEqual(read_outcome(payload).sale_order, text)
        wrong = {**second, "amount_total": "2.50"}
        self.assert_refused(make_payload(1, sale_orders=[wrong]), "sale_orders.amount_total")

    def test_not_a_payload(self):
        for payload in (None, [], "won", 1):
            self.assert_refused(payload, "payload")
        self.assert_refused(make_payload(1, extra=float("nan")), "payload")
        self.assert_refused(make_payload(1, extra="x" * 33_000), "payload")

    def test_peek_event_id(self):
        self.assertEqual(peek_event_id({"event_id": "abc"}), "abc")
        self.assertEqual(peek_event_id({"event_id": 1}), "")
        self.assertEqual(peek_event_id([]), "")
