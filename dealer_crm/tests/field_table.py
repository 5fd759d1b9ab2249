"""Who may set which field: a table, and attempts that compare it with what happens."""

from contextlib import contextmanager
from datetime import date, datetime
from itertools import product

from psycopg2 import Error

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import DealerCase

# The roles and their letters in a table. Clerk: an internal user without our groups; system: an
# administrator of Odoo; intake: the BPO's service user; visitor: somebody without a login.
ROLES = {
    "a": "agent",
    "m": "manager",
    "d": "admin",
    "c": "clerk",
    "p": "portal",
    "s": "system",
    "i": "intake",
    "v": "visitor",
}
ENTRY_POINTS = ("write", "create", "default", "write by sudo", "create by sudo", "default by sudo")
MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date"}
# Odoo's chatter and activities: records of other models, with their own access rights.
CHATTER = {"message_ids", "message_follower_ids", "website_message_ids", "activity_ids"}
# Fields of website, which is not always installed: publishing has its own access rights.
WEBSITE = {"is_published"}


class Undone(Exception):
    """Raised when an attempt succeeds, to roll it back."""


class FieldTableCase(DealerCase):
    """A subclass has a ``TABLE``, dict by model of lines (who may write, who may give it on create,
    names of fields): each stored field of ``get_fields`` is in it once.

    ``records`` has one of each model, that an agent may open where agents may read.
    """

    #: the addon whose fields the table lists; of its own models, all fields
    MODULE = None
    TABLE = {}
    records = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visitor = cls.env.ref("base.public_user")
        cls.system = new_test_user(cls.env, "dealer-system", "base.group_system")
        cls.other_company = cls.env["res.company"].create({"name": "Second Dealer"})
        users = cls.agent | cls.manager | cls.admin | cls.other_agent
        users.company_ids = [Command.link(cls.other_company.id)]

    def setUp(self):
        super().setUp()
        #: what ``get_special`` has returned, by model: it makes records
        self.special = {}

    def get_fields(self, model):
        """Names of the stored fields that the table must list."""
        return {
            name
            for name, field in self.env[model]._fields.items()
            if field.store and name not in MAGIC | CHATTER | WEBSITE and self.is_ours(model, field)
        }

    def is_ours(self, model, field):
        """Whether another of our addons adds the field, so that its table lists it."""
        original = self.env[model]._original_module
        ours = {module for module in field._modules if module.startswith("dealer_crm")}
        return original == self.MODULE if not ours or original in ours else self.MODULE in ours

    def get_models(self):
        """Names of the models that have such fields."""
        return {
            name
            for name, model in self.env.registry.items()
            if not (model._abstract or model._transient) and model._auto and self.get_fields(name)
        }

    def get_record(self, model):
        """The record to write to; an agent may open it."""
        return self.records[model]

    def get_base(self, model):
        """Values for a new record of ``model``."""
        return {}

    def get_special(self, model):
        """Dict of valid values for fields where a generic value of the type is not valid."""
        return {}

    def make_value(self, model, name, record):
        """A valid value of the field, other than that of ``record``."""
        if model not in self.special:
            self.special[model] = self.get_special(model)
        if name in self.special[model]:
            return self.special[model][name]
        field, old = self.env[model]._fields[name], record[name]
        match field.type:
            case "boolean":
                return not old
            case "integer" | "float" | "monetary":
                return (old or 0) + 1
            case "date":
                return date(2031, 5, 6)
            case "datetime":
                return datetime(2021, 5, 6, 7, 8, 9)
            case "selection":
                return next(key for key in field.get_values(self.env) if key != old)
            case "json":
                return {"made": "up"}
            case "many2one":
                comodel = self.env[field.comodel_name].with_context(active_test=False)
                return comodel.search([("id", "!=", old.id)], limit=1).id or old.id
            case "many2many":
                return [Command.set(self.env[field.comodel_name].search([], limit=1).ids)]
            case "one2many":
                return [Command.create({})]
        return "made up"

    @contextmanager
    def undone(self):
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                yield
                self.env.flush_all()
                raise Undone
        finally:
            self.env.invalidate_all()

    def attempt(self, entry_point):
        """Whether the call ``entry_point`` succeeds; it is rolled back."""
        try:
            with self.undone():
                entry_point()
        except Undone:
            return True
        except UserError:
            return False
        except Error as error:
            return f"{type(error).__name__}: {error}"
        return None

    def entry_points(self, model, name, user):
        """Dict of name to call: every way to set the field."""
        record, base = self.get_record(model), self.get_base(model)
        value = self.make_value(model, name, record)
        mine, models = record.with_user(user), self.env[model].with_user(user)
        default = {f"default_{name}": value}
        rest = {key: value for key, value in base.items() if key != name}
        return {
            "write": lambda: mine.write({name: value}),
            "create": lambda: models.create({**base, name: value}),
            "default": lambda: models.with_context(**default).create(rest),
            "write by sudo": lambda: mine.sudo().write({name: value}),
            "create by sudo": lambda: models.sudo().create({**base, name: value}),
            "default by sudo": lambda: models.sudo().with_context(**default).create(rest),
        }

    def assertFieldTable(self):
        self.assertEqual(sorted(self.TABLE), sorted(self.get_models()), "Each model has its lines.")
        listed = {
            model: [name for _writers, _makers, names in lines for name in names.split()]
            for model, lines in self.TABLE.items()
        }
        for model, names in listed.items():
            with self.subTest(model=model):
                self.assertCountEqual(
                    names,
                    self.get_fields(model),
                    f"Decide who may set each stored field of {model}, and put it into the table.",
                )
        for model, name, role, expected in self.expected():
            entry_points = self.entry_points(model, name, getattr(self, role))
            for entry_point, may in expected.items():
                with self.subTest(model=model, field=name, role=role, entry_point=entry_point):
                    self.assertEqual(self.attempt(entry_points[entry_point]), may)

    @classmethod
    def expected(cls):
        """Yield (model, field, role, dict of entry point to whether it is allowed)."""
        for model, lines in cls.TABLE.items():
            for writers, makers, names in lines:
                for name, (letter, role) in product(names.split(), ROLES.items()):
                    entry_points = {"write": letter in writers, "create": letter in makers}
                    if not makers:
                        entry_points["default"] = False
                        # sudo does not lift the guard of fields that only the program sets.
                        if not writers:
                            entry_points |= {
                                each: False for each in ENTRY_POINTS if each.endswith("by sudo")
                            }
                    yield model, name, role, entry_points
