"""Leads that arrive in several processes at once are given out in turn: each agent has its share at every moment."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from .concurrency import LEAD, at_once, people, split
from .peers import Dealer

PROCESSES, AGENTS = 4, 12
FEW, MANY = 240, 10_000
#: most leads that one shell makes: each run has a time limit
MOST = 300
#: A team of agents whose capacities are given
TEAM = """
team = env["crm.team"].create({{"name": "Floor", "sequence": -1}})
group = env.ref("dealer_crm.group_dealer_user")
for number, capacity in enumerate({capacities}):
    user = env["res.users"].with_context(no_reset_password=True).create(
        {{"name": f"Agent {{number}}", "login": f"floor{{number}}",
          "group_ids": [(6, 0, [env.ref("base.group_user").id, group.id])]}})
    env["crm.team.member"].create(
        {{"crm_team_id": team.id, "user_id": user.id, "dealer_lead_capacity": capacity}})
env.company.dealer_lead_assignment = "team"
env["ir.cron"].search([]).active = False
env.cr.commit()
"""
#: Leads one by one and in small batches, each with a commit of its own
ARRIVE = """
from odoo.service.model import retrying
rest = {count}
while rest:
    size = min(rest, 1 if rest % 3 else 5)
    def arrive():
        env["dealer.crm.lead"].create(
            [{{"contact_name": "Race", "user_id": False}}] * size)._assign_arrivals()
    retrying(arrive, env)
    rest -= size
"""


@pytest.fixture(scope="module")
def dealers(peers_of, tmp_path_factory):
    """Function that makes a dealer whose team has these capacities."""
    made = []

    def make(capacities):
        dealer = peers_of(Dealer, tmp_path_factory.mktemp("dealer"))
        made.append(dealer)
        dealer.shell(TEAM.format(capacities=json.dumps(capacities)))
        return dealer

    yield make
    for dealer in made:
        dealer.close()


def share(capacities, count):
    """What each has of ``count`` leads, if leads could be divided: equal parts up to the capacity."""
    shares, rest = dict.fromkeys(capacities, 0.0), float(count)
    open_ = set(capacities)
    while rest > 1e-9 and open_:
        part = min(rest / len(open_), *(capacities[user] - shares[user] for user in open_))
        for user in open_:
            shares[user] += part
        rest -= part * len(open_)
        open_ = {user for user in open_ if capacities[user] - shares[user] > 1e-9}
    return shares


def check(dealer, count):
    """Compare turns and leads with the shares; return how many leads nobody could take."""
    capacities = {
        row["user_id"]: row["dealer_lead_capacity"]
        for row in dealer.db.query(
            "SELECT m.user_id, m.dealer_lead_capacity FROM crm_team_member m"
            " JOIN crm_team t ON t.id = m.crm_team_id AND t.sequence = -1"
        )
    }
    assert len(capacities) == AGENTS
    counts = dict.fromkeys(capacities, 0)
    turns = dealer.db.query("SELECT user_id, lead_id FROM dealer_crm_lead_turn ORDER BY id")
    for number, turn in enumerate(turns, 1):
        counts[turn["user_id"]] += 1
        for user, part in share(capacities, number).items():
            assert abs(counts[user] - part) <= 1, (number, user, counts, part)
            assert counts[user] <= capacities[user], (number, user, counts)
    leads = dealer.db.query("SELECT id, user_id FROM dealer_crm_lead")
    assert len(leads) == count
    assert {lead["id"]: lead["user_id"] for lead in leads if lead["user_id"]} == {
        turn["lead_id"]: turn["user_id"] for turn in turns
    }
    assert len(turns) == min(count, sum(capacities.values()))
    return count - len(turns)


def run(dealer, count):
    """Let ``count`` leads arrive in the processes."""
    each = count // PROCESSES
    while each:
        now = min(each, MOST)
        with ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(dealer.shell, [ARRIVE.format(count=now)] * PROCESSES))
        each -= now


def fill(dealers, count):
    """Agents of twelve different capacities, which are together a little less than the leads."""
    unit = count // 80
    dealer = dealers([unit * weight for weight in range(1, AGENTS + 1)])
    run(dealer, count)
    rest = check(dealer, count)
    assert rest == count - unit * sum(range(1, AGENTS + 1)) > 0


def test_fair(dealers):
    fill(dealers, FEW)


def test_two_take_at_once(peers_of, tmp_path):
    """One gets the lead, the other is told who has it."""
    dealer = peers_of(Dealer, tmp_path)
    try:
        dealer.add_process(wait=False)
        dealer.add_process()
        dealer.processes[0].wait_ready()
        agent, manager = people(dealer, "test_agent", "test_manager")
        lead = manager.create("dealer.crm.lead", contact_name="Free", user_id=False)
        answers, errors = split(
            at_once(
                dealer,
                LEAD,
                [lead],
                lambda: agent.call("dealer.crm.lead", "action_take", [lead]),
                lambda: manager.call("dealer.crm.lead", "action_take", [lead]),
            )
        )
        assert answers == [True]
        [error] = errors
        owner = dealer.db.value(
            "SELECT u.login FROM dealer_crm_lead l JOIN res_users u ON u.id = l.user_id WHERE l.id = %s",
            lead,
        )
        assert owner in ("test_agent", "test_manager")
        assert error.message.endswith(f"was taken by {owner.title()}.")
    finally:
        dealer.close()


@pytest.mark.faults
def test_ten_thousand_fair(dealers):
    fill(dealers, MANY)
