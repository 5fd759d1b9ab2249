from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerCrmLeadLost(models.TransientModel):
    _name = "dealer.crm.lead.lost"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Mark Leads Lost"

    lead_ids = fields.Many2many(
        "dealer.crm.lead", string="Leads", required=True, context={"active_test": False}
    )
    lost_reason = fields.Many2one("dealer.crm.lost.reason", required=True)
    lost_notes = fields.Text("Notes")
    confirmed_orders = fields.Text(
        compute="_compute_confirmed_orders",
        help="One line for each lead with confirmed orders, with their names.",
    )
    despite_orders = fields.Boolean(
        "Lost all the same", help="The orders are not changed: cancel them if the deal is off."
    )

    @api.depends("lead_ids")
    def _compute_confirmed_orders(self):
        for wizard in self:
            # Show only orders of leads that the user may close.
            leads = wizard.lead_ids._origin._filtered_access("write")
            wizard.confirmed_orders = "\n".join(
                f"{lead._get_label()}: {', '.join(orders.mapped('name'))}"
                for lead, orders in leads._get_confirmed_orders().items()
            )

    def action_confirm(self):
        """Close the leads as lost, all or none.

        :raise UserError: naming the confirmed orders, if any, unless ``despite_orders`` is set
        """
        self.ensure_one()
        stage = self.env["dealer.crm.stage"]._get_closing_stage("lost")
        if self.confirmed_orders and not self.despite_orders:
            raise UserError(
                self.env._(
                    "These leads have confirmed orders:\n%(orders)s\nCancel the orders, or tick"
                    ' "%(field)s".',
                    orders=self.confirmed_orders,
                    field=self._fields["despite_orders"]._description_string(self.env),
                )
            )
        self.lead_ids.write(
            {
                "stage_id": stage.id,
                "lost_reason": self.lost_reason.id,
                "lost_notes": self.lost_notes,
            }
        )
        return {"type": "ir.actions.act_window_close"}
