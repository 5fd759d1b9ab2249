from odoo.tests import tagged

from odoo.addons.dealer_crm_resellers import pre_init_hook

from .common import PARIS, ResellerCase


@tagged("post_install", "-at_install")
class TestHooks(ResellerCase):
    """The hook fills the same values that Odoo would compute record by record."""

    def setUp(self):
        super().setUp()
        place = {"city": "Paris", "zip": "75001", "country_id": self.france.id}
        customer = self.Partner.create(
            {
                "name": "Placed",
                "partner_latitude": PARIS[0],
                "partner_longitude": PARIS[1],
                **place,
            }
        )
        self.at_home = self.make_lead(partner_id=customer.id, **place)
        self.elsewhere = self.make_lead(partner_id=customer.id, **{**place, "city": "Lyon"})
        self.sold = self.make_lead(self.won)
        self.open = self.make_lead(self.negotiation)
        self.make_order(self.open)

    def test_columns(self):
        leads = self.at_home | self.elsewhere | self.sold | self.open
        names = ["won_revenue", "partner_latitude", "partner_longitude", "date_localization"]
        computed = [{name: lead[name] for name in names} for lead in leads]
        self.assertTrue(self.sold.won_revenue and self.at_home.date_localization)
        self.assertFalse(self.elsewhere.partner_latitude)
        self.env.flush_all()
        for name in names:
            self.env.cr.execute(f"ALTER TABLE dealer_crm_lead DROP COLUMN {name} CASCADE")
        pre_init_hook(self.env)
        self.env.invalidate_all()
        for lead, values in zip(leads, computed, strict=True):
            self.assertRecordValues(lead, [values])

    def test_again(self):
        """Columns that are there stay as they are."""
        self.env.flush_all()
        pre_init_hook(self.env)
        self.env.invalidate_all()
        self.assertTrue(self.sold.won_revenue)
