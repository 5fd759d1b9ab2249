"""Two requests at once: a lock stops both in the middle of their transactions, then they go on together."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .harness import wait_until
from .peers import Dealer
from .web import Browser, RpcError

# Locks that stop the closing of an endorsed lead after the gate, and a change of an order at its end.
OUTBOX = "LOCK TABLE dealer_crm_callback IN SHARE MODE"
CHATTER = "LOCK TABLE mail_message IN SHARE MODE"
NAMES = (
    "SELECT id FROM dealer_crm_stage WHERE id = (SELECT MIN(id) FROM dealer_crm_stage) FOR UPDATE"
)
LEAD = "SELECT id FROM dealer_crm_lead WHERE id = %s FOR UPDATE"


@contextmanager
def served_twice(peers_of, folder, addon=None, script=None):
    """A dealer that two processes serve, with this addon installed and this script run in a shell."""
    dealer = peers_of(Dealer, folder)
    try:
        if addon:
            dealer.install(addon)
        if script:
            dealer.shell(script)
        dealer.add_process(wait=False)
        dealer.add_process()
        dealer.processes[0].wait_ready()
        yield dealer
    finally:
        dealer.close()


def people(dealer, *logins):
    """A browser for each login, alternately on the first and the second process."""
    return [
        Browser(dealer.processes[number % 2].url, dealer.db.name, login, login)
        for number, login in enumerate(logins)
    ]


@contextmanager
def held(dealer, lock, *params):
    """Hold the locks of the statement `lock`."""
    connection = dealer.db.cluster.connect(dealer.db.name)
    connection.autocommit = False
    try:
        connection.cursor().execute(lock, params)
        yield
    finally:
        connection.rollback()
        connection.close()


def ref(dealer, name):
    """The id of ``dealer_crm.<name>``, from the database because agents may not read it."""
    return dealer.db.value(
        "SELECT res_id FROM ir_model_data WHERE module = 'dealer_crm' AND name = %s", name
    )


def waiting(dealer):
    return dealer.db.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
        dealer.db.name,
    )


def at_once(dealer, lock, params, *calls):
    """Run the calls concurrently; return the answer or ``RpcError`` of each."""

    def run(call):
        try:
            return call()
        except RpcError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        with held(dealer, lock, *params):
            futures = [pool.submit(run, call) for call in calls]
            wait_until(lambda: waiting(dealer) >= len(calls), "all wait for the lock")
        return [future.result(60) for future in futures]


def split(answers):
    """(answers, errors)"""
    errors = [answer for answer in answers if isinstance(answer, RpcError)]
    return [answer for answer in answers if answer not in errors], errors


def one_after_another(dealer, lock, first, second):
    """Run ``first`` until the lock stops it, then ``second`` until it waits, too; then continue both."""

    def run(call):
        try:
            return call()
        except RpcError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        with held(dealer, lock):
            futures = [pool.submit(run, first)]
            wait_until(lambda: waiting(dealer) >= 1, "the first waits for the lock")
            futures.append(pool.submit(run, second))
            wait_until(lambda: waiting(dealer) >= 2, "the second waits for the first")
        return [future.result(60) for future in futures]


def make_order(dealer, agent, confirm=True, **lead_values):
    """An endorsed lead of the agent with a service order: their ids."""
    product = agent.find("product.product", ("default_code", "=", "TEST-SERVICE"))
    lead = agent.create("dealer.crm.lead", contact_name="Sale", product_id=product, **lead_values)
    agent.button("dealer.crm.lead", "action_convert_to_quotation", lead)
    order = dealer.db.value("SELECT id FROM sale_order WHERE dealer_crm_lead_id = %s", lead)
    if confirm:
        agent.button("sale.order", "action_confirm", order)
    dealer.db.query(
        "UPDATE dealer_crm_lead SET bpo_source_lead_id = %s WHERE id = %s", 700_000 + lead, lead
    )
    return lead, order


def reports(dealer, lead):
    """Activities about changes of a closed lead's order."""
    return dealer.db.value(
        "SELECT count(*) FROM mail_activity WHERE res_model = 'dealer.crm.lead' AND res_id = %s",
        lead,
    )
