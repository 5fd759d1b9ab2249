from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ResellerCase


@tagged("post_install", "-at_install")
class TestSettings(ResellerCase):
    def test_saved(self):
        settings = self.env["dealer.crm.settings"].create({})
        self.assertEqual(
            [settings[f"dealer_radius_{number}"] for number in (1, 2, 3)], [50, 100, 200]
        )
        self.assertEqual(self.Lead._get_radii(), [50, 100, 200])
        self.env["dealer.crm.settings"].create(
            {
                "dealer_radius_1": 5,
                "dealer_radius_2": 12.5,
                "dealer_radius_3": 300,
                "dealer_assign_automatic": True,
                "dealer_accept_hours": 48,
                "dealer_catch_all_user_id": self.manager.id,
            }
        )
        self.assertEqual(self.Lead._get_radii(), [5, 12.5, 300])
        self.assertRecordValues(
            self.company,
            [
                {
                    "dealer_assign_automatic": True,
                    "dealer_accept_hours": 48,
                    "dealer_catch_all_user_id": self.manager.id,
                }
            ],
        )

    def test_radii_grow(self):
        for radii in ((0, 100, 200), (100, 100, 200), (50, 300, 200), (50, 100, 20001), (-1, 5, 9)):
            with self.assertRefused(ValidationError, "ascending"):
                self.env["dealer.crm.settings"].create(
                    {f"dealer_radius_{number}": km for number, km in enumerate(radii, 1)}
                )

    def test_corrected_where_it_is_wrong(self):
        self.env["ir.config_parameter"].set_param("dealer_crm_resellers.radius_1", "far")
        settings = self.env["dealer.crm.settings"].create({})
        self.assertEqual(settings.dealer_radius_1, 50)
        settings.dealer_radius_1 = 40
        self.assertEqual(self.Lead._get_radii(), [40, 100, 200])

    def test_a_dealer_admin_saves(self):
        """A Dealer Admin has no rights on companies or parameters, and saves for own companies only."""
        Settings = self.env["dealer.crm.settings"]
        self.assertFalse(self.admin.has_group("base.group_system"))
        with Form(Settings.with_user(self.admin)) as form:
            form.dealer_assign_automatic = True
            form.dealer_accept_hours = 12
            form.dealer_radius_3 = 250
            form.dealer_catch_all_user_id = self.agent
        self.assertTrue(self.company.dealer_assign_automatic)
        self.assertEqual(self.company.dealer_catch_all_user_id, self.agent)
        self.assertEqual(self.company.dealer_accept_hours, 12)
        self.assertEqual(self.Lead._get_radii()[2], 250)
        other = self.env["res.company"].create({"name": "Another Dealer"})
        settings = form.record
        for attempt in (
            lambda: Settings.with_user(self.admin).create(
                {"company_id": other.id, "dealer_accept_hours": 1}
            ),
            lambda: settings.write({"company_id": other.id, "dealer_accept_hours": 1}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(other.dealer_accept_hours, 0)

    def test_nobody_else_saves(self):
        Settings = self.env["dealer.crm.settings"]
        for user in (self.manager, self.agent, self.clerk, self.portal, self.intake):
            with self.assertRaises(AccessError):
                Settings.with_user(user).create({"dealer_accept_hours": 1})
            with self.assertRaises(AccessError):
                Settings.with_user(user).action_open()
        # `sudo` does not hide who the user is.
        with self.assertRefused(AccessError, "Only a Dealer Admin"):
            Settings.with_user(self.manager).sudo().create({"dealer_accept_hours": 1})

    def test_no_negative_hours(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.dealer_accept_hours = -1
            self.env.flush_all()
