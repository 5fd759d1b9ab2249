"""Every entry point to the pipeline obeys the same rule; for HTTP see ``test_lead_http``."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import DealerCase

#: words of the refusal by requested stage, for a lead in New
REFUSALS = {"negotiation": "Qualified", "won": "no confirmed order", "lost": "lost reason"}


@tagged("post_install", "-at_install")
class TestEntryPoints(DealerCase):
    def run_action(self, user, leads, vals):
        """A server action made by an admin: it runs with the rights of the user who starts it."""
        action = self.env["ir.actions.server"].create(
            {
                "name": "Entry",
                "model_id": self.env["ir.model"]._get_id("dealer.crm.lead"),
                "state": "code",
                "code": f"records.write({vals!r})",
            }
        )
        action.with_user(user).with_context(
            active_model="dealer.crm.lead", active_id=leads[:1].id, active_ids=leads.ids
        ).run()

    def load(self, leads, vals):
        """An import that updates; errors are in its messages."""
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

    def entry_points(self):
        """Dict of name to function of (leads with their user, values)."""
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
            for entry_point, enter in self.entry_points().items():
                leads = self.make_lead(user_id=user.id) | self.make_lead(user_id=user.id)
                if entry_point in ("web_save",):
                    leads = leads[0]
                for name, words in REFUSALS.items():
                    target = self.env.ref(f"dealer_crm.stage_{name}")
                    with self.subTest(user=user.login, entry_point=entry_point, stage=name):
                        with self.assertRefused(UserError, words):
                            enter(leads.with_user(user), {"stage_id": target.id})
                        self.env.invalidate_all()
                        self.assertEqual(leads.stage_id, self.new)
                with self.subTest(user=user.login, entry_point=entry_point):
                    enter(leads.with_user(user), {"stage_id": self.qualified.id})
                    self.env.invalidate_all()
                    self.assertEqual(leads.stage_id, self.qualified)

    def test_outsiders(self):
        lead = self.make_lead()
        for user in self.outsiders | self.intake:
            for entry_point, enter in self.entry_points().items():
                with self.subTest(user=user.login, entry_point=entry_point):
                    with self.assertRefused(UserError):
                        enter(lead.with_user(user), {"stage_id": self.qualified.id})
                    self.env.invalidate_all()
                    self.assertEqual(lead.stage_id, self.new)

    def test_lost_with_its_reason(self):
        vals = {"stage_id": self.lost.id, "lost_reason": self.reason.id}
        for entry_point, enter in self.entry_points().items():
            if entry_point == "form":  # the form's own way is the wizard
                continue
            lead = self.make_lead().with_user(self.agent)
            with self.subTest(entry_point=entry_point):
                enter(lead, vals)
                self.env.invalidate_all()
                self.assertEqual((lead.won_status, lead.lost_reason), ("lost", self.reason))
                self.assertTrue(lead.date_lost)

    def test_won_when_ready(self):
        for entry_point, enter in self.entry_points().items():
            lead = self.make_lead()
            self.make_delivered(lead)
            self.env.invalidate_all()
            with self.subTest(entry_point=entry_point):
                enter(lead.with_user(self.agent), {"stage_id": self.won.id})
                self.env.invalidate_all()
                self.assertEqual(lead.won_status, "won")
                self.assertTrue(lead.date_won)

    def test_closed_stays(self):
        lead = self.make_lead(self.lost)
        for entry_point, enter in self.entry_points().items():
            for stage in (self.new, self.negotiation, self.won):
                with self.subTest(entry_point=entry_point, stage=stage.name):
                    # The form does not allow it; every other entry point raises the error.
                    error, word = (
                        (AssertionError, "") if entry_point == "form" else (UserError, lead.name)
                    )
                    with self.assertRefused(error, word):
                        enter(lead.with_user(self.agent), {"stage_id": stage.id})
                    self.env.invalidate_all()
                    self.assertEqual(lead.stage_id, self.lost)

    def test_create(self):
        leads = self.Lead.with_user(self.agent)

        def load(stage):
            result = leads.load(["contact_name", "stage_id/.id"], [["Entry", str(stage.id)]])
            if not result["ids"]:
                raise UserError(result["messages"][0]["message"])
            return leads.browse(result["ids"])

        def form(stage):
            with Form(leads) as form:
                form.contact_name = "Entry"
                form.stage_id = stage
            return form.record

        def quick(stage):
            column = leads.with_context(default_stage_id=stage.id)
            lead = leads.browse(column.name_create("Entry")[0])
            self.assertEqual(lead.contact_name, "Entry")
            self.assertRegex(lead.name, r"^DLEAD/")
            return lead

        entry_points = {
            "create": lambda stage: leads.create({"stage_id": stage.id}),
            "load": load,
            "form": form,
            "name_create": quick,
            "web_save": lambda stage: leads.browse(
                leads.web_save({"stage_id": stage.id}, {"name": {}})[0]["id"]
            ),
        }
        for entry_point, enter in entry_points.items():
            for stage in (self.new, self.qualified, self.negotiation):
                with self.subTest(entry_point=entry_point, stage=stage.name):
                    self.assertEqual(enter(stage).stage_id, stage)
            for stage in (self.won, self.lost):
                count = self.Lead.search_count([])
                with self.subTest(entry_point=entry_point, stage=stage.name):
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
