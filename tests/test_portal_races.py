"""A reseller's answer at the same moment as another one, or as its expiry; a deal registered twice: real processes
on one database.

Each round is one lead: the two go off together, a little earlier or later by turns. Whoever wins, the lead, the
log of its assignments, what the pages said, and the e-mails must tell the same.
"""

import json
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import requests

from .concurrency import served_twice
from .web import Browser

ROUNDS, MANY_ROUNDS = 6, 200
#: seconds by which the second starts later than the first, by turns
GAPS = (0.0, 0.01, -0.01, 0.03, -0.03, 0.06, -0.06, 0.1, -0.1)
PEOPLE = """
france = env.ref("base.fr").id
gold = env.ref("dealer_crm_resellers.level_gold").id
env.company.write({"dealer_accept_hours": 1, "dealer_notify_partners": True})
one, two = env["res.partner"].create([
    {"name": name, "is_company": True, "dealer_level_id": gold, "country_id": france,
     "email": f"{name}@example.com".lower()} for name in ("Raceone", "Racetwo")])
for login in ("seller", "colleague"):
    user = env["res.users"].with_context(no_reset_password=True).create(
        {"name": login, "login": login, "password": login, "email": f"{login}@example.com",
         "group_ids": [(6, 0, env.ref("base.group_portal").ids)]})
    user.partner_id.parent_id = one
env["ir.cron"].search([]).active = False
env.cr.commit()
"""
#: leads of the first reseller that it was told of, with the tokens of their e-mails
LEADS = """
import json
one = env["res.partner"].search([("name", "=", "Raceone")])
agent = env["res.users"].search([("login", "=", "test_agent")])
agent.email = "agent@example.com"
leads = env["dealer.crm.lead"].create([
    {{"contact_name": f"Race {{number}}", "user_id": agent.id, "country_id": env.ref("base.fr").id}}
    for number in range({count})])
leads.assign_partner(one)
rows = leads.assignment_ids
rows._write_unchecked({{"to_notify": False}})
tokens = {{row.lead_id.id: row._get_answer_token() for row in rows}}
env.cr.commit()
print("LEADS", json.dumps(tokens))
"""


class Reseller:
    """A person of a reseller with a browser without JavaScript; without a login for links of e-mails."""

    def __init__(self, url, database, login=None):
        self.http = requests.Session()
        self.http.trust_env = False
        self.url = url
        if login:
            self.http.cookies.update(Browser(url, database, login, login).cookies)
        self.csrf = self.find_csrf("/my" if login else "/web/login")

    def find_csrf(self, path):
        answer = self.http.get(self.url + path, timeout=60)
        answer.raise_for_status()
        return re.search(r'csrf_token: "([^"]+)"', answer.text)[1]

    def send(self, path, **values):
        """(status, text) of the page that a form leads to."""
        answer = self.http.post(
            self.url + path, data={"csrf_token": self.csrf, **values}, timeout=120
        )
        return answer.status_code, answer.text


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    with served_twice(
        peers_of, tmp_path_factory.mktemp("dealer"), "dealer_crm_resellers_portal", PEOPLE
    ) as dealer:
        yield dealer


def make_leads(dealer, count):
    """Dict of tokens by lead id."""
    output = dealer.shell(LEADS.format(count=count))
    line = next(line for line in output.splitlines() if line.startswith("LEADS "))
    return {int(lead): token for lead, token in json.loads(line[6:]).items()}


def go_off(first, second, gap):
    """Run both calls together, the second later by ``gap`` seconds: their answers."""
    barrier = threading.Barrier(2, timeout=60)

    def run(call, wait):
        barrier.wait()
        time.sleep(wait)
        return call()

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(run, first, max(0, -gap)), pool.submit(run, second, max(0, gap))]
        return [call.result(120) for call in calls]


def look(dealer, lead):
    """What the database tells of a lead: (winner, what is wrong with it)."""
    row = dealer.db.query(
        "SELECT l.date_partner_accept, p.name FROM dealer_crm_lead l"
        " LEFT JOIN res_partner p ON p.id = l.partner_assigned_id WHERE l.id = %s",
        lead,
    )[0]
    log = dealer.db.query(
        "SELECT a.state, p.name, a.to_tell_end FROM dealer_crm_assignment a"
        " JOIN res_partner p ON p.id = a.partner_id WHERE a.lead_id = %s ORDER BY a.id",
        lead,
    )
    mails = dealer.db.query(
        "SELECT CASE WHEN m.body_html LIKE '%% accepted %%' THEN 'accepted' ELSE 'declined' END AS what"
        " FROM mail_mail m JOIN mail_message s ON s.id = m.mail_message_id"
        " JOIN dealer_crm_assignment a ON a.id = s.res_id AND s.model = 'dealer.crm.assignment'"
        " WHERE a.lead_id = %s AND s.subject LIKE '%%: Raceone'",
        lead,
    )
    first = log[0]["state"]
    facts = {
        "partner": row["name"],
        "accepted": row["date_partner_accept"] is not None,
        "log": [(each["state"], each["name"]) for each in log],
        "told_end": bool(log[0]["to_tell_end"]),
        "mails": [each["what"] for each in mails],
    }
    after = [(first, "Raceone"), ("assigned", "Racetwo")]
    expected = {
        "accepted": {
            "partner": "Raceone",
            "accepted": True,
            "log": [("accepted", "Raceone")],
            "told_end": False,
            "mails": ["accepted"],
        },
        "declined": {
            "partner": "Racetwo",
            "accepted": False,
            "log": after,
            "told_end": False,
            "mails": ["declined"],
        },
        "expired": {
            "partner": "Racetwo",
            "accepted": False,
            "log": after,
            "told_end": True,
            "mails": [],
        },
    }
    assert facts == expected[first], (lead, facts)
    return first


def race(dealer, rounds, make_calls, said):
    """Run the rounds; return how often each won.

    :param make_calls: function of (lead id, token) → two calls
    :param said: function of (winner, answers) → whether the pages told what happened
    """
    winners = Counter()
    for number, (lead, token) in enumerate(make_leads(dealer, rounds).items()):
        answers = go_off(*make_calls(lead, token), GAPS[number % len(GAPS)])
        winner = look(dealer, lead)
        assert said(winner, answers), (lead, winner, answers)
        winners[winner] += 1
    return winners


def accept_against_decline(dealer, rounds):
    """One of the company accepts on its page, another one declines by the e-mail."""
    seller = Reseller(dealer.processes[0].url, dealer.db.name, "seller")
    nobody = Reseller(dealer.processes[1].url, dealer.db.name)

    def make_calls(lead, token):
        return (
            lambda: seller.send(f"/my/dealer/leads/{lead}/accept"),
            lambda: nobody.send(f"/dealer/answer/{token}", answer="decline", reason="No"),
        )

    def said(winner, answers):
        (accept, page), (decline, text) = answers
        if winner == "accepted":
            # Of who comes second some find the link used, some find it accepted under the lock.
            second = "nothing to answer" in text or "accepted meanwhile" in text
            return accept == decline == 200 and "You accepted" in page and second
        return decline == 200 and "You declined" in text and accept == 404

    return race(dealer, rounds, make_calls, said)


def accept_against_expiry(dealer, rounds):
    """The hour is over when the reseller accepts."""
    seller = Reseller(dealer.processes[0].url, dealer.db.name, "seller")
    admin = Browser(dealer.processes[1].url, dealer.db.name, "admin", "admin")
    cron = dealer.db.value(
        "SELECT res_id FROM ir_model_data WHERE module = 'dealer_crm_resellers'"
        " AND name = 'ir_cron_assign_partners'"
    )

    def make_calls(lead, _token):
        dealer.db.query(
            "UPDATE dealer_crm_assignment SET date = date - interval '2 hours' WHERE lead_id = %s",
            lead,
        )
        return (
            lambda: seller.send(f"/my/dealer/leads/{lead}/accept"),
            lambda: admin.call("ir.cron", "method_direct_trigger", [cron]),
        )

    def said(winner, answers):
        (accept, page), _run = answers
        if winner == "accepted":
            return accept == 200 and "You accepted" in page
        return winner == "expired" and accept == 404

    return race(dealer, rounds, make_calls, said)


def register_twice(dealer, rounds):
    """Two of the company register the same customer."""
    people = [
        Reseller(process.url, dealer.db.name, login)
        for process, login in zip(dealer.processes, ("seller", "colleague"), strict=True)
    ]
    for number in range(rounds):
        deal = {"contact_name": f"Deal {number}", "phone": f"+33 4 11 00 {number:04}"}
        answers = go_off(
            *(partial(each.send, "/my/dealer/leads/new", **deal) for each in people),
            GAPS[number % len(GAPS)],
        )
        texts = [text for _status, text in answers]
        assert sum("is registered" in text for text in texts) == 1, (number, answers)
        assert sum("already knows" in text for text in texts) == 1, (number, answers)
        query = "SELECT count(*) FROM dealer_crm_lead WHERE contact_name = %s"
        assert dealer.db.value(query, deal["contact_name"]) == 1


def test_register_twice(dealer):
    register_twice(dealer, ROUNDS)


def test_accept_against_decline(dealer):
    winners = accept_against_decline(dealer, ROUNDS)
    assert winners.total() == ROUNDS


def test_accept_against_expiry(dealer):
    winners = accept_against_expiry(dealer, ROUNDS)
    assert winners.total() == ROUNDS


@pytest.mark.faults
def test_many_answers_at_once(dealer, record_property):
    """Long enough that each of the two wins some rounds."""
    for scenario in (accept_against_decline, accept_against_expiry):
        winners = scenario(dealer, MANY_ROUNDS)
        record_property(scenario.__name__, dict(winners))
        assert winners.total() == MANY_ROUNDS
        assert len(winners) == 2, winners
