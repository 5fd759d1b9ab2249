"""The dispatcher: claim → send → settle.

Claimed rows are committed before they are sent. The delivery pools of ``bpo.sender`` send in
threads, without a database. Results are settled in this thread: accepted ones together, the others
row by row. If a worker dies, the leases of its rows expire and they are sent again. All times are
the database's.
"""

import logging
import time
from datetime import timedelta
from queue import Empty, SimpleQueue

from psycopg2 import InterfaceError, OperationalError

from odoo import models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..bpo.answer import Answer, Verdict
from ..bpo.sender import Delivery, DeliveryPool
from .dealer_crm_callback_outbox import LEASE_SECONDS

_logger = logging.getLogger(__name__)

# A request starts only if at least this much of the lease is left.
SEND_SECONDS = 60
# Attempts at a transaction that conflicts with another one, as many as Odoo makes.
TRIES = 5
# While all pools have enough to send, results are collected for this long and settled together.
GATHER_SECONDS = 0.5
# Seconds between two searches for due connections.
LOOK_SECONDS = 1.0
# While one connection is stalled, others are served for this long: together with the 45 s of the
# last request, that is less than the two minutes that Odoo gives a cron.
SERVE_SECONDS = 60.0


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"  # pylint: disable=consider-merging-classes-inherited

    def _cron_deliver(self):
        """Send what is due. Errors are caught here: Odoo deactivates a cron that keeps failing."""
        try:
            self.sudo()._deliver_due()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Delivering outcomes to the BPO failed; it is retried in a minute")
            self._trigger_delivery(self.env.cr.now() + timedelta(minutes=1))
            self._progress()

    def _deliver_due(self):
        # The seconds that the cron still gives this run, as of the last commit.
        seconds = self._run_with_retries(self._requeue_lost)
        results, pools = SimpleQueue(), []
        opened = self.env["dealer.crm.bpo.connection"]
        serve_until, next_look = time.monotonic() + SERVE_SECONDS, 0
        try:
            while True:
                now = time.monotonic()
                stalled = [pool for pool in pools if pool.stalled] if now < serve_until else []
                if now >= next_look and (seconds > 0 or stalled):
                    next_look = now + LOOK_SECONDS
                    due = self._get_due_connections() - opened
                    opened |= due
                    for connection in due:
                        pools += self._run_for(connection, self._open_pool, connection, results)
                for pool in pools:
                    # When the time is up, only serve what a stalled connection would delay.
                    may_fill = seconds > 0 or (stalled and pool not in stalled)
                    if may_fill and not self._run_for(pool.connection, self._fill, pool):
                        pool.stopped = True
                if not any(pool.busy for pool in pools):
                    break
                seconds = self._settle(self._collect_results(results, pools))
        finally:
            for pool in pools:
                pool.close()
        self._trigger_next()
        remaining = self._count_sendable()
        if remaining and not seconds:
            # Odoo would continue a partly done cron only at its next poll, up to a minute later.
            self._trigger_delivery()
        self._progress(remaining=remaining)

    def _run_with_retries(self, step, *args):
        """Run a step that ends in a commit; run it again if it conflicts with a transaction."""
        for left in reversed(range(TRIES)):
            try:
                return step(*args)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                if not left:
                    raise
        return None

    def _run_for(self, connection, step, *args):
        """Run a step for one connection; an error holds that connection and affects no other.

        :return: the result of the step, or an empty list after an error
        """
        try:
            return self._run_with_retries(step, *args)
        except (OperationalError, InterfaceError):
            # The database failed, not the connection.
            raise
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("BPO connection %s cannot be used now", connection.id)
            self._run_with_retries(self._hold_failed, connection, error)
            return []

    def _hold_failed(self, connection, error):
        """Hold a connection after an error on the dealer side; commits."""
        answer = Answer(Verdict.CONNECTION, "internal", type(error).__name__)

        def hold(connection):
            connection._hold(answer)
            self._note_delays(connection.company_id)

        if not self._run_in_savepoint(hold, connection):
            # Otherwise the connection would be due again at once.
            connection._set_held_by_sql(answer.code)
        self._progress()

    def _open_pool(self, connection, results):
        """Open the delivery pool of a connection; commits.

        A connection that is held, or was never asked for its capabilities, is probed first.

        :return: list of the pool; empty if the connection is bound to another database
        """
        connection = connection._for_responsible()
        if connection._check_instance():
            self._progress()
            return []
        pool = DeliveryPool(
            connection,
            connection._open_client(),
            connection.in_flight,
            connection._get_batch_size(),
            results,
        )
        pool.address = connection._get_address()
        needs_probe = connection.state == "held" or not connection.was_asked
        self._progress()
        if needs_probe:
            pool.probe()
        return [pool]

    def _fill(self, pool):
        """Claim as many rows as the pool has free slots, and submit them."""
        if pool.batch_missing:
            pool.batch = 1
            capabilities = {**pool.connection._get_capabilities(), "batch": False}
            pool.connection._write_unchecked({"capabilities": capabilities})
        while pool.free_slots and pool.connection.state == "ready" and pool.connection.was_asked:
            lease_end = time.monotonic() + LEASE_SECONDS - SEND_SECONDS
            rows = self._claim(pool.connection, pool.free_slots)
            if deliveries := self._park_foreign_rows(pool.connection, rows):
                pool.submit(deliveries, lease_end)
            # Claim again if every claimed row was parked.
            if deliveries or not rows:
                break
        return True

    def _park_foreign_rows(self, connection, rows):
        """Park the claimed rows whose lead came from another BPO than the connection reaches.

        A receiver that does not tell its database gets all rows. Commits if it parks any.

        :return: list of the deliveries to send
        """
        reached = connection._get_bpo_instance()
        own, foreign = [], []
        for row_id, payload, token, instance in rows:
            is_foreign = reached and instance and instance != reached
            (foreign if is_foreign else own).append(Delivery(row_id, payload, token))
        for delivery in foreign:
            self._run_in_savepoint(self._park_foreign, delivery)
        if foreign:
            self._progress()
        return own

    def _collect_results(self, results, pools):
        """Wait for a result and return it in a list, with those that follow at once.

        While every pool has enough to send, further results are collected for ``GATHER_SECONDS``.
        The list is empty if none comes for ``LOOK_SECONDS``.
        """
        collected = []
        end = time.monotonic() + GATHER_SECONDS
        while True:
            may_wait = any(pool.busy for pool in pools) and not any(
                pool.below_watermark for pool in pools
            )
            if not collected:
                timeout = LOOK_SECONDS
            else:
                timeout = max(end - time.monotonic(), 0) if may_wait else 0
            try:
                result = results.get(timeout > 0, timeout)
            except Empty:
                return collected
            result.pool.done(result)
            collected.append(result)

    def _settle(self, results):
        """Store the result of each request; commits. Return the seconds left to run."""
        for _try in range(TRIES):
            try:
                if not self._run_in_savepoint(self._settle_results, results):
                    for result in (single for each in results for single in each.split()):
                        self._settle_singly(result)
                return self._progress(sum(len(result.deliveries) for result in results))
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
        _logger.warning("Results could not be settled: their outcomes are sent again later")
        return 0

    def _settle_singly(self, result):
        if not self._run_in_savepoint(self._settle_results, [result]) and not result.deliveries:
            # Otherwise the probe would be due again at once.
            result.pool.connection._set_held_by_sql("internal")

    def _settle_results(self, results):
        """Store the results: attempts and accepted deliveries together, the rest row by row."""
        answered = [
            (result, *pair) for result in results if result.answers for pair in result.pairs
        ]
        self.env["dealer.crm.callback.attempt"]._log(
            [(delivery.row_id, answer, result.duration) for result, delivery, answer in answered]
        )
        accepted = [each for each in answered if each[2].accepted]
        self._deliver([(delivery, answer) for _result, delivery, answer in accepted])
        for connection in {result.pool.connection for result, _delivery, _answer in accepted}:
            connection._record_success()
        for result in results:
            if not result.accepted:
                self._settle_refused(result)

    def _settle_refused(self, result):
        """Store the answers that are no acceptance, or the answer of a probe."""
        connection = result.pool.connection
        # Texts for the connection's responsible user are in that user's language.
        rows = self.with_context(lang=connection.env.context.get("lang"))
        if not result.deliveries:
            self._settle_probe(connection, result)
            return
        if result.answers is None:
            for delivery in result.deliveries:
                self._release_lease(delivery.row_id, delivery.token)
            if connection.state == "held":
                self._note_delays(connection.company_id)
            return
        for delivery, answer in result.pairs:
            if answer.accepted:
                continue
            row_id, token, reason = delivery.row_id, delivery.token, connection._describe(answer)
            if answer.verdict is Verdict.MESSAGE:
                rows._give_up(row_id, token, reason)
            elif answer.verdict is Verdict.CONNECTION:
                rows._blame_connection(row_id, token, reason)
                self._hold_pool(result.pool, answer)
            else:
                rows._postpone(row_id, token, answer, reason)
                if answer.verdict is Verdict.UNREADABLE and connection._count_unreadable():
                    self._hold_pool(result.pool, answer)

    def _settle_probe(self, connection, result):
        answer = result.answers[0]
        if connection._get_address() != result.pool.address:
            # The address changed meanwhile, so the answer means nothing: probe the new one next.
            result.pool.stopped = True
            self._trigger_delivery()
        elif answer.accepted:
            connection._release(result.capabilities)
            result.pool.batch = connection._get_batch_size()
        else:
            connection._hold(answer)
            self._note_delays(connection.company_id)

    def _hold_pool(self, pool, answer):
        """Stop the pool and hold its connection.

        Deliveries that are not sent yet get their leases released; no attempt is counted.
        """
        pool.stopped = True
        if pool.connection.state == "ready":
            pool.connection._hold(answer)
        # Also for requests that were in flight when another answer held the connection.
        self._note_delays(pool.connection.company_id)

    def _run_in_savepoint(self, step, argument):
        """Run a step; if it fails, undo it and go on.

        :return: whether it succeeded; if not, the rows' leases expire and they are sent again
        """
        try:
            with self.env.cr.savepoint():
                step(argument)
        except (OperationalError, InterfaceError):
            # The database failed, or the transaction conflicts with another one.
            raise
        except Exception:
            _logger.exception("The result of a delivery could not be stored")
            return False
        return True

    def _progress(self, processed=0, remaining=None):
        """Commit; return the seconds left for this run."""
        return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
