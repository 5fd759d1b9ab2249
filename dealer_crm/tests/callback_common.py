"""Shared by the tests of the callback: endorsed leads, and a client with scripted answers."""

from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.dealer_crm.bpo.answer import Answer, Verdict

APPLIED = Answer(Verdict.ACCEPTED, "applied")
DOWN = Answer(Verdict.TRANSIENT, "refused", "connection refused")
DENIED = Answer(Verdict.CONNECTION, "access_denied")
INVALID = Answer(Verdict.MESSAGE, "validation", "No such lead")
GARBLED = Answer(Verdict.UNREADABLE, "not_json")
KEY = "s3cret-key-of-the-bpo"


class FakeClient:
    """A client that returns the answers set by the test, and records the payloads."""

    def __init__(self, answers=None):
        self.sent, self.batches, self.answers, self.tests = [], [], answers or [], 0

    def send(self, payload):
        self.sent.append(payload)
        if callable(self.answers):
            return self.answers(payload)
        return self.answers.pop(0) if self.answers else APPLIED

    def send_batch(self, payloads):
        self.batches.append(len(payloads))
        return [self.send(payload) for payload in payloads]

    def test(self):
        self.tests += 1
        return self.answers.pop(0) if isinstance(self.answers, list) and self.answers else APPLIED

    def capabilities(self):
        return {"reopened": True}

    def call(self, method, args):
        return self.reconcile(args["leads"]), APPLIED

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_exc_info):
        self.close()


@tagged("post_install", "-at_install")
class CallbackCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dealer.crm.bpo.connection"].search([]).active = False
        cls.admin = new_test_user(
            cls.env, "cb_admin", "dealer_crm.group_dealer_admin,base.group_allow_export"
        )
        cls.manager = new_test_user(cls.env, "cb_manager", "dealer_crm.group_dealer_manager")
        cls.agent = new_test_user(cls.env, "cb_agent", "dealer_crm.group_dealer_user")
        cls.connection = cls.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "url": "https://bpo.example.com/",
                "database": "bpo",
                "login": "dealer",
                "api_key": KEY,
                "user_id": cls.admin.id,
                "in_flight": 1,
                "was_asked": True,
            }
        )
        cls.reason = cls.env.ref("dealer_crm.lost_reason_price")
        cls.lost = cls.env["dealer.crm.stage"]._get_closing_stage("lost")
        cls.callbacks = cls.env["dealer.crm.callback"]

    def get_key(self, connection):
        return self.env["dealer.crm.bpo.key"]._get_secrets(connection).get(connection.id)

    def make_leads(self, count, **vals):
        first = self.env["dealer.crm.lead"].search_count([]) + 90_000
        return self.env["dealer.crm.lead"].create(
            [
                {
                    "contact_name": f"C{i}",
                    "user_id": self.agent.id,
                    "bpo_source_lead_id": first + i,
                    **vals,
                }
                for i in range(count)
            ]
        )

    def lose(self, leads, user=None):
        leads.with_user(user or self.agent).write(
            {"stage_id": self.lost.id, "lost_reason": self.reason.id, "lost_notes": "Too far"}
        )
        return leads.callback_ids

    def deliver(self, client):
        self.env.flush_all()
        with (
            patch.object(type(self.connection), "_open_client", lambda self: client),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.callbacks.with_env(self.env(cr=cr))._cron_deliver()
        self.env.invalidate_all()
        return client

    def make_due(self, rows):
        self.env.cr.execute(
            "UPDATE dealer_crm_callback SET next_attempt_at = now() at time zone 'UTC'"
            " - interval '1 s' WHERE id = ANY(%s)",
            [rows.ids],
        )
        self.env.invalidate_all()
