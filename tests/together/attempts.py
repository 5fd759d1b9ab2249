"""The attempts, the expected answers, and calls in Python."""

from odoo.exceptions import AccessDenied, AccessError
from odoo.service.model import get_public_method
from odoo.tools import mute_logger

from .expected import METHODS, RIGHTS, ROLES
from .inherited import EXCEPTIONS, INHERITED
from .ours import ADDONS, extended_models, own_models
from .stage import Stage

OPERATIONS = {"c": "create", "r": "read", "w": "write", "d": "unlink"}
REFUSALS = ("AccessError", "AccessDenied", "SessionExpiredException", "Unauthorized")
QUIET = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.res_users",
    "odoo.addons.mail.models.mail_thread",
    "odoo.addons.rpc.controllers.jsonrpc",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.web.controllers.dataset",
    "odoo.models.unlink",
)
#: Preparation of the record before a method is called, so that the method has something to do
BEFORE = {
    "action_mark_won": lambda case, record: case.make_delivered(record),
    "action_unarchive": lambda case, record: (
        "active" in record._fields and record.write({"active": False})
    ),
    "action_create_bills": lambda case, record: record.action_approve(),
    "action_open_quotation": lambda case, record: case.make_order(
        record, confirm=False, user_id=case.agent.id
    ),
    "action_reopen": lambda case, record: case.lose(record),
}


class Undone(Exception):
    """Raised to roll back an attempt that succeeded."""


class AttemptsCase(Stage):
    def public_methods(self, name):
        """Dict of the methods that may be called over RPC: whether our code defines them."""
        model, found = self.env[name], {}
        for method in dir(type(model)):
            if method.startswith("_"):
                continue
            try:
                get_public_method(model, method)
            except (AccessError, AttributeError):
                continue
            found[method] = any(
                getattr(base, "_module", None) in ADDONS and method in base.__dict__
                for base in type(model).__mro__
            )
        return found

    def undeclared(self):
        """Our models, and (model, method) of public methods, that are not declared."""
        models = [name for name in own_models(self.env) if not self.env[name]._abstract]
        return sorted(set(models) ^ RIGHTS.keys()) + [
            (name, method)
            for name in models + extended_models(self.env)
            for method, ours in self.public_methods(name).items()
            if method not in METHODS.get(name, {})
            and method not in INHERITED
            and (ours or name in RIGHTS)
        ]

    def methods(self):
        """Each (model, method, set of the allowed roles, arguments, their expected answer)."""
        for model in dict.fromkeys([*RIGHTS, *METHODS]):
            ours = METHODS.get(model, {})
            for method in self.public_methods(model) if model in RIGHTS else ours:
                entry = ours.get(method) or EXCEPTIONS.get((model, method)) or INHERITED[method]
                if callable(entry):
                    entry = entry(self, model)
                right, arguments, answer = (*entry, "allowed")[:3]
                if callable(arguments):
                    arguments = arguments(self, model)
                yield model, method, self.roles(model, right), arguments, answer

    def roles(self, model, right):
        if not isinstance(right, str):
            return right
        return {
            role
            for role, letters in zip(ROLES[-3:], RIGHTS[model], strict=True)
            if any(OPERATIONS[letter] == right for letter in letters)
        }

    def record(self, model, method):
        # The spare lead has no salesperson.
        if method in ("unlink", "action_take") and model in self.spare:
            return self.spare[model]
        return self.records.get(model, self.env[model])

    # Trying

    def attempt(self, call):
        """Call and roll back; return 'allowed', 'refused', or the name and message of the error."""
        try:
            with mute_logger(*QUIET), self.env.cr.savepoint():
                call()
                self.env.flush_all()
                raise Undone
        except Undone:
            return "allowed"
        except (AccessError, AccessDenied):
            return "refused"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            self.forget()

    def forget(self):
        self.env.invalidate_all()
        self.env.registry.reset_changes()

    def call(self, role, model, method, arguments):
        """Return a function that calls the method as ``role``."""
        record = self.record(model, method)
        context = arguments.get("context", {})
        given = {key: value for key, value in arguments.items() if key != "context"}
        records = record.with_user(self.users[role]).with_context(**context)
        function = getattr(type(records), method)
        if getattr(function, "_api_model", False):
            records = records.browse()

        def call():
            self.prepare(record, method)
            if self.is_refusal(method, getattr(records, method)(**given)):
                raise AccessError("refused by the result")

        return call

    def prepare(self, record, method):
        if method in BEFORE:
            BEFORE[method](self, record)
            self.env.flush_all()
            self.env.invalidate_all()

    def is_refusal(self, method, result):
        """Whether the result is a refusal: an import returns its errors instead of raising them."""
        return method == "load" and not result["ids"]
