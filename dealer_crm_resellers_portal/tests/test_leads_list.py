from odoo.tests import tagged
from odoo.tools import format_amount

from ..models.dealer_crm_lead_show import PAGE_SIZE
from .common import LIST, PortalCase

NAMES = "//ul[contains(@class, 'o_dealer_leads')]/li//a/text()"


@tagged("post_install", "-at_install")
class TestLeadsList(PortalCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.seller)

    def get_names(self, url=LIST):
        return self.get(url).xpath(NAMES)

    def test_filters(self):
        self.give(contact_name="Waiting")
        self.give(accept=True, contact_name="Working")
        self.lose(self.give(accept=True, contact_name="Gone"))
        won = self.give(accept=True, contact_name="Sold")
        self.make_delivered(won)
        won.action_mark_won()
        self.give(self.two, contact_name="Of others")
        self.give(contact_name="Archived").active = False
        expected = {
            "all": {"Waiting", "Working", "Gone", "Sold"},
            "answer": {"Waiting"},
            "open": {"Working"},
            "won": {"Sold"},
            "lost": {"Gone"},
        }
        for key, names in expected.items():
            with self.subTest(key=key):
                page = self.get(f"{LIST}?filterby={key}")
                found = page.xpath(NAMES)
                self.assertEqual(set(found), names)
                [current] = page.xpath("//a[@aria-current='true']//text()[contains(., '(')]/..")
                self.assertIn(f"({len(names)})", current.text_content())

    def test_sorting(self):
        self.give(contact_name="B", expected_price=1, date_deadline="2030-01-02")
        self.give(contact_name="A", expected_price=3, date_deadline="2030-01-03")
        self.give(contact_name="C", expected_price=2, date_deadline="2030-01-01")
        for key, names in {"date": "CAB", "deadline": "CBA", "price": "ACB", "name": "ABC"}.items():
            with self.subTest(key=key):
                self.assertEqual("".join(self.get_names(f"{LIST}?sortby={key}")), names)

    def test_search(self):
        product = self.make_product(name="Striped Van")
        self.give(contact_name="Ana", city="Lyon", product_id=product.id, vehicle_model_text=False)
        lead = self.give(contact_name="Bo", city="Nice", phone="+33 4 77 77 77 77")
        for term, names in {
            "lyo": ["Ana"],
            "striped": ["Ana"],
            "BO": ["Bo"],
            lead.name: ["Bo"],
            "pick": ["Bo"],
            # What a waiting lead hides is not found either.
            "Hushed": [],
            "77 77": [],
        }.items():
            with self.subTest(term=term):
                self.assertEqual(self.get_names(f"{LIST}?search={term}"), names)

    def test_odd_questions(self):
        """Whatever stands in the address is a page, never an error."""
        self.give()
        for query in (
            "filterby=nothing",
            "filterby=__class__&sortby=__class__",
            "sortby=id; drop table",
            "search=%00",
            "search=%ED%A0%80",
            "search=%25%25%25_%5C",
            "search=" + "x" * 5000,
            "filterby=all&filterby=won&page=x&lead=1",
        ):
            with self.subTest(query=query[:40]):
                self.get(f"{LIST}?{query}")
        for page in ("0", "2", "-1", "x", "9" * 4000, "٣"):
            with self.subTest(page=page[:40]):
                self.assertEqual(self.get_names(f"{LIST}/page/{page}"), ["Ana Cruz"])

    def test_pages(self):
        for number in range(PAGE_SIZE + 2):
            self.give(contact_name=f"Lead {number:03}")
        self.assertEqual(len(self.get_names()), PAGE_SIZE)
        self.assertEqual(
            self.get_names(f"{LIST}/page/2?sortby=name"),
            [f"Lead {PAGE_SIZE:03}", f"Lead {PAGE_SIZE + 1:03}"],
        )
        [link] = self.get(f"{LIST}?sortby=name&search=lead").xpath("//ul//a[text()='2']/@href")
        self.assertEqual(len(self.get_names(link)), 2)

    def test_prices(self):
        """As Odoo writes amounts, in each language and currency."""
        self.env["res.lang"]._activate_lang("fr_FR")
        leads = self.give(expected_price=1234567.5) | self.give(expected_price=0)
        currency = self.company.currency_id
        for lang in ("en_US", "fr_FR"):
            for values in (
                {"position": "before"},
                {"position": "after", "rounding": 1, "symbol": "F CFA"},
            ):
                currency.write(values)
                env = self.env(context={"lang": lang})
                prices = [row["price"] for row in leads.with_env(env)._get_portal_rows()]
                expected = format_amount(env, leads[0].expected_price, currency)
                self.assertEqual(prices, [expected, ""])

    def test_home(self):
        self.give()
        self.give(accept=True)
        text = " ".join(self.get("/my").text_content().split())
        self.assertIn("1 to answer, 1 open", text)
        self.log_in(self.portal)
        self.assertFalse(self.get("/my").xpath("//*[@id='portal_dealer_category']"))

    def test_two_companies(self):
        other = self.env["res.company"].create({"name": "Second Dealer"})
        lead = self.give(contact_name="Elsewhere", company_id=other.id, user_id=False)
        self.assertEqual(self.get_names(), ["Elsewhere"])
        page = self.get(f"{LIST}/{lead.id}")
        self.assertIn("Second Dealer", page.text_content())
