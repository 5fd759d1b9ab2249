"""The nightly comparison of delivered outcomes with what the BPO has."""

import logging

from odoo import models
from odoo.tools import SQL

from ..bpo.answer import readable
from .dealer_crm_callback_outbox import BPO_INSTANCE, SAME_LEAD

_logger = logging.getLogger(__name__)

DAYS = 60
CHUNK = 500
METHOD = "dealer_callback_reconcile"


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"  # pylint: disable=consider-merging-classes-inherited

    def _cron_reconcile(self):
        """Compare the newest outcome of each lead, if delivered in 60 days, with the BPO's."""
        for connection in self.env["dealer.crm.bpo.connection"].search([("state", "=", "ready")]):
            try:
                if connection._can("reconcile") and not connection._check_instance():
                    self.sudo()._reconcile(connection._for_responsible())
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Comparing with BPO connection %s failed", connection.id)

    def _reconcile(self, connection):
        found, last = 0, (0, 0)
        with connection._open_client() as client:
            while rows := self._get_delivered(connection, last):
                last = (rows[-1][1], rows[-1][0])
                self._progress(len(rows))
                leads = [
                    {"bpo_source_lead_id": lead_id, "sequence": sequence, "outcome": outcome}
                    for _id, lead_id, sequence, outcome in rows
                ]
                value, answer = client.call(METHOD, {"leads": leads})
                if not answer.accepted or not isinstance(value, list):
                    _logger.warning("The BPO did not reconcile: %s", connection._describe(answer))
                    return
                lang = connection.env.context.get("lang")
                found += self.with_context(lang=lang)._set_differences(rows, value)
        if found:
            connection._schedule_warning(
                connection.env._("%(count)s outcomes differ at the BPO", count=found),
                connection.env._(
                    "See BPO Callbacks, filter Differs at the BPO: Retry sends them again."
                ),
                "mail.mail_activity_data_todo",
            )
        self._progress()

    def _get_delivered(self, connection, last):
        """The newest outcome of each lead of the connection's BPO, if delivered in the last 60
        days.

        :param last: (BPO lead id, id) of the last row of the chunk before
        :return: list of (id, BPO lead id, sequence, outcome), by BPO lead id
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT c.id, c.bpo_source_lead_id, c.sequence, c.outcome
                  FROM dealer_crm_callback c
                 WHERE c.company_id = %(company)s
                   AND (c.bpo_source_lead_id, c.id) > (%(last_lead)s, %(last_id)s)
                   AND c.state = 'delivered' AND (%(from_bpo)s = %(bpo)s) IS NOT FALSE
                   AND c.delivered_at > now() AT TIME ZONE 'UTC' - make_interval(days => %(days)s)
                   AND NOT EXISTS (
                       SELECT 1 FROM dealer_crm_callback p
                        WHERE %(same_lead)s AND p.id > c.id AND p.state != 'cancelled')
                 ORDER BY c.bpo_source_lead_id, c.id LIMIT %(chunk)s
                """,
                company=connection.company_id.id,
                from_bpo=BPO_INSTANCE,
                bpo=connection._get_bpo_instance(),
                last_lead=last[0],
                last_id=last[1],
                days=DAYS,
                same_lead=SAME_LEAD,
                chunk=CHUNK,
            )
        )

    def _set_differences(self, rows, differing):
        """Set or clear ``difference`` on the rows of this chunk; return the number of differences.

        :param rows: see ``_get_delivered``
        :param differing: the BPO's answer: list of dicts with ``bpo_source_lead_id``, ``sequence``
            and ``outcome``
        """
        texts = {
            item["bpo_source_lead_id"]: self.env._(
                "The BPO has outcome %(sequence)s, %(outcome)s.",
                sequence=readable(str(item.get("sequence"))[:20]),
                outcome=readable(str(item.get("outcome"))[:100]),
            )
            for item in differing
            if isinstance(item, dict) and isinstance(item.get("bpo_source_lead_id"), int)
        }
        values = [(row_id, texts.get(lead_id)) for row_id, lead_id, _sequence, _outcome in rows]
        self.env.cr.execute_values(
            """
            UPDATE dealer_crm_callback c SET difference = v.difference
              FROM (VALUES %s) AS v (id, difference)
             WHERE c.id = v.id AND c.difference IS DISTINCT FROM v.difference
            """,
            values,
            template="(%s, %s::varchar)",
            page_size=CHUNK,
        )
        self.invalidate_model(["difference"], flush=False)
        return sum(bool(text) for _row_id, text in values)
