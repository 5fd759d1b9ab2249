from psycopg2.errors import CheckViolation

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestSettings(DealerCase):
    def test_new_leads(self):
        """A Dealer Admin sets how new leads are assigned, and by when they are contacted."""
        company = self.env.company
        self.assertEqual(company.dealer_lead_assignment, "nobody")
        self.assertEqual(company.dealer_first_contact_minutes, 0)
        with Form(self.env["dealer.crm.settings"].with_user(self.admin)) as form:
            form.dealer_lead_assignment = "team"
            form.dealer_first_contact_minutes = 15
        self.assertEqual(company.dealer_lead_assignment, "team")
        self.assertEqual(company.dealer_first_contact_minutes, 15)
        shown = self.env["dealer.crm.settings"].with_user(self.admin).create({})
        self.assertEqual(shown.dealer_lead_assignment, "team")
        self.assertEqual(shown.dealer_first_contact_minutes, 15)

    def test_no_negative_minutes(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.env.company.dealer_first_contact_minutes = -1
            self.env.flush_all()
