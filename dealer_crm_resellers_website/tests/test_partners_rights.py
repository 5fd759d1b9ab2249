"""Attempts to see what is not public: each role at each door, a test each.

``pytest -v`` lists them; the log has them as a table, with how many addresses were tried.
"""

import base64
import logging

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .common import PartnersCase, make_picture

_logger = logging.getLogger(__name__)
#: in every text of what is hidden, and in nothing else
SECRET = "hushed"
ROLES = ("visitor", "portal", "editor", "dealer")
#: Editors and dealer users may read contacts in the backend; these doors tell no more than that.
OUTSIDERS = ("visitor", "portal")
DOORS = {
    "list": ROLES,
    "level": ROLES,
    "country": ROLES,
    "own_page": ("visitor", "portal", "dealer"),
    "own_page_of_other_company": ("editor",),
    "guessed_address": ("visitor", "portal", "dealer"),
    "reference": ROLES,
    "search": ROLES,
    "search_nearly": ROLES,
    "search_bar": ROLES,
    "search_bar_order": ROLES,
    "site_search": ROLES,
    "map": ROLES,
    "sitemap": ROLES,
    "contact_data": ROLES,
    "picture": OUTSIDERS,
    "content": OUTSIDERS,
    "attachment": OUTSIDERS,
    "rpc_partner": OUTSIDERS,
    "rpc_level": OUTSIDERS,
}


@tagged("post_install", "-at_install")
class TestPartnersRights(PartnersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attempts = []
        cls.iceland = cls.env.ref("base.is")
        cls.picture = make_picture("#010203")
        company = cls.env["res.company"].create({"name": "Owner"})
        website = cls.env["website"].create({"name": "Elsewhere"})
        cls.private_level, cls.old_level = cls.Level.create(
            [
                {"name": "Hushed Level", "is_published": False},
                {"name": "Hushed Old Level", "active": False},
            ]
        )
        cls.public = cls.make_partner(
            "Open House",
            phone="+33 4 hushed",
            email="hushed@example.com",
            street="1 Hushed Street",
            zip="hushed",
            comment="<p>Hushed</p>",
            ref="hushed",
            vat="hushed",
        )
        kinds = {
            "unpublished": {"is_published": False},
            "archived": {"active": False},
            "private level": {"dealer_level_id": cls.private_level.id},
            "archived level": {"dealer_level_id": cls.old_level.id},
            "no level": {"dealer_level_id": False},
            "contact": {"is_company": False, "parent_id": cls.public.id},
            "other website": {"website_id": website.id},
            "other company": {"company_id": company.id},
        }
        secret = {
            "city": "Hushedville",
            "country_id": cls.iceland.id,
            "website_short_description": "Hushed summary",
            "website_description": "<p>Hushed description</p>",
            "image_1920": cls.picture,
            "partner_latitude": 64.1,
            "partner_longitude": -21.9,
        }
        cls.hidden = cls.Partner.concat(
            *(cls.make_partner(f"Hushed {kind}", **secret, **vals) for kind, vals in kinds.items())
        )
        cls.other_company = cls.hidden[-1]
        cls.public.dealer_reference_ids = cls.hidden.filtered("dealer_level_id")

    @classmethod
    def tearDownClass(cls):
        rows = [f"| {role} | {door} | {count} | refused |" for role, door, count in cls.attempts]
        _logger.info(
            "Attempts to see what is not public:\n%s",
            "\n".join(["| who | door | attempts | result |", "|---|---|---|---|", *rows]),
        )
        super().tearDownClass()

    def attempt(self, role, door):
        self.login_as(None if role == "visitor" else getattr(self, role))
        with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
            count = getattr(self, f"try_{door}")()
        self.attempts.append((role, door, count))

    def refuse(self, urls, status=200):
        """Each address answers with its status and tells nothing; returns how many."""
        for url in urls:
            answer = self.url_open(url, allow_redirects=False)
            self.assertEqual(answer.status_code, status, url)
            # A page may repeat its own address.
            text = answer.text.lower().replace(url, "")
            self.assertFalse(SECRET in text, f"{url} tells what is not public")
        return len(urls)

    def try_list(self):
        return self.refuse(["/partners", f"/partners/level/{self.website._get_slug(self.gold)}"])

    def try_level(self):
        levels = self.private_level + self.old_level
        return self.refuse([f"/partners/level/{level.id}" for level in levels], status=404)

    def try_country(self):
        return self.refuse([f"/partners/country/{self.website._get_slug(self.iceland)}"])

    def try_own_page(self):
        return self.refuse([f"{partner.website_url}" for partner in self.hidden], status=404)

    def try_own_page_of_other_company(self):
        return self.refuse([self.other_company.website_url], status=404)

    def try_guessed_address(self):
        """An id alone is not answered with the name, not even in a redirect."""
        return self.refuse([f"/partners/{partner.id}" for partner in self.hidden], status=404)

    def try_reference(self):
        return self.refuse([self.public.website_url])

    def try_search(self):
        return self.refuse([f"/partners?search={term}" for term in ("hush", "icelan", "summar")])

    def try_search_nearly(self):
        """A search that finds nobody does not offer a hidden name instead."""
        return self.refuse(["/partners?search=hushd", "/partners?search=hushedvile"][:1])

    def try_search_bar(self):
        for search_type in ("partners", "all"):
            for term in ("hush", "hushd", "icelan"):
                self.assertNotIn(SECRET, str(self.autocomplete(term, search_type)).lower())
        return 6

    def try_search_bar_order(self):
        """Sorting by a field would tell about it: the visitor's order is not taken."""
        second = self.make_partner("Open Air", dealer_level_weight=99)
        self.public.dealer_level_weight = 1
        answers = [
            self.autocomplete("open", order=f"{field} {way}")
            for field in ("dealer_level_weight", "email")
            for way in ("asc", "desc")
        ]
        for answer in answers:
            urls = [result["website_url"] for result in answer["results"]]
            self.assertEqual(urls, [second.website_url, self.public.website_url])
        return len(answers)

    def try_site_search(self):
        return self.refuse(
            [f"/website/search{kind}?search=hush" for kind in ("", "/all", "/partners")]
        )

    def try_map(self):
        return self.refuse(["/partners?area=-23,63,-20,65", "/partners?area=-180,-58,180,84"])

    def try_sitemap(self):
        self.env["ir.attachment"].search([("url", "=like", "/sitemap%")]).unlink()
        text = self.url_open("/sitemap.xml").text
        self.assertIn(self.public.website_url, text)
        self.assertNotIn(SECRET, text)
        self.assertNotIn("iceland", text)
        return 1

    def try_contact_data(self):
        """Of a public partner, too, only what its page shows."""
        self.assertNotIn(SECRET, str(self.autocomplete("open")).lower())
        return 1 + self.refuse(["/partners", self.public.website_url])

    def try_picture(self):
        urls = [
            f"/web/image/res.partner/{partner.id}/{field}"
            for partner in self._get_pictures_hidden()
            for field in ("image_1920", "image_512", "image_256", "avatar_128")
        ]
        for url in urls:
            self.assertNotIn(self._get_colour(), self.url_open(url).content, url)
        return len(urls)

    def try_content(self):
        urls = [
            f"/web/content/res.partner/{partner.id}/image_1920"
            for partner in self._get_pictures_hidden()
        ]
        for url in urls:
            answer = self.url_open(url)
            self.assertIn(answer.status_code, (403, 404), url)
            self.assertNotIn(self._get_colour(), answer.content, url)
        return len(urls)

    def try_attachment(self):
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_field", "=", "image_1920"),
                ("res_id", "in", self._get_pictures_hidden().ids),
            ]
        )
        self.assertTrue(attachments)
        for attachment in attachments:
            for route in ("image", "content"):
                answer = self.url_open(f"/web/{route}/{attachment.id}")
                self.assertNotIn(self._get_colour(), answer.content)
        return 2 * len(attachments)

    def try_rpc_partner(self):
        """Over RPC a partner is not public at all."""
        for ids in (self.hidden.ids, self.public.ids):
            self.assertNotIn(SECRET, self._call("res.partner", "search_read", [("id", "in", ids)]))
            self.assertNotIn(SECRET, self._call("res.partner", "read", ids))
        return 4

    def try_rpc_level(self):
        for method, argument in (("search_read", []), ("read", self.Level.search([]).ids)):
            self.assertIn("error", self._call("dealer.crm.partner.level", method, argument))
        return 2

    def _get_pictures_hidden(self):
        """Without a level it is no reseller: its picture is as public as its switch says.

        The image routes belong to no website, so they do not ask which one.
        """
        return self.hidden.filtered(lambda partner: partner.dealer_level_id)

    def _get_colour(self):
        return base64.b64decode(self.picture)[-40:-20]

    def _call(self, model, method, argument):
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            json={"params": {"model": model, "method": method, "args": [argument], "kwargs": {}}},
        )
        return answer.text.lower()


def _make_test(role, door):
    def test(self):
        self.attempt(role, door)

    return test


for _door, _roles in DOORS.items():
    for _role in _roles:
        setattr(TestPartnersRights, f"test_{_role}_{_door}", _make_test(_role, _door))
