// A reseller's day in the portal, on a computer and on a phone: from the e-mail to a lead that is lost.
const LIST = "/my/dealer/leads";
const BOARD = "/odoo/action-dealer_crm.dealer_crm_lead_action_all";
const PHONE = {width: 390, height: 844};

// What axe-core finds wrong in the page itself; the frame around it is Odoo's.
async function check(page) {
    await page.addScriptTag({path: new URL("node_modules/axe-core/axe.min.js", import.meta.url).pathname});
    const found = await page.evaluate(async () => {
        const {violations} = await globalThis.axe.run("#wrap", {resultTypes: ["violations"]});
        return violations.map(({id, nodes}) => `${id}: ${nodes.map((node) => node.target).join(" ")}`);
    });
    if (found.length) throw new Error(`${page.url()}: ${found.join("; ")}`);
}

// The dealer's board, loaded again, has the lead in this column.
async function onBoard(visit, dealer, name, column) {
    await visit(dealer, BOARD, ".o_kanban_record");
    const title = dealer.locator(".o_column_title", {hasText: column});
    const group = dealer.locator(".o_kanban_group", {has: title});
    if (await group.evaluate((element) => element.classList.contains("o_column_folded"))) await group.click();
    await group.locator(".o_kanban_record", {hasText: name}).waitFor();
}

export default async ({open, visit, call, find, shot}) => {
    const admin = await open("dealer", "admin");
    const [cron] = await call(admin, "ir.cron", "search", [[["cron_name", "like", "tell resellers about new leads"]]]);
    await call(admin, "ir.cron", "method_direct_trigger", [[cron]]);
    const user = await find(admin, "res.users", [["login", "=", "reseller"]], ["partner_id"]);
    const person = await find(admin, "res.partner", [["id", "=", user.partner_id[0]]], ["parent_id"]);
    const mail = await find(
        admin,
        "mail.mail",
        [
            ["recipient_ids", "in", [person.parent_id[0]]],
            ["body_html", "like", "/dealer/answer/"],
        ],
        ["body_html"],
        "id desc"
    );
    const [link] = mail.body_html.match(/\/dealer\/answer\/[^"]*accept/);

    const desk = await open("dealer", "reseller");
    await visit(desk, LIST, "main h1");
    await check(desk);
    await shot(desk, "portal-leads");
    const phone = await open("dealer", "reseller", PHONE);
    await visit(phone, LIST, "main h1");
    await check(phone);
    await shot(phone, "portal-leads-phone");
    await visit(phone, `${LIST}?filterby=answer`, "main li a");
    await phone.locator("main li a[href*='/leads/']").last().click();
    await phone.locator("form[action$='/accept']").waitFor();
    await check(phone);
    await shot(phone, "portal-waiting-phone");
    await visit(phone, `${LIST}/new`, "main form");
    await check(phone);
    await shot(phone, "portal-deal-phone");
    await visit(desk, "/my/dealer/commissions", "main h1");
    await check(desk);
    await shot(desk, "portal-commissions");

    // From the e-mail, without a login.
    const stranger = await open("dealer", null, PHONE);
    await visit(stranger, link, "main h1");
    await check(stranger);
    await shot(stranger, "portal-answer-phone");
    await stranger.click("button:text-is('Accept')");
    await stranger.locator("main a[href^='tel:']").first().waitFor();
    await check(stranger);
    await shot(stranger, "portal-answered-phone");
    const path = await stranger.locator(`a[href*='${LIST}/']`).getAttribute("href");

    const id = Number(path.split("/").pop());
    const {name} = await find(admin, "dealer.crm.lead", [["id", "=", id]], ["name"]);
    const dealer = await open("dealer", "manager");
    await visit(dealer, `${BOARD}/${id}`, ".o_field_widget[name=date_partner_accept]");
    await onBoard(visit, dealer, name, "New");

    await visit(phone, path, "form[action$='/advance']");
    // Not pressed: the question of the phone would take all that comes after it.
    await phone.locator("main a[href^='tel:+']").first().waitFor();
    await phone.click("form[action$='/advance'] button");
    await phone.locator(".o_dealer_notice").waitFor();
    await onBoard(visit, dealer, name, "Qualified");
    await check(phone);
    await shot(phone, "portal-lead-phone");
    await visit(desk, path, "form[action$='/advance']");
    await check(desk);
    await shot(desk, "portal-lead");
    await phone.click("summary:text-is('Mark Lost')");
    await phone.selectOption("select[name=lost_reason]", {index: 1});
    await shot(phone, "portal-lost-phone");
    await phone.click("form[action$='/lost'] button");
    await phone.locator(".badge:text-is('Lost')").waitFor();
    await onBoard(visit, dealer, name, "Lost");
};
