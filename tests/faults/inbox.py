"""What the BPO received, in the same form for the fake BPO and the real one."""

import threading
import time
import uuid
from collections import Counter
from typing import Any, NamedTuple

from ..fake_bpo import FakeBpo, Reply
from ..peers import Bpo

#: The secret part of the API key, without characters that are escaped somewhere.
SECRET = f"53c7e7{uuid.uuid4().hex}"
KEY = f'k"<{SECRET}\\&>'


class Event(NamedTuple):
    """One outcome that the BPO applied."""

    lead: int
    sequence: int
    outcome: str
    event_id: str


class FakeInbox(FakeBpo):
    """A fake BPO that can fail, or hold requests, as long as a test wants.

    :ivar fault: the reply to calls of its method; None: the BPO works
    :ivar gate: requests wait for it before they are applied; they wait for `after` before the answer
    :ivar seconds: processing time of an outcome
    :ivar rejected: leads whose outcomes it refuses
    """

    def __init__(self, **kwargs: Any) -> None:
        self.fault: Reply | None = None
        self.gate = threading.Event()
        self.after = threading.Event()
        kwargs.setdefault("capabilities", {"reopened": True})
        super().__init__(**{"key": KEY, **kwargs})
        self.open_gates()

    def open_gates(self) -> None:
        self.gate.set()
        self.after.set()

    def reset_memory(self) -> None:
        super().reset_memory()
        self.fault = None
        self.seconds = 0.0
        self.rejected: set[int] = set()
        #: Every arrival of an event, repeats included.
        self.arrivals: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.open_gates()

    def take_reply(self, method: str) -> Reply:
        fault = self.fault
        if fault and fault.method in (method, method.removesuffix("s")):
            return fault
        return super().take_reply(method)

    def receive(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.arrivals["waiting"] += 1
        self.gate.wait(60)
        time.sleep(self.seconds)
        if payload["bpo_source_lead_id"] in self.rejected:
            answer = {"ok": False, "status": "rejected", "message": "Poison."}
            return {**answer, "event_id": payload["event_id"]}
        answer = super().receive(payload)
        with self._lock:
            self.arrivals[payload["event_id"]] += 1
            self.statuses[answer["status"]] += 1
        self.after.wait(60)
        return answer

    @property
    def waiting(self) -> int:
        """Number of requests received so far, held at the gate or not."""
        return self.arrivals["waiting"]

    def events(self) -> list[Event]:
        return [
            Event(lead, sequence, outcome, event_id)
            for lead, events in list(self.applied.items())
            for sequence, outcome, event_id in events
        ]

    @property
    def duplicates(self) -> int:
        return self.statuses["duplicate"]

    @property
    def stale(self) -> int:
        return self.statuses["stale"]


class RealInbox:
    """The inbox of ``bpo_crm``."""

    def __init__(self, bpo: Bpo) -> None:
        self.bpo = bpo

    def events(self) -> list[Event]:
        return [
            Event(row["bpo_source_lead_id"], row["sequence"], row["outcome"], row["event_id"])
            for row in self.bpo.inbox()
            if row["status"] == "applied"
        ]

    @property
    def duplicates(self) -> int:
        return sum(row["duplicate_count"] or 0 for row in self.bpo.inbox())

    @property
    def stale(self) -> int:
        return sum(row["status"] == "stale" for row in self.bpo.inbox())
