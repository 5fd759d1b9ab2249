import re

from odoo.tests.common import tagged

from odoo.addons.dealer_crm_resellers_website.directory.page import STEP
from odoo.addons.http_routing.tests.common import MockRequest

from .common import PartnersCase, make_picture


@tagged("post_install", "-at_install")
class TestPartnersList(PartnersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lyon = cls.make_partner(
            "Zebra Lyon", image_1920=make_picture(), website_short_description="Striped vans"
        )
        cls.madrid = cls.make_partner("Madrid Motor", country_id=cls.spain.id, city="Madrid")
        cls.paris = cls.make_partner("Arc Paris", dealer_level_id=cls.bronze.id, city="Paris")

    def url(self, level=None, country=None):
        return "/partners" + "".join(
            f"/{name}/{self.website._get_slug(record)}"
            for name, record in (("level", level), ("country", country))
            if record
        )

    def test_order(self):
        """By level, then by name."""
        tree = self.get("/partners")
        self.assertEqual(self.get_names(tree), ["Madrid Motor", "Zebra Lyon", "Arc Paris"])
        headings = [node.text_content().strip() for node in tree.xpath("//main//h2")]
        self.assertEqual(headings[:2], ["Test Gold", "Test Bronze"])
        self.bronze.sequence = 0
        self.assertEqual(self.get_names(self.get("/partners"))[0], "Arc Paris")

    def test_card(self):
        """What a card shows, and that it works without JavaScript."""
        [card] = self.get("/partners").xpath("//article[contains(., 'Zebra')]")
        self.assertEqual(card.xpath(".//a/@href"), [self.lyon.website_url])
        self.assertIn("Lyon, France", card.text_content())
        self.assertIn("Striped vans", card.text_content())
        [picture] = card.xpath(".//img/@src")
        answer = self.url_open(picture)
        self.assertEqual(answer.headers["Content-Type"], "image/png")
        self.assertIn("max-age=31536000", answer.headers["Cache-Control"])

    def test_filters(self):
        """Level and country combine, count under the other filter, and can be removed."""
        tree = self.get(self.url(self.gold))
        self.assertEqual(self.get_names(tree), ["Madrid Motor", "Zebra Lyon"])
        [spain] = tree.xpath("//nav[@aria-label='Country']//a[contains(., 'Spain')]")
        self.assertEqual(spain.get("href"), self.url(self.gold, self.spain))
        tree = self.get(spain.get("href"))
        self.assertEqual(self.get_names(tree), ["Madrid Motor"])
        self.assertEqual(tree.findtext(".//h1"), "Test Gold Partners in Spain")
        taken = tree.xpath("//a[contains(@class, 'o_dealer_taken')]/@href")
        self.assertEqual(taken, [self.url(country=self.spain), self.url(self.gold)])
        self.assertEqual(self.get_names(self.get(taken[0])), ["Madrid Motor"])
        counts = self.get(self.url(country=self.france)).xpath(
            "//nav[@aria-label='Level']//a/span/text()"
        )
        self.assertEqual(counts, ["1", "1"])

    def test_search(self):
        for term, names in (
            ("zebra", ["Zebra Lyon"]),
            ("madrid", ["Madrid Motor"]),
            ("spain", ["Madrid Motor"]),
            ("striped lyon", ["Zebra Lyon"]),
            ("100%", []),
        ):
            self.assertEqual(self.get_names(self.get(f"/partners?search={term}")), names, term)
        tree = self.get("/partners?search=lyon")
        [bronze] = tree.xpath("//nav[@aria-label='Level']//a/@href")
        self.assertIn("search=lyon", bronze)

    def test_search_nearly(self):
        tree = self.get("/partners?search=zebrra")
        self.assertEqual(self.get_names(tree), ["Zebra Lyon"])
        self.assertIn(
            "zebrra", tree.xpath("//div[contains(@class, 'alert-info')]")[0].text_content()
        )

    def test_search_bar(self):
        """The website's search bar finds partners, too."""
        for search_type in ("partners", "all"):
            [result] = self.autocomplete("zebra", search_type)["results"]
            self.assertIn("Zebra", result["name"])
            self.assertEqual(result["website_url"], self.lyon.website_url)
        self.assertIn("Zebra Lyon", self.get("/website/search?search=zebra").text_content())

    def test_paging(self):
        self.Partner.create(
            [
                {
                    "name": f"Many {number:03}",
                    "is_company": True,
                    "dealer_level_id": self.bronze.id,
                    "is_published": True,
                }
                for number in range(STEP)
            ]
        )
        names = self.get_names(self.get("/partners"))
        self.assertEqual(len(names), STEP)
        tree = self.get("/partners/page/2")
        rest = self.get_names(tree)
        self.assertEqual(rest, [f"Many {number:03}" for number in range(STEP - 3, STEP)])
        self.assertFalse(set(names) & set(rest))
        path = f"{self.url(self.bronze)}/page/2"
        self.assertEqual(self.get_names(self.get(path)), [f"Many {STEP - 1:03}"])
        [canonical] = tree.xpath("//link[@rel='canonical']/@href")
        self.assertTrue(canonical.endswith("/partners/page/2"))

    def test_unknown(self):
        """An unknown level, country or page gets a helpful page with status 404."""
        self.bronze.is_published = False
        archived = self.Level.create({"name": "Old", "active": False})
        for url in (
            "/partners/level/nonsense",
            "/partners/level/gold-999999",
            "/partners/level/gold-99999999999999999999",
            "/partners/level/gold--1",
            self.url(self.bronze),
            self.url(archived),
            "/partners/country/nowhere",
            "/partners/country/nowhere-999999",
            self.url(self.gold) + "/country/0",
            "/partners/page/99",
            "/partners/page/99999999999999999999",
            "/partners/page/0",
        ):
            tree = self.get(url, status=404)
            self.assertIn("This list of partners does not exist", tree.text_content(), url)
            self.assertTrue(tree.xpath("//main//a[@href='/partners']"), url)

    def test_odd_addresses(self):
        """Odd URLs get a list, a redirect or a helpful page, never an error."""
        odd = ["%00", "a%00b-1", "%ED%A0%80", "%FF", "%27", "%5C", "%25", "1e9", "9" * 40]
        # `int` raises an error for thousands of digits.
        odd += ["9" * 5000, f"a-{'9' * 5000}", f"{'9' * 5000}-a", f"a--{'9' * 5000}"]
        values = [
            *odd,
            "",
            "2",
            "-1",
            "0",
            "abc",
            "²",
            "nan,1,2,3",
            "1e400,-1e400,0,0",
            "1,2,3,4,5",
        ]
        names = ("page", "level", "country", "search", "area", "partner_id", "order", "limit")
        paths = ("/partners/level", "/partners/country", "/partners/page", "/partners")
        urls = {f"{path}/{value}": (404,) for path in paths for value in odd}
        urls |= {f"{path}/{value}/x": (404,) for path in paths for value in odd}
        for query in [f"{name}={value}&{name}=x" for name in names for value in values]:
            urls[f"/partners?{query}"] = (200, 404)
            urls[f"{self.lyon.website_url}?{query}"] = (200,)
        wrong = {}
        for url, statuses in urls.items():
            status = self.url_open(url, timeout=60).status_code
            if status not in statuses:
                wrong[url[:60]] = status
        self.assertFalse(wrong)

    def test_choice_in_the_query(self):
        """Level, country or page in the query redirect to the path that has them."""
        spain = self.url(country=self.spain)
        for query, url in (
            ("?page=2", "/partners/page/2"),
            ("?page=2&search=a", "/partners/page/2?search=a"),
            ("?page=abc", "/partners"),
            (f"?country={spain.rpartition('/')[2]}&page=1", spain),
        ):
            answer = self.url_open("/partners" + query, allow_redirects=False)
            self.assertEqual(answer.status_code, 301, query)
            self.assertURLEqual(answer.headers["Location"], url)

    def test_empty(self):
        """An empty list says so and is not indexed."""
        for url in (
            self.url(self.bronze, self.spain),
            self.url(country=self.env.ref("base.de")),
            "/partners?search=qqqqqq",
            "/partners?search=%00%00",
            "/partners?area=100,-20,101,-19",
        ):
            answer = self.url_open(url)
            self.assertEqual(answer.status_code, 200, url)
            if "%00" not in url:
                self.assertIn("No partner matches", answer.text, url)
                self.assertEqual(answer.headers["X-Robots-Tag"], "noindex")
        self.Partner.search([("is_published", "=", True)]).is_published = False
        self.assertIn("presented here soon", self.url_open("/partners").text)

    def test_one_address(self):
        """Other spellings of a URL redirect to the canonical one."""
        gold, france = self.gold.id, self.france.id
        for spelling, url in (
            (f"/partners/level/{gold}", self.url(self.gold)),
            (f"/partners/level/silver-{gold}", self.url(self.gold)),
            (f"/partners/country/x-{france}?search=a", self.url(country=self.france) + "?search=a"),
            ("/partners/page/1", "/partners"),
            (f"/partners/{self.lyon.id}", self.lyon.website_url),
            (f"/partners/old-name-{self.lyon.id}?a=b", f"{self.lyon.website_url}?a=b"),
        ):
            answer = self.url_open(spelling, allow_redirects=False)
            self.assertEqual(answer.status_code, 301, spelling)
            self.assertURLEqual(answer.headers["Location"], url)

    def test_languages(self):
        """A list has one URL per language; its links need no redirect."""
        french = self.env["res.lang"]._activate_lang("fr_FR")
        self.website.language_ids += french
        self.gold.with_context(lang="fr_FR").name = "Essai Or"
        url = self.url(self.gold, self.spain)
        tree = self.get(f"/fr{url}", allow_redirects=False)
        self.assertIn("Essai Or", tree.findtext(".//h1"))
        self.assertEqual(self.gold.with_context(lang="fr_FR").website_url, self.url(self.gold))
        for link in tree.xpath("//link[@rel='alternate'][@hreflang]/@href"):
            # Otherwise Odoo redirects to the language of the last page.
            self.opener.cookies.clear()
            self.assertEqual(self.url_open(link, allow_redirects=False).status_code, 200, link)

    def test_structured_data(self):
        [data] = self.get_json_ld(self.get(self.url(self.gold)))
        self.assertEqual(data["@type"], "ItemList")
        [first, second] = data["itemListElement"]
        self.assertEqual((first["position"], first["name"]), (1, "Madrid Motor"))
        self.assertEqual(second["url"], self.website.get_base_url() + self.lyon.website_url)
        self.lyon.name = "</script><script>alert(1)</script>"
        self.assertNotIn("<script>alert", self.url_open("/partners").text)

    def test_sitemap(self):
        self.env["ir.attachment"].search([("url", "=like", "/sitemap%")]).unlink()
        text = self.url_open("/sitemap.xml").text
        pages = set(re.findall(r"<loc>[^<]*?(/partners[^<]*)</loc>", text))
        self.assertEqual(
            pages,
            {
                "/partners",
                self.url(self.gold),
                self.url(self.bronze),
                self.url(country=self.france),
                self.url(country=self.spain),
                self.lyon.website_url,
                self.madrid.website_url,
                self.paris.website_url,
            },
        )

    def test_menu(self):
        """Each website's menu has an entry for the list."""
        self.assertEqual(
            self.env["website.menu"].search([("url", "=", "/partners")]).website_id,
            self.env["website"].search([]),
        )
        [link] = self.get("/contactus").xpath("//header//nav//a[@href='/partners']")[:1]
        self.assertEqual(link.text_content().strip(), "Partners")

    def test_suggested(self):
        """The menu editor suggests the page."""
        with MockRequest(self.env, website=self.website):
            urls = [url for _name, url, _addon in self.website.get_suggested_controllers()]
        self.assertIn("/partners", urls)
