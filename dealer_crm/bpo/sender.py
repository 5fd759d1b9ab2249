"""The delivery pool: threads that send the requests of one connection, without a database."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any

from .answer import Answer, Verdict

_logger = logging.getLogger(__name__)

# Requests queued for each thread, so that it need not wait while rows are settled and claimed. DEEP
# is used after a single outcome was accepted; a batch takes long enough with SHALLOW.
SHALLOW = 2
DEEP = 12
# Stop the pool when a request fails after this many seconds: the next ones would take as long, and
# Odoo kills a cron that runs too long.
SLOW_FAILURE_SECONDS = 4.0
# A busy pool without a result for this long is stalled: the run serves other connections meanwhile.
STALLED_SECONDS = 2.0


@dataclass(frozen=True)
class Delivery:
    """One claimed row: its id in the outbox, its frozen payload, the token of its lease."""

    row_id: int
    payload: dict[str, Any]
    token: str


@dataclass(frozen=True)
class Result:
    """The result of one request.

    `answers` has one answer per delivery; it is None if nothing was sent, because the pool had
    stopped or the lease was about to expire. A probe has no deliveries and one answer;
    `capabilities` are those of the receiver it reached. `duration` is in seconds.
    """

    pool: "DeliveryPool"
    deliveries: Sequence[Delivery]
    answers: list[Answer] | None
    duration: float
    capabilities: dict[str, Any] | None = None

    @property
    def pairs(self) -> list[tuple[Delivery, Answer | None]]:
        """Each delivery with its answer; empty for a probe."""
        if not self.deliveries:
            return []
        answers = self.answers or [None] * len(self.deliveries)
        return list(zip(self.deliveries, answers, strict=True))

    @property
    def accepted(self) -> bool:
        """Whether there were deliveries and the BPO accepted them all."""
        return bool(self.pairs) and all(answer and answer.accepted for _row, answer in self.pairs)

    def split(self) -> list["Result"]:
        """Return one result per delivery; a probe, which has no delivery, unchanged."""
        return [
            replace(self, deliveries=[delivery], answers=answer and [answer])
            for delivery, answer in self.pairs
        ] or [self]


class DeliveryPool:
    """Sends deliveries through one client and puts a `Result` for each request into a queue.

    :param connection: the owner's object for the connection; not used here
    :param width: number of threads: the most requests in flight
    :param batch: the most deliveries in one request; above 1 the receiver's batch method is called
    """

    def __init__(
        self, connection: Any, client: Any, width: int, batch: int, results: "SimpleQueue[Result]"
    ):
        self.connection = connection
        self.batch = batch
        #: set by the owner: what its client calls, to notice when the connection's address changes
        self.address: Any = None
        self.stopped = False
        self._client = client
        self._width = width
        self._results = results
        self._waiting = 0
        self._last_progress = time.monotonic()
        self._depth = SHALLOW
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="dealer_crm_bpo")

    @property
    def busy(self) -> bool:
        return self._waiting > 0

    @property
    def batch_missing(self) -> bool:
        """Whether the receiver announced batches but turned out not to take them."""
        return self.batch > 1 and getattr(self._client, "batch_missing", False)

    @property
    def stalled(self) -> bool:
        """Whether its requests take unusually long."""
        return self.busy and time.monotonic() - self._last_progress > STALLED_SECONDS

    @property
    def free_slots(self) -> int:
        """How many deliveries to claim next, so that no thread waits for the database."""
        if self.stopped:
            return 0
        return max(0, self._depth * self._width - self._waiting) * self.batch

    @property
    def below_watermark(self) -> bool:
        """Whether it is busy but may soon run out of requests."""
        return 0 < self._waiting <= (self._depth // 2 + 1) * self._width

    def submit(self, deliveries: Sequence[Delivery], lease_end: float) -> None:
        """Queue `deliveries`; they are not sent after `lease_end` (``time.monotonic()``)."""
        for start in range(0, len(deliveries), self.batch):
            chunk = deliveries[start : start + self.batch]
            self._start(chunk, lambda chunk=chunk: self._send(chunk, lease_end))

    def probe(self) -> None:
        """Queue a test of the connection."""
        self._start((), self._probe)

    def done(self, result: Result) -> None:
        """Note that the owner has taken `result` off the queue."""
        self._waiting -= 1
        self._last_progress = time.monotonic()
        self._depth = DEEP if result.accepted and self.batch == 1 else SHALLOW

    def close(self) -> None:
        """Send nothing more and wait for the requests in flight."""
        self.stopped = True
        self._pool.shutdown(wait=True)
        self._client.close()

    def _start(self, deliveries: Sequence[Delivery], job: Callable[[], tuple[Any, Any]]) -> None:
        if not self.busy:
            self._last_progress = time.monotonic()
        self._waiting += 1
        self._pool.submit(self._run, deliveries, job)

    def _run(self, deliveries: Sequence[Delivery], job: Callable[[], tuple[Any, Any]]) -> None:
        clock = time.monotonic()
        try:
            answers, capabilities = job()
        except Exception as error:
            # A bug on the dealer side: the outcome is retried. Log the class alone, since the message may
            # contain secrets.
            _logger.error("Sending to the BPO failed with %s", type(error).__name__)
            answer = Answer(Verdict.TRANSIENT, "internal", type(error).__name__)
            answers, capabilities = [answer] * max(1, len(deliveries)), None
        duration = time.monotonic() - clock
        failed = [answer for answer in answers or () if not answer.accepted]
        slow = duration > SLOW_FAILURE_SECONDS
        if deliveries and any(slow or answer.verdict is Verdict.CONNECTION for answer in failed):
            # The requests that wait in this pool would fail the same way.
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
