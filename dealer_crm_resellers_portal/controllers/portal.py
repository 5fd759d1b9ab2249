"""/my: what a reseller finds there, and its commissions."""

from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

COMMISSIONS = 40
#: No number of a page has more digits; of thousands Python makes no number at all.
MAX_DIGITS = 9


def parse_page(text):
    """The number of a page; 1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else 1


class ResellerPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        """The numbers stand in the page itself, which needs no JavaScript."""
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
