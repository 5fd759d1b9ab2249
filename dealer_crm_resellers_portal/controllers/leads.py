"""A reseller's leads: the list, a lead's page, and what its buttons do."""

from urllib.parse import urlencode

from markupsafe import Markup

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from ..models.dealer_crm_lead_deal import DEAL_VALUES
from ..models.dealer_crm_lead_show import PAGE_SIZE
from .portal import get_texts, parse_page

LIST = "/my/dealer/leads"
#: a row's link
LINK = Markup('<a href="%s/%d" dir="auto">%s</a>')
#: key in the session: the sentence that the next page shows about what was just done
NOTICE = "dealer_crm_notice"


class ResellerLeads(CustomerPortal):
    @http.route(
        [LIST, f"{LIST}/page/<string:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def dealer_leads(self, page="1", filterby=None, sortby=None, search=None, **_others):
        """The leads of the user's company. For an unknown filter, sorting or page, show the first one."""
        request.env["res.partner"]._fetch_portal_partner()
        leads = request.env["dealer.crm.lead"]
        values = leads._get_portal_list(filterby, sortby, search, parse_page(page))
        # One address for all rows: a website adds the language to each address that QWeb renders.
        url = request.env["ir.http"]._url_for(LIST)
        for row in values["rows"]:
            row["link"] = LINK % (url, row["id"], row["contact_name"])
        asked = {name: values[name] for name in ("filterby", "sortby", "search") if values[name]}
        return self._render_dealer(
            "portal_leads",
            "dealer_leads",
            {
                **values,
                "url": LIST,
                "filters": [
                    {
                        "key": key,
                        "label": label,
                        "count": values["counts"][key],
                        "url": f"{LIST}?{urlencode({**asked, 'filterby': key})}",
                    }
                    for key, label in leads._get_portal_filters().items()
                ],
                "may_register": bool(request.env["res.partner"]._find_portal_reseller()),
                "pager": pager(
                    LIST,
                    values["counts"][values["filterby"]],
                    values["page"],
                    PAGE_SIZE,
                    url_args=asked,
                ),
            },
        )

    @http.route(f"{LIST}/<int:lead_id>", type="http", auth="user", website=True, methods=["GET"])
    def dealer_lead(self, lead_id, **_others):
        """The page of a lead of the user's company."""
        lead = self._find_dealer_lead(lead_id)
        return self._render_dealer(
            "portal_lead",
            "dealer_lead",
            {"dealer_lead": lead._get_portal_page(), "url": f"{LIST}/{lead.id}"},
        )

    @http.route(f"{LIST}/<int:lead_id>/accept", type="http", auth="user", methods=["POST"])
    def dealer_lead_accept(self, lead_id, **_given):
        lead = self._find_dealer_lead(lead_id)
        return self._do(
            lead, lead._portal_accept, done=request.env._("You accepted %s.", lead._get_label())
        )

    @http.route(f"{LIST}/<int:lead_id>/decline", type="http", auth="user", methods=["POST"])
    def dealer_lead_decline(self, lead_id, **given):
        lead = self._find_dealer_lead(lead_id)
        return self._do(
            lead,
            lead._portal_decline,
            given,
            given.get("seen") == "accepted",
            done=request.env._("You declined %s.", lead._get_label()),
        )

    @http.route(f"{LIST}/<int:lead_id>/advance", type="http", auth="user", methods=["POST"])
    def dealer_lead_advance(self, lead_id, **given):
        lead = self._find_dealer_lead(lead_id)
        return self._do(lead, lead._portal_advance, given.get("seen"))

    @http.route(f"{LIST}/<int:lead_id>/lost", type="http", auth="user", methods=["POST"])
    def dealer_lead_lost(self, lead_id, **given):
        lead = self._find_dealer_lead(lead_id)
        return self._do(lead, lead._portal_lose, given)

    @http.route(f"{LIST}/<int:lead_id>/message", type="http", auth="user", methods=["POST"])
    def dealer_lead_message(self, lead_id, **given):
        lead = self._find_dealer_lead(lead_id)
        return self._do(lead, lead._portal_post, given, done=request.env._("Sent."))

    @http.route(f"{LIST}/<int:lead_id>/update", type="http", auth="user", methods=["POST"])
    def dealer_lead_update(self, lead_id, **given):
        lead = self._find_dealer_lead(lead_id)
        return self._do(lead, lead._portal_update, given)

    @http.route(f"{LIST}/<int:lead_id>/activity", type="http", auth="user", methods=["POST"])
    def dealer_lead_activity(self, lead_id, **given):
        lead = self._find_dealer_lead(lead_id)
        if given.get("done"):
            return self._do(lead, lead._portal_finish_activity)
        return self._do(lead, lead._portal_schedule, given)

    @http.route(f"{LIST}/new", type="http", auth="user", website=True, methods=["GET", "POST"])
    def dealer_lead_new(self, **given):
        """The form of a deal of the reseller's own. If it is refused, it keeps what was typed."""
        env = request.env
        refusal = None
        if request.httprequest.method == "POST":
            lead, refusal = self._try(env["dealer.crm.lead"]._portal_register, given)
            if not refusal:
                self._tell("success", env._("%s is registered.", lead._get_label()))
                return request.redirect(f"{LIST}/{lead.id}")
        elif not env["res.partner"]._find_portal_reseller():
            refusal = env._("Only active resellers register deals: ask your dealer for a level.")
        return self._render_dealer(
            "portal_deal",
            "dealer_deal",
            {
                "typed": get_texts(given, DEAL_VALUES),
                "refusal": refusal,
                "url": f"{LIST}/new",
            },
        )

    def _find_dealer_lead(self, lead_id):
        """The lead with sudo; 404 if it is not the user's, as if it did not exist."""
        request.env["res.partner"]._fetch_portal_partner()
        try:
            return request.env["dealer.crm.lead"].browse(lead_id)._check_is_assignee()
        except AccessError:
            raise request.not_found() from None

    def _do(self, lead, action, *arguments, done=None):
        """Redirect to the page of the button, with a sentence about the result."""
        lead._claim()
        refusal = self._try(action, *arguments)[1]
        if refusal:
            self._tell("danger", refusal)
        else:
            self._tell("success", done or request.env._("Saved."))
        try:
            request.env["dealer.crm.lead"].browse(lead.id)._check_is_assignee()
        except AccessError:
            return request.redirect(LIST)
        return request.redirect(f"{LIST}/{lead.id}")

    def _try(self, action, *arguments):
        """Tuple of the action's result and why it was refused; one is empty. A refused action is undone."""
        try:
            with request.env.cr.savepoint():
                return action(*arguments), None
        except UserError as error:
            return None, str(error)

    def _tell(self, kind, text):
        request.session[NOTICE] = {"kind": kind, "text": text}

    def _render_dealer(self, template, page_name, values):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": page_name,
            "notice": request.session.pop(NOTICE, None),
            **values,
        }
        if request.env.user.share:
            # Of the template's record, a website would make tags for search engines.
            values["main_object"] = request.env["dealer.crm.lead"]
        return request.render(f"dealer_crm_resellers_portal.{template}", values)
