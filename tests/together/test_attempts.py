"""Attempts to get round the rule: each role at each door of each model of ours (docs/security.md)."""

import logging
import xmlrpc.client
from collections import Counter

from odoo.exceptions import AccessDenied, AccessError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_crm.tests.common import ADMIN, AGENT, MANAGER
from odoo.addons.dealer_crm_resellers.tests.common import PARIS, ResellerMixin

from .expected import INDIRECT, INHERITED, METHODS, RIGHTS, ROLES, TAKES_MAIL
from .ours import ADDONS, extended_models, own_models

_logger = logging.getLogger(__name__)
OPERATIONS = {"c": "create", "r": "read", "w": "write", "d": "unlink"}
MAIL = """Message-Id: <attempt-{number}@example.com>
From: {sender}
To: somebody@example.com
Subject: Made of an e-mail

Text
"""
QUIET = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.mail.models.mail_thread",
    "odoo.addons.rpc.controllers.jsonrpc",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.base.models.res_users",
    "odoo.models.unlink",
    "odoo.addons.web.controllers.dataset",
)


class Undone(Exception):
    pass


@tagged("post_install", "-at_install")
class TestAttempts(ResellerMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tally = Counter()
        public = cls.env.ref("base.public_user")
        cls.users = {
            "visitor": public,
            "portal": cls.portal,
            "internal": cls.clerk,
            "intake": cls.intake,
            **{
                role: new_test_user(cls.env, f"attempts-{role}", groups)
                for role, groups in (("agent", AGENT), ("manager", MANAGER), ("admin", ADMIN))
            },
        }
        # So that an export is refused for the model's sake, not for the want of this group.
        cls.env.ref("base.group_allow_export").user_ids |= cls.env["res.users"].union(
            *cls.users.values()
        )
        cls.agent = cls.users["agent"]
        cls.records = cls.make_records()
        cls.env.flush_all()

    @classmethod
    def make_records(cls):
        """One record of each model of ours with a table; an agent sees those that agents may see."""
        env = cls.env
        connection = env["dealer.crm.bpo.connection"].search(
            [("company_id", "=", cls.company.id)], limit=1
        ) or env["dealer.crm.bpo.connection"].create(
            {"name": "B", "url": "https://bpo.example.com", "database": "b", "login": "l"}
        )
        plan = env["dealer.crm.commission.plan"].create(
            {"name": "Attempts", "rule_ids": [Command.create({"percentage": 10})]}
        )
        cls.gold.commission_plan_id = plan
        reseller = cls.make_reseller(place=PARIS)
        lead = cls.make_lead(cls.negotiation, user_id=cls.agent.id)
        cls.endorse(lead)
        lead.assign_partner(reseller)
        cls.make_delivered(lead)
        lead.action_mark_won()
        callback = lead.callback_ids[:1]
        attempt = env["dealer.crm.callback.attempt"]
        attempt = attempt.create(
            {
                "callback_id": callback.id,
                "started_at": "2026-01-01",
                "code": "x",
                **cls.pick(attempt, "verdict"),
            }
        )
        dealer = env["bpo.dealer"].create(
            {
                "name": "D",
                "url": "https://dealer.example.com",
                "database": "d",
                "login": "l",
                "api_key": "k",
                "user_id": new_test_user(env, "attempts-dealer", "base.group_portal").id,
            }
        )
        connection.api_key = "k"
        inbox = env["bpo.dealer.callback"]
        inbox = inbox.create(
            {
                "dealer_id": dealer.id,
                "dealer_instance": "i",
                "event_id": "e",
                "sequence": 1,
                "outcome": "won",
                **cls.pick(inbox, *cls.missing(inbox, "dealer_id", "dealer_instance", "event_id")),
            }
        )
        made = [
            connection,
            plan,
            plan.rule_ids,
            lead,
            callback,
            attempt,
            dealer,
            inbox,
            lead.commission_ids[:1],
            lead.commission_ids.line_ids[:1],
            cls.gold,
            cls.operational,
            cls.new,
            cls.reason,
            env["dealer.crm.assignment"].search([("lead_id", "=", lead.id)], limit=1),
        ]
        records = {each._name: each for each in made if each}
        for name in own_models(env):
            model = env[name]
            if model._abstract or name in records:
                continue
            if model.is_transient():
                records[name] = model.create(cls.wizard(name, lead))
            else:
                records[name] = model.search([], limit=1)
        return records

    @classmethod
    def pick(cls, model, *names):
        """A value for each of these required fields."""
        made = {"char": "x", "integer": 1, "datetime": "2026-01-01", "text": "x", "boolean": True}
        return {
            name: model._fields[name].get_values(cls.env)[0]
            if model._fields[name].type == "selection"
            else made[model._fields[name].type]
            for name in names
            if name in model._fields
        }

    @classmethod
    def missing(cls, model, *given):
        return [
            name
            for name, field in model._fields.items()
            if field.required
            and field.store
            and not field.default
            and name not in given
            and not field.related
            and not field.compute
            and field.type != "many2one"
        ]

    @classmethod
    def wizard(cls, name, lead):
        """Values of a wizard about ``lead``."""
        known = {
            "lead_ids": lead.ids,
            "lead_id": lead.id,
            "lost_reason": cls.reason.id,
            "callback_ids": lead.callback_ids.ids,
        }
        fields = cls.env[name]._fields
        values = {key: value for key, value in known.items() if key in fields}
        for key, field in fields.items():
            if field.required and field.store and key not in values and key != "id":
                if field.type == "many2one":
                    values[key] = cls.env[field.comodel_name].search([], limit=1).id
                else:
                    values |= cls.pick(cls.env[name], key)
        return values

    def attempt(self, door, role, call):
        """Try, and take back what was done: 'allowed', 'refused', or what else ended it, which proves nothing."""
        self.tally[door, role, "tried"] += 1
        try:
            with mute_logger(*QUIET), self.env.cr.savepoint():
                call()
                self.env.flush_all()
                raise Undone
        except (AccessError, AccessDenied):
            answer = "refused"
        except Undone:
            answer = "allowed"
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        finally:
            self.env.invalidate_all()
            self.env.registry.clear_cache()
        self.tally[door, role, answer] += 1
        return answer

    def public_methods(self, name):
        """Dict by name of whether our code defines it, of what may be called over RPC."""
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

    def call(self, role, model, method, arguments):
        """A function that calls as ``role`` on the record of ``model``."""
        ids = (self.records.get(model) or self.env[model].search([], limit=1)).ids
        records = self.env[model].with_user(self.users[role]).browse(ids)
        if getattr(getattr(type(records), method), "_api_model", False):
            records = records.browse()

        def call():
            result = getattr(records, method)(**arguments)
            if method == "load" and not result["ids"]:
                raise AccessError(str(result["messages"]))
            if method == "name_create" and not result:
                raise AccessError("a model without names")

        return call

    def is_allowed(self, role, model, right):
        index = ROLES.index(role) - ROLES.index("agent")
        letters = RIGHTS[model][index] if index >= 0 else ""
        return any(OPERATIONS[letter] == right for letter in letters)

    def test_every_model_and_method_is_here(self):
        models = [name for name in own_models(self.env) if not self.env[name]._abstract]
        self.assertEqual(sorted(models), sorted(RIGHTS))
        known = INHERITED.keys() | INDIRECT
        unknown = [
            (name, method)
            for name in models + extended_models(self.env)
            for method, ours in self.public_methods(name).items()
            if method not in METHODS.get(name, {})
            and method not in known
            and (ours or name in RIGHTS)
        ]
        self.assertEqual(unknown, [])

    def test_rights(self):
        """What each role may do with each model is what the table says."""
        for model in RIGHTS:
            for role, user in self.users.items():
                for right in OPERATIONS.values():
                    with self.subTest(model=model, role=role, right=right):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(right),
                            self.is_allowed(role, model, right),
                            (model, role, right),
                        )

    def test_inherited_methods(self):
        """Whoever has not the right of a model is refused at each method of Odoo's."""
        let_in = []
        for model in RIGHTS:
            self.assertTrue(
                self.records[model] or model in ("dealer.crm.partnership.report",), model
            )
            for method, (right, arguments) in INHERITED.items():
                if not hasattr(self.env[model], method) or not self.records[model]:
                    continue
                if method == "action_archive" and "active" not in self.env[model]._fields:
                    continue
                for role in ROLES:
                    if self.is_allowed(role, model, right):
                        continue
                    answer = self.attempt(method, role, self.call(role, model, method, arguments))
                    if answer != "refused":
                        let_in.append((model, method, role, answer))
        self.assertEqual(let_in, [], "\n".join(map(str, let_in)))

    def test_our_methods(self):
        """Our own methods let in whom the table names, and refuse the others."""
        wrong = []
        for model, methods in METHODS.items():
            for method, (arguments, roles) in methods.items():
                given = {
                    name: self.env["res.partner"] if name == "partner" else value
                    for name, value in arguments.items()
                }
                for role in ROLES:
                    if role in roles:
                        continue
                    call = self.call(role, model, method, given)
                    answer = self.attempt("our methods", role, call)
                    if answer != "refused":
                        wrong.append((model, method, role, answer))
        self.assertEqual(wrong, [], "\n".join(map(str, wrong)))

    def test_mail_gateway(self):
        """No e-mail makes a record of ours, whoever hands it in and whatever it is given."""
        made = []
        for number, model in enumerate(sorted(RIGHTS)):
            for role in ROLES[1:]:
                user = self.users[role]
                mail = MAIL.format(number=number, sender=user.email or "a@example.com")
                thread = self.env["mail.thread"].with_user(user)
                before = self.env[model].sudo().with_context(active_test=False).search_count([])

                def process(model=model, mail=mail, thread=thread, before=before):
                    try:
                        thread.message_process(model, mail, {"name": "x"})
                    except ValueError as error:
                        if not str(error).startswith("Mailbox unavailable"):
                            raise
                        raise AccessError(str(error)) from error
                    after = self.env[model].sudo().with_context(active_test=False)
                    if after.search_count([]) == before:
                        raise AccessError("nothing was made")

                answer = self.attempt("mail gateway", role, process)
                if answer != "refused" and model not in TAKES_MAIL:
                    made.append((model, role, answer))
        self.assertEqual(made, [], "\n".join(map(str, made)))

    def test_protocols(self):
        """Each model through each protocol: who may not read or write is refused there, too."""
        let_in = []
        for role in ROLES:
            user = self.users[role]
            key = None
            if role != "visitor":
                keys = self.env["res.users.apikeys"].with_user(user).sudo()
                key = keys._generate("rpc", "attempts", None)
            self.env.flush_all()
            for model in RIGHTS:
                for method in ("search_read", "create", "write", "unlink"):
                    right, arguments = INHERITED[method]
                    if self.is_allowed(role, model, right) or not self.records[model]:
                        continue
                    ids = [self.records[model].ids] if method in ("write", "unlink") else []
                    for protocol in ("jsonrpc", "xmlrpc/2", "json/2"):
                        ask = getattr(self, "ask_" + protocol.replace("/", "_"))
                        with mute_logger(*QUIET):
                            refused = ask(user, key, model, method, ids, arguments)
                        self.tally[protocol, role, "tried"] += 1
                        self.tally[protocol, role, "refused" if refused else "allowed"] += 1
                        if not refused:
                            let_in.append((protocol, role, model, method))
        self.assertEqual(let_in, [], "\n".join(map(str, let_in)))

    def ask_jsonrpc(self, user, key, model, method, ids, arguments):
        params = {
            "service": "object",
            "method": "execute_kw",
            "args": [self.cr.dbname, user.id, key or "guess", model, method, ids, arguments],
        }
        answer = self.url_open("/jsonrpc", json=self.build_rpc_payload(params)).json()
        name = answer.get("error", {}).get("data", {}).get("name", "")
        return name.rpartition(".")[2] in ("AccessError", "AccessDenied")

    def ask_xmlrpc_2(self, user, key, model, method, ids, arguments):
        body = xmlrpc.client.dumps(
            (self.cr.dbname, user.id, key or "guess", model, method, ids, arguments), "execute_kw"
        )
        answer = self.url_open("/xmlrpc/2/object", data=body, headers={"Content-Type": "text/xml"})
        try:
            xmlrpc.client.loads(answer.content)
        except xmlrpc.client.Fault as fault:
            return fault.faultCode in (3, 4)  # access denied, access error
        return False

    def ask_json_2(self, _user, key, model, method, ids, arguments):
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            json={**({"ids": ids[0]} if ids else {}), **arguments},
            headers={"Authorization": f"bearer {key or 'guess'}"},
        )
        return answer.status_code in (401, 403)

    @classmethod
    def tearDownClass(cls):
        _logger.runbot("door | %s", " | ".join(ROLES))
        for door in sorted({door for door, _role, _answer in cls.tally}):
            cells = [
                f"{cls.tally[door, role, 'refused']} of {cls.tally[door, role, 'tried']}"
                for role in ROLES
            ]
            _logger.runbot("%s | %s", door, " | ".join(cells))
        super().tearDownClass()
