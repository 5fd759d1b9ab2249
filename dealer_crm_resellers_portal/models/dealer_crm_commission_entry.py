from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date


class DealerCrmCommissionEntry(models.Model):
    _inherit = "dealer.crm.commission.entry"

    @api.model
    def _get_portal_domain(self):
        """Domain of the entries of the user's company; drafts that were refused are not shown."""
        company = self.env.user.commercial_partner_id
        return Domain("partner_id.commercial_partner_id", "=", company.id) & Domain(
            "state", "!=", "refused"
        )

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
        """List of dicts: what a page shows of each of these entries."""
        states = dict(self._fields["state"]._description_selection(self.env))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        return [
            {
                "lead": entry.lead_id.name,
                "contact_name": entry.lead_id.contact_name or "",
                "order": entry.order_id.name,
                "product": entry.product_id.display_name or "",
                "reason": reasons[entry.reason],
                "date": format_date(self.env, entry.date),
                "amount": format_amount(self.env, entry.amount, entry.currency_id),
                "state": entry.state,
                "label": states[entry.state],
                "bill": entry.bill_name or "",
            }
            for entry in self
        ]
