from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MARSEILLE, PARIS, ResellerCase


@tagged("post_install", "-at_install")
class TestLeadMerge(ResellerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reseller = cls.make_reseller(place=PARIS)
        cls.lead, cls.twin = cls.make_placed_lead(), cls.make_placed_lead(MARSEILLE)

    def merge(self, lead, other):
        lead.with_user(self.manager)._merge(other)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_a_lead_of_a_reseller_stays(self):
        self.twin.assign_partner(self.reseller)
        with self.assertRefused(UserError, "Reseller", "let it be the lead that stays"):
            self.merge(self.lead, self.twin)
        self.merge(self.twin, self.lead)
        self.assertEqual(self.twin.partner_assigned_id, self.reseller)

    def test_a_commission_stays(self):
        self.reseller.dealer_commission_plan_id = self.env["dealer.crm.commission.plan"].create(
            {"name": "P"}
        )
        self.twin.assign_partner(self.reseller)
        self.make_delivered(self.twin)
        self.twin.action_mark_won()
        self.assertTrue(self.twin.commission_ids)
        self.twin.with_user(self.manager).action_reopen("Wrong one")
        self.twin.assign_partner(False)
        with self.assertRefused(UserError, "has a commission"):
            self.merge(self.lead, self.twin)

    def test_the_log_moves(self):
        """Who declined the twin does not get the lead that stays, either."""
        self.twin.assign_partner(self.reseller)
        self.twin.action_decline_assignment("Too far")
        self.assertFalse(self.twin.partner_assigned_id)
        rows = self.twin.assignment_ids
        self.merge(self.lead, self.twin)
        self.assertEqual(self.lead.assignment_ids & rows, rows)
        self.assertEqual(self.lead.partner_declined_ids, self.reseller)
        self.assign(self.lead)
        self.assertFalse(self.lead.partner_assigned_id)
