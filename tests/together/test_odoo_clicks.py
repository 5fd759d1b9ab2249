"""Odoo's click-everything test as a Dealer Manager: all menus, views and filters (``make peers``)."""

import pytest

from odoo.tests import tagged

from odoo.addons.dealer_crm.tests.common import DealerHttpCase

START = "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader').startClickEverywhere"


@pytest.mark.peers
@tagged("post_install", "-at_install")
class TestClicks(DealerHttpCase):
    allow_end_on_form = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for stage in (cls.new, cls.qualified, cls.lost, cls.won):
            cls.make_lead(stage)
        cls.manager.tour_enabled = False
        menus = cls.env["ir.ui.menu"].with_user(cls.manager).load_menus(False)
        cls.apps = {menus[key]["name"]: menus[key]["xmlid"] for key in menus["root"]["children"]}

    def click(self, app):
        self.browser_js(
            "/odoo",
            f"{START}('{self.apps[app]}');",
            "odoo.isReady === true",
            login=self.manager.login,
            timeout=1200,
            success_signal="clickbot test succeeded",
        )

    def test_dealer_crm(self):
        self.click("Dealer CRM")

    def test_contacts(self):
        self.click("Contacts")

    def test_the_others(self):
        for app in self.apps:
            if app not in ("Dealer CRM", "Contacts"):
                with self.subTest(app=app):
                    self.click(app)
