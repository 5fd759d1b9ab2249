from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerCrmLeadLost(models.TransientModel):
    _name = "dealer.crm.lead.lost"
    _inherit = ["dealer.crm.lead.selection.mixin"]
    _description = "Mark Leads Lost"

    lead_names = fields.Text(compute="_compute_lead_names")
    closed_ids = fields.Many2many(relation="dealer_crm_lead_lost_closed_rel")
    lost_reason = fields.Many2one("dealer.crm.lost.reason", required=True)
    frequent_reason_ids = fields.Many2many(
        "dealer.crm.lost.reason",
        compute="_compute_frequent_reason_ids",
        help="The most used reasons, which the window shows as buttons.",
    )
    lost_notes = fields.Text("Notes")
    confirmed_orders = fields.Text(
        compute="_compute_confirmed_orders",
        help="One line for each lead with confirmed orders, with their names.",
    )
    despite_orders = fields.Boolean(
        "Mark Lost Anyway", help="The orders are not changed: cancel them if the deal is off."
    )

    @api.depends("lead_ids")
    def _compute_lead_names(self):
        for wizard in self:
            wizard.lead_names = wizard._list_names(wizard.lead_ids)

    @api.depends("lead_ids")
    def _compute_frequent_reason_ids(self):
        for wizard in self:
            companies = wizard.lead_ids._origin.company_id or self.env.companies
            wizard.frequent_reason_ids = wizard.lost_reason._get_frequent(companies)

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
        if not self.lead_ids:
            raise UserError(self.env._("All of these leads are closed already: choose open ones."))
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
        return self.lead_ids._offer_undo() or {"type": "ir.actions.act_window_close"}
