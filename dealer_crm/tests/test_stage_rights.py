from itertools import pairwise

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DealerCase

OPERATIONS = ("read", "create", "write", "unlink")


@tagged("post_install", "-at_install")
class TestStageRights(DealerCase):
    def entry_points(self, user):
        """Dict of operation to dict of name to call: each way to change stages without HTTP."""
        stages = self.Stage.with_user(user)
        new = self.new.with_user(user)
        empty = self.empty.with_user(user)

        def action(code):
            """A server action made by an admin and run by ``user``, without sudo."""
            return (
                self.env["ir.actions.server"]
                .create(
                    {
                        "name": "Entry",
                        "model_id": self.env["ir.model"]._get_id("dealer.crm.stage"),
                        "state": "code",
                        "code": code,
                    }
                )
                .with_user(user)
                .with_context(
                    active_model="dealer.crm.stage",
                    active_id=self.new.id,
                    active_ids=self.new.ids,
                )
                .run
            )

        def load(fields, *row):
            result = stages.load(fields, [list(row)])
            if not result["ids"]:
                raise AccessError(result["messages"][0]["message"])

        return {
            "create": {
                "create": lambda: stages.create({"name": "Entry"}),
                "name_create": lambda: stages.name_create("Entry"),
                "load": lambda: load(["name"], "Entry"),
                "web_save": lambda: stages.web_save({"name": "Entry"}, {"name": {}}),
                "copy": lambda: new.copy(),
                "server action": action("model.create({'name': 'Entry'})"),
                "form": lambda: self.type(stages, "Entry"),
            },
            "write": {
                "write": lambda: new.write({"name": "Entry"}),
                "flag": lambda: new.write({"is_won": False}),
                "flag with leads": lambda: self.busy.with_user(user).write({"is_lost": True}),
                "load": lambda: load([".id", "name"], str(self.new.id), "Entry"),
                "web_save": lambda: new.web_save({"sequence": 11}, {"name": {}}),
                "web_save_multi": lambda: new.web_save_multi([{"sequence": 11}], {"name": {}}),
                "resequence": lambda: new.web_resequence({}, offset=9),
                "translations": lambda: new.update_field_translations("name", {"en_US": "Entry"}),
                "all languages": lambda: new.web_override_translations({"name": "Entry"}),
                "server action": action("records.write({'name': 'Entry'})"),
            },
            "unlink": {
                "unlink": lambda: empty.unlink(),
                "server action": action(f"model.browse({self.empty.id}).unlink()"),
            },
        }

    def type(self, stages, name):
        with Form(stages) as form:
            form.name = name

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.empty = cls.Stage.create({"name": "Empty"})
        cls.busy = cls.Stage.create({"name": "Busy"})
        cls.make_lead(cls.busy)

    def assertOperations(self, user, refused):
        for operation, entry_points in self.entry_points(user).items():
            for entry_point, enter in entry_points.items():
                with self.subTest(user=user.login, operation=operation, entry_point=entry_point):
                    if operation in refused:
                        with self.assertRefused(AccessError):
                            enter()
                    elif entry_point == "flag with leads":
                        with self.assertRefused(UserError, "1 lead"):
                            enter()
                    else:
                        savepoint = self.env.cr.savepoint(flush=True)
                        enter()
                        self.env.flush_all()
                        savepoint.close(rollback=True)
                        self.env.invalidate_all()

    def test_agent_and_manager_read(self):
        for user in (self.agent, self.manager):
            self.assertEqual(len(self.Stage.with_user(user).search([])), 7)
            self.assertEqual(self.new.with_user(user).name, "New")
            self.assertOperations(user, {"create", "write", "unlink"})

    def test_admin_does_all(self):
        self.assertOperations(self.admin, set())

    def test_others_do_not_even_read(self):
        for user in self.outsiders | self.intake | self.env.ref("base.public_user"):
            for operation in OPERATIONS:
                self.assertFalse(self.Stage.with_user(user).has_access(operation))
            with self.assertRefused(AccessError):
                self.new.with_user(user).read(["name"])
            with self.assertRefused(AccessError):
                self.Stage.with_user(user).search([])

    def test_matrix_of_the_small_models(self):
        reads, does_all = ("read",), OPERATIONS
        for model, agent, manager, admin in (
            ("dealer.crm.lost.reason", reads, reads, does_all),
            ("dealer.crm.lead", OPERATIONS[:3], does_all, does_all),
            ("dealer.crm.lead.lost", OPERATIONS[:3], OPERATIONS[:3], OPERATIONS[:3]),
            ("dealer.crm.lead.reopen", (), OPERATIONS[:3], OPERATIONS[:3]),
        ):
            for user, allowed in (
                (self.agent, agent),
                (self.manager, manager),
                (self.admin, admin),
                (self.clerk, ()),
                (self.portal, ()),
                (self.intake, ()),
            ):
                got = [o for o in OPERATIONS if self.env[model].with_user(user).has_access(o)]
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(got, list(allowed))

    def test_roles_imply_upwards(self):
        groups = [
            self.env.ref(f"dealer_crm.group_dealer_{name}") for name in ("user", "manager", "admin")
        ]
        for low, high in pairwise(groups):
            self.assertIn(low, high.all_implied_ids)
            self.assertNotIn(high, low.all_implied_ids)
        self.assertFalse(self.intake.has_group("dealer_crm.group_dealer_user"))
        self.assertTrue(self.env.ref("base.user_admin").has_group("dealer_crm.group_dealer_admin"))
