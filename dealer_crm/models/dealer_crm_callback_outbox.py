"""The outbox: every change of an outcome's state. It gets finished rows.

Of a lead it only reads from which BPO it came, and logs on it what became of its outcome.

::

    _enqueue ──> pending ──_claim──> sending ──_deliver──> delivered
                  ^ ^ ^                │ │                     │
                  │ │ └────────────────┘ └──> parked           │
                  │ │  _release_lease: nothing was sent        │
                  │ │  _blame_connection: parked at the third  │
                  │ │  _postpone: parked when too old          │
                  │ │  _give_up, _park_foreign: parked         │
                  │ └──────────────_retry────────┘             │
                  └──_retry, where it differs at the BPO───────┘

    pending or parked ──_cancel──> cancelled

``_claim`` leases a row to one worker: only a call with the row's ``lease_token`` can settle it.
When a worker dies, its leases expire; ``_requeue_lost`` takes these rows over and postpones them.
Only the first unsettled row of each BPO lead can be claimed, which keeps the order. All times are
the database's.
"""

import random
import uuid

from psycopg2.extras import Json

from odoo import models
from odoo.tools import SQL

from ..bpo.answer import Answer, Verdict
from ..bpo.retry import next_delay
from ..text import text_to_html
from .dealer_crm_bpo_connection_state import INSTANCE_CODES

BATCH = 1000
# A request takes at most 45 s; a lease leaves time for requests that are queued before it.
LEASE_SECONDS = 180
# Park a row after this many connection errors, if a probe finds the connection working each time.
FAULTS_TO_PARK = 3
LOST = Answer(Verdict.TRANSIENT, "worker_lost")
NOW = SQL("clock_timestamp() AT TIME ZONE 'UTC'")
# Outcomes p and c belong to the same BPO lead: same number, and same sender if both are known.
SAME_LEAD = SQL(
    """
    p.company_id = c.company_id AND p.bpo_source_lead_id = c.bpo_source_lead_id
    AND (p.bpo_sender = c.bpo_sender) IS NOT FALSE
    """
)
# The uuid of the BPO database that outcome c's lead came from. If the lead was deleted, it is the
# sender, if that is a uuid.
BPO_INSTANCE = SQL(
    """
    COALESCE((SELECT l.bpo_instance FROM dealer_crm_lead l WHERE l.id = c.lead_id),
             substring(c.bpo_sender FROM '^[0-9a-f]{8}-[0-9a-f-]{27}$'))
    """
)
# Row c may be sent now: it is due, and the first unsettled row of its BPO lead.
SENDABLE = SQL(
    """
    c.state = 'pending' AND c.next_attempt_at <= %s
    AND NOT EXISTS (
        SELECT 1 FROM dealer_crm_callback p
         WHERE %s AND p.id < c.id AND p.state IN ('pending', 'sending', 'parked'))
    """,
    NOW,
    SAME_LEAD,
)


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"  # pylint: disable=consider-merging-classes-inherited

    def _enqueue(self, rows):
        """Insert outcomes in the current transaction; trigger the dispatcher once.

        :param rows: list of dicts with ``lead_id``, ``company_id``, ``connection_id`` (or None),
            ``bpo_source_lead_id``, ``bpo_sender``, ``event_id``, ``sequence``, ``outcome``,
            ``payload`` (frozen), ``delay_noted`` (whether it waits for the connection) and
            ``next_attempt_at`` (None: due now)
        """
        common = {"uid": self.env.uid, "now": self.env.cr.now()}
        self.env.cr.execute_values(
            """
            INSERT INTO dealer_crm_callback
                   (lead_id, company_id, connection_id, bpo_source_lead_id, bpo_sender, event_id,
                    sequence, outcome, payload, delay_noted, state, attempt_count, next_attempt_at,
                    create_uid, create_date)
            VALUES %s
            """,
            [{**row, **common, "payload": Json(row["payload"])} for row in rows],
            template="""(%(lead_id)s, %(company_id)s, %(connection_id)s, %(bpo_source_lead_id)s,
                %(bpo_sender)s, %(event_id)s, %(sequence)s, %(outcome)s, %(payload)s,
                %(delay_noted)s, 'pending', 0, COALESCE(%(next_attempt_at)s, %(now)s), %(uid)s,
                %(now)s)""",
            page_size=BATCH,
        )
        due = [row["next_attempt_at"] for row in rows]
        self._trigger_delivery(None if None in due else min(due))
        self._log_delay([row["lead_id"] for row in rows if row["delay_noted"]])

    def _get_due_connections(self):
        """Ready connections with due rows, and held ones whose probe is due."""
        connections = self.env["dealer.crm.bpo.connection"]
        connections.flush_model()
        query = SQL(
            """
            SELECT n.id FROM dealer_crm_bpo_connection n
             WHERE n.active
               AND CASE WHEN n.state = 'held'
                   THEN n.hold_code != ALL(%(codes)s) AND n.next_probe_at <= %(now)s
                   ELSE EXISTS (
                        SELECT FROM dealer_crm_callback c
                         WHERE c.company_id = n.company_id AND c.state = 'pending'
                           AND c.next_attempt_at <= %(now)s)
                   END
             ORDER BY n.id
            """,
            codes=list(INSTANCE_CODES),
            now=NOW,
        )
        return connections.browse(found for (found,) in self.env.execute_query(query))

    def _claim(self, connection, limit):
        """Lease up to ``limit`` of the company's rows that may be sent; commits.

        :return: list of (id, payload, token, uuid of the BPO database that the lead came from, or
            None if unknown)
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH head AS (
                    SELECT c.id FROM dealer_crm_callback c
                     WHERE c.company_id = %(company)s AND %(sendable)s
                     ORDER BY c.next_attempt_at, c.id
                     LIMIT %(limit)s
                       FOR UPDATE SKIP LOCKED)
                UPDATE dealer_crm_callback c
                   SET state = 'sending', connection_id = %(connection)s, lease_token = %(token)s,
                       lease_until = %(now)s + make_interval(secs => %(lease)s),
                       first_attempt_at = COALESCE(c.first_attempt_at, %(now)s)
                  FROM head WHERE c.id = head.id
                RETURNING c.id, c.payload, c.lease_token, %(instance)s
                """,
                company=connection.company_id.id,
                sendable=SENDABLE,
                limit=limit,
                connection=connection.id,
                token=str(uuid.uuid4()),
                now=NOW,
                lease=LEASE_SECONDS,
                instance=BPO_INSTANCE,
            )
        )
        self._progress()
        return rows

    def _deliver(self, accepted):
        """Mark rows delivered.

        :param accepted: list of (``Delivery``, ``Answer``)
        """
        values = [
            (delivery.row_id, delivery.token, answer.detail if answer.code == "own_words" else None)
            for delivery, answer in accepted
        ]
        delivered = self.env.cr.execute_values(
            """
            UPDATE dealer_crm_callback c
               SET state = 'delivered', attempt_count = c.attempt_count + 1, last_error = NULL,
                   delivered_at = clock_timestamp() AT TIME ZONE 'UTC', next_attempt_at = NULL,
                   lease_token = NULL, lease_until = NULL, accepted_words = v.words
              FROM (VALUES %s) AS v (id, token, words)
             WHERE c.id = v.id AND c.state = 'sending' AND c.lease_token = v.token
            RETURNING c.lead_id
            """,
            values,
            template="(%s, %s, %s::varchar)",
            fetch=True,
        )
        self._log_on_leads(
            [lead_id for (lead_id,) in delivered],
            lambda leads: leads.env._("The BPO knows the outcome."),
        )

    def _release_lease(self, row_id, token):
        """Make a row pending again that was not sent."""
        self._settle_row(row_id, token, SQL("state = 'pending'"))

    def _blame_connection(self, row_id, token, reason):
        """Make the row pending until the connection works; park it at the third error.

        The connection is held meanwhile, so a second error means that a probe found it working: the
        row itself is then the likely cause.
        """
        fault = "state = 'pending', fault_count = COALESCE(fault_count, 0) + 1, last_error = %s"
        row = self._settle_row(row_id, token, SQL(fault, reason))
        if row.fault_count >= FAULTS_TO_PARK:
            row._park(
                self.env._("Only this outcome fails over a connection that works: %s", reason)
            )

    def _postpone(self, row_id, token, answer, reason):
        """Retry the row later, or park it when it has been retried for 96 hours."""
        self.env.cr.execute(
            """
            SELECT attempt_count,
                   EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'UTC' -
                   first_attempt_at)::float
              FROM dealer_crm_callback
             WHERE id = %s AND state = 'sending' AND lease_token = %s
               FOR UPDATE
            """,
            [row_id, token],
        )
        row = self.env.cr.fetchone()
        if not row:
            return
        attempts, age = row
        delay = next_delay(attempts + 1, age, answer.retry_after, random.random)
        if delay is None:
            self._give_up(
                row_id, token, self.env._("Tried for 96 hours. The last time: %s", reason)
            )
            return
        self._settle_row(
            row_id,
            token,
            SQL(
                """state = 'pending', attempt_count = attempt_count + 1, last_error = %s,
                   next_attempt_at = %s + make_interval(secs => %s)""",
                reason,
                NOW,
                delay,
            ),
        )

    def _give_up(self, row_id, token, reason):
        """Count the attempt and park the row."""
        self._settle_row(
            row_id, token, SQL("state = 'pending', attempt_count = attempt_count + 1")
        )._park(reason)

    def _park_foreign(self, delivery):
        """Park, unsent, a row whose lead came from another BPO.

        At the connection's BPO, the same number belongs to some other lead.
        """
        connection = self.browse(delivery.row_id).connection_id._for_responsible()
        row = self._settle_row(delivery.row_id, delivery.token, SQL("state = 'pending'"))
        row._park(
            connection.env._(
                "The lead came from another BPO (%(sender)s) than the connection reaches (%(url)s),"
                " so its outcome was not sent. Enter that BPO's address in the connection, press"
                " Test Connection and retry; or inform that BPO yourself and cancel.",
                sender=row.lead_id.bpo_source_url or row.bpo_sender,
                url=connection.url,
            )
        )

    def _park(self, reason):
        """Park these rows until a person acts; later outcomes of their leads wait behind them."""
        for row in self:
            person = row.connection_id.user_id or self.env.ref("base.user_admin")
            row._write_unchecked(
                {"state": "parked", "last_error": reason, "next_attempt_at": False}
            )
            row._log_on_leads(
                row.lead_id.ids,
                lambda leads: leads.env._(
                    "The BPO did not accept the outcome. An admin looks into it."
                ),
            )
            translated = row.with_context(lang=person.lang)
            translated.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=translated.env._(
                    "Outcome of BPO lead %(lead)s needs you", lead=row.bpo_source_lead_id
                ),
                # The reason may quote the BPO.
                note=text_to_html(reason),
                user_id=person.id,
            )

    def _settle_row(self, row_id, token, assignments):
        """Change a row that is leased with ``token``, and end the lease.

        :param SQL assignments: of the SET clause
        :return: the row; empty if the lease has been taken over
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE dealer_crm_callback
                   SET lease_token = NULL, lease_until = NULL, %s
                 WHERE id = %s AND state = 'sending' AND lease_token = %s
                RETURNING id
                """,
                assignments,
                row_id,
                token,
            )
        )
        row = self.browse(found[0] for found in rows)
        row.invalidate_recordset(flush=False)
        return row

    def _requeue_lost(self):
        """Requeue the rows of workers that died, with the same ``event_id``; commits.

        Their leases are renewed first, so that no other worker takes these rows.

        :return: the seconds left for this run
        """
        self.env.cr.execute(
            """
            UPDATE dealer_crm_callback
               SET lease_until = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %s)
             WHERE id IN (SELECT id FROM dealer_crm_callback
                           WHERE state = 'sending'
                             AND lease_until < clock_timestamp() AT TIME ZONE 'UTC'
                             FOR UPDATE SKIP LOCKED)
            RETURNING id, lease_token
            """,
            [LEASE_SECONDS],
        )
        for row in self.env.cr.fetchall():
            self._run_in_savepoint(self._requeue_row, row)
        return self._progress()

    def _requeue_row(self, row):
        row_id, token = row
        connection = self.browse(row_id).connection_id._for_responsible()
        self._postpone(row_id, token, LOST, connection._describe(LOST))
        self.env["dealer.crm.callback.attempt"]._log([(row_id, LOST, 0)])

    def _retry(self):
        """Make these rows due now, as if never sent; ``event_id`` and payload stay."""
        self._write_unchecked(
            {
                "state": "pending",
                "first_attempt_at": False,
                "delivered_at": False,
                "difference": False,
                "fault_count": 0,
                "next_attempt_at": self.env.cr.now(),
            }
        )

    def _cancel(self):
        """Cancel these rows: they are never sent."""
        self._write_unchecked({"state": "cancelled", "next_attempt_at": False})

    def _restart_waiting(self, company):
        """Make the pending rows of ``company`` due now and restart their 96 hours.

        Not those whose closing can still be undone.
        """
        self.env.cr.execute(
            """
            UPDATE dealer_crm_callback
               SET first_attempt_at = NULL, next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
             WHERE company_id = %s AND state = 'pending'
               AND (attempt_count > 0 OR next_attempt_at < clock_timestamp() AT TIME ZONE 'UTC')
            """,
            [company.id],
        )
        self.invalidate_model(["first_attempt_at", "next_attempt_at"], flush=False)
        self._trigger_delivery()

    def _count_sendable(self):
        """Number of rows that could be sent right away."""
        ready = self.env["dealer.crm.bpo.connection"].search([("state", "=", "ready")]).company_id
        [[count]] = self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM dealer_crm_callback c WHERE c.company_id = ANY(%s) AND %s",
                ready.ids,
                SENDABLE,
            )
        )
        return count

    def _trigger_next(self):
        """Trigger the cron for the next time that a row or a probe is due, or a lease expires."""
        self.env.cr.execute(
            """
            SELECT GREATEST(MIN(due), clock_timestamp() AT TIME ZONE 'UTC') FROM (
                SELECT MIN(next_attempt_at) AS due FROM dealer_crm_callback
                 WHERE state = 'pending'
                   AND next_attempt_at > clock_timestamp() AT TIME ZONE 'UTC'
                UNION ALL
                SELECT MIN(lease_until) FROM dealer_crm_callback WHERE state = 'sending'
                UNION ALL
                SELECT MIN(next_probe_at) FROM dealer_crm_bpo_connection
                 WHERE active AND state = 'held' AND hold_code != ALL(%s)
            ) AS next
            HAVING MIN(due) IS NOT NULL
            """,
            [list(INSTANCE_CODES)],
        )
        for (due,) in self.env.cr.fetchall():
            self._trigger_delivery(due)
