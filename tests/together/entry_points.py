"""The entry points over HTTP: each calls a method as a user and returns the answer."""

import json
import xmlrpc.client
from contextlib import suppress
from unittest.mock import patch

from passlib.context import CryptContext

from odoo.tools import mute_logger

from odoo.addons.base.models import res_users

from .attempts import QUIET, REFUSALS, AttemptsCase, Undone

#: XML-RPC's errors about results that it cannot encode; the call itself was allowed
NOT_ENCODABLE = ("cannot marshal", "dictionary key must be string")
#: Names of Odoo's errors by XML-RPC code
FAULTS = {2: "UserError", 3: "AccessDenied", 4: "AccessError"}


class HttpEntryPoints(AttemptsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Each call checks a key, which is slow on purpose.
        quick = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=1)
        cls.startClassPatcher(patch.object(res_users, "KEY_CRYPT_CONTEXT", quick))
        # Each call is rolled back, so its cache changes must not be signalled to other processes.
        cls.startClassPatcher(patch.object(cls.registry, "signal_changes", lambda: None))

    def enter(self, role):
        """Log in as ``role``: a session for the web client's entry point, an API key for the others."""
        self.user, self.key = self.users[role], "guess"
        login = None if role == "visitor" else self.user.login
        self.authenticate(login, login)
        if login:
            keys = self.env["res.users.apikeys"].with_user(self.user).sudo()
            self.key = keys._generate("rpc", "attempts", None)
        self.env.flush_all()

    def call_over_http(self, entry_point, model, method, arguments):
        """Call through ``entry_point`` and roll back; return an answer as ``attempt`` does."""
        answer = None
        with suppress(Undone), mute_logger(*QUIET), self.env.cr.savepoint():
            record = self.record(model, method)
            self.prepare(record, method)
            is_model = getattr(getattr(type(record), method), "_api_model", False)
            given = {name: getattr(value, "ids", value) for name, value in arguments.items()}
            first = [] if is_model else [record.ids]
            if method == "create":  # must be positional
                first = [given.pop("vals_list")]
            answer = self.name_answer(
                method, *getattr(self, entry_point)(model, method, first, given)
            )
            raise Undone
        self.forget()
        return answer

    def name_answer(self, method, error, words, result):
        if not error:
            return "refused" if self.is_refusal(method, result) else "allowed"
        name = error.rpartition(".")[2]
        return "refused" if name in REFUSALS else f"{name}: {words}"

    def call_kw(self, model, method, first, arguments):
        params = {"model": model, "method": method, "args": first, "kwargs": arguments}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", params)

    def jsonrpc(self, *call):
        args = [self.cr.dbname, self.user.id, self.key, *call]
        return self.post("/jsonrpc", {"service": "object", "method": "execute_kw", "args": args})

    def post(self, address, params):
        body = self.url_open(address, json=self.build_rpc_payload(params)).json()
        if error := body.get("error"):
            return error["data"]["name"], error["data"]["message"], None
        return None, "", body.get("result")

    def xmlrpc(self, *call):
        body = xmlrpc.client.dumps(
            (self.cr.dbname, self.user.id, self.key, *call), "execute_kw", allow_none=True
        )
        answer = self.url_open("/xmlrpc/2/object", data=body, headers={"Content-Type": "text/xml"})
        try:
            return None, "", xmlrpc.client.loads(answer.content)[0][0]
        except xmlrpc.client.Fault as fault:
            words = fault.faultString.strip().rpartition("\n")[2]
            if any(each in words for each in NOT_ENCODABLE):
                return None, "", True
            if fault.faultCode in FAULTS:
                return FAULTS[fault.faultCode], words, None
            name, _colon, words = words.partition(": ")
            return name, words, None

    def json_2(self, model, method, first, arguments):
        name = "vals_list" if method == "create" else "ids"
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(arguments | ({name: first[0]} if first else {})),
            headers={"Authorization": f"bearer {self.key}", "Content-Type": "application/json"},
        )
        body = answer.json()
        if answer.ok:
            return None, "", body
        return body["name"], body["message"], None
