import json
import time
import unittest
from datetime import date, datetime, timedelta, timezone

from ..bpo.payload import CUT_MARK, KEYS, MAX_BYTES, SALE_ORDER_KEYS, freeze, to_json

UUID = "0b0e7d0e-4a5c-4a7e-9d59-9d0c9d7a2f11"


def payload(**values):
    return {
        "event_id": UUID,
        "sequence": 1,
        "bpo_source_lead_id": 42,
        "outcome": "lost",
        "occurred_at": datetime(2026, 3, 1, 12, 30, 15, 123456),
        "date_lost": datetime(2026, 3, 1, 12, 30, 15),
        "lost_reason": "Too expensive",
        "lost_notes": "They went with another maker.",
        "dealer_lead_id": 7,
        "dealer_lead_name": "Café Müller",
        "dealer_instance": UUID,
        "dealer_company": "Dealer & Sons",
        "actor": "Ann Agent",
        **values,
    }


def size(frozen):
    return len(json.dumps(frozen, ensure_ascii=False).encode())


class TestBpoPayload(unittest.TestCase):
    def test_keys_and_types(self):
        frozen = freeze(payload())
        self.assertEqual(frozen["schema_version"], 1)
        self.assertEqual(list(frozen), [key for key in KEYS if key in frozen])
        self.assertEqual(frozen["occurred_at"], "2026-03-01T12:30:15Z")
        self.assertEqual(frozen["bpo_source_lead_id"], 42)
        self.assertEqual(frozen["dealer_lead_name"], "Café Müller")
        self.assertEqual(json.loads(to_json(frozen)), frozen)

    def test_times_are_utc(self):
        paris = datetime(2026, 3, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))
        frozen = freeze(payload(occurred_at=paris, date_lost=date(2026, 3, 1)))
        self.assertEqual(frozen["occurred_at"], "2026-03-01T12:00:00Z")
        self.assertEqual(frozen["date_lost"], "2026-03-01")

    def test_odoo_values_become_json_values(self):
        class Markup(str):
            __slots__ = ()

        order = {"name": "S00012", "amount_total": 1234.5, "currency": "EUR", "partner_id": 3}
        frozen = freeze(
            payload(
                outcome="won",
                lost_reason=False,
                lost_notes=Markup("<p>x</p>"),
                sale_order=order,
                internal="x",
            )
        )
        self.assertIsNone(frozen["lost_reason"])
        self.assertIs(type(frozen["lost_notes"]), str)
        self.assertEqual(
            frozen["sale_order"], {"name": "S00012", "amount_total": 1234.5, "currency": "EUR"}
        )
        self.assertNotIn("internal", frozen)

    def test_what_json_or_utf8_cannot_carry(self):
        order = {"name": "S1", "amount_total": float("nan"), "currency": "EUR"}
        frozen = freeze(payload(lost_notes="half \ud83d of a smile", sale_order=order))
        self.assertIsNone(frozen["sale_order"]["amount_total"])
        self.assertEqual(frozen["lost_notes"], "half ? of a smile")
        json.loads(to_json(frozen).decode("utf-8"), parse_constant=self.fail)

    def test_short_notes_are_kept(self):
        left = MAX_BYTES - size(freeze(payload(lost_notes="")))
        frozen = freeze(payload(lost_notes="x" * left))
        self.assertEqual(frozen["lost_notes"], "x" * left)
        self.assertEqual(size(frozen), MAX_BYTES)

    def test_long_notes_are_cut_with_a_mark(self):
        left = MAX_BYTES - size(freeze(payload(lost_notes="")))
        texts = (
            "x" * (left + 1),
            "é" * 15_000,
            "😀" * 9_000,
            'a"' * 9_000,
            "\\" * 15_000,
            "\n\x01é😀" * 8_000,
        )
        for text in texts:
            for shift in range(7):
                with self.subTest(text=text[:4], shift=shift):
                    notes = "y" * shift + text
                    frozen = freeze(payload(lost_notes=notes))
                    kept = frozen["lost_notes"].removesuffix(CUT_MARK)
                    self.assertNotEqual(kept, frozen["lost_notes"], "no mark")
                    self.assertTrue(notes.startswith(kept), "not a beginning of the notes")
                    self.assertLessEqual(size(frozen), MAX_BYTES)
                    self.assertGreater(size(frozen), MAX_BYTES - 7, "more was cut than needed")
                    self.assertEqual(frozen["actor"], "Ann Agent")
                    self.assertEqual(freeze(payload(lost_notes=notes)), frozen)

    def test_absurd_names_are_cut_too(self):
        absurd = "\x01" * 50_000
        order = {"name": absurd, "amount_total": 1.0, "currency": absurd}
        frozen = freeze(
            payload(
                dealer_lead_name=absurd,
                dealer_company="é" * 50_000,
                actor=absurd,
                lost_reason=absurd,
                sale_order=order,
            )
        )
        self.assertLessEqual(size(frozen), MAX_BYTES)
        self.assertEqual(frozen["event_id"], UUID)
        self.assertTrue(frozen["dealer_company"].endswith("é…"))
        self.assertEqual(frozen["lost_notes"], "They went with another maker.")
        without_notes = payload(dealer_lead_name=absurd)
        del without_notes["lost_notes"]
        self.assertLessEqual(size(freeze(without_notes)), MAX_BYTES)

    def test_several_orders(self):
        orders = [
            {
                "name": f"S{number}",
                "amount_total": 10.0 * number,
                "currency": "EUR",
                "state": "sale",
            }
            for number in (1, 2)
        ]
        frozen = freeze(payload(sale_orders=tuple(orders), sale_order=orders[0]))
        told = [{key: order[key] for key in SALE_ORDER_KEYS} for order in orders]
        self.assertEqual(frozen["sale_orders"], told)
        self.assertEqual(frozen["sale_order"], told[0])
        self.assertEqual(list(frozen), [key for key in KEYS if key in frozen])

    def test_absurdly_many_orders(self):
        for name, count, least in (("S00001", 5000, 250), ("\x01é" * 50_000, 60, 15)):
            with self.subTest(name=name[:6]):
                order = {"name": name, "amount_total": 1234.5, "currency": "EUR"}
                values = payload(lost_notes="kept", sale_order=order, sale_orders=[order] * count)
                frozen = freeze(values)
                self.assertLessEqual(size(frozen), MAX_BYTES)
                self.assertGreater(len(frozen["sale_orders"]), least)
                self.assertEqual({len(each) for each in frozen["sale_orders"]}, {3})
                self.assertEqual(frozen["lost_notes"], "kept")
                self.assertEqual(frozen["event_id"], UUID)
                del values["lost_notes"]
                self.assertLessEqual(size(freeze(values)), MAX_BYTES)

    def test_freezing_is_idempotent(self):
        many = [{"name": "S1", "amount_total": 1.0, "currency": "EUR"}] * 900
        for values in (payload(), payload(lost_notes="é" * 30_000), payload(sale_orders=many)):
            frozen = freeze(values)
            self.assertEqual(freeze(frozen), frozen)

    def test_ten_thousand_are_quick(self):
        values = payload()
        start = time.process_time()
        for _time in range(10_000):
            freeze(values)
        self.assertLess(time.process_time() - start, 1.0)
