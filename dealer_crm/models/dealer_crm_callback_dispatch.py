"""The dispatcher: claim → send → settle.

The transaction is committed before anything is sent; the threads of ``bpo.lane`` send without a
database; what they bring back is settled, row by row or the accepted ones together. A worker that
dies leaves leases behind, which run out; times are the database's.
"""

import logging
import time
from datetime import timedelta
from queue import Empty, SimpleQueue

from psycopg2 import InterfaceError, OperationalError
from psycopg2.errors import SerializationFailure

from odoo import api, models
from odoo.tools import groupby

from ..bpo.answer import Answer, Verdict
from ..bpo.lane import Lane, Parcel, Result
from .dealer_crm_callback_queue import LEASE_SECONDS

_logger = logging.getLogger(__name__)

# A request begins only while so much of the lease is left.
SEND_SECONDS = 60
SETTLE_TRIES = 5
# What comes back while there is enough to send is settled together; nobody waits longer for it.
GATHER_SECONDS = 0.5
# How often the other connections are looked after while one keeps the run waiting, and how long:
# with the last request's 45 s that is less than the two minutes Odoo gives a cron.
LOOK_SECONDS = 1.0
SERVE_SECONDS = 60.0
LOST = Answer(Verdict.TRANSIENT, "worker_lost")


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"

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
        self._reap()
        results, lanes = SimpleQueue(), []
        looked = self.env["dealer.crm.bpo.connection"]
        seconds = self._progress()
        end, look = time.monotonic() + SERVE_SECONDS, 0
        try:
            while True:
                now = time.monotonic()
                late = [lane for lane in lanes if lane.late] if now < end else []
                if now >= look and (seconds > 0 or late):
                    look = now + LOOK_SECONDS
                    found = self._get_lane_connections() - looked
                    looked |= found
                    lanes += self._open_lanes(found, results)
                for lane in lanes:
                    if seconds > 0 or (late and lane not in late):
                        self._fill(lane)
                if not any(lane.busy for lane in lanes):
                    break
                seconds = self._settle(self._take(results, lanes))
        finally:
            for lane in lanes:
                lane.close()
        self._trigger_next()
        remaining = self._count_sendable()
        if remaining and not seconds:
            # Odoo comes back to what is partly done at its next poll only, up to a minute later.
            self._trigger_delivery()
        self._progress(remaining=remaining)

    @api.model
    def _open_lanes(self, connections, results):
        """A lane for each connection that can be used; the held ones are probed; commits."""
        lanes = []
        for connection in connections:
            held = connection.state == "held"
            try:
                if connection._check_fence():
                    continue
                transport = connection._open_transport()
            except OSError:
                _logger.exception("BPO connection %s cannot be used now", connection.id)
                continue
            batch = connection._get_batch_size()
            lanes.append(Lane(connection, transport, connection.in_flight, batch, results))
            if held:
                lanes[-1].probe()
        self._progress()
        return lanes

    @api.model
    def _fill(self, lane):
        """Claim what the lane has room for and hand it over."""
        if lane.room and lane.key.state == "ready":
            end = time.monotonic() + LEASE_SECONDS - SEND_SECONDS
            rows = self._claim(lane.key, lane.room)
            if rows:
                lane.submit([Parcel(*row) for row in rows], end)

    @api.model
    def _take(self, results, lanes):
        """The results there are; more of them while every lane has enough to do.

        None at all when nothing comes back for a while.
        """
        taken = []
        end = time.monotonic() + GATHER_SECONDS
        while True:
            patient = any(lane.busy for lane in lanes) and not any(lane.hungry for lane in lanes)
            try:
                if not taken:
                    result = results.get(timeout=LOOK_SECONDS)
                else:
                    left = end - time.monotonic() if patient else 0
                    result = results.get(left > 0, max(left, 0))
            except Empty:
                return taken
            result.lane.done(result)
            taken.append(result)

    @api.model
    def _settle(self, results):
        """Write down what became of each request; commits. Returns the seconds left to run."""
        for _try in range(SETTLE_TRIES):
            try:
                for accepted, some in groupby(results, lambda result: result.accepted):
                    settle = self._settle_accepted if accepted else self._settle_refused
                    if not self._apart(settle, some):
                        for result in some:
                            for single in result.split():
                                self._apart(self._settle_result, single)
                return self._progress(sum(len(result.parcels) for result in results))
            except SerializationFailure:
                self.env.cr.rollback()
        _logger.warning("Results could not be settled: their leases run out and they go again")
        return 0

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
    def _reap(self):
        """Take back the leases of workers that died: the same event goes again."""
        for row_id, token in self._claim_expired():
            self._apart(self._settle_lost, Parcel(row_id, {}, token))

    @api.model
    def _settle_lost(self, parcel):
        reason = self.env._("The worker stopped while sending.")
        self._postpone(parcel.row_id, parcel.token, LOST, reason)
        self._log_attempts([Result(None, [parcel], [LOST], 0)])

    @api.model
    def _progress(self, processed=0, remaining=None):
        """Commit; return the seconds this run may go on."""
        return self.env["ir.cron"]._commit_progress(processed, remaining=remaining)
