import math

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadCreate(DealerCase):
    def test_defaults(self):
        lead = self.Lead.with_user(self.agent).create({"contact_name": "Ana"})
        self.assertRecordValues(
            lead,
            [
                {
                    "stage_id": self.new.id,
                    "open_stage_id": self.new.id,
                    "won_status": "pending",
                    "kanban_state": "normal",
                    "priority": "0",
                    "quantity": 1,
                    "user_id": self.agent.id,
                    "company_id": self.env.company.id,
                    "company_currency": self.env.company.currency_id.id,
                    "bpo_source_lead_id": 0,
                    "date_won": False,
                    "date_lost": False,
                }
            ],
        )

    def test_one_dict_for_many_leads(self):
        vals = {"contact_name": "Ana", "tag_ids": []}
        leads = self.Lead.create([vals] * 3)
        leads |= self.Lead.create(vals)
        self.assertEqual(len(set(leads.mapped("name"))), 4)
        self.assertEqual(set(vals), {"contact_name", "tag_ids"})

    def test_in_each_open_stage(self):
        for stage in (self.new, self.qualified, self.negotiation):
            lead = self.Lead.with_user(self.agent).create({"stage_id": stage.id})
            self.assertEqual((lead.stage_id, lead.open_stage_id), (stage, stage))

    def test_not_in_a_closing_stage(self):
        for stage in (self.won, self.lost):
            for value in (stage.id, stage, (stage.id, stage.name)):
                with self.subTest(value=value), self.assertRefused(UserError, stage.name):
                    self.Lead.create({"stage_id": value, "lost_reason": self.reason.id})
            with self.assertRefused(UserError, stage.name):
                self.Lead.create([{"contact_name": "Good"}, {"stage_id": stage.id}])

    def test_not_by_the_defaults_either(self):
        """Quick create in a column, and a default that a user has set."""
        leads = self.Lead.with_user(self.agent)
        for stage in (self.won, self.lost):
            column = leads.with_context(default_stage_id=stage.id)
            with self.assertRefused(UserError, stage.name):
                column.create({"contact_name": "Ana"})
            with self.assertRefused(UserError, stage.name):
                column.name_create("Ana")
            self.env["ir.default"].with_user(self.agent).set(
                "dealer.crm.lead", "stage_id", stage.id, user_id=True
            )
            with self.assertRefused(UserError, stage.name):
                leads.create({"contact_name": "Ana"})
            self.env["ir.default"].with_user(self.agent).set(
                "dealer.crm.lead", "stage_id", self.qualified.id, user_id=True
            )
            self.assertEqual(leads.create({"contact_name": "Ana"}).stage_id, self.qualified)

    def test_column_quick_create(self):
        leads = self.Lead.with_user(self.agent).with_context(default_stage_id=self.qualified.id)
        lead = leads.create({"contact_name": "Ana"})
        self.assertEqual((lead.stage_id, lead.open_stage_id), (self.qualified, self.qualified))

    def test_flow_is_not_in_the_defaults(self):
        """Defaults are refused like entered values, e.g. quick create under Won/Lost = Won."""
        for name, value in (
            ("won_status", "won"),
            ("open_stage_id", self.won.id),
            ("bpo_source_lead_id", 5),
            ("bpo_source_lead_name", "B"),
            ("bpo_source_url", "https://bpo.example.com"),
            ("date_last_stage_update", "2020-01-01 00:00:00"),
        ):
            leads = self.Lead.with_user(self.agent)
            with self.subTest(name=name), self.assertRefused(AccessError, name):
                leads.with_context(**{f"default_{name}": value}).create({"contact_name": "Ana"})
            self.env["ir.default"].with_user(self.agent).set(
                "dealer.crm.lead", name, value, user_id=True
            )
            with self.subTest(own_default=name), self.assertRefused(AccessError, name):
                leads.name_create("Ana")
            self.env["ir.default"].search([("user_id", "=", self.agent.id)]).unlink()
        pending = self.Lead.with_user(self.agent).with_context(default_won_status="pending")
        self.assertEqual(pending.create({"contact_name": "Ana"}).won_status, "pending")

    def test_blank_stage_of_an_import(self):
        result = self.Lead.with_user(self.agent).load(
            ["contact_name", "stage_id"], [["Ana", ""], ["Bo", "Negotiation"]]
        )
        self.assertFalse(result["messages"])
        self.assertEqual(
            self.Lead.browse(result["ids"]).mapped("stage_id"), self.new | self.negotiation
        )

    def test_no_open_stage(self):
        (self.new | self.qualified | self.negotiation).unlink()
        with self.assertRefused(ValidationError, "open stage"):
            self.make_lead_without_stage()

    def make_lead_without_stage(self):
        return self.Lead.create({"contact_name": "Ana"})

    def test_first_column_is_the_default(self):
        self.Stage.create({"name": "Very First", "sequence": 1})
        self.assertEqual(self.make_lead_without_stage().stage_id.name, "Very First")
        self.lost.sequence = 0
        self.assertEqual(self.make_lead_without_stage().stage_id.name, "Very First")

    def test_quantity_and_price(self):
        for vals in ({"quantity": 0}, {"quantity": -1}, {"expected_price": -0.01}):
            with (
                self.subTest(vals=vals),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
            ):
                self.make_lead(**vals)

    def numbers(self):
        """List of (model, field) for each number that a person may write in this addon's models."""
        return [
            (model, name)
            for model in self.env.values()
            if model._name.startswith("dealer.crm.") and model._original_module == "dealer_crm"
            for name, field in model._fields.items()
            if field.type in ("float", "monetary") and field.store and not field.readonly
            # Only the program writes attempts.
            if model.with_user(self.admin).has_access("write")
            if field._modules[:1] == ("dealer_crm",)
        ]

    def test_numbers_have_bounds(self):
        """Refused with a sentence at each entry point; the database refuses SQL that skips the model."""
        names = [name for model, name in self.numbers() if model == self.Lead]
        amounts = ["budget_max", "budget_min", "down_payment", "trade_in_value"]
        self.assertEqual(sorted(names), sorted([*amounts, "expected_price", "quantity"]))
        self.assertEqual(len(self.numbers()), len(names), "bounds for these, too")
        lead = self.make_lead()
        mine, leads = lead.with_user(self.agent), self.Lead.with_user(self.agent)
        wrong = (1e300, -1e300, 1e12, 10**400, math.inf, -math.inf, math.nan, "NaN", "many", [1])
        for name in names:
            label = self.Lead._fields[name].string or name
            for value in wrong:
                for attempt in (
                    lambda name=name, value=value: mine.write({name: value}),
                    lambda name=name, value=value: mine.sudo().web_save({name: value}, {}),
                    lambda name=name, value=value: leads.create({name: value}),
                    lambda name=name, value=value: leads.with_context(
                        **{f"default_{name}": value}
                    ).create({"contact_name": "Ana"}),
                    lambda name=name, value=value: leads.with_context(
                        **{f"default_{name}": value}
                    ).name_create("Ana"),
                ):
                    with (
                        self.subTest(name=name, value=str(value)[:9]),
                        self.assertRefused(ValidationError, label, "1,000,000,000,000"),
                    ):
                        attempt()
            for value in ("Infinity", "NaN", "1e12"):
                with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                    self.env.cr.execute(
                        f"UPDATE dealer_crm_lead SET {name} = %s WHERE id = %s", [value, lead.id]
                    )
        mine.write({"quantity": 999_999_999_999, "expected_price": 999_999_999_999.99})
        mine.write({"expected_price": False})

    def test_form(self):
        with Form(self.Lead.with_user(self.agent)) as form:
            form.contact_name = "Ana"
            form.phone = "+1 650-555-0111"
        lead = form.record
        self.assertEqual((lead.stage_id, lead.user_id), (self.new, self.agent))
        self.assertEqual(lead.phone_sanitized, "+16505550111")
        with self.assertRefused(UserError, "Qualified"), Form(lead) as form:
            form.stage_id = self.negotiation
        with Form(lead) as form:
            form.stage_id = self.qualified
        self.assertEqual(lead.stage_id, self.qualified)


@tagged("post_install", "-at_install")
class TestLeadProtected(DealerCase):
    FLOW = {"won_status": "won", "open_stage_id": 1, "date_last_stage_update": "2020-01-01"}
    BPO = {
        "bpo_source_lead_id": 7,
        "bpo_source_lead_name": "B",
        "bpo_source_url": "https://b.example.com",
    }

    def test_flow_fields_for_everybody(self):
        lead = self.make_lead()
        for user in (self.agent, self.manager, self.admin, self.env.user):
            for name, value in self.FLOW.items():
                with self.subTest(user=user.login, name=name):
                    with self.assertRefused(AccessError, name):
                        lead.with_user(user).write({name: value})
                    with self.assertRefused(AccessError, name):
                        self.Lead.with_user(user).create({name: value})

    def test_won_status_that_agrees(self):
        with self.assertRefused(AccessError, "won_status"):
            self.make_lead().write({"won_status": "pending"})

    def test_bpo_fields_for_every_user(self):
        lead = self.make_lead()
        lead.write(self.BPO)
        for user in (self.agent, self.manager, self.admin, self.env.ref("base.user_admin")):
            for name, value in self.BPO.items():
                with self.subTest(user=user.login, name=name):
                    for changed in (value, False, 8):
                        with self.assertRefused(AccessError, name):
                            lead.with_user(user).write({name: changed})
                    with self.assertRefused(AccessError, name):
                        self.Lead.with_user(user).create({name: value})
        self.assertRecordValues(lead, [self.BPO])

    def test_import(self):
        for name, value in (("won_status", "won"), ("bpo_source_lead_id", "7")):
            result = self.Lead.with_user(self.admin).load(["contact_name", name], [["A", value]])
            self.assertFalse(result["ids"])
            self.assertIn(name, result["messages"][0]["message"])

    def test_copy(self):
        lead = self.endorse(self.make_lead(self.won, phone="+16505550111", priority="2"))
        copy = lead.with_user(self.agent).copy()
        self.assertRecordValues(
            copy,
            [
                {
                    "stage_id": self.new.id,
                    "open_stage_id": self.new.id,
                    "won_status": "pending",
                    "date_won": False,
                    "lost_reason": False,
                    "bpo_source_lead_id": 0,
                    "bpo_source_url": False,
                    "sale_order_ids": [],
                    "callback_ids": [],
                    "phone": "+16505550111",
                    "priority": "2",
                }
            ],
        )
        self.assertNotEqual(copy.name, lead.name)
        with self.assertRefused(UserError, "Lost"):
            lead.copy({"stage_id": self.lost.id})

    def test_one_lead_of_the_bpo_is_one_lead_here(self):
        self.make_lead().write({"bpo_source_lead_id": 7})
        for url, free in ((False, False), ("https://b.example.com", True), ("", False)):
            with self.subTest(url=url):
                vals = {"bpo_source_lead_id": 7, "bpo_source_url": url}
                if free:
                    self.make_lead().write(vals)
                    self.env.flush_all()
                    continue
                with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
                    self.make_lead().write(vals)
                    self.env.flush_all()
