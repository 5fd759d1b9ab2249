"""One fault: what was queued, what came of it, and what must hold of every one of them."""

import re
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ..harness import wait_until
from ..peers import Dealer
from .inbox import SECRET

#: columns that may hold a secret: the key itself
KEY_COLUMNS = {("dealer_crm_bpo_key", "secret")}


class Line(NamedTuple):
    """A line of the table that ``make faults`` prints."""

    fault: str
    rows: int
    delivered: int
    duplicates: int
    lost: int
    seconds: float
    note: str


class Trial:
    """Queues outcomes at a dealer and checks, at the end, what the BPO made of them.

    :param inbox: ``FakeInbox`` or ``RealInbox``
    """

    def __init__(self, name: str, dealer: Dealer, inbox: Any, lines: list[Line]) -> None:
        self.name = name
        self.dealer = dealer
        self.inbox = inbox
        self._lines = lines
        #: BPO lead → the outcomes that were decided, in order
        self.expected: dict[int, list[str]] = {}
        self.leads: dict[int, int] = {}

    def leads_of(self, bpo_ids: Iterable[int]) -> list[int]:
        """Make the dealer's leads for these of the BPO; returns their ids."""
        bpo_ids = list(bpo_ids)
        ids = self.dealer.make_leads(bpo_ids)
        self.leads |= dict(zip(bpo_ids, ids, strict=True))
        return ids

    def lose(self, *bpo_ids: int, notes: str = "") -> None:
        self.dealer.lose([self.leads[bpo_id] for bpo_id in bpo_ids], notes)
        for bpo_id in bpo_ids:
            self.expected.setdefault(bpo_id, []).append("lost")

    def win(self, bpo_id: int) -> None:
        self.dealer.win(self.leads[bpo_id])
        self.expected.setdefault(bpo_id, []).append("won")

    def reopen(self, *bpo_ids: int) -> None:
        self.dealer.reopen(*(self.leads[bpo_id] for bpo_id in bpo_ids))
        for bpo_id in bpo_ids:
            self.expected.setdefault(bpo_id, []).append("reopened")

    def rows(self, *states: str) -> list[dict[str, Any]]:
        return [row for row in self.dealer.rows() if not states or row["state"] in states]

    def finish(self, seconds: float = 30.0, parked: Iterable[int] = (), note: str = "") -> Line:
        """The fault is over: wait until all is sent, check what must hold, write the table's line.

        :param parked: BPO leads whose outcomes wait for a person, and are told of nowhere
        """
        held_back = set(parked)
        begun = time.monotonic()
        if held_back:
            wait_until(
                lambda: not self._movable(held_back), "everything that may go is sent", seconds
            )
        else:
            self.dealer.drain(seconds)
        took = time.monotonic() - begun
        line = self._check(held_back, took, note)
        self._lines.append(line)
        return line

    def _movable(self, parked: set[int]) -> list[dict[str, Any]]:
        rows = [r for r in self.rows("pending", "sending") if r["bpo_source_lead_id"] not in parked]
        if rows and all(row["state"] == "pending" for row in rows):
            self.dealer.skip_waits()
            time.sleep(0.3)
        return rows

    def _check(self, parked: set[int], took: float, note: str) -> Line:
        rows = self.rows()
        decided: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            decided.setdefault(row["bpo_source_lead_id"], []).append(row)
        # Nothing lost on the way into the outbox, nothing invented there, numbered from 1.
        assert {
            lead: [row["outcome"] for row in lead_rows] for lead, lead_rows in decided.items()
        } == self.expected
        for lead_rows in decided.values():
            assert [row["sequence"] for row in lead_rows] == list(range(1, len(lead_rows) + 1))
        delivered = {row["event_id"] for row in rows if row["state"] == "delivered"}
        applied = self.inbox.events()
        events = [event.event_id for event in applied]
        lost = len(delivered - set(events)) + sum(
            row["state"] not in ("delivered", "parked") and row["bpo_source_lead_id"] not in parked
            for row in rows
        )
        assert not lost, f"{lost} outcomes lost"
        assert len(set(events)) == len(events), "an event was applied twice"
        assert set(events) <= {row["event_id"] for row in rows}, (
            "the BPO has events that nobody sent"
        )
        assert set(events) == delivered, (
            "the BPO applied what the dealer does not know as delivered"
        )
        for lead, lead_rows in decided.items():
            here = [event.sequence for event in applied if event.lead == lead]
            assert here == sorted(here), f"lead {lead} went backwards"
            if lead not in parked:
                assert here == [row["sequence"] for row in lead_rows]
        assert self.inbox.stale == 0
        no_secret_in_rows(self.dealer)
        no_secret_in_logs(self.dealer)
        return Line(self.name, len(rows), len(delivered), self.inbox.duplicates, lost, took, note)


def no_secret_in_logs(dealer: Dealer) -> None:
    for process in dealer.processes:
        assert SECRET not in process.log.read_text(errors="replace"), (
            f"the key stands in {process.log}"
        )


def no_secret_in_rows(dealer: Dealer) -> None:
    """Look where an answer of the BPO may have been quoted."""
    places = {
        "dealer_crm_callback": ("payload::text", "last_error"),
        "dealer_crm_callback_attempt": ("code", "detail"),
        "dealer_crm_bpo_connection": ("url", "state_reason", "hold_code", "capabilities::text"),
        "mail_message": ("body", "subject"),
        "mail_activity": ("note", "summary"),
        "mail_tracking_value": (
            "old_value_char",
            "new_value_char",
            "old_value_text",
            "new_value_text",
        ),
    }
    for table, columns in places.items():
        for column in columns:
            found = dealer.db.value(
                f"SELECT count(*) FROM {table} WHERE {column} LIKE %s", f"%{SECRET}%"
            )
            assert not found, f"the key stands in {table}.{column}"


def no_secret_in_dump(dealer: Dealer, pg_dump: Path) -> None:
    """Look into each row of each table, but for the column that keeps the key."""
    cluster = dealer.db.cluster
    dump = subprocess.run(
        [
            pg_dump,
            "-h",
            cluster.host,
            "-p",
            cluster.port,
            "-U",
            cluster.user,
            "--data-only",
            dealer.db.name,
        ],
        capture_output=True,
        check=True,
    ).stdout.decode(errors="replace")
    table, columns = "", []
    for line in dump.splitlines():
        if head := re.match(r"COPY public\.(\w+) \((.*)\) FROM stdin", line):
            table, columns = head[1], [name.strip('"') for name in head[2].split(", ")]
        elif SECRET in line:
            values = zip(columns, line.split("\t"), strict=True)
            places = {(table, name) for name, value in values if SECRET in value}
            assert places <= KEY_COLUMNS, f"the key stands in {places - KEY_COLUMNS}"
