"""Who may what: roles × pages and buttons, roles × methods by RPC, tokens.

``--log-cli-level=25`` prints each attempt with its answer.
"""

import logging
from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import hash_sign, mute_logger

from ..models.dealer_crm_assignment import TOKEN_DAYS, TOKEN_SCOPE
from .common import LIST, SECRET, PortalCase

_logger = logging.getLogger(__name__)
ROLES = ("visitor", "seller", "colleague", "rival", "archived", "clerk", "agent", "manager")
#: who has the lead, and who is logged in at all
THEIRS, USERS = (
    ("seller", "colleague"),
    ("seller", "colleague", "rival", "clerk", "agent", "manager"),
)
#: address, method, values: roles that may; all others with a login get 404
LEAD_ROUTES = {
    ("", "GET"): {},
    ("/accept", "POST"): {},
    ("/decline", "POST"): {"seen": "waiting"},
    ("/advance", "POST"): {"seen": "0"},
    ("/lost", "POST"): {"lost_notes": "x"},
    ("/message", "POST"): {"message": "x"},
    ("/update", "POST"): {"expected_price": "5"},
    ("/activity", "POST"): {"summary": "x", "activity_date": "2030-01-02"},
}
#: method: arguments, roles that may with a waiting lead of the first reseller
RPC = {
    "action_accept_assignment": ([], (*THEIRS, "agent", "manager")),
    "action_decline_assignment": ([], (*THEIRS, "agent", "manager")),
    "action_confirm_deal": ([], ("manager",)),
    "read": ([["contact_name", "phone"]], ("agent", "manager")),
    "write": ([{"priority": "1"}], ("agent", "manager")),
    "unlink": ([], ("manager",)),
    "message_post": ([], ("agent", "manager")),
    "action_mark_won": ([], ()),
    "assign_partner": ([False], ("agent", "manager")),
    "_portal_accept": ([], ()),
    "_accept": ([], ()),
    "_get_portal_page": ([], ()),
    "_portal_update": ([{"expected_price": "5"}], ()),
    "_portal_post": ([{"message": "x"}], ()),
    "_portal_register": ([{"contact_name": "x", "phone": "1"}], ()),
    "_check_is_assignee": ([], ()),
}
MODELS = (
    "dealer.crm.lead",
    "dealer.crm.assignment",
    "dealer.crm.commission",
    "dealer.crm.commission.entry",
    "dealer.crm.stage",
    "dealer.crm.lost.reason",
    "dealer.crm.callback",
    "dealer.crm.partner.level",
    "mail.template",
)


@tagged("post_install", "-at_install")
class TestAttempts(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attempts = []
        cls.archived = cls.make_person("archived", cls.one)

    @classmethod
    def tearDownClass(cls):
        # The level Odoo gives its own test results: pytest --log-cli-level=25 shows it alone.
        _logger.runbot("Attempts at the resellers' portal: who | what | answer")
        for attempt in cls.attempts:
            _logger.runbot("%s", " | ".join(attempt))
        super().tearDownClass()

    def note(self, *attempt):
        self.attempts.append(tuple(map(str, attempt)))

    def become(self, role):
        self.archived.active = True
        self.log_in(None if role == "visitor" else getattr(self, role))
        self.archived.active = role != "archived"

    def request_as(self, role, url, method, values):
        """The answer's status; 'login' where it leads to the login."""
        self.become(role)
        if method == "POST":
            answer = self.send(url, follow=False, **values)
        else:
            with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
                answer = self.url_open(url, allow_redirects=False)
        self.env.invalidate_all()
        if "/web/login" in answer.headers.get("Location", ""):
            return "login", answer
        return answer.status_code, answer

    def test_leads_pages(self):
        for (path, method), values in LEAD_ROUTES.items():
            for role in ROLES:
                lead = self.give(contact_name="Ana Waiting")
                before = self.get_state(lead)
                status, answer = self.request_as(role, f"{LIST}/{lead.id}{path}", method, values)
                self.note(role, f"{method} {LIST}/<lead>{path}", status)
                with self.subTest(role=role, path=path):
                    if role not in USERS:
                        # A session that ended has no token for its form either.
                        self.assertIn(status, ("login", 400))
                    elif role not in THEIRS:
                        self.assertEqual(status, 404)
                    else:
                        self.assertEqual(status, 200 if method == "GET" else 303)
                    if role not in THEIRS:
                        self.assertNotIn("Ana Waiting", answer.text)
                        self.assertEqual(self.get_state(lead), before)
                    self.assertNotIn(SECRET, answer.text)

    def get_state(self, lead):
        return (
            lead.stage_id,
            lead.partner_assigned_id,
            lead.date_partner_accept,
            lead.expected_price,
            lead.activity_ids,
            lead.message_ids.filtered(lambda message: not message.is_internal),
        )

    def test_other_pages(self):
        self.give(contact_name="Ana Waiting")
        deal = {"contact_name": "Ana Own", "phone": "+33 4 00 00 00 77"}
        for role in ROLES:
            for url, method, values in (
                (LIST, "GET", {}),
                (f"{LIST}/page/1?search=ana", "GET", {}),
                (f"{LIST}/new", "GET", {}),
                (f"{LIST}/new", "POST", deal),
                ("/my/dealer/commissions", "GET", {}),
                ("/my/dealer/commissions/statement", "GET", {}),
                ("/my/dealer/commissions/statement?report_type=pdf", "GET", {}),
                ("/my", "GET", {}),
            ):
                status, answer = self.request_as(role, url, method, values)
                self.note(role, f"{method} {url}", status)
                with self.subTest(role=role, url=url, method=method):
                    if role not in USERS:
                        self.assertIn(status, ("login", 400))
                    elif method == "POST" and role in ("seller", "colleague", "rival"):
                        self.assertEqual(status, 303)
                    else:
                        self.assertEqual(status, 200)
                    if role not in THEIRS:
                        self.assertNotIn("Ana Waiting", answer.text)
                    deals = self.Lead.search([("contact_name", "=", "Ana Own")])
                    made = method == "POST" and role in ("seller", "colleague", "rival")
                    self.assertEqual(bool(deals), made)
                    deals.unlink()

    def call(self, model, method, *arguments):
        """The result of a method called over RPC with the session's rights; None when it is refused."""
        with mute_logger("odoo.http", "odoo.sql_db"):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={
                    "params": {"model": model, "method": method, "args": arguments, "kwargs": {}}
                },
            )
        self.env.invalidate_all()
        answer = answer.json()
        return (
            ("ok", answer["result"])
            if "result" in answer
            else (answer["error"]["data"]["name"], None)
        )

    def test_methods_by_rpc(self):
        for method, (arguments, may) in RPC.items():
            for role in ROLES:
                lead = self.give()
                before = self.get_state(lead)
                self.become(role)
                name, result = self.call("dealer.crm.lead", method, lead.ids, *arguments)
                self.note(role, f"dealer.crm.lead.{method}", name)
                with self.subTest(role=role, method=method):
                    self.assertEqual(name == "ok", role in may, name)
                    if role not in may:
                        self.assertEqual(self.get_state(lead.exists()), before)
                        self.assertNotIn(SECRET, str(result))
                lead.exists().unlink()

    def test_models_by_rpc(self):
        """People of resellers read and change no record, whichever method they ask."""
        lead = self.give(accept=True)
        for model in MODELS:
            ids = self.env[model].search([], limit=1).ids or [1]
            for role in ("visitor", "seller", "rival"):
                self.become(role)
                for method, arguments in {
                    "search_read": [[], ["id"]],
                    "search_count": [[]],
                    "web_search_read": [[], {"id": {}}],
                    "name_search": [""],
                    "formatted_read_group": [[], [], ["__count"]],
                    "read": [ids, ["display_name"]],
                    "write": [ids, {}],
                    "create": [{}],
                    "export_data": [ids, ["id"]],
                }.items():
                    name, result = self.call(model, method, *arguments)
                    self.note(role, f"{model}.{method}", name)
                    with self.subTest(role=role, model=model, method=method):
                        self.assertNotEqual(name, "ok", result)
        self.assertTrue(lead.date_partner_accept)

    def test_messages_of_a_lead(self):
        """Odoo's chatter tells nothing of a lead, not even to who has it."""
        lead = self.give(accept=True)
        message = lead.message_post(body=SECRET, subtype_xmlid="mail.mt_comment")
        for role in ("visitor", *THEIRS, "rival", "clerk"):
            self.become(role)
            for url, params in (
                ("/mail/thread/messages", {"thread_model": lead._name, "thread_id": lead.id}),
                ("/portal/chatter_init", {"thread_model": lead._name, "thread_id": lead.id}),
                ("/mail/chatter_fetch", {"thread_model": lead._name, "thread_id": lead.id}),
                (
                    "/mail/message/reaction",
                    {"message_id": message.id, "content": "x", "action": "add"},
                ),
            ):
                with mute_logger("odoo.http"):
                    answer = self.url_open(url, json={"params": params})
                self.note(role, url, answer.status_code)
                with self.subTest(role=role, url=url):
                    self.assertNotIn(SECRET, answer.text)

    def test_tokens(self):
        late = timedelta(days=TOKEN_DAYS + 1)
        for words in (
            "good",
            "used",
            "expired",
            "altered",
            "of another assignment's partner",
            "re-assigned",
            "closed",
            "garbage",
        ):
            for method in ("GET", "POST"):
                for role in ("visitor", "seller", "rival", "agent"):
                    lead = self.give(contact_name="Ana Waiting")
                    row = lead.assignment_ids
                    if words == "expired":
                        row._write_unchecked({"date": row.date - late})
                    token = row._get_answer_token()
                    match words:
                        case "used":
                            lead.action_accept_assignment()
                        case "altered":
                            token = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
                        case "of another assignment's partner":
                            token = hash_sign(self.env, TOKEN_SCOPE, [row.id, self.two.id])
                        case "re-assigned":
                            lead.assign_partner(self.two)
                        case "closed":
                            self.lose(lead)
                        case "garbage":
                            token = "x" * 50
                    before = self.get_state(lead)
                    values = {"answer": "accept"} if method == "POST" else {}
                    status, answer = self.request_as(
                        role, f"/dealer/answer/{token}", method, values
                    )
                    good = words == "good"
                    done = "done" if self.get_state(lead) != before else "nothing done"
                    self.note(role, f"{method} /dealer/answer/<{words} token>", f"{status}, {done}")
                    with self.subTest(words=words, method=method, role=role):
                        self.assertEqual(status, 200)
                        self.assertEqual(done == "done", good and method == "POST")
                        self.assertEqual("Ana Waiting" in answer.text, good)

    def test_no_other_routes(self):
        """What was tried above is all there is."""
        ir_http = self.env["ir.http"]
        rules = dict(
            ir_http._generate_routing_rules(
                self.env.registry._init_modules, ir_http._get_converters()
            )
        )
        routes = {url for url in rules if "/dealer/" in url}
        self.assertEqual(
            routes,
            {
                LIST,
                f"{LIST}/page/<string:page>",
                f"{LIST}/new",
                *(f"{LIST}/<int:lead_id>{path}" for path, _method in LEAD_ROUTES),
                "/my/dealer/commissions",
                "/my/dealer/commissions/page/<string:page>",
                "/my/dealer/commissions/statement",
                "/dealer/answer/<string:token>",
            },
        )
        for url in routes:
            self.assertIsNot(rules[url].routing.get("csrf"), False, url)
            self.assertIn(rules[url].routing["auth"], ("user", "public"), url)
