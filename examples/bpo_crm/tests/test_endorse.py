from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import KEY, BpoCase, FakeDealer, odoo_error


@tagged("post_install", "-at_install")
class TestEndorse(BpoCase):
    def setUp(self):
        super().setUp()
        self.fake = FakeDealer()
        self.enterContext(self.fake.running())
        self.dealer.write({"url": self.fake.url, "api_key": KEY})
        self.lead = self._create_leads(1)

    def endorse(self, leads=None, user=None):
        return (leads or self.lead).with_user(user or self.salesman).action_endorse()

    def assert_refused(self, words, leads=None):
        with self.assertRaises(UserError) as caught:
            self.endorse(leads)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn(KEY, str(caught.exception))
        self.assertEqual(self.lead.stage_id, self.stage_new)
        self.assertFalse(self.lead.dealer_endorsed_at)
        self.assertEqual(self.lead.dealer_outcome, "none")

    def test_endorse(self):
        self.endorse()
        self.assertEqual(self.lead.stage_id, self.stage_endorsed)
        self.assertEqual(
            (self.lead.dealer_lead_id, self.lead.dealer_lead_name), (7, "DLEAD/2026/00007")
        )
        self.assertEqual(self.lead.dealer_outcome, "endorsed")
        self.assertTrue(self.lead.dealer_endorsed_at)
        self.assertIn("Endorsed to dealer City Motors as DLEAD/2026/00007", self._notes(self.lead))

    def test_payload(self):
        country = self.env.ref("base.us")
        self.lead.write(
            {
                "phone": "+1 212 555 0142",
                "email_from": "amara@example.com",
                "street": "1 Main Street",
                "city": "Brooklyn",
                "zip": "11201",
                "country_id": country.id,
                "state_id": country.state_ids.filtered(lambda state: state.code == "NY").id,
                "vehicle_model_text": "Red hatchback",
                "product_code": "HB-1",
                "quantity": 2,
                "expected_revenue": 18500.5,
                "priority": "2",
                "description": "<p>Calls <b>after six</b></p>",
                "date_deadline": "2026-05-04",
                "tag_ids": [Command.create({"name": "Trade-in"})],
                "source_id": self.env["utm.source"].create({"name": "Radio spot"}).id,
            }
        )
        self.dealer.with_quotation = True
        self.endorse()
        self.assertEqual(
            self.fake.payloads,
            [
                {
                    "bpo_source_lead_id": self.lead.id,
                    "bpo_source_lead_name": "Hatchback 0",
                    "bpo_instance": self.env["ir.config_parameter"]
                    .sudo()
                    .get_param("database.uuid"),
                    "bpo_source_url": self.env["ir.config_parameter"]
                    .sudo()
                    .get_param("web.base.url"),
                    "contact_name": "Customer 0",
                    "phone": "+1 212 555 0142",
                    "email": "amara@example.com",
                    "street": "1 Main Street",
                    "city": "Brooklyn",
                    "zip": "11201",
                    "state_code": "NY",
                    "country_code": "US",
                    "product_code": "HB-1",
                    "vehicle_model_text": "Red hatchback",
                    "quantity": 2.0,
                    "expected_price": 18500.5,
                    "priority": "2",
                    "description": "Calls *after six*",
                    "date_deadline": "2026-05-04",
                    "tags": ["Trade-in"],
                    "source": "Radio spot",
                    "with_quotation": True,
                }
            ],
        )

    def test_contact_name_is_never_empty(self):
        self.lead.contact_name = False
        self.endorse()
        self.assertEqual(self.fake.payloads[0]["contact_name"], "Hatchback 0")

    def test_own_endorse_stage_is_kept(self):
        stage = self.env["crm.stage"].create(
            {"name": "Handed over", "sequence": 65, "is_endorse": True}
        )
        self.lead.stage_id = stage
        self.assertFalse(self.fake.calls, "Only the button endorses")
        self.endorse()
        self.assertEqual(self.lead.stage_id, stage)

    def test_second_click(self):
        self.endorse()
        messages = self.lead.message_ids
        self.assertTrue(self.endorse())
        self.assertEqual(len(self.fake.calls), 1)
        self.assertEqual(self.lead.message_ids, messages)

    def test_lost_answer_is_made_good_by_the_next_click(self):
        self.fake.answer = lambda args: odoo_error("builtins.OSError", "cut off")
        self.assert_refused("cut off")
        self.fake.answer = {"id": 7, "name": "DLEAD/2026/00007", "created": False}
        self.endorse()
        self.assertEqual(self.fake.payloads[0], self.fake.payloads[1])
        self.assertEqual(self.lead.dealer_lead_id, 7)

    def test_failures(self):
        for answer, words in (
            (odoo_error("odoo.exceptions.ValidationError", "phone is too long"), "phone is too"),
            (odoo_error("odoo.exceptions.AccessError", "no"), "may not endorse leads"),
            (None, "cannot be read"),
            ({"id": "7", "name": "x"}, "cannot be read"),
            ({"id": 0, "name": "x"}, "cannot be read"),
        ):
            with self.subTest(words=words):
                self.fake.answer = answer
                self.assert_refused(words)
        self.fake.raw = (302, {"Location": "http://127.0.0.1/"}, b"")
        self.assert_refused("another address")
        self.fake.raw = (404, {}, b"<html>")
        self.assert_refused("status 404")

    def test_unreachable(self):
        self.dealer.write({"url": "http://127.0.0.1:9", "api_key": KEY})
        self.assert_refused("cannot be reached")

    def test_the_only_dealer_is_chosen(self):
        self.env["bpo.dealer"].search([("id", "!=", self.dealer.id)]).active = False
        lead = self._create_leads(1, dealer_id=False)
        lead.action_endorse()
        self.assertEqual(lead.dealer_id, self.dealer)
        self.assertTrue(lead.dealer_lead_id)

    def test_what_cannot_be_endorsed(self):
        self.dealer.copy()
        for values, words in (
            ({"type": "lead"}, "convert it"),
            ({"dealer_id": False}, "has no dealer"),
            ({"stage_id": self.stage_won.id}, "closed"),
            ({"active": False}, "closed"),
        ):
            lead = self._create_leads(1, **values)
            with self.subTest(words=words):
                self.assert_refused(words, lead)
        self.dealer.active = False
        self.assert_refused("archived")
        self.assertFalse(self.fake.calls)

    def test_no_endorse_stage(self):
        self.env["crm.stage"].search([]).is_endorse = False
        self.assert_refused("Is Endorse Stage")
        self.assertFalse(self.fake.calls)

    def test_no_key(self):
        self.env["bpo.dealer.key"]._delete_secrets(self.dealer)
        self.assert_refused("has no API key")

    def test_selection(self):
        leads = self._create_leads(3)
        self.fake.answer = lambda args: {
            "id": args[5][0]["bpo_source_lead_id"] + 1000,
            "name": "D",
            "created": True,
        }
        action = self.env.ref("bpo_crm.crm_lead_action_endorse").with_user(self.salesman)
        action.with_context(active_model="crm.lead", active_ids=leads.ids).run()
        self.assertEqual(leads.mapped("dealer_lead_id"), [lead_id + 1000 for lead_id in leads.ids])
        self.assertEqual(leads.mapped("dealer_outcome"), ["endorsed"] * 3)

    def test_selection_partly_refused(self):
        leads = self._create_leads(3)

        def answer(args):
            if args[5][0]["bpo_source_lead_id"] == leads[1].id:
                return odoo_error("odoo.exceptions.ValidationError", "email is wrong")
            return {"id": 9, "name": "D9", "created": True}

        self.fake.answer = answer
        notification = self.endorse(leads)
        self.assertEqual(leads.mapped("dealer_outcome"), ["endorsed", "none", "endorsed"])
        self.assertEqual(notification["params"]["title"], "2 of 3 leads endorsed")
        self.assertIn("email is wrong", notification["params"]["message"])
        self.assertIn("Hatchback 1", notification["params"]["message"])

    def test_selection_of_two_dealers(self):
        self.other_dealer.write({"url": "http://127.0.0.1:9", "api_key": KEY})
        leads = self._create_leads(2) | self._create_leads(1, dealer_id=self.other_dealer.id)
        notification = self.endorse(leads)
        self.assertEqual(leads.mapped("dealer_outcome"), ["endorsed", "endorsed", "none"])
        self.assertIn("Hill Cars cannot be reached", notification["params"]["message"])

    def test_rights(self):
        with self.assertRaises(AccessError):
            self.endorse(user=self.dealer_user)
        foreign = self._create_leads(1, user_id=self.manager.id)
        with self.assertRaises(AccessError):
            self.endorse(foreign)

    def test_dealer_fields_are_nobodys(self):
        lead = self.lead.with_user(self.manager)
        for values in (
            {"dealer_outcome": "won"},
            {"dealer_callback_sequence": 9},
            {"dealer_endorsed_at": "2026-01-01"},
        ):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    lead.write(values)
                with self.assertRaises(AccessError):
                    lead.create({"name": "x", **values})
        self.assertEqual(
            lead.create({"name": "x", "dealer_outcome": "none"}).dealer_outcome, "none"
        )

    def test_dealer_of_an_endorsed_lead_stays(self):
        self.endorse()
        lead = self.lead.with_user(self.salesman)
        with self.assertRaises(UserError):
            lead.dealer_id = self.other_dealer
        lead.write({"dealer_id": self.dealer.id, "priority": "1"})
        copy = lead.copy()
        self.assertFalse(copy.dealer_id or copy.dealer_lead_id or copy.dealer_endorsed_at)
        self.assertEqual(copy.dealer_outcome, "none")

    def test_endorsed_lead_is_not_deleted(self):
        self.endorse()
        lead = self.lead.with_user(self.manager)
        with self.assertRaises(UserError):
            lead.unlink()
        self.lead.sudo().dealer_outcome = "won"
        lead.unlink()
        self.assertFalse(lead.exists())

    def test_endorsed_lead_is_not_merged_away(self):
        self.endorse()
        # crm keeps the lead that is further in the pipeline.
        closer = self._create_leads(1, dealer_id=False, stage_id=self.stage_won.id)
        with self.assertRaises(UserError):
            (self.lead | closer).with_user(self.manager).merge_opportunity()
        self.assertTrue(self.lead.exists())

    def test_form(self):
        with Form(self.lead.with_user(self.salesman)) as form:
            form.dealer_id = self.other_dealer
            form.vehicle_model_text = "Blue one"
        self.assertEqual(self.lead.dealer_id, self.other_dealer)
