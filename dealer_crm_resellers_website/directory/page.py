"""The template values of ``/partners`` for a level, a country, a search and a part of the map."""

from urllib.parse import urlencode

from odoo.fields import Domain
from odoo.tools import groupby, lazy
from odoo.tools.json import scriptsafe
from odoo.tools.urls import urljoin

from ..models.res_partner import IMAGE
from .dots import get_dots, get_view
from .view import WORLD, parse_box

STEP = 40
SEARCH_LENGTH = 80
#: Fields of a partner that the list reads as superuser.
CARD_FIELDS = [
    "name",
    "seo_name",
    "city",
    "country_id",
    "dealer_level_id",
    "website_short_description",
]


class Directory:
    def __init__(self, website, level=None, country=None, search="", area="", page=1):
        """:param level: public `dealer.crm.partner.level` or None
        :param country: `res.country` or None
        :param search, area: texts of the browser, not checked yet
        """
        self.website, self.level, self.country, self.page = website, level, country, page
        self.env = website.env
        self.partners = self.env["res.partner"].sudo()
        self.search = " ".join(search.replace("\0", " ").split())[:SEARCH_LENGTH]
        self.original_search = ""
        self.view = parse_box(area)
        self.area = area if self.view else ""

    def get_path(self, page=1, **change):
        """Path of page number ``page``, with level or country replaced."""
        chosen = {name: change.get(name, getattr(self, name)) for name in ("level", "country")}
        path = "/partners" + "".join(
            f"/{name}/{self.website._get_slug(record)}" for name, record in chosen.items() if record
        )
        return f"{path}/page/{page}" if page > 1 else path

    def get_query(self, **change):
        """Dict of the query parameters that are not empty, with search or area replaced."""
        chosen = {name: change.get(name, getattr(self, name)) for name in ("search", "area")}
        return {name: value for name, value in chosen.items() if value}

    def get_url(self, **change):
        """URL of the first page, with level, country, search or area replaced."""
        query = urlencode(self.get_query(**change))
        return self.get_path(**change) + (query and f"?{query}")

    def get_values(self):
        """Values of the template; ``total`` is the number of partners."""
        domain = self._get_domain()
        groups = self._count(domain)
        if not groups and self.search and (term := self._find_similar_term()):
            self.search, self.original_search = term, self.search
            domain = self._get_domain()
            groups = self._count(domain)
        total = self._sum(groups, level=self.level, country=self.country)
        if self.level:
            domain &= Domain("dealer_level_id", "=", self.level.id)
        if self.country:
            domain &= Domain("country_id", "=", self.country.id)
        pager = self.website.pager(
            self.get_path(), total, self.page, STEP, url_args=self.get_query()
        )
        # Before the cards, so that one query reads the names of all levels and countries.
        filters = {name: self._get_filters(name, groups) for name in ("level", "country")}
        cards = self._get_cards(domain, pager["offset"])
        return {
            "title": self._get_title(),
            "total": total,
            "groups": cards,
            "level_filters": filters["level"],
            "country_filters": filters["country"],
            "taken": self._get_active_filters(),
            "search": self.search,
            "search_url": self.get_path(),
            "area": self.area,
            "search_count": total,
            "original_search": self.original_search,
            "pager": pager,
            "partner_map": lazy(self._get_map, domain),
            "json_ld": scriptsafe.dumps(self._get_json_ld(cards)),
        }

    def _get_domain(self):
        """Domain of search and area. Level and country are added later, after counting for the filters."""
        detail = self.partners._search_get_detail(self.website, None, {})
        domain = self.partners._search_build_domain(
            detail["base_domain"], self.search, detail["search_fields"], detail["search_extra"]
        )
        if self.view:
            domain &= Domain("partner_longitude", ">=", self.view.west)
            domain &= Domain("partner_longitude", "<=", self.view.east)
            domain &= Domain("partner_latitude", ">=", self.view.south)
            domain &= Domain("partner_latitude", "<=", self.view.north)
            domain &= Domain("partner_latitude", "!=", 0) | Domain("partner_longitude", "!=", 0)
        return domain

    def _find_similar_term(self):
        detail = self.partners._search_get_detail(self.website, None, {})
        term = self.website._search_find_fuzzy_term([detail], self.search)
        return term if term and term != self.search.lower() else None

    def _count(self, domain):
        """List of (level, country, number of partners), in the order of the levels."""
        return self.partners._read_group(
            domain, ["dealer_level_id", "country_id"], ["__count"], order="dealer_level_id"
        )

    def _sum(self, groups, level=None, country=None):
        return sum(
            count
            for its_level, its_country, count in groups
            if (not level or level == its_level) and (not country or country == its_country)
        )

    def _get_filters(self, name, groups):
        """Choices of a filter: dicts of name, url, count under the other filter, and whether chosen."""
        place = ("level", "country").index(name)
        chosen = {"level": self.level, "country": self.country}
        records = list(dict.fromkeys(group[place] for group in groups if group[place]))
        if name == "country":
            records.sort(key=lambda country: country.name)
        return [
            {
                "name": record.name,
                "url": self.get_url(**{name: record}),
                "count": count,
                "chosen": record == chosen[name],
            }
            for record in records
            if (count := self._sum(groups, **{**chosen, name: record})) or record == chosen[name]
        ]

    def _get_active_filters(self):
        """The filters in use, each with the URL of the page without it."""
        return [
            {"label": label, "url": self.get_url(**{name: None})}
            for name, label in (
                ("level", self.level and self.level.name),
                ("country", self.country and self.country.name),
                ("search", self.search),
                ("area", self.area and self.env._("Part of the map")),
            )
            if label
        ]

    def _get_title(self):
        level = self.level and self.level.name
        country = self.country and self.country.name
        if level and country:
            return self.env._("%(level)s Partners in %(country)s", level=level, country=country)
        if level:
            return self.env._("%(level)s Partners", level=level)
        if country:
            return self.env._("Partners in %(country)s", country=country)
        return self.env._("Our Partners")

    def _get_cards(self, domain, offset):
        """List of (level name, cards of its partners on this page)."""
        partners = self.partners.search_fetch(
            domain, CARD_FIELDS, offset, STEP, order="dealer_level_id, name, id"
        )
        cards = make_cards(partners)
        return [
            (level.name, [cards[partner.id] for partner in theirs])
            for level, theirs in groupby(partners, lambda partner: partner.dealer_level_id)
        ]

    def _get_map(self, domain):
        view = self.view or (WORLD if not self.country else get_view(self.partners, domain))
        dots = get_dots(self.partners, domain, view)
        for dot in dots:
            if dot["partner"]:
                partner_id, name, seo_name = dot["partner"]
                dot["label"] = name
                dot["url"] = self.partners._get_page_url(partner_id, seo_name or name)
            else:
                dot["label"] = self.env._("%(count)s partners", count=dot["count"])
                dot["url"] = dot["box"] and self.get_url(area=dot["box"])
        return {"view": view, "dots": dots}

    def _get_json_ld(self, groups):
        pairs = [(card["name"], card["url"]) for _level, theirs in groups for card in theirs]
        return {
            "@context": "https://schema.org",
            "@type": "ItemList",
            "name": self._get_title(),
            "itemListElement": make_list_items(self.website, pairs, "url"),
        }


def make_cards(partners):
    """Dict of card values by partner id; one query reads all pictures.

    :param partners: `res.partner` with `sudo` and `CARD_FIELDS` fetched
    """
    pictures = {
        attachment.res_id: attachment.checksum
        for attachment in partners.env["ir.attachment"].search_fetch(
            [
                ("res_model", "=", "res.partner"),
                ("res_field", "=", "image_256"),
                ("res_id", "in", partners.ids),
            ],
            ["res_id", "checksum"],
        )
    }
    return {
        partner.id: {
            "name": partner.name,
            "url": partner.website_url,
            "place": join_place(partner.city, partner.country_id.name),
            "summary": partner.website_short_description or "",
            # The checksum lets browsers cache the picture until it changes.
            "image": partner.id in pictures
            and f"{IMAGE % (partner.id, 'image_256')}?unique={pictures[partner.id][:8]}",
        }
        for partner in partners
    }


def join_place(*names):
    """Join the names that are set, each once (Singapore is in Singapore)."""
    return ", ".join(dict.fromkeys(filter(None, names)))


def make_list_items(website, pairs, link):
    """List items of schema.org for pairs of name and URL; ``link`` is the key of the URL."""
    return [
        {"@type": "ListItem", "position": position, "name": name, link: make_absolute(website, url)}
        for position, (name, url) in enumerate(pairs, 1)
    ]


def make_absolute(website, url):
    return urljoin(website.get_base_url(), website.env["ir.http"]._url_for(url))
