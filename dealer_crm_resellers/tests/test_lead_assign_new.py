from odoo.tests import tagged

from .common import NEAR, TOKYO, ResellerCase


@tagged("post_install", "-at_install")
class TestNewLeads(ResellerCase):
    def setUp(self):
        super().setUp()
        self.company.dealer_assign_automatic = True
        self.reseller = self.make_reseller(place=NEAR)

    def run_cron(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Lead.with_env(self.env(cr=cr))._cron_assign_partners()
        self.env.invalidate_all()

    def test_as_they_come(self):
        lead = self.make_placed_lead()
        self.assertEqual(lead.partner_assigned_id, self.reseller)
        leads = self.Lead.create(
            [{"contact_name": f"L{number}", "country_id": self.france.id} for number in range(50)]
        )
        self.assertEqual(leads.partner_assigned_id, self.reseller)
        self.assertEqual(len(leads.assignment_ids), 50)

    def test_by_an_agent_and_for_the_bpo(self):
        lead = self.Lead.with_user(self.agent).create(
            {"contact_name": "Walk-in", "country_id": self.france.id}
        )
        self.assertEqual(lead.partner_assigned_id, self.reseller)
        answer = self.Lead.with_user(self.intake).receive_endorsed_lead(
            {
                "bpo_source_lead_id": 815,
                "bpo_source_lead_name": "BPO lead",
                "bpo_source_url": "https://bpo.example.com",
                "contact_name": "Endorsed",
                "country_code": "FR",
            }
        )
        self.assertEqual(self.Lead.browse(answer["id"]).partner_assigned_id, self.reseller)

    def test_switched_off(self):
        self.company.dealer_assign_automatic = False
        self.assertFalse(self.make_placed_lead().partner_assigned_id)

    def test_chosen_by_hand(self):
        other = self.make_reseller("Other", TOKYO, self.japan)
        lead = self.make_placed_lead(partner_assigned_id=other.id)
        self.assertEqual(lead.partner_assigned_id, other)
        self.assertEqual(lead.assignment_ids.method, "manual")

    def test_a_lead_whose_place_is_looked_up_waits(self):
        self.company.dealer_geolocalize = True
        waiting = self.make_placed_lead((0, 0), city="Lyon")
        self.assertFalse(waiting.partner_assigned_id)
        self.assertEqual(self.make_placed_lead().partner_assigned_id, self.reseller)
        self.assertEqual(self.make_placed_lead((0, 0)).partner_assigned_id, self.reseller)

    def test_catch_all(self):
        lead = self.make_placed_lead((0, 0), self.italy)
        self.assertEqual(lead.user_id, self.agent)
        self.company.dealer_catch_all_user_id = self.manager
        self.assertEqual(self.make_placed_lead((0, 0), self.italy).user_id, self.agent)
        lead = self.make_placed_lead((0, 0), self.italy, user_id=False)
        self.assertEqual(
            (lead.user_id, lead.assignment_failure), (self.manager, "no_country_partner")
        )
        self.assertEqual(self.make_placed_lead(user_id=False).user_id, self.env["res.users"])
        # An agent who assigns by hand keeps the lead.
        lead.user_id = self.agent
        lead.with_user(self.agent).action_assign_partner()
        self.assertEqual(lead.user_id, self.agent)

    def test_catch_all_takes_nothing_from_an_agent(self):
        """An agent who creates a lead can still read it in the same request."""
        self.company.dealer_catch_all_user_id = self.manager
        leads = self.Lead.with_user(self.agent)
        vals = {"contact_name": "Walk-in", "country_id": self.italy.id}
        [own] = leads.web_save(vals, {"user_id": {}, "assignment_failure": {}})
        self.assertEqual(own["user_id"], self.agent.id)
        self.assertEqual(own["assignment_failure"], "no_country_partner")
        [nobodys] = leads.web_save({**vals, "user_id": False}, {"user_id": {}})
        self.assertFalse(nobodys["user_id"])
        lead = self.Lead.browse(nobodys["id"])
        self.run_cron()
        self.assertEqual(lead.user_id, self.manager)
        # A lead with a salesperson keeps it.
        lead.user_id = self.agent
        lead._write_unchecked({"date_partner_attempt": "2024-01-01 00:00:00"})
        self.run_cron()
        self.assertEqual(lead.user_id, self.agent)

    def test_invalid_settings_refuse_no_lead(self):
        for value in ("twenty", "-inf"):
            self.env["ir.config_parameter"].set_param("dealer_crm_resellers.radius_2", value)
            with self.assertLogs("odoo.addons.dealer_crm_resellers", "WARNING") as logs:
                lead = self.make_placed_lead()
            self.assertIn(value, logs.output[0])
            self.assertFalse(lead.partner_assigned_id)
        self.env["ir.config_parameter"].set_param("dealer_crm_resellers.radius_2", "100")
        self.run_cron()
        self.assertEqual(lead.partner_assigned_id, self.reseller)

    def test_catch_all_of_another_company(self):
        company = self.env["res.company"].create({"name": "Second Dealer"})
        company.write(
            {"dealer_assign_automatic": True, "dealer_catch_all_user_id": self.manager.id}
        )
        lead = self.make_placed_lead((0, 0), self.italy, company_id=company.id, user_id=False)
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.assignment_failure, "no_country_partner")
