"""The rule and the access rights of ``test_lead_entry_points`` over real HTTP."""

import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerHttpCase

#: words of the refusal by requested stage, for a lead in New
REFUSALS = {"negotiation": "Qualified", "won": "no confirmed order", "lost": "lost reason"}


@tagged("post_install", "-at_install")
class TestHttpEntryPoints(DealerHttpCase):
    def calls(self, user):
        """The two entry points over HTTP, as (name, call)."""
        return (
            ("/jsonrpc", lambda *args, **kwargs: self.rpc(user, *args, **kwargs)),
            ("call_kw", lambda *args, **kwargs: self.web(user, *args, **kwargs)),
        )

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_a_lead_is_moved_and_refused(self):
        for user in (self.agent, self.manager, self.admin):
            for entry_point, call in self.calls(user):
                lead = self.make_lead(user_id=user.id)
                for name, words in REFUSALS.items():
                    target = self.env.ref(f"dealer_crm.stage_{name}")
                    with self.subTest(user=user.login, entry_point=entry_point, stage=name):
                        answer = call("dealer.crm.lead", "write", lead.ids, {"stage_id": target.id})
                        self.assertRpcRefused(answer, "UserError", lead.name, words)
                self.assertEqual(lead.stage_id, self.new)
                answer = call("dealer.crm.lead", "write", lead.ids, {"stage_id": self.qualified.id})
                self.assertEqual(answer, (True, None))
                self.assertEqual(lead.stage_id, self.qualified)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_a_drag_on_the_board(self):
        """What the board sends when a card is dropped."""
        lead = self.make_lead()
        specification = {"stage_id": {"fields": {"display_name": {}}}, "won_status": {}}
        answer = self.web(
            self.agent,
            "dealer.crm.lead",
            "web_save",
            lead.ids,
            {"stage_id": self.qualified.id},
            specification=specification,
        )
        self.assertEqual(answer[0][0]["stage_id"]["display_name"], "Qualified")
        answer = self.web(
            self.agent,
            "dealer.crm.lead",
            "web_save",
            lead.ids,
            {"stage_id": self.new.id},
            specification=specification,
        )
        self.assertRpcRefused(answer, "UserError", lead.name, "Negotiation")

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_methods_for_each_role(self):
        for entry_point, call in self.calls(self.agent):
            lead = self.make_lead()
            self.make_delivered(lead)
            with self.subTest(entry_point=entry_point):
                self.assertEqual(
                    call("dealer.crm.lead", "action_mark_won", lead.ids)[0]["effect"]["type"],
                    "rainbow_man",
                )
                self.assertEqual(lead.won_status, "won")
                answer = call("dealer.crm.lead", "action_reopen", lead.ids, "Please")
                self.assertRpcRefused(answer, "AccessError", "Dealer Manager", lead.name)
        lead = self.make_lead(self.lost)
        for entry_point, call in self.calls(self.manager):
            with self.subTest(entry_point=entry_point):
                answer = call("dealer.crm.lead", "action_reopen", lead.ids, "  ")
                self.assertRpcRefused(answer, "ValidationError", "reason", lead.name)
                answer = call("dealer.crm.lead", "action_reopen", lead.ids, reason="Called back")
                self.assertEqual(answer, (True, None))
                self.assertEqual(lead.won_status, "pending")
                self.lose(lead)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_outsiders(self):
        lead = self.make_lead(user_id=False)
        for user in self.outsiders | self.intake:
            for entry_point, call in self.calls(user):
                if entry_point == "call_kw" and user == self.portal:
                    continue
                for method, args in (
                    ("read", [["name"]]),
                    ("write", [{"stage_id": self.qualified.id}]),
                    ("action_mark_won", []),
                    ("action_mark_lost", []),
                    ("action_reopen", ["x"]),
                    ("action_convert_to_quotation", []),
                    ("action_open_quotation", []),
                    ("unlink", []),
                    ("copy", []),
                ):
                    with self.subTest(user=user.login, entry_point=entry_point, method=method):
                        answer = call("dealer.crm.lead", method, lead.ids, *args)
                        self.assertRpcRefused(answer, "AccessError")
                for model in ("dealer.crm.lead", "dealer.crm.stage", "dealer.crm.lost.reason"):
                    with self.subTest(user=user.login, entry_point=entry_point, model=model):
                        answer = call(model, "create", {"name": "x"})
                        self.assertRpcRefused(answer, "AccessError")
        self.assertEqual(lead.stage_id, self.new)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_create(self):
        for entry_point, call in self.calls(self.agent):
            for stage in (self.won, self.lost):
                for kwargs in (
                    {"vals": {"stage_id": stage.id}},
                    {"vals": {"contact_name": "x"}, "context": {"default_stage_id": stage.id}},
                ):
                    with self.subTest(entry_point=entry_point, stage=stage.name, kwargs=kwargs):
                        vals = kwargs.pop("vals")
                        answer = call("dealer.crm.lead", "create", vals, **kwargs)
                        self.assertRpcRefused(answer, "UserError", stage.name)
            for value in ([self.won.id], {"id": self.won.id}, "x", True, 10**9):
                with self.subTest(entry_point=entry_point, value=value):
                    answer = call("dealer.crm.lead", "create", {"stage_id": value})
                    self.assertRpcRefused(answer, "ValidationError", "stage")
            answer = call(
                "dealer.crm.lead", "create", {"stage_id": self.qualified.id, "contact_name": "x"}
            )
            lead = self.Lead.browse(answer[0])
            self.assertEqual((lead.stage_id, lead.user_id), (self.qualified, self.agent))

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_protected_fields_and_private_methods(self):
        lead = self.make_lead()
        for entry_point, call in self.calls(self.admin):
            for vals in (
                {"won_status": "won"},
                {"open_stage_id": self.won.id},
                {"bpo_source_lead_id": 5},
                {"bpo_source_url": "https://x.example.com"},
            ):
                with self.subTest(entry_point=entry_point, vals=vals):
                    answer = call("dealer.crm.lead", "write", lead.ids, vals)
                    self.assertRpcRefused(answer, "AccessError", next(iter(vals)))
            for method in ("_close", "_register_outcome", "_create_endorsed_lead", "_write"):
                with self.subTest(entry_point=entry_point, method=method):
                    answer = call("dealer.crm.lead", method, lead.ids, {})
                    self.assertRpcRefused(answer, "AccessError")
        self.assertEqual((lead.won_status, lead.bpo_source_lead_id), ("pending", 0))

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_stages_are_said_in_sentences(self):
        for entry_point, call in self.calls(self.admin):
            for vals, name, words in (
                ({"name": "won"}, "ValidationError", '"won" exists already'),
                ({"name": "X", "is_won": True}, "ValidationError", "Won stage already"),
                ({"name": "X", "is_lost": True}, "ValidationError", "Lost stage already"),
                ({"name": " "}, "ValidationError", "needs a name"),
                ({"name": False}, "ValidationError", "Stage Name"),
                ({"name": "X", "rotting_threshold_days": -1}, "ValidationError", "negative"),
            ):
                with self.subTest(entry_point=entry_point, vals=vals):
                    answer = call("dealer.crm.stage", "create", vals)
                    self.assertRpcRefused(answer, name, words)
            with self.subTest(entry_point=entry_point, both=True):
                answer = call("dealer.crm.stage", "write", self.won.ids, {"is_lost": True})
                self.assertRpcRefused(answer, "ValidationError", "Won stage and the Lost stage")
            stage_id, error = call("dealer.crm.stage", "create", {"name": f"By {entry_point}"})
            self.assertIsNone(error)
            self.make_lead(self.Stage.browse(stage_id))
            answer = call("dealer.crm.stage", "unlink", [stage_id])
            self.assertRpcRefused(answer, "UserError", "1 lead", f"By {entry_point}")

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_stages_for_the_others(self):
        for user in (self.agent, self.manager):
            for entry_point, call in self.calls(user):
                for method, args in (
                    ("create", [{"name": "X"}]),
                    ("name_create", ["X"]),
                    ("write", [self.new.ids, {"name": "X"}]),
                    ("web_save", [self.new.ids, {"name": "X"}, {"name": {}}]),
                    ("unlink", [self.new.ids]),
                    ("update_field_translations", [self.new.ids, "name", {"en_US": "X"}]),
                    ("web_resequence", [self.new.ids, {}]),
                ):
                    with self.subTest(user=user.login, entry_point=entry_point, method=method):
                        answer = call("dealer.crm.stage", method, *args)
                        self.assertRpcRefused(answer, "AccessError")
                result, error = call("dealer.crm.stage", "load", ["name"], [["X"]])
                self.assertIsNone(error)
                self.assertFalse(result["ids"])
        self.assertEqual(len(self.Stage.search([])), 5)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_intake(self):
        payload = {
            "bpo_source_lead_id": 31,
            "bpo_source_url": "https://bpo.example.com",
            "contact_name": "Hanna Http",
        }
        answers = []
        for _entry_point, call in self.calls(self.intake):
            answers.append(call("dealer.crm.lead", "receive_endorsed_lead", payload)[0])
        lead = self.Lead.browse(answers[0]["id"])
        self.assertEqual(
            answers,
            [{"id": lead.id, "name": lead.name, "created": created} for created in (True, False)],
        )
        self.assertEqual((lead.contact_name, lead.create_uid), ("Hanna Http", self.intake))
        count = self.Lead.search_count([])
        partners = self.env["res.partner"].search_count([])
        for _entry_point, call in self.calls(self.intake):
            for key, value in (
                ("contact_name", None),
                ("contact_name", "a\0b"),
                ("contact_name", "a\ud800b"),
                ("campaign", "\ud800"),
                ("bpo_source_lead_id", "31"),
                ("quantity", 10**400),
                ("quantity", 1e-9),
                ("expected_price", float("inf")),
                ("expected_price", float("nan")),
                ("email", ["x"]),
                ("description", "x" * 20_001),
            ):
                with self.subTest(key=key, value=str(value)[:20]):
                    answer = call(
                        "dealer.crm.lead",
                        "receive_endorsed_lead",
                        {**payload, "bpo_source_lead_id": 32, key: value},
                    )
                    self.assertRpcRefused(answer, "ValidationError", f"{key}: ")
            for bad in (None, "x", [payload]):
                answer = call("dealer.crm.lead", "receive_endorsed_lead", bad)
                self.assertRpcRefused(answer, "ValidationError", "payload")
        for _entry_point, call in self.calls(self.clerk):
            answer = call("dealer.crm.lead", "receive_endorsed_lead", payload)
            self.assertRpcRefused(answer, "AccessError", "Dealer Intake")
        self.assertEqual(self.Lead.search_count([]), count)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_intake_by_a_portal_user_with_a_key(self):
        """The BPO's service user is a portal user with an API key."""
        self.assertTrue(self.intake._is_portal())
        keys = self.env["res.users.apikeys"].with_user(self.intake).sudo()
        key = keys._generate("rpc", "BPO", None)
        payload = {"bpo_source_lead_id": 41, "contact_name": "Paula Portal", "with_quotation": True}
        call = [self.intake.id, key, "dealer.crm.lead", "receive_endorsed_lead", [payload]]
        params = {
            "service": "object",
            "method": "execute_kw",
            "args": [self.cr.dbname, *call],
        }
        first, error = self._post("/jsonrpc", params)
        self.assertIsNone(error)
        self.assertTrue(first["created"])
        answer = self.url_open(
            "/json/2/dealer.crm.lead/receive_endorsed_lead",
            data=json.dumps({"payload": payload}),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"bearer {key}",
                "X-Odoo-Database": self.cr.dbname,
            },
        )
        self.assertEqual(answer.json(), {**first, "created": False})
        lead = self.Lead.browse(first["id"])
        self.assertEqual((lead.contact_name, len(lead.sale_order_ids)), ("Paula Portal", 1))
