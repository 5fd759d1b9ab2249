from odoo import fields, models
from odoo.tools import SQL


class DealerCrmLeadStay(models.Model):
    """How long a lead was in an open stage, and where it went: one row when it leaves the stage.

    The row has the lead's salesperson and team of that moment. The analysis reads no other table.
    Undoing a closing deletes its row.
    """

    _name = "dealer.crm.lead.stay"
    _description = "Time in Stages"
    _inherit = ["dealer.crm.guarded.mixin", "dealer.crm.lead.link.mixin"]
    _program_only = True
    _log_access = False
    _order = "date desc, id desc"
    _rec_name = "lead_id"

    lead_id = fields.Many2one("dealer.crm.lead", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="lead_id.company_id", store=True)
    team_id = fields.Many2one("crm.team", "Sales Team")
    user_id = fields.Many2one("res.users", "Salesperson")
    origin = fields.Selection([("bpo", "Endorsed by the BPO"), ("walk_in", "Walk-in")])
    stage_id = fields.Many2one("dealer.crm.stage", required=True, ondelete="cascade")
    next_stage_id = fields.Many2one("dealer.crm.stage", "Went To")
    date = fields.Datetime("Left On", required=True)
    days = fields.Float("Days in Stage", aggregator="avg", help="From entering to leaving it.")
    moved_on = fields.Float(
        "Moved On (%)",
        aggregator="avg",
        help="Share of the leads that went to the next stage or to Won, not to Lost.",
    )

    _date_idx = models.Index("(date)")

    def _insert_stays(self, leads, outcome, vals):
        """Insert a row for each of ``leads``, which now leave their stage; one statement.

        :param outcome: 'won', 'lost' or None
        :param vals: what is being written on the leads; with ``stage_id``
        """
        leads.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO dealer_crm_lead_stay (lead_id, company_id, team_id, user_id, origin,
                       stage_id, next_stage_id, date, days, moved_on)
                SELECT id, company_id, team_id, COALESCE(user_id, %(user)s),
                       CASE WHEN bpo_source_lead_id > 0 THEN 'bpo' ELSE 'walk_in' END,
                       stage_id, %(stage)s, %(now)s,
                       GREATEST(EXTRACT(EPOCH FROM %(now)s
                           - COALESCE(date_last_stage_update, create_date)) / 86400, 0),
                       %(moved_on)s
                  FROM dealer_crm_lead WHERE id = ANY(%(leads)s)
                """,
                user=vals.get("user_id") or None,
                stage=vals["stage_id"],
                now=vals["date_last_stage_update"],
                moved_on=0 if outcome == "lost" else 100,
                leads=leads.ids,
            )
        )

    def _withdraw(self, leads):
        """Delete the newest row of each of ``leads``: they are in that stage as if never left."""
        leads.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    DELETE FROM dealer_crm_lead_stay
                     WHERE id IN (SELECT MAX(id) FROM dealer_crm_lead_stay
                                   WHERE lead_id = ANY(%s) GROUP BY lead_id)
                    RETURNING lead_id, date_trunc(
                        'second', date - days * interval '1 day' + interval '0.5 s') AS entered)
                UPDATE dealer_crm_lead SET date_last_stage_update = gone.entered
                  FROM gone WHERE id = gone.lead_id
                """,
                leads.ids,
            )
        )
        leads.invalidate_recordset(flush=False)
        self.invalidate_model(flush=False)
