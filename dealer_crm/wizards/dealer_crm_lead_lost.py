from odoo import fields, models


class DealerCrmLeadLost(models.TransientModel):
    _name = "dealer.crm.lead.lost"
    _description = "Mark Leads Lost"

    lead_ids = fields.Many2many(
        "dealer.crm.lead", string="Leads", required=True, context={"active_test": False}
    )
    lost_reason = fields.Many2one("dealer.crm.lost.reason", required=True)
    lost_notes = fields.Text("Notes")

    def action_confirm(self):
        """Close the leads as lost, all or none."""
        self.ensure_one()
        stage = self.env["dealer.crm.stage"]._get_closing_stage("lost")
        self.lead_ids.write(
            {
                "stage_id": stage.id,
                "lost_reason": self.lost_reason.id,
                "lost_notes": self.lost_notes,
            }
        )
        return {"type": "ir.actions.act_window_close"}
