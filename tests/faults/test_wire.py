"""The way to the BPO is broken, closed, or leads elsewhere."""

import socket

import pytest

from ..fake_bpo import Reply
from ..harness import free_port, wait_until
from .conftest import connect
from .inbox import KEY, FakeInbox


@pytest.fixture
def tls(trial, authority):
    """``(inbox, context)``: a BPO behind https that the trial's dealer trusts and is connected to."""
    context = authority.server()
    with FakeInbox(tls=context) as inbox:
        connect(trial.dealer, inbox)
        assert trial.dealer.connection()["state"] == "ready", trial.dealer.connection()[
            "state_reason"
        ]
        trial.inbox = inbox
        yield inbox, context


def wait_held(trial):
    wait_until(lambda: trial.dealer.connection()["state"] == "held", "the connection is held")
    wait_until(lambda: not trial.rows("sending"), "what was claimed is handed back")
    assert {row["state"] for row in trial.rows()} == {"pending"}
    assert not any(row["attempt_count"] for row in trial.rows())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"days": -2}, id="tls_certificate_expired"),
        pytest.param({"host": "bpo.example.com"}, id="tls_certificate_of_another_host"),
        pytest.param({"trusted": False}, id="tls_certificate_self-signed"),
    ],
)
def test_tls(trial, tls, authority, wrong):
    """Nothing is sent over a connection that cannot be trusted; the renewed certificate lets it go."""
    inbox, context = tls
    authority.equip(context, **wrong)
    inbox.drop_connections()
    inbox.requests.clear()
    trial.leads_of([1, 2, 3])
    trial.lose(1, 2, 3)
    wait_held(trial)
    assert trial.dealer.connection()["hold_code"] == "tls"
    assert not inbox.requests
    authority.equip(context)
    assert trial.finish().duplicates == 0


def test_tls_plain_http_on_the_https_port(trial, tls):
    inbox, context = tls
    inbox._tls = None
    inbox.drop_connections()
    inbox.requests.clear()
    trial.leads_of([1, 2])
    trial.lose(1, 2)
    wait_held(trial)
    assert trial.dealer.connection()["hold_code"] == "tls"
    assert not inbox.requests
    inbox._tls = context
    assert trial.finish().duplicates == 0


@pytest.mark.parametrize(
    "protocol", ["jsonrpc", "json2"], ids=["redirect_jsonrpc", "redirect_json2"]
)
def test_redirect_is_not_followed(trial, inbox, protocol):
    """The second server sees nothing: not the outcome, not the key, not even a connection."""
    connect(trial.dealer, inbox, protocol=protocol)
    with FakeInbox() as second:
        inbox.fault = Reply(status=307, headers={"Location": f"{second.url}/jsonrpc"})
        trial.leads_of([1, 2])
        trial.lose(1, 2)
        wait_held(trial)
        inbox.fault = None
        trial.finish()
        assert not second.requests and not second.connections


def test_refused(trial, inbox, lines):
    """The BPO's server is down, then comes up again on its port."""
    port = inbox.server_address[1]
    inbox.__exit__()
    trial.leads_of([1, 2])
    trial.lose(1, 2)
    trial.reopen(1)
    wait_until(
        lambda: trial.dealer.db.value("SELECT count(*) FROM dealer_crm_callback_attempt") >= 2,
        "attempts",
    )
    assert {row["state"] for row in trial.rows()} <= {"pending", "sending"}
    assert trial.dealer.connection()["state"] == "ready"
    with FakeInbox(port=port) as again:
        trial.inbox = again
        assert trial.finish().duplicates == 0


def test_connect_timeout(trial, inbox):
    """The BPO's host takes no connection and says nothing: five seconds, then the next one."""
    port = inbox.server_address[1]
    inbox.__exit__()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(("127.0.0.1", port))
        deaf.listen(0)
        # The queue is full now, and whoever comes is not answered.
        crowd = [socket.socket() for _number in range(3)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        trial.leads_of([1])
        trial.lose(1)
        attempt = wait_until(
            lambda: trial.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"), "an attempt"
        )[0]
        assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
        assert 4 < attempt["duration"] < 12
        for one in crowd:
            one.close()
    with FakeInbox(port=port) as again:
        trial.inbox = again
        assert trial.finish().duplicates == 0


def test_no_such_host(trial, inbox):
    """The name of the BPO's host does not resolve for a while."""
    place = "UPDATE dealer_crm_bpo_connection SET url = %s"
    trial.dealer.db.query(place, "https://no-such-host.invalid")
    trial.leads_of([1])
    trial.lose(1)
    attempt = wait_until(
        lambda: trial.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"), "an attempt"
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "dns")
    trial.dealer.db.query(place, inbox.url)
    trial.finish()


@pytest.mark.parametrize(
    "protocol", ["jsonrpc", "json2"], ids=["key_revoked_jsonrpc", "key_revoked_json2"]
)
def test_key_revoked_and_restored(trial, inbox, protocol):
    """The BPO takes the key back for a while: held, no attempt burnt, then all goes."""
    connect(trial.dealer, inbox, protocol=protocol)
    inbox.key = "another key"
    trial.leads_of([1, 2])
    trial.lose(1, 2)
    wait_held(trial)
    assert not inbox.events()
    inbox.key = KEY
    assert trial.finish().duplicates == 0


def test_forbidden_address(trial, inbox):
    """An address that a form could not have: http to another host, entered behind the form's back."""
    place = "UPDATE dealer_crm_bpo_connection SET url = %s"
    trial.dealer.db.query(place, f"http://192.0.2.1:{free_port()}")
    trial.leads_of([1])
    trial.lose(1)
    wait_held(trial)
    assert trial.dealer.connection()["hold_code"] == "not_encrypted"
    trial.dealer.db.query(place, inbox.url)
    trial.finish()


@pytest.mark.faults
@pytest.mark.parametrize(
    "applied", [False, True], ids=["read_timeout_before_commit", "read_timeout_after_commit"]
)
def test_read_timeout(trial, inbox, applied):
    """The BPO does not answer within 35 seconds, before or after it has applied the outcome."""
    gate = inbox.after if applied else inbox.gate
    gate.clear()
    trial.leads_of([1, 2])
    trial.lose(1, 2)
    attempt = wait_until(
        lambda: trial.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"), "an attempt", 60
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
    assert 34 < attempt["duration"] < 46
    gate.set()
    trial.finish(60)


@pytest.mark.faults
@pytest.mark.parametrize("headers", [False, True], ids=["slow_drip_body", "slow_drip_headers"])
def test_slow_drip(trial, inbox, headers):
    """A byte a second keeps no worker longer than 45 seconds."""
    inbox.fault = Reply(apply=True, drip=1.0, drip_headers=headers, result=True, body="x" * 1000)
    trial.leads_of([1])
    trial.lose(1)
    attempt = wait_until(
        lambda: trial.dealer.db.query("SELECT * FROM dealer_crm_callback_attempt"), "an attempt", 60
    )[0]
    assert (attempt["verdict"], attempt["code"]) == ("transient", "timeout")
    assert 44 < attempt["duration"] < 55
    inbox.fault = None
    trial.finish(60)
