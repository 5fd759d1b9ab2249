from odoo import api, fields, models


class DealerCrmPartnerActivation(models.Model):
    _name = "dealer.crm.partner.activation"
    _description = "Dealer Partner Activation"
    _inherit = ["dealer.crm.unique.name.mixin"]
    _order = "sequence, id"

    name = fields.Char("Activation")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    assignable = fields.Boolean(
        "Gets Leads", default=True, help="Leads may go to the resellers in this activation."
    )
    partner_count = fields.Integer("Resellers", compute="_compute_partner_count")

    def _compute_partner_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                [("dealer_activation_id", "in", self.ids)], ["dealer_activation_id"], ["__count"]
            )
        )
        for activation in self:
            activation.partner_count = counts.get(activation, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_partners(self):
        self.env["res.partner"]._raise_if_used(self, "dealer_activation_id")

    def action_open_partners(self):
        """Open the partners in these activations."""
        self.check_access("read")
        return self.env["res.partner"]._open_resellers([("dealer_activation_id", "in", self.ids)])

    @api.model
    def _get_kind(self):
        return self.env._("partner activation")
