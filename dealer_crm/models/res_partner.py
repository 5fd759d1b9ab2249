from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    dealer_crm_lead_count = fields.Integer(
        "Dealer Leads",
        compute="_compute_dealer_crm_lead_count",
        groups="dealer_crm.group_dealer_user",
    )

    is_dealer_crm_customer = fields.Boolean(
        "Customer of the Dealer",
        compute="_compute_is_dealer_crm_customer",
        search="_search_is_dealer_crm_customer",
        groups="dealer_crm.group_dealer_user",
        help="The contact has a quotation, an order, an invoice or a lead.",
    )

    # The search box of the leads looks into the customer's name.
    _dealer_crm_name_idx = models.Index(
        lambda registry: registry.has_trigram
        and f"USING gin (({registry.unaccent('complete_name')}) gin_trgm_ops)"
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_by_leads(self):
        self.env["dealer.crm.lead"]._check_unused("partner_id", self)

    @api.depends_context("uid")
    def _compute_dealer_crm_lead_count(self):
        counts = self.env["dealer.crm.lead"]._count_by("partner_id", self)
        for partner in self:
            partner.dealer_crm_lead_count = counts.get(partner._origin, 0)

    def _compute_is_dealer_crm_customer(self):
        domain = Domain("id", "in", self.ids) & self._get_dealer_crm_customer_domain()
        customers = self.with_context(active_test=False).search(domain)
        for partner in self:
            partner.is_dealer_crm_customer = partner._origin in customers

    def _search_is_dealer_crm_customer(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._get_dealer_crm_customer_domain()

    def _get_dealer_crm_customer_domain(self):
        """Domain of the menu Customers, whoever the salesperson of their leads and orders is."""
        domain = Domain("customer_rank", ">", 0)
        for model in ("dealer.crm.lead", "sale.order"):
            records = self.env[model].sudo().with_context(active_test=False)
            query = records._search([("partner_id", "!=", False)])
            domain |= Domain("id", "in", query.subselect(f'"{records._table}"."partner_id"'))
        return domain

    def action_open_dealer_crm_leads(self):
        """Open the leads of these customers, archived ones too."""
        leads = self.env["dealer.crm.lead"]
        leads.check_access("read")
        domain = [("partner_id", "in", self.ids)]
        return leads._get_list_action(domain, default_partner_id=self[:1].id)
