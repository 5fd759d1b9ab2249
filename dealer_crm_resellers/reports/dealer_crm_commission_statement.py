from odoo import api, models


class ReportCommissionStatement(models.AbstractModel):
    _name = "report.dealer_crm_resellers.commission_statement"
    _description = "Commission Statement"

    @api.model
    def _get_report_values(self, docids, data=None):
        """One statement for each commercial partner and company, in the partner's language.

        ``data`` may hold ``partner_ids`` (instead of ``docids``), ``company_ids`` (default: the
        current company), ``date_from`` and ``date_to`` (default: the last whole month). Only
        managers get statements, of partners and companies that they may see; with ``sudo`` the
        caller has checked.
        """
        data = data or {}
        partners = self.env["res.partner"].browse(docids or data.get("partner_ids") or []).exists()
        companies = self.env["res.company"].browse(data.get("company_ids") or self.env.company.ids)
        if not self.env.su:
            partners._check_dealer_manager(self.env._("print commission statements"))
            partners.check_access("read")
            companies &= self.env.companies
        entries = self.env["dealer.crm.commission.entry"]
        period = entries._get_statement_period(data.get("date_from"), data.get("date_to"))
        return {
            "statements": [
                {
                    "lang": partner.lang or self.env.lang,
                    **entries.with_context(lang=partner.lang or self.env.lang)._get_statement(
                        partner, company, *period
                    ),
                }
                for partner in partners.sudo().commercial_partner_id
                for company in companies.sudo()
            ],
        }
