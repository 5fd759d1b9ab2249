from odoo import http
from odoo.fields import Domain
from odoo.http import request
from odoo.tools.json import scriptsafe
from odoo.tools.translate import LazyTranslate

from odoo.addons.website_partner.controllers.main import WebsitePartnerPage

from ..directory.page import (
    CARD_FIELDS,
    Directory,
    join_place,
    make_absolute,
    make_cards,
    make_list_items,
)

_lt = LazyTranslate(__name__)
#: PostgreSQL's largest id
MAX_ID = 2**31 - 1
#: Digits of a page number at most; `int` raises an error for thousands of digits.
MAX_DIGITS = 10
#: Parameters that belong in the path; in the query they cause a redirect.
PATH_NAMES = {"level", "country", "page"}
EDITOR = "website.group_website_restricted_editor"
#: Fields of a partner that its page reads as superuser. Contact data is read by the view alone.
PAGE_FIELDS = [*CARD_FIELDS, "state_id", "website_description", "dealer_reference_ids"]


def sitemap_partners(env, rule, qs):
    """Addresses of the list, of its levels and countries, and of each partner."""
    website = env["website"].get_current_website()
    partners = env["res.partner"].sudo()
    domain = partners._get_public_reseller_domain(website)
    urls = ["/partners"]
    for field, name in (("dealer_level_id", "level"), ("country_id", "country")):
        for [record] in partners._read_group(domain & Domain(field, "!=", False), [field]):
            urls.append(f"/partners/{name}/{website._get_slug(record)}")
    found = partners.search_fetch(domain, ["name", "seo_name"], order="id")
    urls += [partner.website_url for partner in found]
    for url in urls:
        if not qs or qs.lower() in url:
            yield {"loc": url}


class WebsitePartners(WebsitePartnerPage):
    @http.route(
        [
            "/partners",
            "/partners/page/<string:page>",
            "/partners/level/<string:level>",
            "/partners/level/<string:level>/page/<string:page>",
            "/partners/country/<string:country>",
            "/partners/country/<string:country>/page/<string:page>",
            "/partners/level/<string:level>/country/<string:country>",
            "/partners/level/<string:level>/country/<string:country>/page/<string:page>",
        ],
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        readonly=True,
        sitemap=sitemap_partners,
        list_as_website_content=_lt("Partners"),  # pylint: disable=prefer-env-translation
    )
    def partners(self, level=None, country=None, page=None, search="", area="", **_others):
        """The list. An unknown level, country or page gets status 404 and a link to the list."""
        published = Domain("active", "=", True) & Domain("is_published", "=", True)
        level = level and self._find_by_slug("dealer.crm.partner.level", level, published)
        country = country and self._find_by_slug("res.country", country, Domain.TRUE)
        number = _parse_page(page)
        path = request.httprequest.path
        is_page_known = number or "/page/" not in path
        if not is_page_known or any(found is not None and not found for found in (level, country)):
            return self._render_unknown()
        number = number or 1
        directory = Directory(request.website, level, country, search, area, number)
        asked = request.httprequest.args
        if path != directory.get_path(page=number) or not PATH_NAMES.isdisjoint(asked):
            query = [(name, value) for name, value in asked.items(True) if name not in PATH_NAMES]
            return request.redirect_query(directory.get_path(page=number), query, code=301)
        values = directory.get_values()
        if number > max(1, values["pager"]["page_count"]):
            return self._render_unknown(directory.get_url())
        response = request.render("dealer_crm_resellers_website.partners", values)
        if not values["total"] or search or area:
            response.headers["X-Robots-Tag"] = "noindex"
        return response

    @http.route(sitemap=False)
    def partners_detail(self, partner_id, **_others):
        """A partner's page: for everybody when it is public, else for editors."""
        website, env = request.website, request.env
        partner = self._find_by_slug("res.partner", partner_id, Domain.TRUE, active_test=False)
        public = partner and partner._is_public_reseller(website)
        may_preview = env.user.has_group(EDITOR) and partner.sudo(False).has_access("read")
        if not partner or not (public or may_preview):
            raise request.not_found()
        if partner.website_url != f"/partners/{partner_id}":
            return request.redirect_query(
                partner.website_url, request.httprequest.args, code=301 if public else 303
            )
        partner.fetch(PAGE_FIELDS)
        level = partner.dealer_level_id
        references = partner.search_fetch(
            Domain("id", "in", partner.dealer_reference_ids.ids)
            & partner._get_published_domain(website),
            CARD_FIELDS,
            order="name, id",
        )
        card = make_cards(partner)[partner.id]
        return request.render(
            "dealer_crm_resellers_website.partner_page",
            {
                "main_object": partner.sudo(False),
                "partner": partner,
                "card": card,
                "level": level.is_published and level.active and level.name,
                "level_url": level.website_url,
                "place": join_place(partner.city, partner.state_id.name, partner.country_id.name),
                "references": [*make_cards(references).values()],
                "reasons": [] if public else partner._get_reasons_not_public(website),
                "json_ld": public and scriptsafe.dumps(self._get_json_ld(partner, card)),
            },
        )

    def _find_by_slug(self, model, slug, domain, active_test=True):
        """The record of ``domain`` whose id ends ``slug``, with `sudo`; empty when there is none."""
        records = request.env[model].sudo().with_context(active_test=active_test)
        _name, record_id = request.env["ir.http"]._unslug(slug)
        if not record_id or not 0 < record_id <= MAX_ID:
            return records
        return records.search(Domain("id", "=", record_id) & domain)

    def _render_unknown(self, url="/partners"):
        response = request.render("dealer_crm_resellers_website.partners_unknown", {"url": url})
        response.status_code = 404
        return response

    def _get_json_ld(self, partner, card):
        address = {
            "addressLocality": partner.city,
            "addressRegion": partner.state_id.name,
            "addressCountry": partner.country_id.code,
        }
        website = request.website
        organization = {
            "@type": "Organization",
            "name": card["name"],
            "url": make_absolute(website, card["url"]),
            "description": card["summary"],
            "image": card["image"] and make_absolute(website, card["image"]),
            "address": {
                "@type": "PostalAddress",
                **{name: value for name, value in address.items() if value},
            },
        }
        trail = [(request.env._("Our Partners"), "/partners"), (card["name"], card["url"])]
        return {
            "@context": "https://schema.org",
            "@graph": [
                {name: value for name, value in organization.items() if value},
                {
                    "@type": "BreadcrumbList",
                    "itemListElement": make_list_items(website, trail, "item"),
                },
            ],
        }


def _parse_page(text):
    """The page number in ``text``; 1 when it is empty, None when it is no page number."""
    if not text:
        return 1
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS and int(text) else None
