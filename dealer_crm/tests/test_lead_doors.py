"""Every door into the pipeline meets the same rule: in the process, and over real HTTP."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerCase, DealerHttpCase

#: what a refusal says, by the stage that was wanted for a lead in New
REFUSALS = {"negotiation": "Qualified", "won": "no confirmed order", "lost": "lost reason"}


@tagged("post_install", "-at_install")
class TestDoors(DealerCase):
    def run_action(self, user, leads, vals):
        """A server action that an admin made: it runs with the rights of who starts it."""
        action = self.env["ir.actions.server"].create(
            {
                "name": "Door",
                "model_id": self.env["ir.model"]._get_id("dealer.crm.lead"),
                "state": "code",
                "code": f"records.write({vals!r})",
            }
        )
        action.with_user(user).with_context(
            active_model="dealer.crm.lead", active_id=leads[:1].id, active_ids=leads.ids
        ).run()

    def load(self, leads, vals):
        """An import that updates; its refusals are in its messages."""
        names = [f"{name}/.id" if name in ("stage_id", "lost_reason") else name for name in vals]
        rows = [[str(lead.id), *map(str, vals.values())] for lead in leads]
        result = leads.load([".id", *names], rows)
        if not result["ids"]:
            raise UserError("\n".join(message["message"] for message in result["messages"]))

    def form(self, leads, vals):
        for lead in leads:
            with Form(lead) as form:
                for name, value in vals.items():
                    model = lead._fields[name].comodel_name
                    setattr(form, name, self.env[model].browse(value) if model else value)

    def assign(self, leads, vals):
        for lead in leads:
            for name, value in reversed(vals.items()):
                lead[name] = value

    def doors(self):
        """Each takes leads (with their user) and values."""
        return {
            "write": lambda leads, vals: leads.write(vals),
            "web_save": lambda leads, vals: leads.web_save(vals, {"stage_id": {}}),
            "mass edit": lambda leads, vals: leads.web_save_multi(
                [vals] * len(leads), {"stage_id": {}}
            ),
            "load": self.load,
            "server action": lambda leads, vals: self.run_action(leads.env.user, leads, vals),
            "form": self.form,
        }

    def test_forward_and_refused(self):
        for user in (self.agent, self.manager, self.admin):
            for door, enter in self.doors().items():
                leads = self.make_lead(user_id=user.id) | self.make_lead(user_id=user.id)
                if door in ("web_save",):
                    leads = leads[0]
                for name, words in REFUSALS.items():
                    target = self.env.ref(f"dealer_crm.stage_{name}")
                    with self.subTest(user=user.login, door=door, stage=name):
                        with self.assertRefused(UserError, words):
                            enter(leads.with_user(user), {"stage_id": target.id})
                        self.env.invalidate_all()
                        self.assertEqual(leads.stage_id, self.new)
                with self.subTest(user=user.login, door=door):
                    enter(leads.with_user(user), {"stage_id": self.qualified.id})
                    self.env.invalidate_all()
                    self.assertEqual(leads.stage_id, self.qualified)

    def test_outsiders(self):
        lead = self.make_lead()
        for user in self.outsiders | self.intake:
            for door, enter in self.doors().items():
                with self.subTest(user=user.login, door=door):
                    with self.assertRefused(UserError):
                        enter(lead.with_user(user), {"stage_id": self.qualified.id})
                    self.env.invalidate_all()
                    self.assertEqual(lead.stage_id, self.new)

    def test_lost_with_its_reason(self):
        vals = {"stage_id": self.lost.id, "lost_reason": self.reason.id}
        for door, enter in self.doors().items():
            if door == "form":  # the form's own way is the wizard
                continue
            lead = self.make_lead().with_user(self.agent)
            with self.subTest(door=door):
                enter(lead, vals)
                self.env.invalidate_all()
                self.assertEqual((lead.won_status, lead.lost_reason), ("lost", self.reason))
                self.assertTrue(lead.date_lost)

    def test_won_when_ready(self):
        for door, enter in self.doors().items():
            lead = self.make_lead()
            self.make_delivered(lead)
            self.env.invalidate_all()
            with self.subTest(door=door):
                enter(lead.with_user(self.agent), {"stage_id": self.won.id})
                self.env.invalidate_all()
                self.assertEqual(lead.won_status, "won")
                self.assertTrue(lead.date_won)

    def test_closed_stays(self):
        lead = self.make_lead(self.lost)
        for door, enter in self.doors().items():
            for stage in (self.new, self.negotiation, self.won):
                with self.subTest(door=door, stage=stage.name):
                    # The form does not let it be typed; every other door is refused inside.
                    error, word = (AssertionError, "") if door == "form" else (UserError, lead.name)
                    with self.assertRefused(error, word):
                        enter(lead.with_user(self.agent), {"stage_id": stage.id})
                    self.env.invalidate_all()
                    self.assertEqual(lead.stage_id, self.lost)

    def test_create(self):
        leads = self.Lead.with_user(self.agent)

        def load(stage):
            result = leads.load(["contact_name", "stage_id/.id"], [["Door", str(stage.id)]])
            if not result["ids"]:
                raise UserError(result["messages"][0]["message"])
            return leads.browse(result["ids"])

        def form(stage):
            with Form(leads) as form:
                form.contact_name = "Door"
                form.stage_id = stage
            return form.record

        def quick(stage):
            column = leads.with_context(default_stage_id=stage.id)
            lead = leads.browse(column.name_create("Door")[0])
            self.assertEqual(lead.contact_name, "Door")
            self.assertRegex(lead.name, r"^DLEAD/")
            return lead

        doors = {
            "create": lambda stage: leads.create({"stage_id": stage.id}),
            "load": load,
            "form": form,
            "name_create": quick,
            "web_save": lambda stage: leads.browse(
                leads.web_save({"stage_id": stage.id}, {"name": {}})[0]["id"]
            ),
        }
        for door, enter in doors.items():
            for stage in (self.new, self.qualified, self.negotiation):
                with self.subTest(door=door, stage=stage.name):
                    self.assertEqual(enter(stage).stage_id, stage)
            for stage in (self.won, self.lost):
                count = self.Lead.search_count([])
                with self.subTest(door=door, stage=stage.name):
                    with self.assertRefused(UserError, stage.name):
                        enter(stage)
                    self.assertEqual(self.Lead.search_count([]), count)

    def test_mass_edit_of_a_list(self):
        """All of the selection or none of it."""
        leads = self.make_lead() | self.make_lead(self.negotiation)
        with self.assertRefused(UserError, leads[1].name):
            leads.with_user(self.agent).write({"stage_id": self.qualified.id, "priority": "1"})
        self.env.invalidate_all()
        self.assertEqual(leads.mapped("priority"), ["0", "0"])

    def test_import_of_a_file_is_all_or_none(self):
        good, bad = self.make_lead(), self.make_lead(self.negotiation)
        rows = [[str(lead.id), str(self.qualified.id)] for lead in (good | bad)]
        result = self.Lead.with_user(self.agent).load([".id", "stage_id/.id"], rows)
        self.assertFalse(result["ids"])
        self.assertIn(bad.name, result["messages"][0]["message"])
        self.env.invalidate_all()
        self.assertEqual((good.stage_id, bad.stage_id), (self.new, self.negotiation))


@tagged("post_install", "-at_install")
class TestHttpDoors(DealerHttpCase):
    def calls(self, user):
        """The two ways in over HTTP, as (name, call)."""
        return (
            ("/jsonrpc", lambda *args, **kwargs: self.rpc(user, *args, **kwargs)),
            ("call_kw", lambda *args, **kwargs: self.web(user, *args, **kwargs)),
        )

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_a_lead_is_moved_and_refused(self):
        for user in (self.agent, self.manager, self.admin):
            for door, call in self.calls(user):
                lead = self.make_lead(user_id=user.id)
                for name, words in REFUSALS.items():
                    target = self.env.ref(f"dealer_crm.stage_{name}")
                    with self.subTest(user=user.login, door=door, stage=name):
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
        for door, call in self.calls(self.agent):
            lead = self.make_lead()
            self.make_delivered(lead)
            with self.subTest(door=door):
                self.assertEqual(
                    call("dealer.crm.lead", "action_mark_won", lead.ids)[0]["effect"]["type"],
                    "rainbow_man",
                )
                self.assertEqual(lead.won_status, "won")
                answer = call("dealer.crm.lead", "action_reopen", lead.ids, "Please")
                self.assertRpcRefused(answer, "AccessError", "Dealer Manager", lead.name)
        lead = self.make_lead(self.lost)
        for door, call in self.calls(self.manager):
            with self.subTest(door=door):
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
            for door, call in self.calls(user):
                if door == "call_kw" and user == self.portal:
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
                    with self.subTest(user=user.login, door=door, method=method):
                        answer = call("dealer.crm.lead", method, lead.ids, *args)
                        self.assertRpcRefused(answer, "AccessError")
                for model in ("dealer.crm.lead", "dealer.crm.stage", "dealer.crm.lost.reason"):
                    with self.subTest(user=user.login, door=door, model=model):
                        answer = call(model, "create", {"name": "x"})
                        self.assertRpcRefused(answer, "AccessError")
        self.assertEqual(lead.stage_id, self.new)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_create(self):
        for door, call in self.calls(self.agent):
            for stage in (self.won, self.lost):
                for kwargs in (
                    {"vals": {"stage_id": stage.id}},
                    {"vals": {"contact_name": "x"}, "context": {"default_stage_id": stage.id}},
                ):
                    with self.subTest(door=door, stage=stage.name, kwargs=kwargs):
                        vals = kwargs.pop("vals")
                        answer = call("dealer.crm.lead", "create", vals, **kwargs)
                        self.assertRpcRefused(answer, "UserError", stage.name)
            for value in ([self.won.id], {"id": self.won.id}, "x", True, 10**9):
                with self.subTest(door=door, value=value):
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
        for door, call in self.calls(self.admin):
            for vals in (
                {"won_status": "won"},
                {"open_stage_id": self.won.id},
                {"bpo_source_lead_id": 5},
                {"bpo_source_url": "https://x.example.com"},
            ):
                with self.subTest(door=door, vals=vals):
                    answer = call("dealer.crm.lead", "write", lead.ids, vals)
                    self.assertRpcRefused(answer, "AccessError", next(iter(vals)))
            for method in ("_close", "_register_outcome", "_create_endorsed_lead", "_write"):
                with self.subTest(door=door, method=method):
                    answer = call("dealer.crm.lead", method, lead.ids, {})
                    self.assertRpcRefused(answer, "AccessError")
        self.assertEqual((lead.won_status, lead.bpo_source_lead_id), ("pending", 0))

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_stages_are_said_in_sentences(self):
        for door, call in self.calls(self.admin):
            for vals, name, words in (
                ({"name": "won"}, "ValidationError", 'named "won" already'),
                ({"name": "X", "is_won": True}, "ValidationError", "Won stage already"),
                ({"name": "X", "is_lost": True}, "ValidationError", "Lost stage already"),
                ({"name": " "}, "ValidationError", "needs a name"),
                ({"name": False}, "ValidationError", "Stage Name"),
                ({"name": "X", "rotting_threshold_days": -1}, "ValidationError", "negative"),
            ):
                with self.subTest(door=door, vals=vals):
                    answer = call("dealer.crm.stage", "create", vals)
                    self.assertRpcRefused(answer, name, words)
            with self.subTest(door=door, both=True):
                answer = call("dealer.crm.stage", "write", self.won.ids, {"is_lost": True})
                self.assertRpcRefused(answer, "ValidationError", "Won stage and the Lost stage")
            stage_id, error = call("dealer.crm.stage", "create", {"name": f"By {door}"})
            self.assertIsNone(error)
            self.make_lead(self.Stage.browse(stage_id))
            answer = call("dealer.crm.stage", "unlink", [stage_id])
            self.assertRpcRefused(answer, "UserError", "1 lead", f"By {door}")

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.sql_db")
    def test_stages_for_the_others(self):
        for user in (self.agent, self.manager):
            for door, call in self.calls(user):
                for method, args in (
                    ("create", [{"name": "X"}]),
                    ("name_create", ["X"]),
                    ("write", [self.new.ids, {"name": "X"}]),
                    ("web_save", [self.new.ids, {"name": "X"}, {"name": {}}]),
                    ("unlink", [self.new.ids]),
                    ("update_field_translations", [self.new.ids, "name", {"en_US": "X"}]),
                    ("web_resequence", [self.new.ids, {}]),
                ):
                    with self.subTest(user=user.login, door=door, method=method):
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
        for _door, call in self.calls(self.intake):
            answers.append(call("dealer.crm.lead", "receive_endorsed_lead", payload)[0])
        lead = self.Lead.browse(answers[0]["id"])
        self.assertEqual(
            answers,
            [{"id": lead.id, "name": lead.name, "created": created} for created in (True, False)],
        )
        self.assertEqual((lead.contact_name, lead.create_uid), ("Hanna Http", self.intake))
        count = self.Lead.search_count([])
        partners = self.env["res.partner"].search_count([])
        for _door, call in self.calls(self.intake):
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
        for _door, call in self.calls(self.clerk):
            answer = call("dealer.crm.lead", "receive_endorsed_lead", payload)
            self.assertRpcRefused(answer, "AccessError", "Dealer Intake")
        self.assertEqual(self.Lead.search_count([]), count)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
