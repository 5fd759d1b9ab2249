from datetime import timedelta

from odoo import api, fields, models

GC_LIMIT = 10_000


class DealerCrmCallbackAttempt(models.Model):
    _name = "dealer.crm.callback.attempt"
    _description = "Attempt to Deliver an Outcome"
    _inherit = ["dealer.crm.guarded.mixin"]
    _order = "id desc"
    _program_only = True
    _log_access = False

    callback_id = fields.Many2one(
        "dealer.crm.callback", required=True, ondelete="cascade", index=True
    )
    started_at = fields.Datetime(required=True)
    duration = fields.Float("Seconds", digits=(8, 3), aggregator="avg")
    verdict = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("transient", "Retry"),
            ("connection", "Connection Error"),
            ("message", "Refused"),
            ("unreadable", "Unreadable"),
            ("unknown", "Unknown: the worker stopped"),
        ],
        required=True,
    )
    code = fields.Char(required=True)
    detail = fields.Char()

    def _log(self, answers):
        """Insert one attempt per answer.

        :param answers: list of (callback id, ``Answer``, duration in seconds)
        """
        self.env.cr.execute_values(
            """
            INSERT INTO dealer_crm_callback_attempt
                   (callback_id, verdict, code, detail, duration, started_at)
            VALUES %s
            """,
            [
                (row_id, answer.verdict.value, answer.code, answer.detail, seconds, seconds)
                for row_id, answer, seconds in answers
            ],
            template="""(%s, %s, %s, %s, %s,
                         clock_timestamp() AT TIME ZONE 'UTC' - make_interval(secs => %s))""",
        )

    @api.autovacuum
    def _gc_attempts(self):
        days = self.env["dealer.crm.settings"]._get_days("keep_attempt_days")
        limit = self.env.cr.now() - timedelta(days=days)
        old = self.sudo().search([("started_at", "<", limit)], order="id", limit=GC_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_LIMIT
