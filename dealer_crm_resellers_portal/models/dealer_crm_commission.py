from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date


class DealerCrmCommission(models.Model):
    _inherit = "dealer.crm.commission"

    @api.model
    def _get_portal_domain(self):
        """Domain of the commissions of the user's company."""
        company = self.env.user.commercial_partner_id
        return Domain("partner_id.commercial_partner_id", "=", company.id)

    @api.model
    def _get_portal_sums(self):
        """List of dicts (state, label, amounts): what the user's company earned, by state."""
        sums = {}
        for state, currency, amount in self.sudo()._read_group(
            self._get_portal_domain(), ["state", "currency_id"], ["amount:sum"]
        ):
            sums.setdefault(state, []).append(format_amount(self.env, amount, currency))
        return [
            {"state": state, "label": label, "amounts": sums[state]}
            for state, label in self._fields["state"]._description_selection(self.env)
            if state in sums
        ]

    def _get_portal_rows(self):
        """List of dicts: what a page tells of each of these commissions."""
        states = dict(self._fields["state"]._description_selection(self.env))
        return [
            {
                "lead": commission.lead_id.name,
                "contact_name": commission.lead_id.contact_name or "",
                "order": commission.order_id.name,
                "date": format_date(self.env, commission.date),
                "amount": format_amount(self.env, commission.amount, commission.currency_id),
                "state": commission.state,
                "label": states[commission.state],
                "bill": commission.bill_id.name or commission.bill_id.ref or "",
            }
            for commission in self
        ]
