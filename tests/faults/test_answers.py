"""Faulty answers of the BPO: no outcome is lost, and each answer has the effect that the contract says."""

import pytest

from ..fake_bpo import Reply, bomb
from ..harness import wait_until
from .inbox import KEY

DEEP = "[" * 100_000 + "]" * 100_000
MUST_NOT_SHOW = f"the request was {KEY}"


def error(name, message="Something is wrong.", **values):
    return Reply(error=name, message=f"{message} {MUST_NOT_SHOW}", **values)


TRANSIENT = {
    "500": Reply(status=500),
    "502": Reply(status=502, body="<h1>Bad Gateway</h1>"),
    "503": Reply(status=503),
    "504": Reply(status=504),
    "408": Reply(status=408),
    "425": Reply(status=425),
    "reset": Reply(reset=True),
    "reset_after_applying": Reply(reset=True, apply=True),
    "hang_up": Reply(hang_up=True),
    "hang_up_after_applying": Reply(hang_up=True, apply=True),
    "cut_off_body": Reply(cut=20, apply=True),
    "500_after_applying": Reply(status=500, apply=True),
    "serialization_failure": error(
        "psycopg2.errors.SerializationFailure", "could not serialize access"
    ),
    "deadlock": error("psycopg2.errors.DeadlockDetected", "deadlock detected"),
    "database_starting": error("psycopg2.OperationalError", "the database system is starting up"),
    "lock_error": error("odoo.exceptions.LockError", "Record is locked."),
    "server_error": error("builtins.ZeroDivisionError", "division by zero"),
    "unknown_error": error("acme.errors.Frobnicated", "frobnicated"),
    "not_ok_but_retryable": Reply(
        result={"ok": False, "status": "rejected", "retryable": True, "message": MUST_NOT_SHOW}
    ),
}
CONNECTION = {
    "401": Reply(status=401),
    "403": Reply(status=403),
    "404_page": Reply(status=404, body="<h1>Not Found</h1>"),
    "access_denied": error("odoo.exceptions.AccessDenied", "Access Denied"),
    "access_error": error("odoo.exceptions.AccessError", "You are not allowed to modify Lead."),
    "method_missing": error(
        "builtins.AttributeError",
        "The method 'crm.lead.update_from_dealer_callback' does not exist",
    ),
    "model_missing": Reply(error="builtins.KeyError", message="'crm.lead'"),
    "wrong_database": error("psycopg2.OperationalError", 'FATAL:  database "bpo" does not exist'),
    "redirect_301": Reply(status=301, headers={"Location": "https://elsewhere.invalid/jsonrpc"}),
    "redirect_302": Reply(status=302, headers={"Location": "https://elsewhere.invalid/jsonrpc"}),
    "redirect_307": Reply(status=307, headers={"Location": "https://elsewhere.invalid/jsonrpc"}),
    "redirect_308": Reply(status=308, headers={"Location": "https://elsewhere.invalid/jsonrpc"}),
}
MESSAGE = {
    "validation_error": error("odoo.exceptions.ValidationError", "Lead is closed."),
    "user_error": error("odoo.exceptions.UserError", "No."),
    "missing_error": error(
        "odoo.exceptions.MissingError", "Record does not exist or has been deleted."
    ),
    "not_ok": Reply(result={"ok": False, "status": "rejected", "message": MUST_NOT_SHOW}),
    "false": Reply(result=False),
}
UNREADABLE = {
    "html_instead_of_json": Reply(body=f"<html><body>{MUST_NOT_SHOW}</body></html>"),
    "empty_body": Reply(body=""),
    "huge_body": Reply(body="x" * 1_000_000),
    "huge_chunked_body": Reply(body="[" + "0," * 500_000 + "0]", chunked=True),
    "gzip_bomb": Reply(body=bomb(50_000_000), headers={"Content-Encoding": "gzip"}),
    "deep_json": Reply(body=DEEP),
    "wrong_id": Reply(result=True, envelope={"id": "not yours"}),
    "wrong_envelope": Reply(body='{"result": true}'),
    "empty_list_instead_of_answer": Reply(result=[]),
    "another_event": Reply(result={"ok": True, "status": "applied", "event_id": "another"}),
    # An answer whose body cannot be read.
    "cut_off_headers": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Le"),
    "no_http": Reply(raw=b"220 mail.example.com ESMTP\r\n"),
}


def params(faults):
    return [pytest.param(fault, id=name) for name, fault in faults.items()]


def queue(scenario):
    """Queue outcomes of three leads; one is closed, reopened and closed again."""
    scenario.leads_of([11, 12, 13])
    scenario.lose(11, 12)
    scenario.reopen(11)
    scenario.lose(11, 13)


@pytest.mark.parametrize("fault", params(TRANSIENT))
def test_transient(scenario, inbox, fault):
    """Each row is retried by itself; the connection stays ready."""
    inbox.fault = fault
    queue(scenario)
    wait_until(lambda: len(tried(scenario)) == 3, "the first outcome of each lead is tried")
    rows = scenario.rows()
    assert {row["state"] for row in rows} <= {"pending", "sending"}
    assert not any(row["attempt_count"] for row in rows if row["sequence"] > 1)
    assert scenario.dealer.connection()["state"] == "ready"
    assert all(row["last_error"] for row in tried(scenario))
    inbox.fault = None
    line = scenario.finish()
    assert line.delivered == 5
    # The BPO knows an outcome whose answer was lost by its event.
    assert line.duplicates >= 3 if fault.apply else line.duplicates == 0


def tried(scenario):
    return [row for row in scenario.rows() if row["attempt_count"]]


@pytest.mark.parametrize("fault", params(CONNECTION))
def test_connection(scenario, inbox, fault):
    """The connection is held at once, no attempt is counted, one activity is scheduled for an admin."""
    inbox.fault = fault
    queue(scenario)
    wait_until(lambda: scenario.dealer.connection()["state"] == "held", "the connection is held")
    wait_until(lambda: not scenario.rows("sending"), "the leases are released")
    assert [row["attempt_count"] for row in scenario.rows("pending")] == [0] * 5
    assert activities(scenario, "dealer.crm.bpo.connection") == 1
    assert activities(scenario, "dealer.crm.callback") == 0
    scenario.dealer.skip_waits()

    # Each lead's chatter says once that its outcome is delayed.
    def notes():
        return [delay_notes(scenario, lead) for lead in scenario.leads.values()]

    wait_until(lambda: all(notes()), "each lead's chatter says that its outcome is delayed")
    assert notes()[0] <= 3 and notes()[1:] == [1, 1]
    inbox.fault = None
    line = scenario.finish()
    assert (line.delivered, line.duplicates) == (5, 0)
    assert scenario.dealer.connection()["state"] == "ready"
    assert activities(scenario, "dealer.crm.bpo.connection") == 0


def activities(scenario, model):
    return scenario.dealer.db.value(
        "SELECT count(*) FROM mail_activity WHERE res_model = %s AND active", model
    )


def delay_notes(scenario, lead_id):
    return scenario.dealer.db.value(
        "SELECT count(*) FROM mail_message WHERE model = 'dealer.crm.lead' AND res_id = %s"
        " AND body LIKE '%%cannot be informed of this outcome yet%%'",
        lead_id,
    )


@pytest.mark.parametrize("fault", params(MESSAGE))
def test_message(scenario, inbox, fault):
    """The row is parked with a reason and its lead waits; other leads go on. Retry sends the same event."""
    scenario.leads_of([11, 12])
    inbox.fault = fault
    scenario.lose(11)
    (parked,) = wait_until(lambda: scenario.rows("parked"), "the row is parked")
    assert parked["last_error"] and parked["attempt_count"] == 1
    inbox.fault = None
    scenario.reopen(11)
    scenario.lose(12)
    wait_until(lambda: scenario.rows("delivered"), "the other lead's outcome is delivered")
    assert [row["state"] for row in scenario.rows() if row["bpo_source_lead_id"] == 11] == [
        "parked",
        "pending",
    ]
    assert activities(scenario, "dealer.crm.callback") == 1
    assert scenario.dealer.connection()["state"] == "ready"
    scenario.dealer.browser().call(
        "dealer.crm.callback", "action_retry", [parked["id"]], "The BPO corrected it"
    )
    line = scenario.finish()
    assert (line.delivered, line.duplicates) == (3, 0)
    assert activities(scenario, "dealer.crm.callback") == 0
    assert [
        event.event_id for event in inbox.events() if event.sequence == 1 and event.lead == 11
    ] == [parked["event_id"]]


@pytest.mark.parametrize("fault", params(UNREADABLE))
def test_unreadable(scenario, inbox, fault):
    """Retried; after five in a row the connection is held until a probe succeeds."""
    inbox.fault = fault
    queue(scenario)
    wait_until(lambda: tried(scenario), "a row is tried")
    assert not scenario.rows("parked") and not scenario.rows("delivered")

    def held():
        # Read before the wait is over: a second hold would wait for a person.
        if activities(scenario, "dealer.crm.bpo.connection"):
            return True
        scenario.dealer.skip_waits()
        return False

    wait_until(held, "the connection is held after five", pause=0.5)
    inbox.fault = None
    assert scenario.finish().delivered == 5
