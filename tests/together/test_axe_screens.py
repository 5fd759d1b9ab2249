"""axe-core finds nothing serious that is ours on the screens of agents, managers and admins.

In Chromium, on a computer and on a phone.
"""

from importlib.resources import files

from odoo.tests import tagged

from .screens import ScreensCase

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


@tagged("post_install", "-at_install")
class TestAxeScreens(ScreensCase):
    def test_screens(self):
        axe = files("axe_core_python").joinpath("axe.min.js").read_text()
        given = {"AXE": axe, "SCREENS": self.get_pages()}
        sizes = [((width, height), {**given, "EXCLUDED": parts}) for width, height, parts in SIZES]
        self.check_screens("/odoo?debug=1", CHECK, sizes, timeout=300)
