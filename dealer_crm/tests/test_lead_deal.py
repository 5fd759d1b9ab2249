from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestDeal(DealerCase):
    def test_what_cannot_be(self):
        lead = self.make_lead(budget_min=10, budget_max=20)
        for constraint, vals in (
            ("budget_order", {"budget_max": 9.99}),
            ("budget_order", {"budget_min": 21}),
            ("deal_amounts_range", {"budget_min": -1}),
            ("deal_amounts_range", {"budget_min": -2, "budget_max": -1}),
            ("deal_amounts_range", {"trade_in_value": -0.01}),
            ("deal_amounts_range", {"down_payment": -5}),
            ("trade_in_year_range", {"trade_in_year": 1899}),
            ("trade_in_year_range", {"trade_in_year": -2015}),
            ("trade_in_mileage_range", {"trade_in_mileage": -1}),
        ):
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(IntegrityError, constraint),
                self.cr.savepoint(),
            ):
                lead.write(vals)
                lead.flush_recordset()
            lead.invalidate_recordset()
        lead.write({"budget_min": 25, "budget_max": 0, "trade_in_year": 0})
        lead.flush_recordset()

    def test_numbers_too_large_for_the_database(self):
        lead = self.make_lead()
        for name, value in (
            ("budget_max", 1e12),
            ("down_payment", "much"),
            ("trade_in_value", float("nan")),
            ("trade_in_year", 2101),
            ("trade_in_mileage", 3_000_000_000),
            ("trade_in_mileage", "85000.5"),
            ("trade_in_mileage", float("inf")),
        ):
            label = self.Lead._fields[name]._description_string(self.env)
            with self.subTest(name=name), self.assertRefused(ValidationError, label):
                lead.write({name: value})
            with self.subTest(name=name), self.assertRefused(ValidationError, label):
                self.Lead.with_context(**{f"default_{name}": value}).create({"contact_name": "X"})

    def test_details_tick_the_trade_in(self):
        lead = self.make_lead(trade_in_make="Old")
        self.assertTrue(lead.has_trade_in)
        lead.write({"has_trade_in": False})
        self.assertFalse(lead.has_trade_in)
        lead.write({"trade_in_year": 2015})
        self.assertTrue(lead.has_trade_in)
        self.assertFalse(self.make_lead(trade_in_make="", trade_in_value=0).has_trade_in)
        self.assertFalse(self.make_lead(trade_in_make="Old", has_trade_in=False).has_trade_in)

    def test_amounts_are_in_the_leads_currency(self):
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.env.company.currency_id.id)], limit=1)
        )
        currency.active = True
        company = self.env["res.company"].create(
            {"name": "Second Dealer", "currency_id": currency.id}
        )
        lead = self.make_lead(company_id=company.id, user_id=False, budget_max=1.239)
        for name in ("budget_min", "budget_max", "trade_in_value", "down_payment"):
            self.assertEqual(self.Lead._fields[name].get_currency_field(lead), "company_currency")
        self.assertEqual(lead.company_currency, currency)

    def test_a_source_that_is_deleted_leaves_the_lead(self):
        source = self.env["utm.source"].create({"name": "Radio of the tests"})
        brand = self.env["product.category"].create({"name": "Brand of the tests"})
        lead = self.make_lead(source_id=source.id, brand_id=brand.id)
        source.unlink()
        brand.unlink()
        lead.invalidate_recordset()
        self.assertFalse(lead.source_id or lead.brand_id)
