"""The key cannot be read back, also when writing or using it fails."""

import threading

import pytest

from ..harness import wait_until
from ..peers import Dealer
from ..web import Browser, RpcError
from .conftest import connect
from .inbox import KEY, SECRET
from .scenario import Scenario, no_secret_in_dump, no_secret_in_logs, no_secret_in_rows

MODEL = "dealer.crm.bpo.connection"
KEYS = "dealer.crm.bpo.key"


def test_key_cannot_be_read(scenario):
    """An admin with all rights cannot read, search, group, export or copy the key."""
    admin = scenario.dealer.browser()
    connection = scenario.dealer.connection()["id"]
    answers = [
        admin.call(MODEL, "read", [connection], []),
        admin.call(MODEL, "web_read", [connection], {"api_key": {}, "api_key_state": {}}),
        admin.call(MODEL, "export_data", [connection], ["name", "api_key"]),
        admin.call(MODEL, "write", [connection], {"api_key": KEY}),
        admin.call(MODEL, "web_save", [connection], {"api_key": KEY}, {"api_key": {}}),
        admin.call(MODEL, "copy_data", [connection]),
    ]
    assert SECRET not in str(answers)
    for forbidden in (
        lambda: admin.call(KEYS, "search_read", [], ["secret"]),
        lambda: admin.call(KEYS, "search", []),
        lambda: admin.call(KEYS, "read", [1], ["secret"]),
        lambda: admin.call(KEYS, "search", [("secret", "like", "k")]),
        lambda: admin.call(KEYS, "export_data", [1], ["secret"]),
        lambda: admin.call(KEYS, "web_read_group", [], ["secret"], ["__count"]),
    ):
        with pytest.raises(RpcError) as refusal:
            forbidden()
        assert SECRET not in refusal.value.message + refusal.value.debug


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"in_flight": 99}, id="key_saved_beside_a_wrong_number"),
        pytest.param({"name": False}, id="key_saved_beside_a_missing_name"),
        pytest.param({"url": "ftp://bpo"}, id="key_saved_beside_a_wrong_address"),
        pytest.param({"company_id": 999_999}, id="key_saved_beside_a_missing_company"),
    ],
)
def test_key_in_a_save_that_fails(scenario, wrong):
    """A refused save shows the key in no log and no error."""
    admin = scenario.dealer.browser()
    connection = scenario.dealer.connection()["id"]
    new = {"name": "Second", "url": "https://x.invalid", "database": "x", "login": "x"}
    for save in (
        lambda: admin.call(MODEL, "web_save", [connection], {"api_key": KEY, **wrong}, {}),
        lambda: admin.create(MODEL, **{**new, "api_key": KEY, **wrong}),
    ):
        with pytest.raises(RpcError) as refusal:
            save()
        assert SECRET not in refusal.value.message + refusal.value.debug
    no_secret_in_logs(scenario.dealer)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"in_flight": 99}, id="a_wrong_number"),
        pytest.param({"name": False}, id="a_missing_name"),
    ],
)
def test_saved_key_is_not_in_an_error(scenario, wrong):
    """PostgreSQL's error about a refused row does not show the key saved before."""
    connection = scenario.dealer.connection()["id"]
    with pytest.raises(RpcError) as refusal:
        scenario.dealer.browser().call(MODEL, "write", [connection], wrong)
    assert SECRET not in refusal.value.message + refusal.value.debug
    no_secret_in_logs(scenario.dealer)


def test_key_saved_while_the_row_changes(scenario):
    """Two transactions change the connection at once; the log of the conflict does not show the key."""
    dealer = scenario.dealer
    browser = Browser(dealer.url, dealer.db.name, "admin", "admin")
    blocker = dealer.db.cluster.connect(dealer.db.name)
    blocker.autocommit = False
    cursor = blocker.cursor()
    cursor.execute("UPDATE dealer_crm_bpo_connection SET unreadable_count = 0")
    saved = []
    connection = dealer.connection()["id"]
    thread = threading.Thread(
        target=lambda: saved.append(browser.call(MODEL, "write", [connection], {"api_key": KEY}))
    )
    thread.start()
    wait_until(
        lambda: dealer.db.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ),
        "the save waits",
    )
    blocker.commit()
    blocker.close()
    thread.join(30)
    assert saved == [True]
    no_secret_in_logs(dealer)


@pytest.mark.faults
def test_key_from_the_environment(peers_of, tmp_path, inbox, lines, pg_dump):
    """DEALER_CRM_BPO_API_KEY takes precedence for listed addresses, and is stored nowhere."""
    dealer = peers_of(Dealer, tmp_path, max_cron_threads=2)
    try:
        dealer.add_process(env={"DEALER_CRM_BPO_API_KEY": KEY, "DEALER_CRM_BPO_HOSTS": inbox.url})
        dealer.connect_to(inbox.url, inbox.database, inbox.login, "an old key")
        assert dealer.connection()["state"] == "ready"
        scenario = Scenario("key from the environment", dealer, inbox, lines)
        scenario.leads_of([1, 2])
        scenario.lose(1, 2)
        scenario.finish()
        no_secret_in_rows(dealer)
        no_secret_in_dump(dealer, pg_dump)
        assert dealer.db.value("SELECT secret FROM dealer_crm_bpo_key") == "an old key"
    finally:
        dealer.close()


def test_allowed_hosts(make_dealer, inbox, lines, tmp_path):
    """Only hosts listed in odoo.conf are called, whatever the form says."""
    dealer = make_dealer(dealer_crm_bpo_hosts="https://bpo.example.com")
    with pytest.raises(RpcError, match="not listed in dealer_crm_bpo_hosts"):
        connect(dealer, inbox)
    connection = dealer.connect_to("https://bpo.example.com", "bpo", "dealer", KEY)
    dealer.db.query("UPDATE dealer_crm_bpo_connection SET url = %s", inbox.url)
    scenario = Scenario("address not among the allowed ones", dealer, inbox, lines)
    scenario.leads_of([1])
    scenario.lose(1)
    wait_until(lambda: dealer.connection()["state"] == "held", "the connection is held")
    assert connection and not inbox.requests and not inbox.connections
    dealer.processes.pop().stop()
    dealer.add_process(options={"dealer_crm_bpo_hosts": inbox.url})
    scenario.finish()
