"""The screens of our menus and a record of each kind, opened in Chromium by one script."""

import json
from unittest.mock import patch

from odoo.tests.common import ChromeBrowser

from odoo.addons.dealer_crm_resellers_portal.tests.common import PortalCase

REPORT = """
if (found.length) console.error(found.join("\\n"));
else console.log("test successful");
"""


class ScreensCase(PortalCase):
    """What is shown to an admin who is also a manager."""

    def get_pages(self):
        """Actions by name: those of ours in the app's menus, and a record of each kind."""
        plan = self.env["dealer.crm.commission.plan"].create(
            {"name": "Ten", "rule_ids": [(0, 0, {"percentage": 10})]}
        )
        self.one.dealer_commission_plan_id = plan
        self.admin.group_ids += self.env.ref("dealer_crm.group_dealer_manager")
        menus = self.env["ir.ui.menu"].search(
            [("id", "child_of", self.env.ref("dealer_crm.dealer_crm_menu_root").id)]
        )
        pages = {
            menu.complete_name: menu.action.id
            for menu in menus
            if menu.action
            and menu.action.get_external_id()[menu.action.id].startswith("dealer_crm")
        }
        connection = self.env["dealer.crm.bpo.connection"].create(
            {"name": "BPO", "url": "https://bpo.example.com", "database": "bpo", "login": "x"}
        )
        open_lead, won, lost = (self.give(contact_name=name) for name in ("Open", "Won", "Lost"))
        self.endorse(won | lost)
        self.make_order(open_lead)
        self.lose(lost)
        self.make_delivered(won)
        won.action_mark_won()
        records = {
            "open lead": open_lead,
            "won lead": won,
            "lost lead": lost,
            "callback": won.callback_ids[:1],
            "connection": connection,
            "commission": won.commission_ids[:1],
            "plan": self.one.dealer_commission_plan_id,
            "reseller": self.one,
            "level": self.one.dealer_level_id,
            "stage": open_lead.stage_id,
        }
        for name, record in records.items():
            assert record, name
            pages[name] = record.get_formview_action()
        return pages

    def check_screens(self, url, script, sizes, timeout):
        """Open ``url`` as admin and run ``script`` at each size; what it puts in ``found`` is a fault.

        :param sizes: list of ((width, height) in px, the script's constants by name)
        :param timeout: seconds
        """
        wait = ChromeBrowser._wait_code_ok

        def check_each_size(browser, report, timeout, **kwargs):
            for (width, height), constants in sizes:
                given = ", ".join(f"{name} = {json.dumps(constants[name])}" for name in constants)
                device = {"mobile": False, "width": width, "height": height, "deviceScaleFactor": 1}
                browser._websocket_request("Emulation.setDeviceMetricsOverride", params=device)
                params = {"expression": f"{{const {given};{script}}}", "awaitPromise": True}
                browser._websocket_request("Runtime.evaluate", params=params, timeout=timeout)
            return wait(browser, report, timeout, **kwargs)

        with patch.object(ChromeBrowser, "_wait_code_ok", check_each_size):
            self.browser_js(
                url, REPORT, "odoo.isReady === true", login=self.admin.login, timeout=timeout
            )
