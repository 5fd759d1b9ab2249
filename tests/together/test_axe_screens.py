"""axe-core finds nothing serious that is ours on the screens of agents, managers and admins, in Chromium."""

import json
from importlib.resources import files

from odoo.tests import tagged

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
CHECK = """
(async () => {
    async function check(name) {
        const {violations} = await axe.run(
            {include: [[".o_action_manager"]], exclude: ODOO.map((part) => [part])},
            {
                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
                resultTypes: ["violations"],
            }
        );
        return violations
            .filter(({impact}) => ["serious", "critical"].includes(impact))
            .flatMap(({id, nodes}) => nodes.map(({html, target}) => `${name}: ${id} ${target} ${html}`));
    }
    const found = [];
    const {action} = odoo.__WOWL_DEBUG__.root.env.services;
    // Only the web client's start needs it; buttons have other titles with it.
    odoo.debug = "";
    (0, eval)(AXE);
    for (const [name, screen] of Object.entries(SCREENS)) {
        await action.doAction(screen, {clearBreadcrumbs: true});
        await new Promise((resolve) => setTimeout(resolve, 300));
        found.push(...(await check(name)));
        const fault = document.createElement("input");
        document.querySelector(".o_action_manager").append(fault);
        const seen = await check(name);
        if (!seen.some((each) => each.includes(": label "))) throw new Error(`${name}: axe is blind`);
        fault.remove();
    }
    if (found.length) throw new Error(found.join("\\n"));
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestAxeScreens(PortalCase):
    browser_size = "1440x900"

    def get_pages(self):
        """Actions by name: those of ours in the app's menus, and a record of each kind."""
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

    def test_screens(self):
        plan = self.env["dealer.crm.commission.plan"].create(
            {"name": "Ten", "rule_ids": [(0, 0, {"percentage": 10})]}
        )
        self.one.dealer_commission_plan_id = plan
        self.admin.group_ids += self.env.ref("dealer_crm.group_dealer_manager")
        axe = json.dumps(files("axe_core_python").joinpath("axe.min.js").read_text())
        pages = json.dumps(self.get_pages())
        code = f"const AXE = {axe}, SCREENS = {pages}, ODOO = {json.dumps(ODOO)};{CHECK}"
        self.browser_js(
            "/odoo?debug=1", code, "odoo.isReady === true", login=self.admin.login, timeout=300
        )
