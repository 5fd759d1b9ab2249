import unittest

from ..bpo.answer import Answer, Verdict, of_batch, of_result, read_json, redact
from ..bpo.errors import Call

CALL = Call("bpo", "crm.lead", "update_from_dealer_callback")
ACCEPTED, TRANSIENT, CONNECTION = Verdict.ACCEPTED, Verdict.TRANSIENT, Verdict.CONNECTION
MESSAGE, UNREADABLE = Verdict.MESSAGE, Verdict.UNREADABLE
ACL = """You are not allowed to access 'Lead' (crm.lead) records.

This operation is allowed for the following groups:
\t- Sales/Administrator

Contact your administrator to request access if necessary."""
RULE = """Sorry, s (id=8) doesn't have 'write' access to:
- %s

If you really, really need access, ..."""
DISPATCH = """Traceback (most recent call last):
  File "/odoo/service/model.py", line 144, in execute_cr
    raise UserError(_("Object %s doesn't exist", obj))
odoo.exceptions.UserError: Das Objekt crm.lead existiert nicht
"""
DEEPER = """Traceback (most recent call last):
  File "/odoo/service/model.py", line 140, in execute_cr
    result = retrying(partial(call_kw, recs, method, args, kw), env)
  File "/bpo/models/crm_lead.py", line 12, in update_from_dealer_callback
    raise UserError("no")
odoo.exceptions.UserError: no
"""


class TestBpoResult(unittest.TestCase):
    def test_accepted(self):
        for value, code in (
            (True, "accepted"),
            (None, "accepted"),
            ({"ok": True}, "accepted"),
            ({"ok": True, "status": "applied"}, "applied"),
            ({"ok": True, "status": "duplicate", "event_id": "e1"}, "duplicate"),
            ({"status": "stale", "event_id": None}, "stale"),
            ({"ok": True, "status": "applied", "event_id": False}, "applied"),
        ):
            with self.subTest(value=value):
                self.assertEqual(of_result(value, "e1"), Answer(ACCEPTED, code))

    def test_refused(self):
        for value in (
            False,
            {"ok": False},
            {"ok": False, "status": "stale"},
            {"ok": True, "status": "rejected"},
        ):
            with self.subTest(value=value):
                answer = of_result(value, "e1")
                self.assertEqual((answer.verdict, answer.code), (MESSAGE, "rejected"))
        answer = of_result(
            {"ok": False, "message": "No such lead", "retryable": False, "retry_after": 5}, "e1"
        )
        self.assertEqual(answer, Answer(MESSAGE, "rejected", "No such lead"))

    def test_retryable(self):
        value = {"ok": False, "status": "rejected", "message": "Busy", "retryable": True}
        for retry_after, seconds in (
            (None, None),
            (90, 90.0),
            (0, 1.0),
            (1e9, 86_400.0),
            ("x", None),
            (True, None),
        ):
            with self.subTest(retry_after=retry_after):
                answer = of_result({**value, "retry_after": retry_after}, "e1")
                self.assertEqual(answer, Answer(TRANSIENT, "retry_later", "Busy", seconds))

    def test_accepted_in_the_receivers_own_words(self):
        for value, words in (
            ({"success": True}, '{"success": true}'),
            (4711, "4711"),
            ("done", '"done"'),
            ([True], "[true]"),
            ([{"ok": True}], '[{"ok": true}]'),
            ([1, 2, 3], "[1, 2, 3]"),
            ({"result": "ok"}, '{"result": "ok"}'),
            ({}, "{}"),
            ({"id": 4}, '{"id": 4}'),
            ({"ok": "yes"}, '{"ok": "yes"}'),
            ({"ok": 1, "error": None}, '{"ok": 1, "error": null}'),
            ({"status": "great"}, '{"status": "great"}'),
            ({"status": ["applied"]}, '{"status": ["applied"]}'),
            ({"event_id": 7, "success": 1}, '{"event_id": 7, "success": 1}'),
        ):
            with self.subTest(value=value):
                self.assertEqual(of_result(value, "e1"), Answer(ACCEPTED, "own_words", words))
        deep = value = []
        for _level in range(5_000):
            value.append([])
            value = value[0]
        value.append(1)
        self.assertEqual(of_result(deep, "e1").code, "own_words")

    def test_refused_in_the_receivers_own_words(self):
        for value in (
            {"success": False},
            {"error": "No such lead"},
            [False],
            [{"ok": False}],
            {"ok": False, "success": True},
        ):
            with self.subTest(value=value):
                answer = of_result(value, "e1")
                self.assertEqual((answer.verdict, answer.code), (MESSAGE, "rejected"))

    def test_neither_accepted_nor_refused(self):
        for value in (0, 0.0, "", []):
            with self.subTest(value=value):
                self.assertEqual(of_result(value, "e1").verdict, UNREADABLE)

    def test_another_event(self):
        answer = of_result({"ok": True, "status": "applied", "event_id": "e2"}, "e1")
        self.assertEqual((answer.verdict, answer.code), (UNREADABLE, "wrong_envelope"))

    def test_message_that_is_no_text(self):
        self.assertEqual(of_result({"ok": False, "message": {"a": 1}}, "e1").detail, "")

    def test_batch_by_event(self):
        value = [
            {"ok": False, "status": "rejected", "event_id": "e3"},
            {"ok": True, "status": "applied", "event_id": "e1"},
        ]
        codes = [answer.code for answer in of_batch(value, ["e1", "e2", "e3"])]
        self.assertEqual(codes, ["applied", "wrong_envelope", "rejected"])

    def test_batch_by_place(self):
        value = [True, False, None, {"ok": True, "status": "stale"}]
        codes = [answer.code for answer in of_batch(value, ["e1", "e2", "e3", "e4"])]
        self.assertEqual(codes, ["accepted", "rejected", "accepted", "stale"])

    def test_batch_of_the_wrong_length_or_event(self):
        self.assertEqual(
            {answer.verdict for answer in of_batch([True], ["e1", "e2"])}, {UNREADABLE}
        )
        value = [{"ok": True, "status": "applied", "event_id": "e9"}, True]
        self.assertEqual(
            [answer.code for answer in of_batch(value, ["e1", "e2"])],
            ["wrong_envelope", "accepted"],
        )

    def test_batch_without_a_list(self):
        for value in (True, None, {"ok": True}, "ok"):
            with self.subTest(value=value):
                self.assertEqual(
                    [answer.verdict for answer in of_batch(value, ["e1", "e2"])], [UNREADABLE] * 2
                )
                self.assertEqual(of_batch(value, ["e1"]), [of_result(value, "e1")])
        busy = {"ok": False, "retryable": True, "retry_after": 60}
        self.assertEqual(
            of_batch(busy, ["e1", "e2"]), [Answer(TRANSIENT, "retry_later", "", 60.0)] * 2
        )


class TestBpoDetail(unittest.TestCase):
    def test_json(self):
        self.assertEqual(read_json(b'{"a": [1]}'), ({"a": [1]}, None))
        self.assertEqual(read_json(b"null"), (None, None))
        for body in (b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b"1" * 5000 + b"x"):
            with self.subTest(body=body[:5]):
                value, answer = read_json(body)
                self.assertIsNone(value)
                self.assertEqual((answer.verdict, answer.code), (UNREADABLE, "not_json"))

    def test_of_what_is_not_json_the_kind_is_told_and_no_word(self):
        for body, kind in (
            (b"", "empty"),
            (b" <!DOCTYPE html><title>Secret</title>", "HTML page"),
            (b"<?xml version='1.0'?><secret/>", "XML"),
            (b"secret=1", "text"),
            (b"\x7fELF\0\0secret", "neither"),
            (b'{"secret": ', "begins like JSON"),
        ):
            with self.subTest(body=body):
                detail = read_json(body)[1].detail
                self.assertIn(kind, detail)
                self.assertNotIn("ecret", detail)

    def test_redact(self):
        key = 'k"ey/ö&1'
        for said in (
            key,
            'k\\"ey/ö&1',
            'k\\"ey/\\u00f6&1',
            "k%22ey/%C3%B6%261",
            "k%22ey%2F%C3%B6%261",
            "k&quot;ey/ö&amp;1",
        ):
            with self.subTest(said=said):
                self.assertEqual(redact(f"before {said} after", key), "before *** after")
        self.assertEqual(redact("nothing to hide", ""), "nothing to hide")

    def test_cleaned(self):
        answer = Answer(
            MESSAGE, "rejected", "a\x00b\r\n\t c \ud83d" + "d" * 1000, 3.0, "x.KeyError"
        )
        cleaned = answer.cleaned("key")
        self.assertTrue(cleaned.detail.startswith("a b c d"))
        self.assertEqual(len(cleaned.detail), 500)
        self.assertEqual(
            (cleaned.verdict, cleaned.code, cleaned.retry_after), (MESSAGE, "rejected", 3.0)
        )
        self.assertEqual(cleaned.error, "x.KeyError")
        cleaned.detail.encode()

    def test_a_secret_at_the_cut_is_no_longer_there(self):
        key = "0123456789abcdef" * 3
        for at in range(440, 510, 7):
            detail = Answer(MESSAGE, "rejected", "y" * at + key).cleaned(key).detail
            self.assertNotIn(key[:4], detail)
