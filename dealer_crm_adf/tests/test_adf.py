"""The plain Python in ``adf/``."""

import email
import email.policy
from datetime import datetime, timezone

from odoo.tests import BaseCase, tagged

from ..adf import AdfError, find_parts, looks_like_adf, read_adf
from ..adf.values import to_moment, to_number
from .common import FOLDER, make_mail, read_sample
from .table import RAW, SAMPLES


@tagged("post_install", "-at_install")
class TestAdf(BaseCase):
    def test_numbers(self):
        numbers = {
            "24500": 24500,
            "$24,500.00": 24500,
            "24.500,00 EUR": 24500,
            "24 500": 24500,
            "24'500.-": 24500,
            "1,234,567": 1234567,
            "1.234.567,89": 1234567.89,
            "12.5": 12.5,
            "45,000 miles": 45000,
            "USD 20000": 20000,
            "0": 0,
            "-5": None,
            "20k": None,
            "N/A": None,
            "": None,
            "9" * 30: None,
            "1e9": None,
        }
        self.assertEqual({text: to_number(text) for text in numbers}, numbers)

    def test_moments(self):
        def utc(*parts):
            return datetime(*parts, tzinfo=timezone.utc)

        moments = {
            "2026-11-26T15:30:20-08:00": utc(2026, 11, 26, 23, 30, 20),
            "2026-11-26T15:30:20-0800": utc(2026, 11, 26, 23, 30, 20),
            "2026-11-26T15:30:20Z": utc(2026, 11, 26, 15, 30, 20),
            "Thu, 26 Nov 2026 15:30:20 PST": utc(2026, 11, 26, 23, 30, 20),
            "11/26/2026 3:30 PM": datetime(2026, 11, 26, 15, 30),
            "2026-11-26": datetime(2026, 11, 26),
            "2026-11-26 15:30 QQQ": datetime(2026, 11, 26, 15, 30),
            "2026-11-26T15:30:20+99:00": None,
            "Tuesday": None,
            "12": None,
            "9999999999999": None,
            "": None,
        }
        self.assertEqual({text: to_moment(text) for text in moments}, moments)

    def test_each_sample_can_be_read_or_not(self):
        """As the table says; where it is e-mail, each of its parts."""
        for name, expected in SAMPLES.items():
            with self.subTest(name):
                message = email.message_from_bytes(make_mail(name), policy=email.policy.SMTP)
                refused, read = 0, 0
                for part in find_parts(message):
                    try:
                        read += len(read_adf(part.data, part.charset))
                    except AdfError:
                        refused += 1
                self.assertEqual(refused, expected.count(RAW))
                self.assertGreaterEqual(read, len(expected) - refused)

    def test_what_looks_like_adf(self):
        for path in FOLDER.glob("*.adf"):
            odd = path.name in ("empty.adf", "not_adf.adf", "no_root.adf")
            self.assertTrue(odd or looks_like_adf(path.read_bytes()), path.name)
        for data in (b"", b"<stock/>", b"<p>Do you sell the ADF?</p>", b"&lt;p&gt;", b"\0\0"):
            self.assertFalse(looks_like_adf(data), data)

    def test_no_entity_and_no_file(self):
        for name in ("entity_bomb.adf", "external_entity.adf"):
            [prospect] = read_adf(read_sample(name))
            self.assertIn(prospect.values["customer_notes"], ("&j;", "&secret;"))

    def test_at_most_a_megabyte(self):
        self.assertTrue(read_adf(read_sample("megabyte")))
        with self.assertRaises(AdfError) as caught:
            read_adf(read_sample("megabyte_and_one"))
        self.assertEqual(caught.exception.code, "size")
