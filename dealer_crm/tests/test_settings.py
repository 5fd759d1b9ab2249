from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
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

    def test_choices_are_translated(self):
        self.env["res.lang"]._activate_lang("de_DE")
        choice = self.env.ref("dealer_crm.selection__res_company__dealer_lead_assignment__nobody")
        choice.with_context(lang="de_DE").name = "Niemand"
        Settings = self.env["dealer.crm.settings"].with_context(lang="de_DE")
        field = Settings.fields_get(["dealer_lead_assignment"])["dealer_lead_assignment"]
        self.assertIn(("nobody", "Niemand"), field["selection"])

    def test_one_by_one(self):
        """The form sends what was changed alone; the other settings stay."""
        Settings = self.env["dealer.crm.settings"].with_user(self.admin)
        company, opened = self.env.company, Settings.create({})
        company.dealer_lead_assignment = "team"
        for minutes, set_minutes in enumerate((opened.write, Settings.create), 15):
            self.env.invalidate_all()
            set_minutes({"dealer_first_contact_minutes": minutes})
            self.assertEqual(company.dealer_lead_assignment, "team")
            self.assertEqual(company.dealer_first_contact_minutes, minutes)
            self.env.invalidate_all()
            opened.write({"keep_attempt_days": 100 + minutes})
            self.assertEqual(opened.keep_attempt_days, 100 + minutes)
            self.assertEqual(opened.keep_delivered_days, 400)

    def test_no_negative_minutes(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.env.company.dealer_first_contact_minutes = -1
            self.env.flush_all()

    def test_address_for_leads(self):
        """The address comes, changes and goes with its name."""
        domain = self.env["mail.alias.domain"].create({"name": "dealer.example.com"})
        company = self.env.company
        company.alias_domain_id = domain
        settings = self.env["dealer.crm.settings"].with_user(self.admin)
        with Form(settings) as form:
            self.assertEqual(form.dealer_lead_alias_domain, domain.name)
            form.dealer_lead_alias_name = "Leads"
        alias = company.dealer_lead_alias_id
        self.assertEqual(alias.alias_full_name, "leads@dealer.example.com")
        self.assertEqual(alias.alias_model_id.model, "dealer.crm.lead")
        settings.create({"dealer_lead_alias_name": "new-cars"})
        self.assertEqual(company.dealer_lead_alias_id, alias)
        self.assertEqual(alias.alias_full_name, "new-cars@dealer.example.com")
        settings.create({"dealer_lead_alias_name": False})
        self.assertFalse(company.dealer_lead_alias_id)
        self.assertFalse(alias.exists())

    def test_address_in_use(self):
        self.env["mail.alias"].create(
            {
                "alias_name": "taken",
                "alias_domain_id": self.env.company.alias_domain_id.id,
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        with self.assertRefused(UserError, "taken"):
            self.env["dealer.crm.settings"].create({"dealer_lead_alias_name": "taken"})
        for user in (self.agent, self.manager):
            with self.assertRaises(AccessError):
                self.env["dealer.crm.settings"].with_user(user).sudo().create(
                    {"dealer_lead_alias_name": "cars"}
                )
