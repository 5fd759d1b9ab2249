"""The threads that carry one connection's requests, a few at a time, without a database."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any

from .answer import Answer, Verdict

_logger = logging.getLogger(__name__)

# Requests a thread has with it or waiting: it goes on while others are written down and fetched.
# Many of them only where all is well, one outcome at a time: a batch takes long enough by itself.
SHALLOW = 2
DEEP = 12
# A request that failed after so many seconds timed out: what waits behind it would take as long,
# and Odoo ends a cron that takes too long.
TIRED_SECONDS = 4.0
# A pool that nothing came back from for so long is stalled: others need not wait for it.
STALLED_SECONDS = 2.0


@dataclass(frozen=True)
class Delivery:
    """One claimed row: its id in the outbox, its frozen payload, the token of its lease."""

    row_id: int
    payload: dict[str, Any]
    token: str


@dataclass(frozen=True)
class Result:
    """What became of one request.

    `answers` has one answer a delivery; it is None when nothing was sent, because the pool had
    stopped or the lease was about to run out. A probe has no deliveries and one answer, with the
    receiver's `capabilities`. `duration` is in seconds.
    """

    pool: "DeliveryPool"
    deliveries: Sequence[Delivery]
    answers: list[Answer] | None
    duration: float
    capabilities: dict[str, Any] | None = None

    @property
    def accepted(self) -> bool:
        """Whether there were deliveries and the BPO took them all."""
        return bool(self.deliveries and self.answers) and all(
            each.accepted for each in self.answers
        )

    def split(self) -> list["Result"]:
        """The same with one delivery each; a probe, which has none, as it is."""
        if not self.deliveries:
            return [self]
        answers = self.answers or [None] * len(self.deliveries)
        return [
            replace(self, deliveries=[delivery], answers=answer and [answer])
            for delivery, answer in zip(self.deliveries, answers, strict=True)
        ]


class DeliveryPool:
    """Sends what it is given over one client and puts a `Result` for each request in a queue.

    :param connection: whatever the owner knows the connection by
    :param width: requests in flight at most
    :param batch: deliveries in one request at most; above 1 the receiver's batch method is called
    """

    def __init__(
        self, connection: Any, client: Any, width: int, batch: int, results: "SimpleQueue[Result]"
    ):
        self.connection = connection
        self.batch = batch
        #: where its client calls, for an owner that wants to know whether that has changed
        self.address: Any = None
        self.stopped = False
        self._client = client
        self._width = width
        self._results = results
        self._waiting = 0
        self._moved = time.monotonic()
        self._depth = SHALLOW
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="dealer_crm_bpo")

    @property
    def busy(self) -> bool:
        return self._waiting > 0

    @property
    def batch_missing(self) -> bool:
        """Whether the receiver turned out to take no batches, against what it announced."""
        return self.batch > 1 and getattr(self._client, "batch_missing", False)

    @property
    def stalled(self) -> bool:
        """Whether it is busy with requests that take unusually long."""
        return self.busy and time.monotonic() - self._moved > STALLED_SECONDS

    @property
    def free_slots(self) -> int:
        """Deliveries to claim next, so that no thread waits for the database."""
        if self.stopped:
            return 0
        return max(0, self._depth * self._width - self._waiting) * self.batch

    @property
    def below_watermark(self) -> bool:
        """Whether its threads may soon have nothing to do, though they had until now."""
        return 0 < self._waiting <= (self._depth // 2 + 1) * self._width

    def submit(self, deliveries: Sequence[Delivery], lease_end: float) -> None:
        """Send `deliveries`, unless `lease_end` (``time.monotonic()``) is too near by then."""
        for start in range(0, len(deliveries), self.batch):
            chunk = deliveries[start : start + self.batch]
            self._start(chunk, lambda chunk=chunk: self._send(chunk, lease_end))

    def probe(self) -> None:
        """Ask whether the connection works."""
        self._start((), self._probe)

    def done(self, result: Result) -> None:
        """The owner has taken `result` off the queue."""
        self._waiting -= 1
        self._moved = time.monotonic()
        self._depth = DEEP if result.accepted and self.batch == 1 else SHALLOW

    def close(self) -> None:
        """Send nothing more and wait for what is under way."""
        self.stopped = True
        self._pool.shutdown(wait=True)
        self._client.close()

    def _start(self, deliveries: Sequence[Delivery], job: Callable[[], tuple[Any, Any]]) -> None:
        if not self.busy:
            self._moved = time.monotonic()
        self._waiting += 1
        self._pool.submit(self._run, deliveries, job)

    def _run(self, deliveries: Sequence[Delivery], job: Callable[[], tuple[Any, Any]]) -> None:
        clock = time.monotonic()
        try:
            answers, capabilities = job()
        except Exception as error:
            # A fault of ours: the outcome waits for its next turn, and the class is named alone,
            # since a message could hold anything.
            _logger.error("Sending to the BPO failed with %s", type(error).__name__)
            answer = Answer(Verdict.TRANSIENT, "internal", type(error).__name__)
            answers, capabilities = [answer] * max(1, len(deliveries)), None
        duration = time.monotonic() - clock
        failed = [answer for answer in answers or () if not answer.accepted]
        if deliveries and any(
            answer.verdict is Verdict.CONNECTION or duration > TIRED_SECONDS for answer in failed
        ):
            # What waits in this pool would meet the same.
            self.stopped = True
        self._results.put(Result(self, deliveries, answers, duration, capabilities))

    def _send(
        self, deliveries: Sequence[Delivery], lease_end: float
    ) -> tuple[list[Answer] | None, None]:
        if self.stopped or time.monotonic() > lease_end:
            return None, None
        if self.batch > 1 or len(deliveries) > 1:
            return self._client.send_batch([delivery.payload for delivery in deliveries]), None
        return [self._client.send(delivery.payload) for delivery in deliveries], None

    def _probe(self) -> tuple[list[Answer], dict[str, Any] | None]:
        answer = self._client.test()
        return [answer], self._client.capabilities() if answer.accepted else None
