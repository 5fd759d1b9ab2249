"""Who may set which field: a table, and the attempts that hold it against what happens."""

from contextlib import contextmanager
from datetime import date, datetime
from itertools import product

from psycopg2 import Error

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import DealerCase

# The roles, by their letter in a table: clerk is an internal user without a group of ours, system
# the one who sets Odoo up, intake the BPO's service, visitor somebody without a login.
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
DOORS = ("write", "create", "default", "write by sudo", "create by sudo", "default by sudo")
MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date"}
# Of Odoo's chatter and activities: rows of other models, which have rights of their own.
CHATTER = {"message_ids", "message_follower_ids", "website_message_ids", "activity_ids"}
# Of website, which is not always there: its publishing has rights of its own.
WEBSITE = {"is_published"}


class Undone(Exception):
    """An attempt succeeded; what it did is taken back."""


class FieldTableCase(DealerCase):
    """A subclass has a ``TABLE``, dict by model of lines (who may write, who may give it on create,
    names of fields): each stored field of ``get_fields`` is in it once.

    ``records`` has one of each model, that an agent may open where agents may read.
    """

    #: the addon whose fields are asked for, and for all of the models that it made
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

    def get_fields(self, model):
        """Names of the stored fields that the table has to speak about."""
        return {
            name
            for name, field in self.env[model]._fields.items()
            if field.store and name not in MAGIC | CHATTER | WEBSITE and self.is_ours(model, field)
        }

    def is_ours(self, model, field):
        """A field that another addon of ours adds is in that one's table."""
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
        """The record that is written to; an agent may open it."""
        return self.records[model]

    def get_base(self, model):
        """Values that make a new record of ``model``."""
        return {}

    def get_special(self, model):
        """Dict of good values, where one made up by the type of the field would not do."""
        return {}

    def make_value(self, model, name, record):
        """A good value of the field that ``record`` does not have."""
        special = self.get_special(model)
        if name in special:
            return special[name]
        field, old = self.env[model]._fields[name], record[name]
        match field.type:
            case "boolean":
                return not old
            case "integer" | "float" | "monetary":
                return (old or 0) + 1
            case "date":
                return date(2031, 5, 6)
            case "datetime":
                return datetime(2031, 5, 6, 7, 8, 9)
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

    def attempt(self, door):
        """Whether ``door`` is open; what it does is taken back."""
        try:
            with self.undone():
                door()
        except Undone:
            return True
        except UserError:
            return False
        except Error as error:
            return f"{type(error).__name__}: {error}"
        return None

    def doors(self, model, name, user):
        """Dict of what is tried: by name, a call."""
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
            doors = self.doors(model, name, getattr(self, role))
            for door, may in expected.items():
                with self.subTest(model=model, field=name, role=role, door=door):
                    self.assertEqual(self.attempt(doors[door]), may)

    @classmethod
    def expected(cls):
        """Yield (model, field, role, dict by door of whether it is open) of all that is tried."""
        for model, lines in cls.TABLE.items():
            for writers, makers, names in lines:
                for name, (letter, role) in product(names.split(), ROLES.items()):
                    doors = {"write": letter in writers, "create": letter in makers}
                    if not makers:
                        doors["default"] = False
                        # What the program alone sets, nobody sets with its rights either.
                        if not writers:
                            doors |= {door: False for door in DOORS if door.endswith("by sudo")}
                    yield model, name, role, doors
