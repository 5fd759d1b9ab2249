from odoo import fields, models

# Odoo leaves out the numbers that the reader of the mail may not read.
NUMBER = {"groups": "dealer_crm.group_dealer_user"}


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_dealer_crm_arrived = fields.Boolean("Dealer CRM: New Leads")
    kpi_dealer_crm_arrived_value = fields.Integer(
        "Dealer CRM: Number of New Leads",
        compute="_compute_kpi_dealer_crm_arrived_value",
        **NUMBER,
    )
    kpi_dealer_crm_won = fields.Boolean("Dealer CRM: Won Leads")
    kpi_dealer_crm_won_value = fields.Integer(
        "Dealer CRM: Number of Won Leads", compute="_compute_kpi_dealer_crm_won_value", **NUMBER
    )
    kpi_dealer_crm_lost = fields.Boolean("Dealer CRM: Lost Leads")
    kpi_dealer_crm_lost_value = fields.Integer(
        "Dealer CRM: Number of Lost Leads", compute="_compute_kpi_dealer_crm_lost_value", **NUMBER
    )

    def _compute_kpi_dealer_crm_arrived_value(self):
        self._count_dealer_leads("arrived", "create_date")

    def _compute_kpi_dealer_crm_won_value(self):
        self._count_dealer_leads("won", "date_won")

    def _compute_kpi_dealer_crm_lost_value(self):
        self._count_dealer_leads("lost", "date_lost")

    def _count_dealer_leads(self, name, date):
        self._calculate_company_based_kpi(
            "dealer.crm.lead", f"kpi_dealer_crm_{name}_value", date_field=date
        )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("dealer_crm.dealer_crm_menu_root").id
        leads = "dealer_crm.dealer_crm_lead_action_all"
        closed = "dealer_crm.dealer_crm_lead_action_report_outcome"
        for name, action in (("arrived", leads), ("won", closed), ("lost", closed)):
            actions[f"kpi_dealer_crm_{name}"] = f"{action}?menu_id={menu}"
        return actions
