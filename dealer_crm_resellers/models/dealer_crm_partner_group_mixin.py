from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerCrmPartnerGroupMixin(models.AbstractModel):
    """Common code of levels and activations: count and list their resellers, guard deletion."""

    _name = "dealer.crm.partner.group.mixin"
    _inherit = ["dealer.crm.unique.name.mixin"]
    _description = "Group of Resellers"
    _order = "sequence, id"

    #: Many2one field of ``res.partner`` to this model
    _partner_field = None

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    partner_count = fields.Integer("Resellers", compute="_compute_partner_count")

    def _compute_partner_count(self):
        counts = self._count_partners(self.env["res.partner"])
        for record in self:
            record.partner_count = counts.get(record, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_partners(self):
        """Keep records that are in use, also by archived resellers."""
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        for record, count in self._count_partners(partners).items():
            raise UserError(
                self.env._(
                    '"%(name)s" is in use by %(count)s reseller(s): archive it instead.',
                    name=record.name,
                    count=count,
                )
            )

    def action_open_partners(self):
        """Open the resellers of these records."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm_resellers.res_partner_action_resellers"
        )
        action["domain"] = [(self._partner_field, "in", self.ids)]
        return action

    def _count_partners(self, partners):
        """Dict of the number of ``partners`` by record; records without any are left out."""
        field = self._partner_field
        return dict(partners._read_group([(field, "in", self.ids)], [field], ["__count"]))
