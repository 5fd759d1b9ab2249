from odoo.tests import Form, tagged

from .common import ResellerCase

MODULE = "dealer_crm_resellers"


@tagged("post_install", "-at_install")
class TestResellersViews(ResellerCase):
    """Each role can load its menus and views, and sees what it should and no more."""

    def _is_shown(self, menu, user):
        """Whether the user sees the menu and all its parents."""
        visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        return not menu or (menu.id in visible and self._is_shown(menu.parent_id, user))

    def test_every_screen_loads_for_its_roles(self):
        self.assertScreensLoad(MODULE, 9)

    def test_extended_screens_load_for_everybody(self):
        for user in (self.agent, self.manager, self.admin, self.clerk):
            views = (
                self.env["res.partner"]
                .with_user(user)
                .get_views([(False, kind) for kind in ("form", "list", "search")])["views"]
            )
            for kind in ("form", "list", "search"):
                self.assertEqual(
                    "dealer_level_id" in views[kind]["arch"], user != self.clerk, user.login
                )
        settings = self.env["dealer.crm.settings"].get_view(view_type="form")["arch"]
        self.assertIn("dealer_radius_3", settings)

    def test_menus_by_role(self):
        expected = {
            "res_partner_menu_resellers": [True, True, True, False],
            "dealer_crm_commission_menu": [True, True, True, False],
            "dealer_crm_assignment_menu": [True, True, True, False],
            "dealer_crm_partnership_report_menu": [False, True, True, False],
            "dealer_crm_partner_level_menu": [False, False, True, False],
            "dealer_crm_partner_activation_menu": [False, False, True, False],
            "dealer_crm_commission_plan_menu": [False, False, True, False],
        }
        users = (self.agent, self.manager, self.admin, self.clerk)
        for name, shown in expected.items():
            menu = self.env.ref(f"{MODULE}.{name}")
            self.assertEqual([self._is_shown(menu, user) for user in users], shown, name)

    def test_members_menu_is_under_configuration(self):
        levels = self.env.ref(f"{MODULE}.dealer_crm_partner_level_menu")
        self.assertEqual(levels.complete_name, "Dealer CRM/Configuration/Members/Levels")

    def test_manager_types_a_weight(self):
        partner = self.make_reseller()
        with Form(partner.with_user(self.manager)) as form:
            self.assertFalse(form.dealer_level_weight_is_custom)
            form.dealer_level_weight = 7
            self.assertTrue(form.dealer_level_weight_is_custom)
        self.gold.weight = 50
        self.assertEqual(partner.dealer_level_weight, 7)
        partner.with_user(self.manager).action_reset_dealer_level_weight()
        self.assertEqual(partner.dealer_level_weight, 50)

    def test_manager_makes_a_reseller(self):
        with Form(self.Partner.with_user(self.manager)) as form:
            form.name = "New reseller"
            form.dealer_level_id = self.silver
            self.assertEqual(form.dealer_level_weight, self.silver.weight)
        self.assertFalse(form.record.dealer_level_weight_is_custom)

    def test_agent_reads_what_managers_decide(self):
        partner = self.make_reseller()
        with Form(partner.with_user(self.agent)) as form:
            with self.assertRaisesRegex(AssertionError, "readonly"):
                form.dealer_level_weight = 7
            form.dealer_date_review_next = "2030-01-31"
        self.assertEqual(str(partner.dealer_date_review_next), "2030-01-31")
        with Form(self.Partner.with_user(self.agent)) as form:
            form.name = "A customer"
        self.assertFalse(form.record.dealer_level_id)

    def test_agent_assigns_in_the_form(self):
        partner = self.make_reseller()
        lead = self.make_lead()
        with Form(lead.with_user(self.agent)) as form:
            form.partner_assigned_id = partner
        self.assertEqual(lead.partner_assigned_id, partner)
        self.assertEqual(lead.assignment_ids.method, "manual")
