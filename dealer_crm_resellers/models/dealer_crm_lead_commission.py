from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    commission_ids = fields.One2many(
        "dealer.crm.commission", "lead_id", "Commissions", readonly=True, copy=False
    )
    won_revenue = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_won_revenue",
        store=True,
        compute_sudo=True,
        help="Untaxed total of a won lead's confirmed orders, in the company's currency.",
    )

    @api.depends(
        "won_status",
        "sale_order_ids.state",
        "sale_order_ids.amount_untaxed",
        "sale_order_ids.date_order",
    )
    def _compute_won_revenue(self):
        self._lock_against_wins()
        for lead in self:
            orders = lead.sale_order_ids if lead.won_status == "won" else lead.sale_order_ids[:0]
            lead.won_revenue = sum(
                order.currency_id._convert(
                    order.amount_untaxed, lead.company_currency, lead.company_id, order.date_order
                )
                for order in orders
                if order.state in CONFIRMED
            )

    def _lock_against_wins(self):
        """Let open leads whose orders change be won after this transaction.

        Who wins one now does not see what has changed, and this transaction does not see the new
        deal: the later of the two fails with a serialization error and is run again.
        """
        if ids := [lead.id for lead in self if lead.won_status != "won" and lead.id]:
            self.env.cr.execute(
                "SELECT FROM dealer_crm_lead WHERE id = ANY(%s) ORDER BY id FOR SHARE", [ids]
            )

    def unlink(self):
        """Delete these leads with their commissions that have no decided entries."""
        self.check_access("unlink")
        self.sudo().filtered(lambda lead: lead.won_status != "won").commission_ids.unlink()
        return super().unlink()

    def _update_commissions(self, outcome):
        """Create the deals of leads that are won by resellers."""
        leads = self.sudo().filtered("partner_assigned_id")
        if outcome == "won" and leads:
            orders = self.env["sale.order"].sudo()
            self.env["dealer.crm.commission"]._create_for_orders(
                orders.search(
                    Domain("dealer_crm_lead_id", "in", leads.ids) & Domain("state", "in", CONFIRMED)
                )
            )
