"""Markup in a reseller's texts is shown as text, except in the description built with the editor."""

from odoo.tests.common import new_test_user, tagged

from odoo.addons.dealer_crm.tests.test_foreign_text import MARKUP

from .common import PartnersCase


@tagged("post_install", "-at_install")
class TestForeignText(PartnersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold.name = f"Level {MARKUP}"
        vals = {
            "city": f"City {MARKUP}",
            "website_short_description": f"Summary {MARKUP}",
            "country_id": cls.env["res.country"]
            .create({"name": f"Land {MARKUP}", "code": "ZX"})
            .id,
        }
        cls.reference = cls.make_partner(f"Customer {MARKUP}", **vals, dealer_level_id=False)
        cls.partner = cls.make_partner(
            f"Reseller {MARKUP}",
            **vals,
            dealer_reference_ids=cls.reference.ids,
            phone=f"Phone {MARKUP}",
            email=f"Email {MARKUP}",
            website=f"Website {MARKUP}",
            state_id=cls.env["res.country.state"]
            .create(
                {"name": f"State {MARKUP}", "code": "ZX", "country_id": vals["country_id"]},
            )
            .id,
        )
        cls.env.ref("dealer_crm_resellers_website.partner_contact").active = True

    def look(self, url, *shown):
        """Check that the words of ``shown`` are on the page, and that no markup in them became an element."""
        tree = self.get(url)
        text = " ".join(tree.xpath("//main")[0].text_content().split())
        for words in shown:
            self.assertIn(f"{words} <h1", text, url)
        self.assertFalse(tree.xpath("//*[@class='stranger']"))
        self.assertFalse(tree.xpath("//*[@onerror='stranger=1']"))
        # The words are in attributes and structured data, too; no link leads to the stranger.
        for attribute in ("src", "href"):
            for value in tree.xpath(f"//@{attribute}"):
                self.assertFalse(value.startswith("http://stranger"), value)
        return tree

    def test_list(self):
        self.look("/partners", "Reseller", "City", "Summary", "Level", "Land")
        for record in (self.gold, self.partner.country_id):
            kind = "level" if record == self.gold else "country"
            self.look(f"/partners/{kind}/{self.website._get_slug(record)}", "Reseller")
        self.look("/partners?search=%3Ch1%20class%3D%22stranger%22%3E", "Reseller")

    def test_page(self):
        shown = ("Reseller", "City", "State", "Land", "Summary", "Level", "Customer", "Phone")
        tree = self.look(self.partner.website_url, *shown, "Email")
        [data] = self.get_json_ld(tree)
        self.assertEqual(data["@graph"][0]["name"], self.partner.name)

    def test_preview(self):
        self.partner.is_published = False
        self.login_as(self.editor)
        self.look(self.partner.website_url, "Reseller")

    def test_search_bar(self):
        [result] = self.autocomplete("Reseller")["results"]
        for name in ("name", "description"):
            self.assertNotIn("<h1", result[name])
            self.assertIn("&lt;h1", result[name])

    def test_description(self):
        """The description is HTML, without scripts."""
        # A user who edits partners but, unlike a designer, may not add scripts.
        keeper = new_test_user(
            self.env, "partners-keeper", "dealer_crm.group_dealer_user,base.group_partner_manager"
        )
        self.partner.with_user(keeper).website_description = (
            "<section><h2>Ours</h2><script>stranger=1</script>"
            '<img src="/web/static/img/logo2.png" onerror="stranger=1"/>'
            '<a href="javascript:stranger=1">here</a></section>'
        )
        tree = self.get(self.partner.website_url)
        [section] = tree.xpath("//*[@id='o_dealer_partner_description']//section")
        self.assertTrue(section.xpath(".//h2"))
        self.assertFalse(section.xpath(".//script | .//@onerror"))
        self.assertEqual(section.xpath(".//a/@href"), [""])
