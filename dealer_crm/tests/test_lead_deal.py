from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..models.dealer_crm_lead_deal import TRADE_IN_DETAILS
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

    def test_agent_fills_in_the_page(self):
        with Form(self.make_lead().with_user(self.agent)) as form:
            form.preferred_color = "Red"
            form.budget_max = 30_000
            with self.assertRaises(AssertionError, msg="there is no trade-in yet"):
                form.trade_in_make = "Old"
            form.has_trade_in = True
            form.trade_in_make = "Old"
            form.trade_in_year = 2015
            form.financing_type = "lease"
        self.assertRecordValues(
            form.record,
            [
                {
                    "preferred_color": "Red",
                    "budget_max": 30_000,
                    "has_trade_in": True,
                    "trade_in_make": "Old",
                    "trade_in_year": 2015,
                    "financing_type": "lease",
                }
            ],
        )

    def test_a_closed_lead_shows_what_is_filled_in(self):
        """Of a closed lead, each empty field of the page is hidden, and the page itself."""
        view = self.Lead.get_views([(False, "form")])["views"]["form"]["arch"]
        [page] = etree.fromstring(view).xpath("//page[@name='deal']")
        names = [
            "brand_id", "preferred_color", "budget_min", "budget_max", "time_frame",
            "has_trade_in", "financing_needed", "financing_type", "down_payment", "source_id",
            *TRADE_IN_DETAILS,
        ]  # fmt: skip
        empty = {"won_status": "lost", **dict.fromkeys(names, False)}
        self.assertCountEqual([node.get("name") for node in page.iter("field")], names)

        def shown(values):
            """The fields without an invisible element around them."""
            return {
                node.get("name")
                for node in page.iter("field")
                if not any(
                    safe_eval(each.get("invisible", "False"), dict(values))
                    for each in (node, *node.iterancestors())
                    if each is page or page in each.iterancestors()
                )
            }

        self.assertEqual(shown(empty), set())
        for name in set(names) - set(TRADE_IN_DETAILS):
            pair = {"budget_min", "budget_max"}
            self.assertEqual(shown({**empty, name: "x"}), pair if name in pair else {name}, name)
        for name in TRADE_IN_DETAILS:
            values = {**empty, "has_trade_in": True, name: "x"}
            self.assertEqual(shown(values), {"has_trade_in", name})
        opened = {**empty, "won_status": "pending"}
        self.assertEqual(shown(opened), set(names) - set(TRADE_IN_DETAILS))
        self.assertEqual(shown({**opened, "has_trade_in": True}), set(names))

    def test_report(self):
        """Amounts can be summed, a year cannot; leads are grouped by brand, payment and source."""
        source = self.env["utm.source"].create({"name": "Radio of the tests"})
        for down_payment in (100, 250):
            self.make_lead(source_id=source.id, down_payment=down_payment, trade_in_mileage=50)
        [(found, paid, mileage, count)] = self.Lead.with_user(self.agent)._read_group(
            [("source_id", "=", source.id)],
            ["source_id"],
            ["down_payment:sum", "trade_in_mileage:avg", "__count"],
        )
        self.assertEqual((found, paid, mileage, count), (source, 350, 50, 2))
        described = self.Lead.fields_get(["trade_in_year", "trade_in_value"], ["aggregator"])
        self.assertEqual(described["trade_in_value"]["aggregator"], "sum")
        self.assertFalse(described["trade_in_year"].get("aggregator"))

    def test_import_by_the_names_on_the_screen(self):
        """The import finds the columns by the labels of the fields."""
        self.env["product.category"].create({"name": "Brand of the tests"})
        self.env["utm.source"].create({"name": "Radio of the tests"})
        labels = "Contact Name,Brand,Preferred Colour,Budget From,Trade-In Model,Payment,Source"
        wizard = (
            self.env["base_import.import"]
            .with_user(self.agent)
            .create(
                {
                    "res_model": "dealer.crm.lead",
                    "file": f"{labels}\nIda,Brand of the tests,Red,100,Hatch,Lease,"
                    "Radio of the tests\n".encode(),
                    "file_type": "text/csv",
                    "file_name": "leads.csv",
                }
            )
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True}
        preview = wizard.parse_preview(options)
        matches = {int(column): path for column, path in preview["matches"].items()}
        names = [matches[column][0] for column in range(7)]
        result = wizard.execute_import(names, labels.split(","), options)
        self.assertFalse(result["messages"])
        lead = self.Lead.browse(result["ids"])
        self.assertEqual(
            (lead.preferred_color, lead.budget_min, lead.trade_in_model, lead.financing_type),
            ("Red", 100, "Hatch", "lease"),
        )
        self.assertEqual(lead.brand_id.name, "Brand of the tests")
        self.assertEqual(lead.source_id.name, "Radio of the tests")
        self.assertTrue(lead.has_trade_in)

    def test_a_source_that_is_deleted_leaves_the_lead(self):
        source = self.env["utm.source"].create({"name": "Radio of the tests"})
        brand = self.env["product.category"].create({"name": "Brand of the tests"})
        lead = self.make_lead(source_id=source.id, brand_id=brand.id)
        source.unlink()
        brand.unlink()
        lead.invalidate_recordset()
        self.assertFalse(lead.source_id or lead.brand_id)
