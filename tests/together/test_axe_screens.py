"""axe-core finds nothing serious that is ours on the screens of agents, managers and admins.

In Chromium, on a computer and on a phone.
"""

import json
from importlib.resources import files
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tests.common import ChromeBrowser

from odoo.addons.dealer_crm_resellers_portal.tests.common import PortalCase

#: Parts of our screens that Odoo draws.
ODOO = [
    ".o_searchview",
    ".o_view_sample_data",
    ".o-checkbox",
    ".o-dropdown",
    ".o_select_menu_toggler",
    ".o-autocomplete--input",
    ".o_optional_columns_dropdown",
    ".o-mail-ActivityButton",
    ".o-mail-Chatter",
    ".o_avatar",
    ".o_contact_statistics_cell",
    ".o_field_badge",
    ".ribbon",
    ".o_column_title",
    ".o_notebook_headers",
    ".o_pivot",
]
#: More of them on a phone.
ODOO_PHONE = [
    ".o_control_panel_navigation",
    ".o_field_contact_statistics",
    ".o_form_label",
    ".o_td_label",
]
#: Width and height of a screen, and what is not looked at there.
SIZES = [(1440, 900, ODOO), (390, 844, ODOO + ODOO_PHONE)]
# A field without a label, put into each screen, must be found: else axe is blind there.
CHECK = """
(async () => {
    const found = (globalThis.found ||= []);
    const {action} = odoo.__WOWL_DEBUG__.root.env.services;
    // Only the web client's start needs it; buttons have other titles with it.
    odoo.debug = "";
    (0, eval)(AXE);
    for (const [name, screen] of Object.entries(SCREENS)) {
        await action.doAction(screen, {clearBreadcrumbs: true});
        await new Promise((resolve) => setTimeout(resolve, 300));
        const fault = document.createElement("input");
        fault.id = "fault";
        document.querySelector(".o_action_manager").append(fault);
        const {violations} = await axe.run(
            {include: [[".o_action_manager"]], exclude: EXCLUDED.map((part) => [part])},
            {
                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
                resultTypes: ["violations"],
            }
        );
        const seen = violations
            .filter(({impact}) => ["serious", "critical"].includes(impact))
            .flatMap(({id, nodes}) => nodes.map(({html, target}) => `${id} ${target} ${html}`));
        const others = seen.filter((each) => !each.startsWith("label #fault "));
        if (others.length === seen.length) others.push("axe is blind");
        found.push(...others.map((each) => `${innerWidth} px, ${name}: ${each}`));
        fault.remove();
    }
})().catch((error) => found.push(error.stack));
"""
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


@tagged("post_install", "-at_install")
class TestAxeScreens(ScreensCase):
    def test_screens(self):
        axe = json.dumps(files("axe_core_python").joinpath("axe.min.js").read_text())
        pages = json.dumps(self.get_pages())
        wait = ChromeBrowser._wait_code_ok

        def check_each_size(browser, report, timeout, **kwargs):
            for width, height, excluded in SIZES:
                given = f"AXE = {axe}, SCREENS = {pages}, EXCLUDED = {json.dumps(excluded)}"
                device = {"mobile": False, "width": width, "height": height, "deviceScaleFactor": 1}
                browser._websocket_request("Emulation.setDeviceMetricsOverride", params=device)
                params = {"expression": f"{{const {given};{CHECK}}}", "awaitPromise": True}
                browser._websocket_request("Runtime.evaluate", params=params, timeout=timeout)
            return wait(browser, report, timeout, **kwargs)

        with patch.object(ChromeBrowser, "_wait_code_ok", check_each_size):
            self.browser_js(
                "/odoo?debug=1",
                REPORT,
                "odoo.isReady === true",
                login=self.admin.login,
                timeout=300,
            )
