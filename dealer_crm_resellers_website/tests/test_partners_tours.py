from odoo.tests.common import tagged

from .common import PartnersCase


@tagged("post_install", "-at_install")
class TestPartnersTours(PartnersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lyon = cls.make_partner("Tour Lyon", website_short_description="Striped vans")
        cls.madrid = cls.make_partner(
            "Tour Madrid",
            city="Madrid",
            country_id=cls.spain.id,
            dealer_level_id=cls.bronze.id,
            partner_latitude=40.4,
            partner_longitude=-3.7,
        )

    def test_visitor(self):
        """Filter the list, remove the filter, search, open a partner."""
        self.start_tour("/partners", "dealer_partners_visitor")

    def test_editor(self):
        """From the partner's form to its page; publish, edit with a block, unpublish."""
        self.lyon.is_published = False
        self.start_tour(
            f"/odoo/contacts/{self.lyon.id}", "dealer_partners_editor", login="admin", timeout=300
        )
        self.env.invalidate_all()
        self.assertFalse(self.lyon.is_published)
        self.assertIn("s_text_block", self.lyon.website_description)
        self.assertIn("Opened in 1974", self.lyon.website_description)
        self.assertNotIn("Opened in 1974", self.madrid.website_description or "")
        flags = self.lyon.message_ids.tracking_value_ids.filtered(
            lambda value: value.field_id.name == "is_published"
        )
        self.assertEqual(sorted(flags.mapped("new_value_integer")), [0, 1])

    def test_options(self):
        """A designer switches the map off and the contact details on."""
        self.lyon.phone = "+33 4 00 00 00 00"
        self.start_tour(
            self.website.get_client_action_url("/partners"),
            "dealer_partners_options",
            login="admin",
        )
        self.login_as(None)
        self.assertFalse(self.get("/partners").xpath("//*[local-name()='svg'][@role='group']"))
