"""axe-core finds nothing wrong with the resellers' pages, on a computer and on a phone, in Chromium.

Nor with the manager's Overview, whose tiles open their lists with the keyboard.
"""

import json
from importlib.resources import files

from odoo.tests import tagged

from odoo.addons.dealer_crm_resellers_portal.tests.common import LIST, PortalCase

#: Opens each page in a frame of each width and looks at what is ours; the frame around it is Odoo's.
CHECK = """
(async () => {
    const wait = (frame) => new Promise((resolve) => frame.addEventListener("load", resolve, {once: true}));
    async function check(frame, name) {
        const page = frame.contentWindow;
        for (const each of page.document.querySelectorAll("#wrap details")) each.open = true;
        page.eval(AXE);
        const {violations, passes} = await page.axe.run("#wrap", {resultTypes: ["violations", "passes"]});
        if (!passes.length) throw new Error(`${name}: nothing was looked at`);
        return violations.map(
            ({id, impact, nodes}) => `${name}: ${impact} ${id} ${nodes.map(({html}) => html).join(" ")}`
        );
    }
    const found = [];
    for (const width of [1440, 390]) {
        const frame = document.createElement("iframe");
        frame.style.cssText = `position: fixed; inset: 0; width: ${width}px; height: 844px; z-index: 9999`;
        document.body.append(frame);
        for (const [name, url] of Object.entries(PAGES)) {
            const loaded = wait(frame);
            frame.src = url;
            await loaded;
            if (!frame.contentDocument.querySelector("#wrap.o_dealer_portal, #wrap .o_dealer_portal"))
                throw new Error(`${name}: not our page`);
            found.push(...await check(frame, `${name} at ${width} px`));
        }
        // A deal that is refused, with what was typed.
        const loaded = wait(frame);
        frame.contentDocument.querySelector("#deal_name").value = "Zoe";
        frame.contentDocument.querySelector("form[action$='/new']").submit();
        await loaded;
        if (!frame.contentDocument.querySelector(".o_dealer_notice")) throw new Error("not refused");
        found.push(...await check(frame, `refused deal at ${width} px`));
        frame.contentDocument.querySelector("#deal_name").removeAttribute("id");
        const fault = await check(frame, "a field without its label");
        if (!fault.some((each) => each.includes("critical label"))) throw new Error("axe is blind");
        frame.remove();
    }
    if (found.length) throw new Error(found.join("\\n"));
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""

#: Looks at the Overview, then opens a list from it as the keyboard does.
OVERVIEW = """
(async () => {
    eval(AXE);
    const {violations, passes} = await axe.run(".o_dealer_overview", {resultTypes: ["violations", "passes"]});
    if (!passes.length) throw new Error("nothing was looked at");
    if (violations.length) throw new Error(JSON.stringify(violations.map(({id, nodes}) => [id, nodes[0].html])));
    const tile = document.querySelector("[data-tile=unassigned] button");
    if (tile.tabIndex < 0 || !/^Unassigned\\s*1\\s*1 new in 7 days$/.test(tile.textContent.trim()))
        throw new Error(tile.outerHTML);
    tile.focus();
    tile.click();
    const deadline = Date.now() + 20000;
    while (document.querySelectorAll(".o_list_view .o_data_row").length !== 1) {
        if (Date.now() > deadline) throw new Error("no list");
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestAxe(PortalCase):
    browser_size = "1440x900"

    def give_named(self, name):
        return self.give(contact_name=name)

    def test_pages(self):
        plan = self.env["dealer.crm.commission.plan"].create(
            {"name": "Ten", "rule_ids": [(0, 0, {"percentage": 10})]}
        )
        self.one.dealer_commission_plan_id = plan
        self.company.dealer_accept_hours = 8
        waiting, working, fresh, closed, won = map(self.give_named, "ABCDE")
        for lead in (working, fresh, closed, won):
            lead.action_accept_assignment()
        working.message_post(body="Red", subtype_xmlid="mail.mt_comment")
        working.with_user(self.seller).sudo().activity_schedule(
            "mail.mail_activity_data_call", user_id=self.seller.id
        )
        working._write_unchecked({"deal_state": "to_confirm"})
        self.lose(closed)
        self.make_delivered(won)
        won.action_mark_won()
        answer = f"/dealer/answer/{waiting.assignment_ids._get_answer_token()}"
        pages = {
            "list": LIST,
            "list without a lead": f"{LIST}?search=nothing",
            "waiting lead": f"{LIST}/{waiting.id}",
            "open lead": f"{LIST}/{working.id}",
            "new lead to work on": f"{LIST}/{fresh.id}",
            "lost lead": f"{LIST}/{closed.id}",
            "won lead": f"{LIST}/{won.id}",
            "commissions": "/my/dealer/commissions",
            "statement": "/my/dealer/commissions/statement?date_from=2020-01-01&date_to=2099-01-01",
            "answer": answer,
            "answer no more": "/dealer/answer/garbage",
            "new deal": f"{LIST}/new",
        }
        axe = json.dumps(files("axe_core_python").joinpath("axe.min.js").read_text())
        code = f"const AXE = {axe}, PAGES = {json.dumps(pages)};{CHECK}"
        self.browser_js(LIST, code, login="seller", timeout=180)

    def test_overview(self):
        self.make_lead(user_id=False)
        self.make_lead(self.negotiation, user_id=self.agent.id, kanban_state="blocked")
        axe = json.dumps(files("axe_core_python").joinpath("axe.min.js").read_text())
        self.browser_js(
            "/odoo/dealer-overview",
            f"const AXE = {axe};{OVERVIEW}",
            ready="!!document.querySelector('.o_dealer_tiles')",
            login=self.manager.login,
        )
