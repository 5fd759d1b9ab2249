"""The dispatcher: claim → send → settle.

The transaction is committed before anything is sent; the threads of ``bpo.sender`` send without a
database; what they bring back is settled, row by row or the accepted ones together. A worker that
dies leaves leases behind, which run out; times are the database's.
"""

import logging
import time
from datetime import timedelta
from queue import Empty, SimpleQueue

from psycopg2 import InterfaceError, OperationalError

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import groupby

from ..bpo.answer import Answer, Verdict
from ..bpo.sender import Delivery, DeliveryPool
from .dealer_crm_callback_outbox import LEASE_SECONDS

_logger = logging.getLogger(__name__)

# A request begins only while so much of the lease is left.
SEND_SECONDS = 60
# Where another transaction was in the way, as often as Odoo itself tries again.
TRIES = 5
# What comes back while there is enough to send is settled together; nobody waits longer for it.
GATHER_SECONDS = 0.5
# How often the other connections are looked after while one keeps the run waiting, and how long:
# with the last request's 45 s that is less than the two minutes Odoo gives a cron.
LOOK_SECONDS = 1.0
SERVE_SECONDS = 60.0


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_deliver(self):
        """Send what is due. No error leaves here: it would make Odoo switch the cron off."""
        try:
            self.sudo()._deliver_due()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Delivering outcomes to the BPO stopped; it starts again soon")
            self._trigger_delivery(self.env.cr.now() + timedelta(minutes=1))
            self._progress()

    @api.model
    def _deliver_due(self):
        seconds = self._retrying(self._requeue_lost)
        results, pools = SimpleQueue(), []
        looked = self.env["dealer.crm.bpo.connection"]
        end, look = time.monotonic() + SERVE_SECONDS, 0
        try:
            while True:
                now = time.monotonic()
                stalled = [pool for pool in pools if pool.stalled] if now < end else []
                if now >= look and (seconds > 0 or stalled):
                    look = now + LOOK_SECONDS
                    found = self._get_due_connections() - looked
                    looked |= found
                    for connection in found:
                        pools += self._contain(connection, self._open_pool, connection, results)
                for pool in pools:
                    may_fill = seconds > 0 or (stalled and pool not in stalled)
                    if may_fill and not self._contain(pool.connection, self._fill, pool):
                        pool.stopped = True
                if not any(pool.busy for pool in pools):
                    break
                seconds = self._settle(self._take(results, pools))
        finally:
            for pool in pools:
                pool.close()
        self._trigger_next()
        remaining = self._count_sendable()
        if remaining and not seconds:
            # Odoo comes back to what is partly done at its next poll only, up to a minute later.
            self._trigger_delivery()
        self._progress(remaining=remaining)

    @api.model
    def _retrying(self, step, *args):
        """Take a step that ends in a commit, again where another transaction was in its way."""
        for left in reversed(range(TRIES)):
            try:
                return step(*args)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                if not left:
                    raise
        return None

    @api.model
    def _contain(self, connection, step, *args):
        """Take a step for one connection; whatever fails in it holds that one and is in no other's way.

        :return: what the step returned, or an empty list
        """
        try:
            return self._retrying(step, *args)
        except (OperationalError, InterfaceError):
            # The database's fault.
            raise
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("BPO connection %s cannot be used now", connection.id)
            self._retrying(self._hold_broken, connection, error)
            return []

    @api.model
    def _hold_broken(self, connection, error):
        """Hold a connection over which something of ours fails; commits."""
        answer = Answer(Verdict.CONNECTION, "internal", type(error).__name__)

        def hold(_what):
            connection._hold(answer)
            self._note_delays(connection.company_id)

        if not self._apart(hold, None):
            # Not even its activity can be made: it must not be taken up at once again.
            connection._set_held_bare(answer.code)
        self._progress()

    @api.model
    def _open_pool(self, connection, results):
        """List of the delivery pool of a connection, if it can be used; a held one is probed; commits."""
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
        unsure = connection.state == "held" or not connection.was_asked
        self._progress()
        if unsure:
            pool.probe()
        return [pool]

    @api.model
    def _fill(self, pool):
        """Claim what the pool has free slots for and hand it over."""
        if pool.batch_missing:
            pool.batch = 1
            pool.connection._forget_capability("batch")
        while pool.free_slots and pool.connection.state == "ready" and pool.connection.was_asked:
            end = time.monotonic() + LEASE_SECONDS - SEND_SECONDS
            rows = self._claim(pool.connection, pool.free_slots)
            if deliveries := self._keep_own(pool.connection, rows):
                pool.submit(deliveries, end)
            if deliveries or not rows:
                break
        return True

    @api.model
    def _keep_own(self, connection, rows):
        """List of the deliveries of claimed rows whose lead came from the connection's BPO; the others are parked.

        A receiver that does not say which database it is gets them all. Commits where it parks.
        """
        reached = connection._get_bpo_instance()
        own, foreign = [], []
        for row_id, payload, token, instance in rows:
            strange = reached and instance and instance != reached
            (foreign if strange else own).append(Delivery(row_id, payload, token))
        for delivery in foreign:
            self._apart(self._park_foreign, delivery)
        if foreign:
            self._progress()
        return own

    @api.model
    def _take(self, results, pools):
        """The results there are; more of them while every pool has enough to do.

        None at all when nothing comes back for a while.
        """
        taken = []
        end = time.monotonic() + GATHER_SECONDS
        while True:
            patient = any(pool.busy for pool in pools) and not any(
                pool.below_watermark for pool in pools
            )
            try:
                if not taken:
                    result = results.get(timeout=LOOK_SECONDS)
                else:
                    left = end - time.monotonic() if patient else 0
                    result = results.get(left > 0, max(left, 0))
            except Empty:
                return taken
            result.pool.done(result)
            taken.append(result)

    @api.model
    def _settle(self, results):
        """Write down what became of each request; commits. Returns the seconds left to run."""
        for _try in range(TRIES):
            try:
                for accepted, some in groupby(results, lambda result: result.accepted):
                    settle = self._settle_accepted if accepted else self._settle_refused
                    if not self._apart(settle, some):
                        for result in some:
                            for single in result.split():
                                self._settle_single(single)
                return self._progress(sum(len(result.deliveries) for result in results))
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
        _logger.warning("Results could not be settled: their leases run out and they go again")
        return 0

    @api.model
    def _settle_single(self, result):
        if not self._apart(self._settle_result, result) and not result.deliveries:
            # A probe that cannot be written down would be due again at once.
            result.pool.connection._set_held_bare("internal")

    @api.model
    def _settle_refused(self, results):
        """Write down requests that were not, or not wholly, accepted."""
        for result in results:
            self._settle_result(result)

    @api.model
    def _settle_accepted(self, results):
        """Write down requests whose deliveries the BPO took, all at once."""
        self._log_attempts(results)
        self._deliver(
            [
                pair
                for result in results
                for pair in zip(result.deliveries, result.answers, strict=True)
            ]
        )
        for connection in {result.pool.connection for result in results}:
            connection._note_success()

    @api.model
    def _settle_result(self, result):
        """Write down one request's answers, one a delivery, or the answer of a probe."""
        connection = result.pool.connection
        # What is written for the connection's responsible is in that person's language.
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
        self._log_attempts([result])
        pairs = list(zip(result.deliveries, result.answers, strict=True))
        if accepted := [(delivery, answer) for delivery, answer in pairs if answer.accepted]:
            self._deliver(accepted)
            connection._note_success()
        for delivery, answer in pairs:
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

    @api.model
    def _settle_probe(self, connection, result):
        answer = result.answers[0]
        if connection._get_address() != result.pool.address:
            # Somebody else was asked: who is there by now, is asked next.
            result.pool.stopped = True
            self._trigger_delivery()
        elif answer.accepted:
            connection._release(result.capabilities)
            result.pool.batch = connection._get_batch_size()
        else:
            connection._hold(answer)
            self._note_delays(connection.company_id)

    @api.model
    def _hold_pool(self, pool, answer):
        """Stop the pool; what it had not sent yet comes back, no attempt burnt."""
        pool.stopped = True
        if pool.connection.state == "ready":
            pool.connection._hold(answer)
        # Also for what was under way when another answer held the connection.
        self._note_delays(pool.connection.company_id)

    @api.model
    def _log_attempts(self, results):
        self.env["dealer.crm.callback.attempt"]._log(
            [
                (delivery.row_id, answer, result.duration)
                for result in results
                for delivery, answer in zip(result.deliveries, result.answers, strict=True)
            ]
        )

    @api.model
    def _apart(self, step, what):
        """Take a step that may fail for one row's fault: it is undone and in nobody's way.

        :return: whether it was taken; if not, the rows' leases run out and they go again
        """
        try:
            with self.env.cr.savepoint():
                step(what)
        except (OperationalError, InterfaceError):
            # The database's fault, or a conflict.
            raise
        except Exception:
            _logger.exception("What became of an outcome could not be written down")
            return False
        return True

    @api.model
    def _progress(self, processed=0, remaining=None):
        """Commit; return the seconds this run may go on."""
        return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
