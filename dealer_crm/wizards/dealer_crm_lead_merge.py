from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain


class DealerCrmLeadMerge(models.TransientModel):
    _name = "dealer.crm.lead.merge"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Merge Leads of One Person"

    lead_ids = fields.Many2many(
        "dealer.crm.lead", string="Leads", required=True, context={"active_test": False}
    )
    lead_id = fields.Many2one(
        "dealer.crm.lead",
        "Lead That Stays",
        domain="[('id', 'in', lead_ids)]",
        ondelete="cascade",
        context={"active_test": False},
    )
    gone_names = fields.Text("Leads to Merge", compute="_compute_gone_names")
    moves = fields.Char(compute="_compute_gone_names", help="What moves to the lead that stays.")
    problem = fields.Char(
        compute="_compute_problem", help="Why these leads cannot be merged; empty if they can."
    )

    @api.model
    def default_get(self, fields):
        """One lead stands for itself and the open leads like it; the endorsed or oldest one stays."""
        values = super().default_get(fields)
        if commands := values.get("lead_ids"):
            leads = self.new({"lead_ids": commands}).lead_ids._origin._filtered_access("read")
            if len(leads) == 1:
                domain = leads._get_duplicate_domain() & Domain("won_status", "=", "pending")
                leads |= leads.search(domain & Domain("company_id", "=", leads.company_id.id))
            values["lead_ids"] = [Command.set(leads.ids)]
            endorsed = leads.filtered("bpo_source_lead_id")
            values["lead_id"] = (endorsed or leads).sorted("id")[:1].id
        return values

    @api.depends("lead_ids", "lead_id")
    def _compute_gone_names(self):
        for wizard in self:
            leads = wizard._get_others()._filtered_access("read")
            wizard.gone_names = wizard._list_names(leads, with_stage=True)
            wizard.moves = self.env._(
                "Their history, files and activities move to the lead that stays, with"
                " %(orders)s order(s) and quotation(s) and %(appointments)s appointment(s).",
                orders=len(leads.sudo().sale_order_ids),
                appointments=len(leads.sudo().appointment_ids),
            )

    @api.depends("lead_ids", "lead_id")
    def _compute_problem(self):
        for wizard in self:
            wizard.problem = False
            lead = wizard.lead_id._origin
            try:
                if lead:
                    lead._check_merge(wizard._get_others())
            except UserError as error:
                wizard.problem = str(error)

    def _get_others(self):
        return self.lead_ids._origin - self.lead_id._origin

    def action_confirm(self):
        """Merge the leads into the one that stays, and open that."""
        self.ensure_one()
        lead = self.lead_id
        if not lead:
            raise UserError(self.env._("Choose the lead that stays."))
        lead._merge(self._get_others())
        action = lead._get_action("dealer_crm.dealer_crm_lead_action_all")
        # Without breadcrumbs: they may lead to a lead that is deleted now.
        return {**action, "views": [(False, "form")], "res_id": lead.id, "target": "main"}
