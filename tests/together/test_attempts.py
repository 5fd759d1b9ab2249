"""Attempts to bypass the rules: each role at each entry point of each of our models (docs/security.md)."""

import pytest

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from . import table
from .attempts import OPERATIONS
from .entry_points import HttpEntryPoints
from .expected import EMPLOYEES, RIGHTS, ROLES, TAKES_MAIL
from .inherited import BY_CODE, BY_WEB

HTTP = {"call_kw": "call_kw", "jsonrpc": "jsonrpc", "xmlrpc/2": "xmlrpc", "json/2": "json_2"}
DOMAINS = (
    "x",
    ["x"],
    [("no_such_field", "=", 1)],
    [("display_name.no_such_field", "=", 1)],
    [("id", "no such operator", 1)],
    [("id", "=", "x")],
    [("id", "in", {})],
)
#: Odoo's errors about them
WRONG = ("ValueError", "TypeError", "UserError", "InvalidTextRepresentation")
#: A value that no field has by default
STRANGE = {
    "boolean": True,
    "date": "2031-01-01",
    "datetime": "2031-01-01",
    "float": 7,
    "integer": 7,
    "json": {"x": 1},
    "many2many": [Command.create({})],
    "many2one": 1,
    "monetary": 7,
    "one2many": [Command.create({})],
}


class Attempts(HttpEntryPoints):
    """Each ``try_…`` yields (entry point, model, role, attempt, answer, expected answer)."""

    def try_python(self):
        for model, method, roles, arguments, hears in self.methods():
            for role in ROLES:
                answer = self.attempt(self.call(role, model, method, arguments))
                if method in BY_WEB and answer.startswith("RuntimeError"):
                    answer = "allowed"
                yield "Python", model, role, method, answer, hears if role in roles else "refused"

    def try_http(self, every=False):
        """Call each method of each model as each role, through one entry point or through every one.

        The entry points alternate, so that each method is called through each of them.
        """
        for turn, role in enumerate(ROLES):
            self.enter(role)
            for number, (model, method, roles, arguments, hears) in enumerate(self.methods()):
                outside = role == "visitor" or method in BY_CODE
                expected = hears if role in roles and not outside else "refused"
                for entry_point in HTTP if every else [list(HTTP)[(turn + number) % len(HTTP)]]:
                    answer = self.call_over_http(HTTP[entry_point], model, method, arguments)
                    if method in BY_CODE and answer != "allowed":
                        answer = "refused"
                    if method in BY_WEB and answer.startswith("RuntimeError"):
                        answer = "allowed"
                    yield entry_point, model, role, method, answer, expected

    def try_mail(self):
        """No e-mail creates a record of ours except a lead, whoever submits it and with any values."""
        for model in RIGHTS:
            for role in ROLES:
                answer = self.attempt(lambda role=role, model=model: self.hand_in(role, model))
                allowed = model in TAKES_MAIL and role in EMPLOYEES
                yield "mail gateway", model, role, "", answer, "allowed" if allowed else "refused"

    def hand_in(self, role, model):
        thread = self.env["mail.thread"].with_user(self.users[role])
        records = self.env[model].sudo().with_context(active_test=False)
        before = records.search_count([])
        try:
            thread.message_process(model, self.mail(model), {"name": "x"})
        except ValueError as error:
            if str(error).startswith("Mailbox unavailable"):
                raise AccessError(str(error)) from error
            raise
        if records.search_count([]) == before:
            raise AccessError("nothing was made")

    def try_defaults(self):
        """``default_*`` does not set the fields that only the program sets."""
        for model in RIGHTS:
            records = self.env[model]
            guarded = getattr(records, "_get_program_fields", set)()
            guarded -= getattr(records, "_fixed_fields", set())
            for name in sorted(guarded) or ["display_name"]:
                field = records._fields[name]
                value = STRANGE.get(field.type, "x")
                if field.type == "selection":
                    value = field.get_values(self.env)[-1]
                arguments = {
                    "vals_list": [self.values[model]],
                    "context": {f"default_{name}": value},
                }
                roles = () if guarded else self.roles(model, "create")
                for role in ROLES:
                    answer = self.attempt(self.call(role, model, "create", arguments))
                    expected = "allowed" if role in roles else "refused"
                    yield "`default_*`", model, role, name, answer, expected

    def try_domains(self):
        """A wrong domain gives users without read access an access error, others an error about the domain."""
        for model in RIGHTS:
            readers = self.roles(model, "read")
            for domain in DOMAINS:
                for role in ROLES:
                    call = self.call(role, model, "search", {"domain": domain})
                    answer = self.attempt(call).partition(":")[0]
                    if answer in WRONG:
                        answer = "allowed"
                    expected = "allowed" if role in readers else "refused"
                    yield "wrong domain", model, role, str(domain), answer, expected


@tagged("post_install", "-at_install")
class TestAttempts(Attempts):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tried = {}

    def outcomes(self, kind):
        if kind not in self.tried:
            self.tried[kind] = list(getattr(self, f"try_{kind}")())
        return self.tried[kind]

    def assertAsExpected(self, outcomes):
        wrong = [each for each in outcomes if each[-2].partition(":")[0] != each[-1]]
        self.assertFalse(wrong, "\n" + "\n".join(" | ".join(each) for each in wrong))

    def test_every_model_and_method_is_here(self):
        self.assertEqual(self.undeclared(), [])

    def test_rights(self):
        """Each role has the rights on each model that the declaration says."""
        for model in RIGHTS:
            for right in OPERATIONS.values():
                for role, user in self.users.items():
                    with self.subTest(model=model, role=role, right=right):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(right),
                            role in self.roles(model, right),
                        )

    def test_python(self):
        self.assertAsExpected(self.outcomes("python"))

    def test_http(self):
        self.assertAsExpected(self.outcomes("http"))

    def test_mail_gateway(self):
        self.assertAsExpected(self.outcomes("mail"))

    def test_defaults(self):
        self.assertAsExpected(self.outcomes("defaults"))

    def test_wrong_domains(self):
        self.assertAsExpected(self.outcomes("domains"))

    def test_table(self):
        """The table in docs/security.md is current."""
        kinds = ("python", "http", "mail", "defaults", "domains")
        made = table.make([each for kind in kinds for each in self.outcomes(kind)])
        self.assertEqual(table.read(), made, f"Paste this into {table.DOCUMENT}:\n{made}")

    @pytest.mark.peers
    def test_every_entry_point(self):
        self.assertAsExpected(self.try_http(every=True))
