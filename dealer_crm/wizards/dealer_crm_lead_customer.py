from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerCrmLeadCustomer(models.TransientModel):
    _name = "dealer.crm.lead.customer"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Choose the Customer of a Lead"

    lead_id = fields.Many2one("dealer.crm.lead", required=True, readonly=True, ondelete="cascade")
    contact_name = fields.Char(related="lead_id.contact_name", related_sudo=False)
    mobile = fields.Char(related="lead_id.mobile", related_sudo=False)
    phone = fields.Char(related="lead_id.phone", related_sudo=False)
    email = fields.Char(related="lead_id.email", related_sudo=False)
    choice = fields.Selection(
        [("found", "One of these customers"), ("new", "A new customer")],
        default="found",
        required=True,
    )
    found_partner_ids = fields.Many2many(
        "res.partner", string="Customers Found", compute="_compute_found_partner_ids"
    )
    partner_id = fields.Many2one("res.partner", "Customer")

    @api.depends("lead_id")
    def _compute_found_partner_ids(self):
        for wizard in self:
            found = wizard.lead_id._find_customers() if wizard.lead_id else ()
            wizard.found_partner_ids = self.env["res.partner"].union(*found)

    def action_confirm(self):
        """Set the chosen customer on the lead, and make the quotation."""
        self.ensure_one()
        lead = self.lead_id
        lead.check_access("write")
        if self.choice == "found" and not self.partner_id:
            raise UserError(
                self.env._(
                    "%(lead)s: choose one of the customers, or a new customer.",
                    lead=lead._get_label(),
                )
            )
        if not lead.partner_id:
            new = self.env["res.partner"]
            lead._set_customer(self.partner_id if self.choice == "found" else new)
        return lead.action_convert_to_quotation()
