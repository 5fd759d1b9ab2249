import json
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

from ..wire import transport

KEY = "s3cret-of-the-dealer"


def make_payload(lead_id, outcome="won", sequence=1, **values):
    """A valid payload, as a dealer sends it."""
    payload = {
        "schema_version": 1,
        "event_id": str(uuid.uuid4()),
        "sequence": sequence,
        "bpo_source_lead_id": lead_id,
        "outcome": outcome,
        "occurred_at": "2026-03-01T10:00:00+00:00",
        "dealer_lead_id": 7,
        "dealer_lead_name": "DLEAD/2026/00007",
        "dealer_instance": "6a1f0c3e-0000-4000-8000-000000000001",
        "dealer_company": "City Motors",
        "actor": "Jane Agent",
    }
    if outcome == "won":
        payload["date_won"] = "2026-03-01T10:00:00"
        payload["sale_order"] = {"name": "S00012", "amount_total": 18500.0, "currency": "EUR"}
    if outcome == "lost":
        payload |= {"date_lost": "2026-03-01T10:00:00", "lost_reason": "Bought elsewhere"}
    return payload | values


class FakeDealer:
    """A fake dealer's Odoo on HTTP; ``answer`` is the result of the next call."""

    def __init__(self):
        self.calls = []
        self.answer = {"id": 7, "name": "DLEAD/2026/00007", "created": True}
        self.uid = 5
        self.raw = None  # (status, headers, body) instead of an answer
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers, content = fake.respond(body["params"])
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(content)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def respond(self, params):
        if self.raw:
            return self.raw
        if params["service"] == "common":
            reply = {"result": self.uid}
        else:
            self.calls.append(params["args"])
            answer = self.answer(params["args"]) if callable(self.answer) else self.answer
            reply = answer if "error" in (answer or ()) else {"result": answer}
        return 200, {}, json.dumps({"jsonrpc": "2.0", "id": 1, **reply}).encode()

    @property
    def payloads(self):
        """The payloads of the calls of ``receive_endorsed_lead``."""
        return [args[5][0] for args in self.calls]

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        # Odoo's test harness compares the time-out with a number.
        with patch.object(transport, "TIMEOUT", 10):
            try:
                yield self
            finally:
                self.server.shutdown()
                self.server.server_close()
                thread.join()


def odoo_error(name, message):
    """The error of a JSON-RPC answer, in Odoo's format."""
    return {
        "error": {
            "code": 0,
            "message": "Odoo Server Error",
            "data": {"name": name, "message": message, "debug": "Traceback"},
        }
    }


class BpoCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dealer_user = new_test_user(cls.env, "city-motors", groups="base.group_user")
        cls.other_user = new_test_user(cls.env, "hill-cars", groups="base.group_user")
        cls.salesman = new_test_user(
            cls.env, "bpo-salesman", groups="sales_team.group_sale_salesman"
        )
        cls.manager = new_test_user(
            cls.env,
            "bpo-manager",
            groups="sales_team.group_sale_manager,base.group_allow_export",
        )
        cls.dealer = cls._create_dealer("City Motors", cls.dealer_user)
        cls.other_dealer = cls._create_dealer("Hill Cars", cls.other_user)
        cls.stage_new = cls.env["crm.stage"].create({"name": "Calling", "sequence": 1})
        cls.stage_endorsed = cls.env.ref("bpo_crm.stage_endorsed")
        cls.stage_won = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        cls.receiver = cls.env["crm.lead"].with_user(cls.dealer_user)

    def get_key(self, dealer):
        return self.env["bpo.dealer.key"]._get_secrets(dealer).get(dealer.id)

    @classmethod
    def _create_dealer(cls, name, user, **values):
        return cls.env["bpo.dealer"].create(
            {
                "name": name,
                "url": "https://dealer.example",
                "database": "dealer",
                "login": "bpo-service",
                "api_key": KEY,
                "user_id": user.id,
            }
            | values
        )

    @classmethod
    def _create_leads(cls, count, **values):
        return cls.env["crm.lead"].create(
            [
                {
                    "name": f"Hatchback {number}",
                    "type": "opportunity",
                    "contact_name": f"Customer {number}",
                    "user_id": cls.salesman.id,
                    "stage_id": cls.stage_new.id,
                    "dealer_id": cls.dealer.id,
                }
                | values
                for number in range(count)
            ]
        )

    @classmethod
    def _create_endorsed(cls, count=1, **values):
        return cls._create_leads(
            count,
            **{
                "stage_id": cls.stage_endorsed.id,
                "dealer_endorsed_at": "2026-02-01 09:00:00",
                "dealer_outcome": "endorsed",
                "dealer_lead_id": 7,
                "dealer_lead_name": "DLEAD/2026/00007",
            }
            | values,
        )

    def _inbox(self, payload):
        return self.env["bpo.dealer.callback"].search([("event_id", "=", payload["event_id"])])

    def _notes(self, lead):
        self.env.cr.flush()  # tracking posts its messages then
        return "\n".join(lead.message_ids.mapped("body"))
