from odoo.exceptions import UserError
from odoo.tests.common import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestExclusion(TransactionCase):
    def test_peer(self):
        """Both addons have the same routes, so Odoo refuses the second and names both."""
        own = self.env.ref("base.module_dealer_crm_resellers_website")
        peer = self.env.ref("base.module_website_crm_partner_assign")
        self.assertEqual((own.state, peer.state), ("installed", "uninstalled"))
        with self.assertRaises(UserError) as refusal:
            peer.button_install()
        for module in (own, peer):
            self.assertIn(f'"{module.shortdesc}"', str(refusal.exception))
