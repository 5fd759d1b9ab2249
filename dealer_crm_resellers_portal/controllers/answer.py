"""Accept or decline from an e-mail, without a login."""

from odoo import SUPERUSER_ID, http
from odoo.exceptions import UserError
from odoo.http import request

from .portal import get_texts


class ResellerAnswer(http.Controller):
    @http.route(
        "/dealer/answer/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        methods=["GET", "POST"],
    )
    def dealer_answer(self, token, answer=None, **given):
        """Ask on GET, because programs that scan e-mails follow links; act on POST."""
        row = request.env["dealer.crm.assignment"]._find_by_token(token)
        if not row:
            return self._render("portal_answer_over", {})
        if row.partner_id.lang:
            request.update_context(lang=row.partner_id.lang)
        # Nobody is logged in: the system acts, and what it logs names the partner.
        lead = row.lead_id.with_user(SUPERUSER_ID).with_context(lang=request.env.lang)
        values = {
            "lead": lead._get_portal_rows()[0],
            "answer": "decline" if answer == "decline" else "accept",
            "url": f"/dealer/answer/{token}",
            "typed": get_texts(given, ["reason"]),
        }
        if request.httprequest.method == "POST":
            lead._claim()
            try:
                with request.env.cr.savepoint():
                    if values["answer"] == "accept":
                        lead._portal_accept()
                    else:
                        lead._portal_decline(given, seen_accepted=False)
            except UserError as error:
                return self._render("portal_answer", {**values, "refusal": str(error)})
            if values["answer"] == "accept":
                values["lead"] = lead._get_portal_page()
            return self._render("portal_answer_done", values)
        return self._render("portal_answer", values)

    def _render(self, template, values):
        return request.render(
            f"dealer_crm_resellers_portal.{template}",
            values,
            headers={
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Robots-Tag": "noindex",
            },
        )
