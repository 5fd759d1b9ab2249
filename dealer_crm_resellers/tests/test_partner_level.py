from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import convert_file, mute_logger

from .common import ResellerCase

LISTS = ("dealer.crm.partner.level", "dealer.crm.partner.activation", "dealer.crm.commission.plan")


@tagged("post_install", "-at_install")
class TestPartnerLevel(ResellerCase):
    def test_shipped(self):
        levels = self.gold | self.silver | self.bronze
        self.assertEqual(levels.mapped("name"), ["Gold", "Silver", "Bronze"])
        self.assertEqual(levels, levels.sorted())
        self.assertEqual(levels.mapped("weight"), [30, 20, 10])
        activations = self.env["dealer.crm.partner.activation"].browse(
            [
                self.env.ref(f"dealer_crm_resellers.activation_{name}").id
                for name in ("fully_operational", "ramp_up", "first_contact")
            ]
        )
        self.assertEqual(
            activations.mapped("name"), ["Fully Operational", "Ramp-up", "First Contact"]
        )
        self.assertEqual(activations.mapped("assignable"), [True, True, True])

    def test_names_are_unique_in_each_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        for model, kind in zip(
            LISTS, ("Partner Level", "Partner Activation", "Commission Plan"), strict=True
        ):
            with self.subTest(model=model):
                records = self.env[model]
                first = records.create({"name": "Étoile Polaire"})
                with self.assertRefused(ValidationError, kind, "étoile  polaire"):
                    records.create({"name": " étoile  polaire "})
                other = records.create({"name": "South"})
                with self.assertRefused(ValidationError, "fr_FR"):
                    other.update_field_translations("name", {"fr_FR": "ÉTOILE POLAIRE"})
                with self.assertRefused(ValidationError, "needs a name"):
                    other.name = "  "
                self.assertEqual(first.copy().name, "Étoile Polaire (copy)")

    def test_upgrade_keeps_edits_and_adopts(self):
        self.gold.write({"name": "Platinum", "weight": 99})
        self.bronze.unlink()
        taker = self.env["dealer.crm.partner.level"].create({"name": "bronze", "weight": 3})
        self.env.flush_all()
        convert_file(
            self.env,
            "dealer_crm_resellers",
            "data/dealer_crm_partner_level_data.xml",
            {},
            mode="update",
        )
        self.assertRecordValues(self.gold, [{"name": "Platinum", "weight": 99}])
        self.assertEqual(self.env.ref("dealer_crm_resellers.level_bronze"), taker)
        self.assertEqual(taker.weight, 3)

    def test_used_ones_stay(self):
        partner = self.make_reseller(dealer_activation_id=self.operational.id, active=False)
        for record in (self.gold, self.operational):
            with self.assertRefused(UserError, record.name, "1 reseller", "archive"):
                record.unlink()
        partner.write({"dealer_level_id": False, "dealer_activation_id": False})
        self.operational.unlink()

    def test_partner_count(self):
        self.make_reseller(dealer_activation_id=self.operational.id)
        self.make_reseller()
        self.make_reseller(active=False)
        self.assertEqual((self.gold | self.silver).mapped("partner_count"), [2, 0])
        self.assertEqual(self.operational.partner_count, 1)
        for records, count in ((self.gold, 2), (self.operational, 1)):
            action = records.action_open_partners()
            self.assertEqual(self.Partner.search_count(action["domain"]), count)

    def test_no_negative_weight(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.gold.weight = -1
            self.env.flush_all()

    def test_rights(self):
        for model in LISTS:
            self.env[model].with_user(self.agent).search([]).read(["name"])
            for user in (self.agent, self.manager):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create({"name": "Mine"})
            record = self.env[model].with_user(self.admin).create({"name": "Diamond"})
            record.name = "Ruby"
            record.unlink()
            for user in self.outsiders:
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])


@tagged("post_install", "-at_install")
class TestPartnerWeight(ResellerCase):
    def test_is_the_levels(self):
        partner = self.make_reseller()
        self.assertEqual(partner.dealer_level_weight, 30)
        self.assertFalse(partner.dealer_level_weight_is_custom)
        partner.dealer_level_id = self.bronze
        self.assertEqual(partner.dealer_level_weight, 10)
        self.bronze.weight = 12
        self.assertEqual(partner.dealer_level_weight, 12)
        partner.dealer_level_id = False
        self.assertEqual(partner.dealer_level_weight, 0)

    def test_custom_stays_whatever_happens(self):
        partner = self.make_reseller()
        partner.dealer_level_weight = 77
        self.assertTrue(partner.dealer_level_weight_is_custom)
        self.gold.weight = 31
        self.assertEqual(partner.dealer_level_weight, 77)
        self.gold.weight = 77
        self.gold.weight = 32
        self.assertEqual(partner.dealer_level_weight, 77)
        partner.dealer_level_id = self.silver
        self.assertEqual(partner.dealer_level_weight, 77)
        self.silver.active = False
        self.assertEqual(partner.dealer_level_weight, 77)
        partner.dealer_level_id = False
        self.assertEqual(partner.dealer_level_weight, 77)
        partner.dealer_level_id = self.bronze
        self.env.invalidate_all()
        self.assertEqual(partner.dealer_level_weight, 77)
        self.assertTrue(partner.dealer_level_weight_is_custom)
        partner.action_reset_dealer_level_weight()
        self.assertEqual(partner.dealer_level_weight, 10)
        self.assertFalse(partner.dealer_level_weight_is_custom)
        self.bronze.weight = 11
        self.assertEqual(partner.dealer_level_weight, 11)

    def test_custom_zero_stays(self):
        partner = self.make_reseller(dealer_level_weight=0)
        self.assertTrue(partner.dealer_level_weight_is_custom)
        self.gold.weight = 50
        self.assertEqual(partner.dealer_level_weight, 0)

    def test_typing_the_levels_weight_is_not_another(self):
        partner = self.make_reseller(dealer_level_weight=30)
        self.assertFalse(partner.dealer_level_weight_is_custom)
        self.gold.weight = 40
        self.assertEqual(partner.dealer_level_weight, 40)

    def test_level_and_weight_at_once(self):
        partner = self.make_reseller()
        partner.write({"dealer_level_id": self.bronze.id, "dealer_level_weight": 5})
        self.assertEqual(partner.dealer_level_weight, 5)
        self.assertTrue(partner.dealer_level_weight_is_custom)
        other = self.make_reseller(dealer_level_weight=6)
        self.assertRecordValues(
            other, [{"dealer_level_weight": 6, "dealer_level_weight_is_custom": True}]
        )

    def test_many_at_once(self):
        partners = self.make_reseller() | self.make_reseller() | self.make_reseller()
        partners[0].dealer_level_weight = 1
        self.gold.weight = 90
        self.assertEqual(partners.mapped("dealer_level_weight"), [1, 90, 90])

    def test_the_form(self):
        view = self.env["ir.ui.view"].create(
            {
                "model": "res.partner",
                "type": "form",
                "arch": """
                    <form>
                        <field name="name" />
                        <field name="dealer_level_id" />
                        <field name="dealer_level_weight" />
                        <field name="dealer_level_weight_is_custom" />
                    </form>
                """,
            }
        )
        with Form(self.Partner.with_user(self.manager), view=view) as form:
            form.name = "Reseller"
            form.dealer_level_id = self.gold
            self.assertEqual(form.dealer_level_weight, 30)
            self.assertFalse(form.dealer_level_weight_is_custom)
            form.dealer_level_weight = 45
            self.assertTrue(form.dealer_level_weight_is_custom)
            form.dealer_level_id = self.silver
            self.assertEqual(form.dealer_level_weight, 45)
        self.assertRecordValues(
            form.record,
            [
                {
                    "dealer_level_id": self.silver.id,
                    "dealer_level_weight": 45,
                    "dealer_level_weight_is_custom": True,
                }
            ],
        )

    def test_no_negative_numbers(self):
        partner = self.make_reseller()
        for name in ("dealer_level_weight", "dealer_lead_cap"):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                partner[name] = -1
                self.env.flush_all()

    def test_only_managers_decide(self):
        partner = self.make_reseller()
        for vals in (
            {"dealer_level_id": self.bronze.id},
            {"dealer_level_weight": 1000},
            {"dealer_level_weight_is_custom": True},
            {"dealer_activation_id": self.operational.id},
            {"dealer_lead_cap": 3},
            {"dealer_commission_plan_id": False},
        ):
            with self.subTest(vals=vals):
                with self.assertRefused(AccessError, "Dealer Manager", "Reseller"):
                    partner.with_user(self.agent).write(vals)
                partner.with_user(self.manager).write(vals)
        with self.assertRefused(AccessError, "Dealer Manager"):
            self.Partner.with_user(self.agent).create(
                {"name": "Mine", "dealer_level_id": self.gold.id}
            )
        with self.assertRefused(AccessError, "Dealer Manager"):
            partner.with_user(self.agent).action_reset_dealer_level_weight()
        partner.with_user(self.manager).action_reset_dealer_level_weight()
        partner.with_user(self.agent).write({"phone": "+33123456789"})
        for user in self.outsiders:
            with self.assertRaises(AccessError):
                partner.with_user(user).read(["dealer_level_weight"])
