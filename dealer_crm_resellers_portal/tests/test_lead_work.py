from odoo.http import Request
from odoo.tests import tagged

from .common import LIST, PortalCase


@tagged("post_install", "-at_install")
class TestLeadWork(PortalCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.seller)

    def test_accept_advance_lose(self):
        lead = self.give()
        self.assertNotice(self.act(lead, "accept"), "You accepted", "status")
        self.assertTrue(lead.date_partner_accept)
        self.assertEqual(lead.assignment_ids.state, "accepted")
        self.assertIn(self.one, lead.message_partner_ids)
        self.act(lead, "advance", seen="0")
        self.assertEqual(lead.stage_id, self.qualified)
        page = self.act(lead, "lost", lost_reason=self.reason.id, lost_notes="Too dear")
        self.assertEqual(lead.stage_id, self.lost)
        self.assertEqual(lead.lost_notes, "Too dear")
        self.assertIn("Too dear", page.text_content())
        self.assertNotice(self.act(lead, "advance", seen="1"), "closed")
        self.assertNotice(self.act(lead, "lost", lost_reason=self.reason.id), "closed")
        self.assertNotice(self.act(lead, "decline"), "closed")

    def test_accept_first(self):
        lead = self.give()
        for action in ("advance", "lost", "update", "activity"):
            with self.subTest(action=action):
                page = self.act(lead, action, seen="0", lost_reason=self.reason.id)
                self.assertNotice(page, "Accept")
        self.assertEqual(lead.stage_id, self.new)

    def test_pressed_twice(self):
        """The second press of the same button does nothing."""
        lead = self.give(accept=True)
        self.act(lead, "advance", seen="0")
        self.assertNotice(self.act(lead, "advance", seen="0"), "is in Qualified meanwhile")
        self.assertEqual(lead.stage_id, self.qualified)
        self.act(lead, "advance", seen="1")
        self.assertNotice(self.act(lead, "advance", seen="2"), "no further stage")
        self.assertEqual(lead.stage_id, self.negotiation)

    def test_no_stage_from_the_browser(self):
        lead = self.give(accept=True)
        self.act(lead, "advance", seen="0", stage_id=self.won.id)
        self.assertEqual(lead.stage_id, self.qualified)
        self.act(
            lead,
            "update",
            expected_price="5",
            stage_id=self.negotiation.id,
            user_id=self.manager.id,
            contact_name="Mallory",
            partner_assigned_id=self.two.id,
            won_status="won",
        )
        self.assertEqual(lead.stage_id, self.qualified)
        self.assertEqual(lead.contact_name, "Ana Cruz")
        self.assertEqual(lead.user_id, self.agent)
        self.assertEqual(lead.partner_assigned_id, self.one)
        self.assertEqual(lead.expected_price, 5)

    def test_decline(self):
        lead = self.give()
        answer = self.send(
            f"{LIST}/{lead.id}/decline", seen="waiting", reason="No pickups", contacted="1"
        )
        self.assertTrue(answer.url.endswith(LIST))
        row = lead.assignment_ids.filtered(lambda row: row.partner_id == self.one)
        self.assertEqual((row.state, row.decline_reason), ("declined", "No pickups"))
        self.assertTrue(row.contacted)
        self.assertFalse(row.spam)
        self.assertNotEqual(lead.partner_assigned_id, self.one)
        self.assertEqual(lead.partner_declined_ids, self.one)

    def test_spam_goes_to_nobody(self):
        lead = self.give()
        self.act_away(lead, "decline", seen="waiting", spam="1")
        self.assertTrue(lead.partner_spam)
        self.assertFalse(lead.partner_assigned_id)

    def act_away(self, lead, action, **values):
        self.assertEqual(self.send(f"{LIST}/{lead.id}/{action}", **values).status_code, 200)

    def test_accepted_meanwhile(self):
        """A decline of what the page showed as waiting does not take it from a colleague."""
        lead = self.give()
        lead.with_user(self.colleague).action_accept_assignment()
        self.assertNotice(self.act(lead, "decline", seen="waiting"), "accepted meanwhile")
        self.assertEqual(lead.partner_assigned_id, self.one)
        self.act_away(lead, "decline", seen="accepted", reason="Sold out")
        self.assertNotEqual(lead.partner_assigned_id, self.one)

    def test_who_gave_it_back_is_forgotten(self):
        self.two.dealer_level_weight = 0
        lead = self.give(accept=True)
        self.act(lead, "activity", **self.get_activity())
        self.assertIn(self.seller.partner_id, lead.message_partner_ids)
        lead.message_subscribe(self.agent.partner_id.ids)
        self.act_away(lead, "decline", seen="accepted")
        self.assertFalse(lead.message_partner_ids & (self.one | self.seller.partner_id))
        self.assertIn(self.agent.partner_id, lead.message_partner_ids)
        self.assertFalse(lead.activity_ids)

    def get_activity(self, **values):
        call = self.env.ref("mail.mail_activity_data_call")
        return {
            "activity_type_id": call.id,
            "activity_date": "2030-05-06",
            "summary": "Call",
            **values,
        }

    def test_one_activity(self):
        lead = self.give(accept=True)
        own = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.agent.id)
        page = self.act(lead, "activity", **self.get_activity())
        self.assertIn("05/06/2030", page.text_content())
        self.act(lead, "activity", **self.get_activity(summary="Call again"))
        theirs = lead.activity_ids - own
        self.assertEqual(theirs.summary, "Call again")
        self.assertEqual(theirs.user_id, self.seller)
        self.act(lead, "activity", done="1")
        self.assertEqual(lead.activity_ids, own)

    def test_bounds(self):
        lead = self.give(accept=True)
        upload = self.env["mail.activity.type"].create(
            {"name": "Of orders", "res_model": "sale.order"}
        )
        bad = {
            "update": (
                {"expected_price": "-1"},
                {"expected_price": "nan"},
                {"expected_price": "inf"},
                {"expected_price": "1e12"},
                {"expected_price": "x"},
                {"date_deadline": "tomorrow"},
                {"date_deadline": "0001-01-01"},
                {"date_deadline": "9999-12-31"},
            ),
            "activity": (
                self.get_activity(summary="x" * 256),
                self.get_activity(summary="a\nb"),
                self.get_activity(summary="a\0b"),
                self.get_activity(activity_date=""),
                self.get_activity(activity_type_id=upload.id),
                self.get_activity(activity_type_id="x"),
            ),
            "lost": (
                {"lost_reason": ""},
                {"lost_reason": "0"},
                {"lost_reason": "x"},
                {"lost_reason": self.reason.id, "lost_notes": "x" * 2001},
            ),
            "decline": ({"seen": "accepted", "reason": "x" * 2001},),
        }
        for action, attempts in bad.items():
            for values in attempts:
                with self.subTest(action=action, values=str(values)[:60]):
                    page = self.act(lead, action, **values)
                    self.assertTrue(page.xpath("//*[@role='alert']"))
        self.assertEqual(lead.expected_price, 12500)
        self.assertFalse(lead.activity_ids)
        self.assertEqual(lead.won_status, "pending")
        self.assertEqual(lead.partner_assigned_id, self.one)

    def test_confirmed_orders_are_not_lost(self):
        lead = self.give(accept=True)
        order = self.make_order(lead)
        page = self.act(lead, "lost", lost_reason=self.reason.id)
        self.assertNotice(page, order.name)
        self.assertEqual(lead.won_status, "pending")

    def test_csrf(self):
        lead = self.give(accept=True)
        for action in ("accept", "decline", "advance", "lost", "update", "activity"):
            with self.subTest(action=action):
                answer = self.send(f"{LIST}/{lead.id}/{action}", csrf=False, seen="0")
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(self.url_open(f"{LIST}/{lead.id}/{action}").status_code, 405)
        self.assertEqual(lead.stage_id, self.new)
        answer = self.send(f"{LIST}/new", csrf=False, contact_name="x", phone="1")
        self.assertEqual(answer.status_code, 400)

    def test_a_file_in_place_of_a_text(self):
        lead, waiting = self.give(accept=True), self.give()
        token = waiting.assignment_ids._get_answer_token()
        for url, name, values in (
            (f"{LIST}/{lead.id}/message", "message", {}),
            (f"{LIST}/{lead.id}/update", "expected_price", {}),
            (f"{LIST}/{lead.id}/lost", "lost_notes", {}),
            (f"{LIST}/{lead.id}/activity", "summary", {}),
            (f"{LIST}/{lead.id}/advance", "seen", {}),
            (f"{LIST}/new", "contact_name", {}),
            (f"{LIST}/new", "phone", {"contact_name": "Zoe"}),
            (f"/dealer/answer/{token}", "reason", {"answer": "x"}),
        ):
            with self.subTest(url=url, name=name):
                values["csrf_token"] = Request.csrf_token(self)
                answer = self.url_open(url, data=values, files={name: ("x.txt", b"x")})
                self.assertEqual(answer.status_code, 200)
                self.assertNotIn("FileStorage", answer.text)
        self.assertEqual(lead.stage_id, self.new)
