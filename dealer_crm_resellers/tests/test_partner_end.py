from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import MARSEILLE, NEAR, ResellerCase


@tagged("post_install", "-at_install")
class TestPartnerEnd(ResellerCase):
    """The end of a partnership unassigns its open leads and tells the people responsible."""

    def setUp(self):
        super().setUp()
        self.reseller = self.make_reseller("Leaving", NEAR, user_id=self.other_agent.id)
        self.leads = self.Lead.union(*(self.make_placed_lead() for _each in range(3)))
        self.accepted, self.archived, self.unattended = self.leads
        self.unattended.user_id = False
        self.leads.assign_partner(self.reseller)
        self.accepted.action_accept_assignment()
        self.archived.active = False
        self.closed = self.make_placed_lead(partner_assigned_id=self.reseller.id)

    def assertReleased(self):
        self.env.invalidate_all()
        self.assertFalse(self.leads.partner_assigned_id)
        self.assertFalse(any(self.leads.mapped("date_partner_assign")))
        self.assertEqual(self.leads.assignment_ids.mapped("state"), ["withdrawn"] * 3)
        for lead in self.leads:
            self.assertIn("Leaving is no longer a reseller", lead.message_ids[0].body)
        self.assertRecordValues(self.accepted.activity_ids, [{"user_id": self.agent.id}])
        self.assertIn("Leaving", self.accepted.activity_ids.note)
        # For a lead without a salesperson, the partner's salesperson is told.
        self.assertRecordValues(self.unattended.activity_ids, [{"user_id": self.other_agent.id}])
        self.assertFalse(self.archived.activity_ids)

    def assertAssignedAnew(self):
        """The next run assigns the leads to others."""
        other = self.make_reseller("Staying", MARSEILLE)
        self.company.dealer_assign_automatic = True
        self.make_placed_lead()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.Lead.with_env(self.env(cr=cr))._cron_assign_partners()
        self.env.invalidate_all()
        self.assertEqual((self.accepted | self.unattended).partner_assigned_id, other)

    def test_archived(self):
        self.lose(self.closed)
        self.reseller.with_user(self.manager).action_archive()
        self.assertReleased()
        self.assertEqual(self.closed.partner_assigned_id, self.reseller)
        self.assertAssignedAnew()
        # A lead that is reopened afterwards is unassigned, too.
        self.closed.with_user(self.manager).action_reopen("Called back")
        self.assertFalse(self.closed.partner_assigned_id)
        self.reseller.action_unarchive()
        self.assertNotIn(self.reseller, self.leads.partner_assigned_id)

    def test_without_a_level(self):
        drawn = self.make_placed_lead()
        self.assign(drawn)
        self.lose(self.closed)
        self.lose(drawn)
        self.reseller.with_user(self.manager).dealer_level_id = False
        self.assertReleased()
        self.assertAssignedAnew()
        # What was chosen by hand may be any contact.
        (self.closed | drawn).with_user(self.manager).action_reopen("Called back")
        self.assertEqual(self.closed.partner_assigned_id, self.reseller)
        self.assertFalse(drawn.partner_assigned_id)

    def test_deleted(self):
        self.closed.unlink()
        self.reseller.unlink()
        self.assertReleased()
        self.assertAssignedAnew()

    def test_deleted_by_who_sees_no_leads(self):
        """A user without access to leads may delete contacts."""
        self.closed.unlink()
        clerk = new_test_user(self.env, "contacts", "base.group_user,base.group_partner_manager")
        self.reseller.with_user(clerk).unlink()
        self.assertReleased()

    def test_not_deleted_with_closed_leads(self):
        self.lose(self.closed)
        with self.assertRefused(UserError, "Leaving", self.closed.name, "Archive"):
            self.reseller.unlink()

    def test_other_changes_release_nothing(self):
        self.reseller.write({"active": True, "dealer_level_id": self.silver.id})
        self.reseller.dealer_level_weight = 0
        self.reseller.dealer_activation_id = self.operational
        self.assertEqual(self.leads.partner_assigned_id, self.reseller)

    def test_a_manager_is_told_where_there_is_nobody(self):
        self.reseller.user_id = False
        self.reseller.active = False
        user = self.unattended.activity_ids.user_id
        self.assertTrue(user.has_group("dealer_crm.group_dealer_manager"))

    def test_one_activity_for_many(self):
        more = self.Lead.union(
            *(self.make_placed_lead(partner_assigned_id=self.reseller.id) for _each in range(25))
        )
        self.reseller.active = False
        [activity] = (more | self.accepted | self.closed).activity_ids
        self.assertIn("27", activity.summary)
        self.assertIn("7 more", activity.note)


@tagged("post_install", "-at_install")
class TestPartnerMerge(ResellerCase):
    def merge(self, dst, *sources, user=None):
        partners = self.Partner.union(dst, *sources).with_user(user or self.env.user)
        wizard = partners.env["base.partner.merge.automatic.wizard"]
        wizard._merge(partners.ids, partners[0])
        self.env.invalidate_all()
        return dst

    def test_into_a_plain_contact(self):
        """All terms move to the contact, with the custom weight."""
        plan = self.env["dealer.crm.commission.plan"].create({"name": "Own"})
        reseller = self.make_reseller(
            "Reseller",
            NEAR,
            dealer_level_weight=77,
            dealer_lead_cap=5,
            dealer_activation_id=self.operational.id,
            dealer_commission_plan_id=plan.id,
        )
        lead = self.make_placed_lead(partner_assigned_id=reseller.id)
        declined = self.make_placed_lead()
        declined.partner_declined_ids = reseller
        plain = self.merge(self.Partner.create({"name": "Plain"}), reseller)
        self.assertFalse(reseller.exists())
        self.assertRecordValues(
            plain,
            [
                {
                    "dealer_level_id": self.gold.id,
                    "dealer_level_weight": 77,
                    "dealer_level_weight_is_custom": True,
                    "dealer_lead_cap": 5,
                    "dealer_activation_id": self.operational.id,
                    "dealer_commission_plan_id": plan.id,
                    "partner_latitude": NEAR[0],
                }
            ],
        )
        self.assertEqual(lead.partner_assigned_id, plain)
        self.assertRecordValues(
            lead.assignment_ids, [{"partner_id": plain.id, "state": "assigned"}]
        )
        self.assertEqual(declined.partner_declined_ids, plain)
        self.gold.weight = 3
        self.assertEqual(plain.dealer_level_weight, 77)

    def test_of_two_resellers_the_one_that_stays(self):
        stays = self.make_reseller("Stays", NEAR, dealer_level_id=self.bronze.id)
        goes = self.make_reseller("Goes", MARSEILLE, dealer_level_weight=77, dealer_lead_cap=5)
        self.merge(stays, goes)
        self.assertRecordValues(
            stays,
            [
                {
                    "dealer_level_id": self.bronze.id,
                    "dealer_level_weight": self.bronze.weight,
                    "dealer_level_weight_is_custom": False,
                    "dealer_lead_cap": 0,
                }
            ],
        )
        self.bronze.weight = 4
        self.assertEqual(stays.dealer_level_weight, 4)

    def test_a_place_goes_with_its_address(self):
        reseller = self.make_reseller("Reseller", NEAR, street="1 Near", city="Near")
        plain = self.Partner.create({"name": "Plain", "street": "2 Far", "city": "Far"})
        self.merge(plain, reseller)
        self.assertEqual((plain.city, plain.partner_latitude), ("Far", 0))
        self.assertEqual(plain.dealer_place_state, "waiting")

    def test_by_who_sees_no_levels(self):
        """A user without access to levels loses nothing by merging contacts."""
        clerk = new_test_user(self.env, "contacts", "base.group_user,base.group_partner_manager")
        reseller = self.make_reseller("Reseller", NEAR, dealer_level_weight=77, email="a@b.example")
        plain = self.merge(
            self.Partner.create({"name": "Plain", "email": "a@b.example"}), reseller, user=clerk
        )
        self.assertEqual((plain.dealer_level_id, plain.dealer_level_weight), (self.gold, 77))

    def test_plain_contacts(self):
        one, two = self.Partner.create([{"name": "One"}, {"name": "Two", "city": "Lyon"}])
        self.merge(one, two)
        self.assertEqual((one.city, one.dealer_level_weight), ("Lyon", 0))

    def test_a_reseller_is_a_managers(self):
        plain = self.Partner.create({"name": "Plain", "email": "a@b.example"})
        reseller = self.make_reseller("Reseller", NEAR, email="a@b.example")
        with self.assertRefused(AccessError, "Dealer Manager"):
            self.merge(plain, reseller, user=self.agent)
