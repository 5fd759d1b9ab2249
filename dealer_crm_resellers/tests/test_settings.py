from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ResellerCase


@tagged("post_install", "-at_install")
class TestSettings(ResellerCase):
    def test_saved(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(
            [settings[f"dealer_radius_{number}"] for number in (1, 2, 3)], [50, 100, 200]
        )
        self.assertEqual(self.Lead._get_radii(), [50, 100, 200])
        self.env["res.config.settings"].create(
            {
                "dealer_radius_1": 5,
                "dealer_radius_2": 12.5,
                "dealer_radius_3": 300,
                "dealer_assign_automatic": True,
                "dealer_accept_hours": 48,
                "dealer_catch_all_user_id": self.manager.id,
            }
        ).execute()
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
            with self.assertRefused(ValidationError, "grow"):
                self.env["res.config.settings"].create(
                    {f"dealer_radius_{number}": km for number, km in enumerate(radii, 1)}
                )

    def test_no_negative_hours(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.dealer_accept_hours = -1
            self.env.flush_all()
