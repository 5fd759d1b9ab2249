"""What is due: the rows and connections that the dispatcher asks the outbox for. Times are the database's."""

import uuid

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .dealer_crm_bpo_connection_state import INSTANCE_CODES

# The longest a request may take is 45 s; a lease leaves room for one that queues before it.
LEASE_SECONDS = 180
# An outcome p of the lead that c is of: the same number of the same sender, as far as both are known.
SAME_LEAD = """
    p.company_id = c.company_id AND p.bpo_source_lead_id = c.bpo_source_lead_id
    AND (p.bpo_sender = c.bpo_sender) IS NOT FALSE
"""
# The BPO's database that outcome c's lead came from; of a deleted lead as far as its sender is one.
BPO_INSTANCE = """
    COALESCE((SELECT l.bpo_instance FROM dealer_crm_lead l WHERE l.id = c.lead_id),
             substring(c.bpo_sender FROM '^[0-9a-f]{8}-[0-9a-f-]{27}$'))
"""
# Rows c that may be sent now: due, and the first unsettled one of their BPO lead.
SENDABLE = f"""
    c.state = 'pending' AND c.next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
    AND NOT EXISTS (
        SELECT 1 FROM dealer_crm_callback p
         WHERE {SAME_LEAD}
           AND p.id < c.id AND p.state IN ('pending', 'sending', 'parked'))
"""


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"

    @api.model
    def _claim(self, connection, limit):
        """Lease the company's rows that may be sent; commits.

        :return: list of (id, payload, token, the BPO's database that the lead came from, where known)
        """
        token = str(uuid.uuid4())
        try:
            self.env.cr.execute(
                f"""
                WITH head AS (
                    SELECT c.id FROM dealer_crm_callback c
                     WHERE c.company_id = %(company)s AND {SENDABLE}
                     ORDER BY c.next_attempt_at, c.id
                     LIMIT %(limit)s
                       FOR UPDATE SKIP LOCKED)
                UPDATE dealer_crm_callback c
                   SET state = 'sending', connection_id = %(connection)s, lease_token = %(token)s,
                       lease_until = clock_timestamp() AT TIME ZONE 'UTC'
                                     + make_interval(secs => %(lease)s),
                       first_attempt_at = COALESCE(c.first_attempt_at,
                                                   clock_timestamp() AT TIME ZONE 'UTC')
                  FROM head WHERE c.id = head.id
                RETURNING c.id, c.payload, c.lease_token, {BPO_INSTANCE}
                """,
                {
                    "company": connection.company_id.id,
                    "connection": connection.id,
                    "limit": limit,
                    "token": token,
                    "lease": LEASE_SECONDS,
                },
            )
            rows = self.env.cr.fetchall()
            self._progress()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()
            return []
        return rows

    @api.model
    def _get_due_connections(self):
        """The ready connections that have rows due, and the held ones whose probe is due."""
        self.env["dealer.crm.bpo.connection"].flush_model()
        self.env.cr.execute(
            """
            SELECT n.id FROM dealer_crm_bpo_connection n
             WHERE n.active
               AND CASE WHEN n.state = 'held'
                   THEN n.hold_code != ALL(%s)
                        AND n.next_probe_at <= clock_timestamp() AT TIME ZONE 'UTC'
                   ELSE EXISTS (
                        SELECT 1 FROM dealer_crm_callback c
                         WHERE c.company_id = n.company_id AND c.state = 'pending'
                           AND c.next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC')
                   END
             ORDER BY n.id
            """,
            [list(INSTANCE_CODES)],
        )
        return self.env["dealer.crm.bpo.connection"].browse(
            row[0] for row in self.env.cr.fetchall()
        )

    @api.model
    def _count_sendable(self):
        """Rows that the next run could send right away."""
        ready = set(
            self.env["dealer.crm.bpo.connection"].search([("state", "=", "ready")]).company_id.ids
        )
        self.env.cr.execute(
            f"SELECT COUNT(*) FROM dealer_crm_callback c WHERE c.company_id = ANY(%s) AND {SENDABLE}",
            [list(ready)],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _trigger_next(self):
        """Have the cron called when the next thing comes due: a row, a lease's end, a probe."""
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

    @api.model
    def _claim_expired(self):
        """Lease the rows anew whose lease has run out; list of (id, token)."""
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
        return self.env.cr.fetchall()
