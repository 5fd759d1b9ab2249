from odoo import api, models
from odoo.exceptions import UserError

TERMS = (
    "dealer_level_id",
    "dealer_activation_id",
    "dealer_commission_plan_id",
    "dealer_lead_cap",
    "dealer_date_partnership",
    "dealer_date_review",
    "dealer_date_review_next",
    "dealer_level_weight_is_custom",
)
ADDRESS = ("street", "street2", "zip", "city")
PLACE = ("partner_latitude", "partner_longitude")


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Take all terms from one reseller, and the place from the partner with the address.

        Odoo takes each field from the first partner that has one, and skips computed fields such as
        the weight.
        """
        partners = (dst_partner + src_partners[::-1]).sudo()
        terms = self._prepare_reseller_terms(partners)
        if any(dst_partner[name] for name in ADDRESS):
            terms.update({name: dst_partner[name] for name in PLACE})
        result = super()._update_values(src_partners, dst_partner)
        if terms:
            dst_partner.sudo()._as_program().write(terms)
        return result

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """A reseller has one commission on an order; Odoo would delete the other one."""
        for order, _lead in (
            self.env["dealer.crm.commission"]
            .sudo()
            ._read_group(
                [("partner_id", "in", (src_partners | dst_partner).ids)],
                ["order_id", "lead_id"],
                having=[("__count", ">", 1)],
            )
        ):
            raise UserError(
                self.env._(
                    "Several of these resellers have a commission on %(order)s, so they cannot be"
                    " merged. Archive those that are not needed instead.",
                    order=order.name,
                )
            )
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _prepare_reseller_terms(self, partners):
        """The terms of the first reseller among ``partners``; {} when there is none."""
        reseller = partners.filtered("dealer_level_id")[:1]
        if not reseller:
            return {}
        terms = {
            name: value.id if isinstance(value := reseller[name], models.BaseModel) else value
            for name in TERMS
        }
        if reseller.dealer_level_weight_is_custom:
            terms["dealer_level_weight"] = reseller.dealer_level_weight
        return terms
