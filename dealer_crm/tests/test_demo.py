from odoo.tests import tagged
from odoo.tools import convert_file

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestDemo(DealerCase):
    def test_deliveries_do_not_ask(self):
        """The demo company turns off the dialog of Odoo's SMS addon."""
        company = self.env.ref("base.main_company")
        company.stock_text_confirmation = True
        self.assertTrue(company._get_text_validation("sms"))
        for path in self.env.ref("base.module_dealer_crm").get_module_info("dealer_crm")["demo"]:
            if "company" in path:
                convert_file(self.env, "dealer_crm", path, {}, mode="init", noupdate=True)
        self.assertFalse(company._get_text_validation("sms"))
