from odoo import api, fields, models


class DealerCrmPartnerLevel(models.Model):
    _name = "dealer.crm.partner.level"
    _description = "Dealer Partner Level"
    _inherit = ["dealer.crm.unique.name.mixin"]
    _order = "sequence, id"

    name = fields.Char("Level Name")
    sequence = fields.Integer(default=10)
    weight = fields.Integer(
        "Level Weight",
        default=10,
        aggregator=None,
        help="Resellers get leads in proportion to it: twice the weight, twice the leads. 0: none.",
    )
    active = fields.Boolean(default=True)
    commission_plan_id = fields.Many2one(
        "dealer.crm.commission.plan", ondelete="restrict", index="btree_not_null"
    )
    partner_count = fields.Integer("Resellers", compute="_compute_partner_count")

    _weight_positive = models.Constraint(
        "CHECK (weight >= 0)", "The weight of a level cannot be negative: use 0 for no leads."
    )

    def _compute_partner_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                [("dealer_level_id", "in", self.ids)], ["dealer_level_id"], ["__count"]
            )
        )
        for level in self:
            level.partner_count = counts.get(level, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_partners(self):
        self.env["res.partner"]._raise_if_used(self, "dealer_level_id")

    def action_open_partners(self):
        """Open the partners of these levels."""
        self.check_access("read")
        return self.env["res.partner"]._open_resellers([("dealer_level_id", "in", self.ids)])

    @api.model
    def _get_kind(self):
        return self.env._("level")
