from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DealerCrmCommissionStatement(models.TransientModel):
    _name = "dealer.crm.commission.statement"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Print Commission Statements"

    partner_ids = fields.Many2many(
        "res.partner",
        string="Resellers",
        required=True,
        default=lambda self: self._get_default_partners(),
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        "From", required=True, default=lambda self: self._get_default_period()[0]
    )
    date_to = fields.Date("To", required=True, default=lambda self: self._get_default_period()[1])

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for wizard in self:
            if wizard.date_from > wizard.date_to:
                raise ValidationError(
                    self.env._("The statement's last day is before its first: change one.")
                )

    def action_print(self):
        """The PDF, with a page for each reseller."""
        self.ensure_one()
        self.partner_ids._check_dealer_manager(self.env._("print commission statements"))
        return self.env.ref("dealer_crm_resellers.commission_statement_report").report_action(
            None,
            data={
                "partner_ids": self.partner_ids.ids,
                "company_ids": self.company_id.ids,
                "date_from": str(self.date_from),
                "date_to": str(self.date_to),
            },
        )

    @api.model
    def _get_default_period(self):
        return self.env["dealer.crm.commission.entry"]._get_statement_period()

    @api.model
    def _get_default_partners(self):
        """The companies of the partners or entries from which the wizard was opened."""
        ids = self.env.context.get("active_ids") or []
        partners = self.env["res.partner"]
        match self.env.context.get("active_model"):
            case "res.partner":
                partners = partners.browse(ids)
            case "dealer.crm.commission.entry":
                partners = self.env["dealer.crm.commission.entry"].browse(ids).partner_id
        return partners.commercial_partner_id
