"""The connection to the BPO fails, is refused, or leads to another server."""

import socket

import pytest

from ..fake_bpo import Reply
from ..harness import free_port, wait_until
from .conftest import connect
from .inbox import KEY, FakeInbox


@pytest.fixture
def tls(scenario, certificates):
    """``(inbox, context)``: a BPO with https, which the dealer trusts and is connected to."""
    context = certificates.server()
    with FakeInbox(tls=context) as inbox:
        connect(scenario.dealer, inbox)
        assert scenario.dealer.connection()["state"] == "ready", scenario.dealer.connection()[
            "state_reason"
        ]
        scenario.inbox = inbox
        yield inbox, context


def wait_held(scenario):
    wait_until(lambda: scenario.dealer.connection()["state"] == "held", "the connection is held")
    wait_until(lambda: not scenario.rows("sending"), "the leases are released")
    assert {row["state"] for row in scenario.rows()} == {"pending"}
    assert not any(row["attempt_count"] for row in scenario.rows())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"days": -2}, id="tls_certificate_expired"),
        pytest.param({"host": "bpo.example.com"}, id="tls_certificate_of_another_host"),
        pytest.param({"trusted": False}, id="tls_certificate_self-signed"),
    ],
)
def test_tls(scenario, tls, certificates, wrong):
    """Nothing is sent over an untrusted connection; a renewed certificate resumes delivery."""
    inbox, context = tls
    certificates.equip(context, **wrong)
    inbox.drop_connections()
    inbox.requests.clear()
    scenario.leads_of([1, 2, 3])
    scenario.lose(1, 2, 3)
    wait_held(scenario)
    assert scenario.dealer.connection()["hold_code"] == "tls"
    assert not inbox.requests
    certificates.equip(context)
    assert scenario.finish().duplicates == 0


def test_tls_plain_http_on_the_https_port(scenario, tls):
    inbox, context = tls
    inbox._tls = None
    inbox.drop_connections()
    inbox.requests.clear()
    scenario.leads_of([1, 2])
    scenario.lose(1, 2)
    wait_held(scenario)
    assert scenario.dealer.connection()["hold_code"] == "tls"
    assert not inbox.requests
    inbox._tls = context
    assert scenario.finish().duplicates == 0


@pytest.mark.parametrize(
    "protocol", ["jsonrpc", "json2"], ids=["redirect_jsonrpc", "redirect_json2"]
)
def test_redirect_is_not_followed(scenario, inbox, protocol):
    """The second server gets no outcome, no key and no connection."""
    connect(scenario.dealer, inbox, protocol=protocol)
    with FakeInbox() as second:
        inbox.fault = Reply(status=307, headers={"Location": f"{second.url}/jsonrpc"})
        scenario.leads_of([1, 2])
        scenario.lose(1, 2)
        wait_held(scenario)
        inbox.fault = None
        scenario.finish()
        assert not second.requests and not second.connections


def test_refused(scenario, inbox, lines):
    """The BPO's server is down, then up again on its port."""
    port = inbox.server_address[1]
    inbox.__exit__()
    scenario.leads_of([1, 2])
    scenario.lose(1, 2)
    scenario.reopen(1)
    wait_until(
        lambda: scenario.dealer.db.value("SELECT count(*) FROM dealer_crm_callback_attempt") >= 2,
        "attempts",
    )
    assert {row["state"] for row in scenario.rows()} <= {"pending", "sending"}
    assert scenario.dealer.connection()["state"] == "ready"
    with FakeInbox(port=port) as again:
        scenario.inbox = again
        assert scenario.finish().duplicates == 0


def test_connect_timeout(scenario, inbox):
    """The BPO's host does not answer connections: each attempt ends after five seconds."""
    port = inbox.server_address[1]
    inbox.__exit__()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(("127.0.0.1", port))
        deaf.listen(0)
        # The backlog is full: new connections get no answer.
        crowd = [socket.socket() for _number in range(3)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        scenario.leads_of([1])
        scenario.lose(1)
        attempt = wait_until(
            lambda: scenario.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"),
            "an attempt",
        )[0]
        assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
        assert 4 < attempt["duration"] < 12
        for one in crowd:
            one.close()
    with FakeInbox(port=port) as again:
        scenario.inbox = again
        assert scenario.finish().duplicates == 0


def test_no_such_host(scenario, inbox):
    """The name of the BPO's host cannot be resolved for a while."""
    place = "UPDATE dealer_crm_bpo_connection SET url = %s"
    scenario.dealer.db.query(place, "https://no-such-host.invalid")
    scenario.leads_of([1])
    scenario.lose(1)
    attempt = wait_until(
        lambda: scenario.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"), "an attempt"
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "dns")
    scenario.dealer.db.query(place, inbox.url)
    scenario.finish()


@pytest.mark.parametrize(
    "protocol", ["jsonrpc", "json2"], ids=["key_revoked_jsonrpc", "key_revoked_json2"]
)
def test_key_revoked_and_restored(scenario, inbox, protocol):
    """The BPO revokes the key for a while: the connection is held, no attempt is counted."""
    connect(scenario.dealer, inbox, protocol=protocol)
    inbox.key = "another key"
    scenario.leads_of([1, 2])
    scenario.lose(1, 2)
    wait_held(scenario)
    assert not inbox.events()
    inbox.key = KEY
    assert scenario.finish().duplicates == 0


def test_forbidden_address(scenario, inbox):
    """A forbidden address (http to another host), entered with SQL because the form refuses it."""
    place = "UPDATE dealer_crm_bpo_connection SET url = %s"
    scenario.dealer.db.query(place, f"http://192.0.2.1:{free_port()}")
    scenario.leads_of([1])
    scenario.lose(1)
    wait_held(scenario)
    assert scenario.dealer.connection()["hold_code"] == "not_encrypted"
    scenario.dealer.db.query(place, inbox.url)
    scenario.finish()


@pytest.mark.faults
@pytest.mark.parametrize(
    "applied", [False, True], ids=["read_timeout_before_commit", "read_timeout_after_commit"]
)
def test_read_timeout(scenario, inbox, applied):
    """The BPO does not answer within 35 seconds, before or after it has applied the outcome."""
    gate = inbox.after if applied else inbox.gate
    gate.clear()
    scenario.leads_of([1, 2])
    scenario.lose(1, 2)
    attempt = wait_until(
        lambda: scenario.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"),
        "an attempt",
        60,
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
    assert 34 < attempt["duration"] < 46
    gate.set()
    scenario.finish(60)


@pytest.mark.faults
@pytest.mark.parametrize("headers", [False, True], ids=["slow_drip_body", "slow_drip_headers"])
def test_slow_drip(scenario, inbox, headers):
    """An answer of one byte a second is cut off after 45 seconds."""
    inbox.fault = Reply(apply=True, drip=1.0, drip_headers=headers, result=True, body="x" * 1000)
    scenario.leads_of([1])
    scenario.lose(1)
    attempt = wait_until(
        lambda: scenario.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"),
        "an attempt",
        60,
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
    assert 44 < attempt["duration"] < 55
    inbox.fault = None
    scenario.finish(60)
