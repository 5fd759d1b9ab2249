from datetime import timedelta

from odoo import api, models

# Outcomes due for longer than this over a ready connection, or a cron that has not run for as
# long, mean that somebody has to look (minutes).
STUCK_MINUTES = 20


class DealerCrmCallback(models.Model):
    _inherit = "dealer.crm.callback"

    @api.model
    def _get_health(self):
        """Counts without secrets.

        :return: dict of ``ok``, ``due`` and ``parked`` (rows), ``held`` (connections),
            ``oldest_due_seconds`` (of rows that could be sent) and ``cron_alive``
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT COUNT(*) FILTER (WHERE c.state != 'parked'),
                   COUNT(*) FILTER (WHERE c.state = 'parked'),
                   COALESCE(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'UTC'
                            - MIN(c.next_attempt_at) FILTER (WHERE c.state = 'pending' AND NOT EXISTS (
                                SELECT 1 FROM dealer_crm_callback p
                                 WHERE p.company_id = c.company_id
                                   AND p.bpo_source_lead_id = c.bpo_source_lead_id
                                   AND p.id < c.id AND p.state = 'parked'))), 0)
              FROM dealer_crm_callback c
             WHERE c.state = 'parked' OR c.state = 'sending'
                OR c.state = 'pending' AND c.next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
            """
        )
        due, parked, oldest = self.env.cr.fetchone()
        cron = self.env.ref("dealer_crm.ir_cron_deliver_callbacks", raise_if_not_found=False)
        since = self.env.cr.now() - timedelta(minutes=STUCK_MINUTES)
        alive = bool(cron and cron.active and (cron.lastcall or cron.create_date) > since)
        held = self.env["dealer.crm.bpo.connection"].search_count([("state", "=", "held")])
        return {
            "ok": alive and float(oldest) < STUCK_MINUTES * 60,
            "due": due,
            "parked": parked,
            "held": held,
            "oldest_due_seconds": int(oldest),
            "cron_alive": alive,
        }
