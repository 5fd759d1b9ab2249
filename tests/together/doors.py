"""The doors over HTTP: each asks as somebody, and says what the answer was."""

import json
import xmlrpc.client
from contextlib import suppress
from unittest.mock import patch

from passlib.context import CryptContext

from odoo.tools import mute_logger

from odoo.addons.base.models import res_users

from .attempts import QUIET, REFUSALS, AttemptsCase, Undone

#: what XML-RPC calls an answer that it has no word for: the call was let in
UNSPEAKABLE = ("cannot marshal", "dictionary key must be string")
#: XML-RPC's codes of Odoo's errors
FAULTS = {2: "UserError", 3: "AccessDenied", 4: "AccessError"}


class HttpDoors(AttemptsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A key is checked at each call, which takes long on purpose.
        quick = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=1)
        cls.startClassPatcher(patch.object(res_users, "KEY_CRYPT_CONTEXT", quick))
        # What a call made out of date in the caches is known until the call is taken back.
        cls.startClassPatcher(patch.object(cls.registry, "signal_changes", lambda: None))

    def enter(self, role):
        """Log in as ``role``: a session for the web client's door, a key for the others."""
        self.user, self.key = self.users[role], "guess"
        login = None if role == "visitor" else self.user.login
        self.authenticate(login, login)
        if login:
            keys = self.env["res.users.apikeys"].with_user(self.user).sudo()
            self.key = keys._generate("rpc", "attempts", None)
        self.env.flush_all()

    def ask(self, door, model, method, arguments):
        """Call through ``door``, and take back what was done: an answer as of ``attempt``."""
        answer = None
        with suppress(Undone), mute_logger(*QUIET), self.env.cr.savepoint():
            record = self.record(model, method)
            self.prepare(record, method)
            is_model = getattr(getattr(type(record), method), "_api_model", False)
            given = {name: getattr(value, "ids", value) for name, value in arguments.items()}
            first = [] if is_model else [record.ids]
            if method == "create":  # the one that must be given by its place
                first = [given.pop("vals_list")]
            answer = self.name_answer(method, *getattr(self, door)(model, method, first, given))
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
            if any(each in words for each in UNSPEAKABLE):
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
