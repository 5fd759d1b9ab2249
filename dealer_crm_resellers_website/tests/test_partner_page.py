from odoo.exceptions import AccessError
from odoo.tests.common import new_test_user, tagged

from .common import EDITOR, PartnersCase, make_picture


@tagged("post_install", "-at_install")
class TestPartnerPage(PartnersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reference, cls.secret_reference = (
            cls.make_partner(name, dealer_level_id=False, is_published=published)
            for name, published in (("Known Customer", True), ("Secret Customer", False))
        )
        cls.partner = cls.make_partner(
            "Atelier Rhône",
            image_1920=make_picture(),
            website_short_description="Vans with a roof",
            website_description="<section><p>Since 1974</p></section>",
            state_id=cls.env["res.country.state"]
            .create({"name": "Rhône", "code": "RH", "country_id": cls.france.id})
            .id,
            phone="+33 4 00 00 00 00",
            email="hello@rhone.example.com",
            dealer_reference_ids=(cls.reference + cls.secret_reference).ids,
        )

    def test_page(self):
        tree = self.get(self.partner.website_url)
        text = tree.xpath("//main")[0].text_content()
        for shown in (
            "Atelier Rhône",
            "Vans with a roof",
            "Since 1974",
            "Test Gold",
            "Lyon, Rhône, France",
            "Known Customer",
        ):
            self.assertIn(shown, text)
        for hidden in ("Secret Customer", "+33", "example.com", "Unpublished"):
            self.assertNotIn(hidden, text)
        level = tree.xpath("//nav[@aria-label='Breadcrumb']/a/@href")[1]
        self.assertEqual(self.get_names(self.get(level)), ["Atelier Rhône"])

    def test_structured_data(self):
        [data] = self.get_json_ld(self.get(self.partner.website_url))
        organization, trail = data["@graph"]
        url = self.website.get_base_url() + self.partner.website_url
        self.assertEqual(organization["@type"], "Organization")
        self.assertEqual((organization["name"], organization["url"]), ("Atelier Rhône", url))
        self.assertEqual(organization["address"]["addressCountry"], "FR")
        self.assertEqual(self.url_open(organization["image"]).status_code, 200)
        self.assertEqual([step["position"] for step in trail["itemListElement"]], [1, 2])
        self.assertFalse({"email", "telephone"} & set(organization))

    def test_meta(self):
        tree = self.get(self.partner.website_url)
        [canonical] = tree.xpath("//link[@rel='canonical']/@href")
        self.assertEqual(canonical, self.website.get_base_url() + self.partner.website_url)
        self.assertEqual(tree.xpath("//meta[@name='description']/@content"), ["Vans with a roof"])
        [image] = tree.xpath("//meta[@property='og:image']/@content")
        self.assertIn(f"/web/image/res.partner/{self.partner.id}/image_512", image)

    def test_contact_details(self):
        """Shown when a designer switches them on."""
        self.env.ref("dealer_crm_resellers_website.partner_contact").active = True
        text = self.get(self.partner.website_url).xpath("//main")[0].text_content()
        self.assertIn("+33 4 00 00 00 00", text)
        self.assertIn("hello@rhone.example.com", text)

    def test_freelancer(self):
        """A person without a company has a page, whose URL does not name an employer."""
        person = self.make_partner("Ana Free", is_company=False, company_name="Hidden Employer")
        self.assertEqual(person.website_url, f"/partners/ana-free-{person.id}")
        self.assertNotIn("Hidden", self.get(person.website_url).text_content())

    def test_preview(self):
        """Editors see a page that is not public, with the reasons; visitors do not."""
        owner = self.env["res.company"].create({"name": "Another Company"})
        website = self.env["website"].create({"name": "Another Website"})
        private = self.bronze
        private.is_published = False
        for vals, reason in (
            ({"is_published": False}, "It is not published"),
            ({"active": False}, "It is archived"),
            ({"dealer_level_id": False}, "It has no level"),
            ({"dealer_level_id": private.id}, 'Its level "Test Bronze" is not published'),
            ({"company_id": owner.id}, "It belongs to another company"),
            ({"website_id": website.id}, "It belongs to another website"),
            ({"is_company": False, "parent_id": self.reference.id}, "It is a contact of a company"),
        ):
            before = {name: self.partner[name] for name in vals}
            self.partner.write(vals)
            [told] = self.partner._get_reasons_not_public(self.website)
            self.assertIn(reason, told)
            self.login_as(None)
            self.get(self.partner.website_url, status=404)
            self.login_as(self.editor)
            if "company_id" in vals:  # This editor may not read the website's contacts.
                self.get(self.partner.website_url, status=404)
            else:
                tree = self.get(self.partner.website_url)
                [notice] = tree.xpath("//div[contains(@class, 'o_dealer_not_public')]")
                self.assertIn(reason, notice.text_content())
                self.assertFalse(self.get_json_ld(tree))
            self.partner.update(before)
        self.assertFalse(self.partner._get_reasons_not_public(self.website))

    def test_publish(self):
        """Users who may edit partners may publish them; other editors may not."""
        self.partner.is_published = False
        both = new_test_user(self.env, "partners-both", f"{EDITOR},base.group_partner_manager")
        with self.assertRaises(AccessError):
            self.partner.with_user(self.editor).website_publish_button()
        self.assertTrue(self.partner.with_user(both).website_publish_button())
        self.login_as(None)
        self.get(self.partner.website_url)
        self.assertFalse(self.partner.with_user(both).website_publish_button())
        self.get(self.partner.website_url, status=404)

    def test_go_to_website(self):
        action = self.partner.open_website_url()
        self.assertIn(self.partner.website_url, str(action))

    def test_level(self):
        """A new level is published and has its own page."""
        self.assertTrue(self.gold.is_published)
        self.assertEqual(self.gold.website_url, f"/partners/level/test-gold-{self.gold.id}")
        self.assertEqual(self.get_names(self.get(self.gold.website_url)), ["Atelier Rhône"])
