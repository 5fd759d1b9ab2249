"""One fault: what was queued, the result, and the invariants that every scenario must keep."""

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..peers import Dealer, Peer
from .inbox import SECRET

#: Columns that may hold the key.
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


class Scenario:
    """Queues outcomes at a dealer and checks at the end what the BPO applied.

    :param inbox: ``FakeInbox`` or ``RealInbox``
    :param secret: the secret part of the key, which must not be found anywhere else
    :ivar may_stop: whether an error, such as a lost database, may end a run of the dispatcher
    """

    def __init__(
        self, name: str, dealer: Dealer, inbox: Any, lines: list[Line], secret: str = SECRET
    ) -> None:
        self.name = name
        self.dealer = dealer
        self.inbox = inbox
        self.secret = secret
        self.may_stop = False
        self._lines = lines
        self._over: float | None = None
        self._stops = self._count_stops()
        #: Dict by BPO lead of the decided outcomes, in order.
        self.expected: dict[int, list[str]] = {}
        self.leads: dict[int, int] = {}

    def leads_of(self, bpo_ids: Iterable[int]) -> list[int]:
        """Create the dealer's leads for these BPO leads; return their ids."""
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

    def over(self) -> None:
        """Mark the end of the fault; the table counts the seconds from here."""
        self._over = time.monotonic()

    def finish(self, seconds: float = 60.0, parked: Iterable[int] = (), note: str = "") -> Line:
        """After the fault: wait until everything is sent, check the invariants, add the table's line.

        :param parked: BPO leads whose parked outcomes are expected and must not reach the BPO
        """
        parked = set(parked)
        if self._over is None:
            self.over()
        broken = []
        try:
            self.dealer.drain(seconds, parked)
        except AssertionError as error:
            broken.append(str(error))
        took = time.monotonic() - self._over
        rows, applied = self.rows(), self.inbox.events()
        broken += self._broken(rows, applied, parked)
        events = {event.event_id for event in applied}
        delivered = [row for row in rows if row["state"] == "delivered"]
        lost = sum(len(outcomes) for outcomes in self.expected.values()) - sum(
            row["event_id"] in events or row["bpo_source_lead_id"] in parked for row in rows
        )
        if parked_count := sum(row["state"] == "parked" for row in rows):
            note = note or f"{parked_count} parked"
        if broken:
            note = f"BROKEN: {'; '.join(broken)}"
        line = Line(self.name, len(rows), len(delivered), self.inbox.duplicates, lost, took, note)
        self._lines.append(line)
        assert not broken, note
        assert not lost, f"{lost} outcomes lost"
        no_secret_in_rows(self.dealer, self.secret)
        no_secret_in_logs(self.dealer, self.secret)
        return line

    def _broken(
        self, rows: list[dict[str, Any]], applied: list[Any], parked: set[int]
    ) -> Iterator[str]:
        """Yield a description of each broken invariant."""
        decided: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            decided.setdefault(row["bpo_source_lead_id"], []).append(row)
        outcomes = {lead: [row["outcome"] for row in some] for lead, some in decided.items()}
        if outcomes != self.expected:
            yield "the outbox does not hold the decided outcomes"
        events = [event.event_id for event in applied]
        if len(set(events)) != len(events):
            yield "an event was applied twice"
        if invented := set(events) - {row["event_id"] for row in rows}:
            yield f"{len(invented)} events at the BPO that nobody sent"
        if set(events) != {row["event_id"] for row in rows if row["state"] == "delivered"}:
            yield "the BPO's events differ from the dealer's delivered ones"
        for lead, some in decided.items():
            numbers = [row["sequence"] for row in some]
            there = [event.sequence for event in applied if event.lead == lead]
            if numbers != list(range(1, len(some) + 1)):
                yield f"outcomes of lead {lead} are numbered {numbers}"
            if there != (sorted(there) if lead in parked else numbers):
                yield f"the BPO applied to lead {lead} numbers {there} of {numbers}"
        if self.inbox.stale:
            yield f"{self.inbox.stale} outcomes came too late"
        yield from self._broken_cron()

    def _broken_cron(self) -> Iterator[str]:
        if not self.dealer.cron()["active"]:
            yield "the cron is switched off"
        if not self.may_stop and self._count_stops() > self._stops:
            yield "an error ended a run of the dispatcher"

    def _count_stops(self) -> int:
        logs = [process.log.read_text(errors="replace") for process in self.dealer.processes]
        return sum(log.count("Delivering outcomes to the BPO stopped") for log in logs)


def no_secret_in_logs(peer: Peer, secret: str = SECRET) -> None:
    for process in peer.processes:
        assert secret not in process.log.read_text(errors="replace"), f"the key is in {process.log}"


def no_secret_in_rows(dealer: Dealer, secret: str = SECRET) -> None:
    """Search the columns that may quote an answer of the BPO."""
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
                f"SELECT count(*) FROM {table} WHERE {column} LIKE %s", f"%{secret}%"
            )
            assert not found, f"the key is in {table}.{column}"


def no_secret_in_dump(dealer: Dealer, pg_dump: Path, secret: str = SECRET) -> None:
    """Search each row of each table, except the columns that hold the key."""
    process = dealer.db.cluster.dump(pg_dump, dealer.db.name, "--data-only")
    dump = process.communicate()[0].decode(errors="replace")
    assert process.returncode == 0
    table, columns = "", []
    for line in dump.splitlines():
        if head := re.match(r"COPY public\.(\w+) \((.*)\) FROM stdin", line):
            table, columns = head[1], [name.strip('"') for name in head[2].split(", ")]
        elif secret in line:
            values = zip(columns, line.split("\t"), strict=True)
            places = {(table, name) for name, value in values if secret in value}
            assert places <= KEY_COLUMNS, f"the key is in {places - KEY_COLUMNS}"
