"""``/my``: the reseller's entries, and its commissions."""

from urllib.parse import urlencode

from odoo import http
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

COMMISSIONS = 40
STATEMENT = "/my/dealer/commissions/statement"
#: Most digits of a page number: Python refuses to convert thousands of digits.
MAX_DIGITS = 9


def parse_page(text):
    """The page number in a text; 1 if it is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else 1


def get_texts(given, names):
    """Dict of the texts typed into the fields ``names``; a file that was sent instead is left out."""
    typed = {name: given.get(name) for name in names}
    return {name: text if isinstance(text, str) else "" for name, text in typed.items()}


class ResellerPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        """Put the numbers into the page itself, so that it needs no JavaScript."""
        values = super()._prepare_home_portal_values(counters)
        if counters:
            return values
        leads = request.env["dealer.crm.lead"]
        counts, _partners = leads.sudo()._count_portal_leads(leads._get_assignee_domain())
        reseller = request.env["res.partner"]._find_portal_reseller()
        return {
            **values,
            "dealer_is_reseller": bool(reseller or counts["all"]),
            "dealer_counts": counts,
        }

    @http.route(
        ["/my/dealer/commissions", "/my/dealer/commissions/page/<string:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def dealer_commissions(self, page="1", **_others):
        """What the user's company earned, and the bills."""
        entries = request.env["dealer.crm.commission.entry"]
        domain = entries._get_portal_domain()
        entries = entries.sudo()
        pages = pager(
            "/my/dealer/commissions",
            entries.search_count(domain),
            parse_page(page),
            COMMISSIONS,
        )
        found = entries.search(domain, limit=COMMISSIONS, offset=pages["offset"])
        return request.render(
            "dealer_crm_resellers_portal.portal_commissions",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "dealer_commissions",
                "rows": found._get_portal_rows(),
                "sums": entries.sudo(False)._get_portal_sums(),
                "pager": pages,
            },
        )

    @http.route(STATEMENT, type="http", auth="user", website=True, methods=["GET"])
    def dealer_statement(self, date_from=None, date_to=None, report_type=None, **_others):
        """What the user's company was granted and paid in a period, by each dealer's company.

        Without two good dates the period is the last whole month. ``report_type=pdf`` downloads it.
        """
        entries = request.env["dealer.crm.commission.entry"]
        partner = request.env.user.commercial_partner_id
        companies = entries._get_statement_companies(partner)
        first, last = entries._get_statement_period(date_from, date_to)
        asked = {"date_from": first.isoformat(), "date_to": last.isoformat()}
        if report_type == "pdf":
            return self._download_statement(
                f"{asked['date_from']}-{asked['date_to']}",
                partner,
                {**asked, "company_ids": (companies or request.env.company).ids},
            )
        return request.render(
            "dealer_crm_resellers_portal.portal_statement",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "dealer_statement",
                "asked": asked,
                "url": STATEMENT,
                "pdf_url": f"{STATEMENT}?{urlencode({**asked, 'report_type': 'pdf'})}",
                "statements": [
                    entries._get_statement(partner, company, first, last) for company in companies
                ],
            },
        )

    def _download_statement(self, period, partner, data):
        pdf, _type = (
            request.env["ir.actions.report"]
            .sudo()
            ._render_qweb_pdf("dealer_crm_resellers.commission_statement_report", partner.ids, data)
        )
        return request.make_response(
            pdf,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(pdf)),
                ("Content-Disposition", content_disposition(f"statement-{period}.pdf")),
            ],
        )
