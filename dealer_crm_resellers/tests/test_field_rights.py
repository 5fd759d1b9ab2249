"""Each stored field of this addon by role and entry point; resellers made by other ways than the form."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_crm.tests.field_table import FieldTableCase
from odoo.addons.dealer_crm.tests.test_mail_gateway import MailCase

from .common import ResellerCase, ResellerMixin

NOBODY = ("", "")


@tagged("post_install", "-at_install")
class TestResellerFieldRights(ResellerMixin, FieldTableCase):
    MODULE = "dealer_crm_resellers"
    TABLE = {
        "dealer.crm.assignment": (
            (
                *NOBODY,
                "candidate_count company_id contacted date date_accept date_end decline_reason"
                " distance lead_id method partner_id reason seed spam state tier to_notify user_id"
                " weight",
            ),
        ),
        "dealer.crm.commission": (
            (
                *NOBODY,
                "company_id currency_id date date_assign entry_ids is_cancelled is_stale lead_id"
                " order_id partner_id plan_id terms",
            ),
        ),
        "dealer.crm.commission.entry": (
            (
                *NOBODY,
                "amount amount_company base bill_line_id bill_line_ids commission_id date date_rate"
                " due invoice_line_id is_settled note order_line_id reason rule_id source state",
            ),
        ),
        "dealer.crm.commission.plan": (
            (
                "d",
                "d",
                "active basis commission_product_id company_id currency_id name protection_days"
                " rule_ids sequence",
            ),
        ),
        "dealer.crm.commission.plan.rule": (
            (
                "d",
                "d",
                "amount_unit cap cap_deal category_id percentage plan_id product_id sequence",
            ),
        ),
        "dealer.crm.lead": (
            (
                "amd",
                "amd",
                "partner_assigned_id partner_declined_ids partner_latitude partner_longitude"
                " partner_spam",
            ),
            (
                *NOBODY,
                "assignment_failure assignment_ids commission_ids date_localization"
                " date_partner_accept date_partner_assign date_partner_attempt won_revenue",
            ),
        ),
        "dealer.crm.partner.activation": (("d", "d", "active assignable name sequence"),),
        "dealer.crm.partner.level": (("d", "d", "active commission_plan_id name sequence weight"),),
        # Only with Odoo's Settings group.
        "res.company": (
            (
                "s",
                "s",
                "dealer_accept_hours dealer_assign_automatic dealer_catch_all_user_id"
                " dealer_geolocalize dealer_notify_partners",
            ),
        ),
        "res.partner": (
            (
                "md",
                "md",
                "dealer_activation_id dealer_commission_plan_id dealer_lead_cap dealer_level_id"
                " dealer_level_weight dealer_level_weight_is_custom",
            ),
            (
                "amd",
                "amd",
                "dealer_date_partnership dealer_date_review dealer_date_review_next"
                " dealer_lead_ids",
            ),
            (*NOBODY, "dealer_place_state dealer_review_reminded"),
        ),
        "sale.order": ((*NOBODY, "dealer_commission_ids"),),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.env["dealer.crm.commission.plan"].create(
            {"name": "Plan of the table", "rule_ids": [Command.create({"percentage": 10})]}
        )
        cls.other_plan = plan.copy()
        cls.reseller = cls.make_reseller(dealer_commission_plan_id=plan.id)
        lead = cls.make_lead(partner_assigned_id=cls.reseller.id)
        product = cls.make_product(type="service")
        order = cls.make_order(lead, product)
        lead.action_mark_won()
        free = cls.make_lead()
        cls.records = {
            "dealer.crm.assignment": lead.assignment_ids,
            "dealer.crm.commission": lead.commission_ids,
            "dealer.crm.commission.entry": lead.commission_ids.entry_ids,
            "dealer.crm.commission.plan": plan,
            "dealer.crm.commission.plan.rule": plan.rule_ids,
            "dealer.crm.lead": free,
            "dealer.crm.partner.activation": cls.operational,
            "dealer.crm.partner.level": cls.gold,
            "res.company": cls.company,
            "res.partner": cls.reseller,
            "sale.order": order,
        }

    def get_base(self, model):
        plan = self.records["dealer.crm.commission.plan"]
        return {
            "dealer.crm.commission.plan": {"name": "Another plan"},
            "dealer.crm.commission.plan.rule": {"plan_id": plan.id},
            "dealer.crm.partner.activation": {"name": "Another activation"},
            "dealer.crm.partner.level": {"name": "Another level"},
            "res.company": {"name": "A fourth dealer"},
            "res.partner": {"name": "A partner"},
            "sale.order": {"partner_id": self.reseller.id},
        }.get(model, {})

    def get_special(self, model):
        return {
            "res.partner": {
                "dealer_commission_plan_id": self.other_plan.id,
                "dealer_lead_ids": [Command.create({"contact_name": "Bo"})],
            },
            "dealer.crm.lead": {"partner_assigned_id": self.reseller.id},
            "res.company": {"dealer_catch_all_user_id": self.manager.id},
        }.get(model, {})

    def test_table(self):
        self.assertFieldTable()


@tagged("post_install", "-at_install")
class TestMadeResellers(ResellerCase):
    def values(self):
        return {
            "dealer_level_id": self.gold.id,
            "dealer_activation_id": self.operational.id,
            "dealer_level_weight": 7,
            "dealer_level_weight_is_custom": True,
            "dealer_commission_plan_id": self.env["dealer.crm.commission.plan"]
            .create({"name": "Mine"})
            .id,
            "dealer_lead_cap": 1,
        }

    def test_defaults(self):
        """``default_*`` is added after the values are checked."""
        for name, value in self.values().items():
            partners = self.Partner.with_user(self.agent)
            for words, given in {
                "context": partners.with_context(**{f"default_{name}": value}),
                "context, sudo": partners.sudo().with_context(**{f"default_{name}": value}),
            }.items():
                with self.subTest(name=name, given=words):
                    with self.assertRefused(AccessError, "Dealer Manager"):
                        given.create({"name": "Mine"})
                    with self.assertRefused(AccessError, "Dealer Manager"):
                        given.name_create("Mine")
            self.env["ir.default"].with_user(self.agent).set(
                "res.partner", name, value, user_id=True
            )
            with self.subTest(name=name), self.assertRefused(AccessError, "Dealer Manager"):
                partners.create({"name": "Mine"})
            self.env["ir.default"].search([("user_id", "=", self.agent.id)]).unlink()
            manager = self.Partner.with_user(self.manager).with_context(
                **{f"default_{name}": value}
            )
            self.assertTrue(manager.create({"name": "Ours"})[name])

    def test_a_number_in_a_text_is_a_number(self):
        for name, value in self.values().items():
            with self.subTest(name=name), self.assertRefused(AccessError, "Dealer Manager"):
                self.Partner.with_user(self.agent).create({"name": "Mine", name: str(value)})

    def test_commands_of_a_lead(self):
        """The program that makes or moves a lead lends its rights to no command in the values."""
        plain = self.Partner.create({"name": "Plain"})
        lead, won = self.make_lead(), self.make_lead()
        leads = self.Lead.with_user(self.agent)
        # As in a call from outside: Odoo gives commands on partners to who started the transaction.
        caller = patch.object(self.env.transaction, "default_env", self.env(user=self.agent))
        for name, value in self.values().items():
            for command in (
                Command.create({"name": "Mine", name: value}),
                Command.update(plain.id, {name: value}),
            ):
                for field in ("partner_declined_ids", "message_partner_ids"):
                    vals = {field: [command]}
                    with self.subTest(name=name, vals=vals), caller:
                        with self.assertRefused(AccessError, "Dealer Manager"):
                            lead.with_user(self.agent).write(
                                {"stage_id": self.qualified.id, **vals}
                            )
                        if field == "partner_declined_ids":
                            with self.assertRefused(AccessError, "Dealer Manager"):
                                leads.create({"contact_name": "Bo", **vals})
        program = {"dealer_lead_ids": [Command.update(won.id, {"won_revenue": 1e6})]}
        with caller, self.assertRefused(AccessError, "program"):
            leads.create(
                {"contact_name": "Bo", "partner_declined_ids": [Command.update(plain.id, program)]}
            )

    def test_sudo_for_somebody(self):
        partner = self.Partner.create({"name": "Plain"})
        for name, value in self.values().items():
            with self.subTest(name=name), self.assertRefused(AccessError, "Dealer Manager"):
                partner.with_user(self.agent).sudo().write({name: value})
        rows = self.make_placed_lead(partner_assigned_id=self.make_reseller().id).assignment_ids
        with self.assertRefused(AccessError, "program"):
            rows.with_user(self.admin).sudo().write({"state": "accepted"})
        with self.assertRefused(AccessError, "program"):
            self.env["dealer.crm.commission.entry"].with_user(self.admin).sudo().create(
                {"amount": 1e6}
            )


@tagged("post_install", "-at_install")
class TestResellersByMail(ResellerMixin, MailCase):
    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_nobody_is_made_a_reseller(self):
        values = {
            "dealer_level_id": self.gold.id,
            "dealer_lead_cap": 1,
            "dealer_level_weight": 5,
            "dealer_date_review": "2026-01-01",
            "dealer_lead_ids": [Command.create({"bpo_source_lead_id": 5})],
            "child_ids": [Command.create({"name": "x", "dealer_level_id": self.gold.id})],
        }
        for words, options in self.each_caller():
            for name, value in values.items():
                with self.subTest(name=name, **words), self.assertRefused(UserError, "ealer"):
                    self.process("res.partner", {"name": "By mail", name: value}, **options)
        partner = self.process(
            "res.partner",
            {"name": "By mail"},
            user=self.clerk,
            sender=self.manager.email_formatted,
            context={"default_dealer_level_id": self.gold.id},
        )
        self.assertEqual(partner.name, "By mail")
        self.assertFalse(partner.dealer_level_id)

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_a_commission_that_would_become_a_bill(self):
        for words, options in self.each_caller():
            with self.subTest(**words), self.assertRefused(AccessError, "Dealer Commission"):
                self.process(
                    "dealer.crm.commission.entry", {"amount": 1e6, "state": "approved"}, **options
                )
