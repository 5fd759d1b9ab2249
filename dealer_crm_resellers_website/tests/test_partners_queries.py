from odoo.tests.common import tagged
from odoo.tools import SQL

from .common import PartnersCase, make_picture


@tagged("post_install", "-at_install")
class TestPartnersQueries(PartnersCase):
    """The number of queries of a page does not depend on the number of partners."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.make_partner("Query 0", image_1920=make_picture())

    def make_copies(self, count):
        """Copies of the first partner, scattered over two levels, three countries and the map."""
        self.env.flush_all()
        taken = {"id", "dealer_level_id", "country_id", "partner_latitude", "partner_longitude"}
        columns = [
            SQL.identifier(name)
            for name, field in self.Partner._fields.items()
            if field.store and field.column_type and name not in taken
        ]
        countries = (self.france + self.spain + self.env.ref("base.br")).ids
        self.env.cr.execute(
            SQL(
                """INSERT INTO res_partner (%(columns)s, dealer_level_id, country_id,
                        partner_latitude, partner_longitude)
                   SELECT %(columns)s, (%(levels)s::int[])[n %% 2 + 1],
                        (%(countries)s::int[])[n %% 3 + 1],
                        (n * 7) %% 130 - 50.5, (n * 13) %% 350 - 170.5
                   FROM res_partner, generate_series(1, %(count)s) n WHERE id = %(first)s""",
                columns=SQL(", ").join(columns),
                levels=(self.gold + self.bronze).ids,
                countries=countries,
                count=count,
                first=self.first.id,
            )
        )
        self.env.cr.execute("ANALYZE res_partner")
        self.env.invalidate_all()

    def count_queries(self, url):
        """Queries of a page whose templates are compiled already."""
        self.get(url)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.get(url)
        return self.env.cr.sql_log_count - before

    def test_queries(self):
        urls = [
            "/partners",
            f"/partners/level/{self.website._get_slug(self.gold)}",
            f"/partners/country/{self.website._get_slug(self.france)}",
            "/partners?search=query",
            "/partners?area=-20,30,40,60",
            self.first.website_url,
        ]
        self.make_copies(19)
        few = {url: self.count_queries(url) for url in urls}
        self.make_copies(1980)
        many = {url: self.count_queries(url) for url in urls}
        many["/partners/page/30"] = self.count_queries("/partners/page/30")
        few["/partners/page/30"] = few["/partners"]
        self.assertEqual(few, many)
        self.assertEqual(
            self.Partner.search_count(self.Partner._get_public_reseller_domain(self.website)), 2000
        )

    def test_map_is_bounded(self):
        """The map has one dot per grid cell at most."""
        self.make_copies(2000)
        tree = self.get("/partners")
        dots = tree.xpath("//*[local-name()='svg'][@role='group']//*[local-name()='circle']")
        self.assertLess(len(dots), 400)
        counts = tree.xpath("//*[local-name()='svg'][@role='group']//*[local-name()='text']/text()")
        self.assertEqual(sum(map(int, counts)) + len(dots) - len(counts), 2001)
