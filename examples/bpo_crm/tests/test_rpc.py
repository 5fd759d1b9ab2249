from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import BpoCase, make_payload


@tagged("post_install", "-at_install")
class TestRpc(BpoCase, HttpCase):
    """The receiver over HTTP, with the login of a dealer."""

    def call(self, user, method, *args):
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {
                "service": "object",
                "method": "execute_kw",
                "args": [self.env.cr.dbname, user.id, user.login, "crm.lead", method, list(args)],
            },
        }
        with mute_logger("odoo.addons.rpc.controllers.jsonrpc", "odoo.http"):
            answer = self.url_open("/jsonrpc", json=body).json()
        return answer["result"] if "result" in answer else answer["error"]["data"]["name"]

    def test_two_dealers(self):
        lead = self._create_endorsed()
        foreign = self._create_endorsed(dealer_id=self.other_dealer.id)
        payload = make_payload(lead.id)
        answer = self.call(self.other_user, "update_from_dealer_callback", payload)
        self.assertEqual((answer["status"], answer["ok"]), ("rejected", False))
        answer = self.call(self.dealer_user, "update_from_dealer_callback", payload)
        self.assertEqual((answer["status"], answer["event_id"]), ("applied", payload["event_id"]))
        answer = self.call(self.dealer_user, "update_from_dealer_callback", payload)
        self.assertEqual(answer["status"], "duplicate")
        answers = self.call(
            self.other_user,
            "update_from_dealer_callbacks",
            [make_payload(lead.id, "lost", 2), make_payload(foreign.id, "lost")],
        )
        self.assertEqual([answer["status"] for answer in answers], ["rejected", "applied"])
        (lead | foreign).invalidate_recordset()
        self.assertEqual((lead.won_status, foreign.won_status), ("won", "lost"))

    def test_json2(self):
        lead = self._create_endorsed()
        keys = self.env["res.users.apikeys"].with_user(self.dealer_user).sudo()
        key = keys._generate("rpc", "callbacks", None)
        payload = make_payload(lead.id)
        for method, body, status in (
            ("update_from_dealer_callback", {"payload": payload}, ["applied"]),
            ("update_from_dealer_callbacks", {"payloads": [payload]}, ["duplicate"]),
        ):
            response = self.url_open(
                f"/json/2/crm.lead/{method}",
                json=body,
                headers={"Authorization": f"bearer {key}"},
            )
            self.assertEqual(response.status_code, 200, response.text)
            answers = response.json()
            answers = answers if isinstance(answers, list) else [answers]
            self.assertEqual([answer["status"] for answer in answers], status)

    def test_rest_of_the_protocol(self):
        lead = self._create_endorsed()
        self.assertEqual(
            self.call(self.dealer_user, "dealer_callback_capabilities"),
            {
                "batch": True,
                "reopened": True,
                "reconcile": True,
                "key_expiry": True,
                "instance": self.env["ir.config_parameter"].sudo().get_param("database.uuid"),
            },
        )
        view = {"bpo_source_lead_id": lead.id, "sequence": 1, "outcome": "won"}
        self.assertEqual(
            self.call(self.dealer_user, "dealer_callback_reconcile", [view]),
            [{"bpo_source_lead_id": lead.id, "sequence": 0, "outcome": "endorsed"}],
        )
        self.assertEqual(
            self.call(self.dealer_user, "update_from_dealer_callbacks", [{}] * 51),
            "odoo.exceptions.ValidationError",
        )

    def test_dealer_sees_nothing_else(self):
        lead = self._create_endorsed()
        for method, args in (
            ("read", [lead.ids, ["name"]]),
            ("write", [lead.ids, {"stage_id": self.stage_won.id}]),
            ("action_endorse", [lead.ids]),
            ("_apply_dealer_outcomes", [[]]),
        ):
            with self.subTest(method=method):
                self.assertEqual(
                    self.call(self.dealer_user, method, *args), "odoo.exceptions.AccessError"
                )
