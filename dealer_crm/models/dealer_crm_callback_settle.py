"""What an answer does to a row. Only the holder of the row's lease may settle it."""

import random

from odoo import api, models

from ..bpo.answer import Verdict
from ..bpo.retry import next_delay
from ..text import text_to_html

# So often may a row's answer blame a connection that a probe finds well.
FAULTS_TO_PARK = 3


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"

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
                rows._park(row_id, token, reason)
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
        if answer.accepted:
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
    def _deliver(self, accepted):
        """Write down what the BPO took, ``accepted``: list of (delivery, answer)."""
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
            [
                (
                    delivery.row_id,
                    delivery.token,
                    answer.detail if answer.code == "own_words" else None,
                )
                for delivery, answer in accepted
            ],
            template="(%s, %s, %s::varchar)",
            fetch=True,
        )
        self._log_on_leads(
            [lead_id for (lead_id,) in delivered],
            lambda leads: leads.env._("The BPO knows the outcome."),
        )

    @api.model
    def _release_lease(self, row_id, token, reason=None):
        """Nothing was tried, or not for the row's fault: it waits as before."""
        self._settle_row(
            row_id,
            token,
            "state = 'pending', last_error = COALESCE(%s, last_error)",
            [reason],
        )

    @api.model
    def _blame_connection(self, row_id, token, reason):
        """The row waits for the connection, unless it alone fails over one that works.

        A row comes here again only after a probe has found the connection well.
        """
        row = self._settle_row(
            row_id,
            token,
            "state = 'pending', fault_count = COALESCE(fault_count, 0) + 1, last_error = %s",
            [reason],
        )
        if row.fault_count >= FAULTS_TO_PARK:
            row._set_aside(
                self.env._("Only this outcome fails over a connection that works: %s", reason)
            )

    @api.model
    def _postpone(self, row_id, token, answer, reason):
        """Try again later, or park the row when it has been tried long enough."""
        self.env.cr.execute(
            """
            SELECT attempt_count,
                   EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'UTC' - first_attempt_at)::float
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
            self._park(row_id, token, self.env._("Tried for 96 hours. The last time: %s", reason))
            return
        self._settle_row(
            row_id,
            token,
            """state = 'pending', attempt_count = attempt_count + 1, last_error = %s,
               next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
                                 + make_interval(secs => %s)""",
            [reason, delay],
        )

    @api.model
    def _park(self, row_id, token, reason):
        """The message's own fault: a person has to look."""
        self._settle_row(
            row_id, token, "state = 'pending', attempt_count = attempt_count + 1", []
        )._set_aside(reason)

    @api.model
    def _settle_foreign(self, delivery):
        """Park a row of another BPO's lead, unsent: a lead with its number may be anybody's there."""
        row = self.browse(delivery.row_id)
        connection = row.connection_id._for_responsible()
        reason = connection.env._(
            "The lead came from another BPO (%(sender)s) than the connection reaches (%(url)s), so"
            " its outcome was not sent there. Point the connection at that BPO, press Test"
            " Connection and retry; or tell that BPO yourself and cancel.",
            sender=row.lead_id.bpo_source_url or row.bpo_sender,
            url=connection.url,
        )
        self._settle_row(delivery.row_id, delivery.token, "state = 'pending'", [])._set_aside(
            reason
        )

    def _set_aside(self, reason):
        """Park these rows for a person; their leads' later outcomes wait behind them."""
        for row in self:
            person = row.connection_id.user_id or self.env.ref("base.user_admin")
            row._write_unchecked(
                {"state": "parked", "last_error": reason, "next_attempt_at": False}
            )
            row._log_on_leads(
                row.lead_id.ids,
                lambda leads: leads.env._(
                    "The BPO did not take the outcome. An admin looks into it."
                ),
            )
            theirs = row.with_context(lang=person.lang)
            theirs.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=theirs.env._(
                    "Outcome of BPO lead %(lead)s needs you", lead=row.bpo_source_lead_id
                ),
                # The BPO's words are in it.
                note=text_to_html(reason),
                user_id=person.id,
            )

    @api.model
    def _settle_row(self, row_id, token, assignments, params):
        """Change the row its lease ``token`` holds, and end the lease.

        :param str assignments: SQL of the SET clause, with %s for ``params``
        :return: the row, or nothing where somebody else has taken the lease over
        """
        self.env.cr.execute(
            f"""
            UPDATE dealer_crm_callback
               SET lease_token = NULL, lease_until = NULL, {assignments}
             WHERE id = %s AND state = 'sending' AND lease_token = %s
            RETURNING id
            """,
            [*params, row_id, token],
        )
        row = self.browse(found[0] for found in self.env.cr.fetchall())
        row.invalidate_recordset(flush=False)
        return row

    @api.model
    def _log_attempts(self, results):
        """One line an answer."""
        self.env.cr.execute_values(
            """
            INSERT INTO dealer_crm_callback_attempt
                   (callback_id, verdict, code, detail, duration, started_at)
            VALUES %s
            """,
            [
                (
                    delivery.row_id,
                    answer.verdict.value,
                    answer.code,
                    answer.detail,
                    result.duration,
                    result.duration,
                )
                for result in results
                for delivery, answer in zip(result.deliveries, result.answers, strict=True)
            ],
            template="""(%s, %s, %s, %s, %s,
                         clock_timestamp() AT TIME ZONE 'UTC' - make_interval(secs => %s))""",
        )
