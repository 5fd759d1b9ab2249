from odoo import api, fields, models
from odoo.fields import Command


class DealerCrmLeadSelectionMixin(models.AbstractModel):
    _name = "dealer.crm.lead.selection.mixin"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Selection of Open Leads"

    lead_ids = fields.Many2many(
        "dealer.crm.lead", string="Leads", required=True, context={"active_test": False}
    )
    # A wizard has its own relation.
    closed_ids = fields.Many2many(
        "dealer.crm.lead",
        "dealer_crm_lead_selection_closed_rel",
        string="Closed Leads",
        context={"active_test": False},
        help="Those of the selection that were closed when the window opened. They stay as they are.",
    )
    closed_names = fields.Text(compute="_compute_closed_names")

    @api.model
    def default_get(self, fields):
        """Leave out the leads of the selection that are closed already."""
        values = super().default_get(fields)
        if commands := values.get("lead_ids"):
            leads = self.new({"lead_ids": commands}).lead_ids._origin
            closed = leads.filtered(lambda lead: lead.won_status != "pending")
            values["lead_ids"] = [Command.set((leads - closed).ids)]
            values["closed_ids"] = [Command.set(closed.ids)]
        return values

    @api.depends("closed_ids")
    def _compute_closed_names(self):
        for wizard in self:
            wizard.closed_names = wizard._list_names(wizard.closed_ids, with_stage=True)
