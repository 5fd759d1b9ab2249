"""Attempts to see what is not public in the website's pages, a test for each role and entry point.

``--log-cli-level=25`` prints each attempt with its answer.
"""

from odoo.tests.common import tagged

from .attempts import CONTACT, ROLES, SECRET, AttemptsCase, add_tests


@tagged("post_install", "-at_install")
class TestPartnersRights(AttemptsCase):
    def try_list(self):
        self.refuse(["/partners", f"/partners/level/{self.website._get_slug(self.gold)}"])

    def try_level(self):
        levels = self.private_level + self.old_level
        self.refuse([f"/partners/level/{level.id}" for level in levels], status=404)

    def try_country(self):
        self.refuse([f"/partners/country/{self.website._get_slug(self.iceland)}"])

    def try_own_page(self):
        self.refuse([partner.website_url for partner in self.hidden], status=404)

    def try_own_page_of_other_company(self):
        self.refuse([self.other_company.website_url], status=404)

    def try_preview(self):
        """An editor's preview has no contact data and no structured data."""
        urls = [partner.website_url for partner in self.hidden - self.other_company]
        self.refuse(urls, word=CONTACT)
        for url in urls:
            self.assertFalse(self.get_json_ld(self.get(url)), url)

    def try_guessed_address(self):
        """A URL with just an id does not reveal the name, not even in a redirect."""
        self.refuse([f"/partners/{partner.id}" for partner in self.hidden], status=404)

    def try_reference(self):
        self.refuse([self.public.website_url])

    def try_search(self):
        self.refuse([f"/partners?search={term}" for term in ("hush", "icelan", "summar")])

    def try_search_nearly(self):
        """A search without results does not suggest a hidden name."""
        # The page repeats the search term, so the second term lacks letters of the word.
        self.refuse(["/partners?search=hushd", "/partners?search=hshedvile"])

    def try_search_bar(self):
        for search_type in ("partners", "all"):
            for term in ("hush", "hushd", "icelan"):
                self.assertNotIn(SECRET, str(self.autocomplete(term, search_type)).lower())
                self.note(f'search bar "{term}" in {search_type}', "tells nothing")

    def try_search_bar_order(self):
        """Sorting by a field would reveal it, so the visitor's order is ignored."""
        second = self.make_partner("Open Air", dealer_level_weight=99)
        self.public.dealer_level_weight = 1
        for field in ("dealer_level_weight", "email"):
            for way in ("asc", "desc"):
                answer = self.autocomplete("open", order=f"{field} {way}")
                urls = [result["website_url"] for result in answer["results"]]
                self.assertEqual(urls, [second.website_url, self.public.website_url])
                self.note(f'search bar "open" by {field} {way}', "sorted by name")

    def try_site_search(self):
        self.refuse([f"/website/search{kind}?search=hush" for kind in ("", "/all", "/partners")])

    def try_map(self):
        self.refuse(["/partners?area=-23,63,-20,65", "/partners?area=-180,-58,180,84"])

    def try_sitemap(self):
        self.env["ir.attachment"].search([("url", "=like", "/sitemap%")]).unlink()
        self.assertIn(self.public.website_url, self.url_open("/sitemap.xml").text)
        self.refuse(["/sitemap.xml"])
        self.refuse(["/sitemap.xml"], word="iceland")

    def try_contact_data(self):
        """Only the contact data that the page of a public partner shows."""
        self.assertNotIn(SECRET, str(self.autocomplete("open")).lower())
        self.note('search bar "open" in partners', "tells nothing")
        self.refuse(["/partners", self.public.website_url])


add_tests(
    TestPartnersRights,
    {
        "list": ROLES,
        "level": ROLES,
        "country": ROLES,
        "own_page": ("visitor", "portal", "dealer"),
        "own_page_of_other_company": ("editor",),
        "preview": ("editor",),
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
    },
)
