// Walks the main job in a browser against `make run` and keeps what it saw in docs/images/.
import {chromium} from "playwright-core";

const [address, out] = process.argv.slice(2);
const port = new URL(address).port;
const url = (db, path) => `http://${db}.localhost:${port}${path}`;
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP *.localhost 127.0.0.1"],
});
const open = async (db, login) => {
    const page = await (await browser.newContext({viewport: {width: 1440, height: 900}})).newPage();
    page.on("dialog", (dialog) => dialog.accept());
    await page.goto(url(db, "/web/login"));
    await page.fill("input[name=login]", login);
    await page.fill("input[name=password]", login);
    await page.click(".oe_login_form button[type=submit]");
    await page.waitForSelector(".o_main_navbar", {timeout: 90000});
    return page;
};
const call = (page, model, method, args, kwargs = {}) =>
    page.evaluate(
        async ([model, method, args, kwargs]) => {
            const answer = await fetch(`/web/dataset/call_kw/${model}/${method}`, {
                method: "POST",
                headers: {"Content-Type": "application/json"},
                body: JSON.stringify({jsonrpc: "2.0", id: 1, params: {model, method, args, kwargs}}),
            });
            const {result, error} = await answer.json();
            if (error) throw new Error(error.data.message);
            return result;
        },
        [model, method, args, kwargs]
    );
const shot = async (page, name) => {
    await page.waitForTimeout(900);
    await page.screenshot({path: `${out}/${name}.png`});
    console.log(`${name}.png`);
};
const until = async (what, probe) => {
    for (let i = 0; i < 30; i++) {
        if (await probe()) return;
        await new Promise((r) => setTimeout(r, 1000));
    }
    throw new Error(`${what} did not happen`);
};

const bpo = await open("bpo", "admin");
const [lead] = await call(bpo, "crm.lead", "search_read", [[["dealer_outcome", "=", "none"], ["won_status", "=", "pending"], ["phone", "!=", false]], ["name", "contact_name"]], {limit: 1, order: "id desc"});
console.log("BPO lead", lead);
await bpo.goto(url("bpo", `/odoo/crm.lead/${lead.id}`));
await bpo.waitForSelector("button[name=action_endorse]");
await shot(bpo, "main-1-bpo-endorse");
await bpo.click("button[name=action_endorse]");
await until("endorsing", async () => (await call(bpo, "crm.lead", "read", [[lead.id], ["dealer_lead_id"]]))[0].dealer_lead_id);
await bpo.reload();
await bpo.waitForSelector(".o_form_view");
const [{dealer_lead_id: id, dealer_lead_name: name}] = await call(bpo, "crm.lead", "read", [[lead.id], ["dealer_lead_id", "dealer_lead_name"]]);
console.log("dealer lead", id, name);

const agent = await open("dealer", "agent");
await agent.goto(url("dealer", "/odoo/action-dealer_crm.dealer_crm_lead_action_all"));
await agent.waitForSelector(`.o_kanban_record:has-text("${name}")`);
const column = await agent.locator(`.o_kanban_group:has(.o_kanban_record:has-text("${name}")) .o_column_title`).innerText();
console.log("arrived in column", column);
await shot(agent, "main-2-dealer-arrived");
await agent.locator(`.o_kanban_record:has-text("${name}")`).click();
await agent.waitForSelector("button[name=action_convert_to_quotation]");
await agent.click("button[name=action_convert_to_quotation]");
await agent.waitForSelector("button[name=action_confirm]:visible");
const [order] = await call(agent, "sale.order", "search_read", [[["dealer_crm_lead_id", "=", id]], ["name", "order_line"]]);
if (!order.order_line.length) {
    const [product] = await call(agent, "product.product", "search_read", [[["type", "=", "consu"], ["sale_ok", "=", true]], ["name"]], {limit: 1});
    await call(agent, "sale.order.line", "create", [{order_id: order.id, product_id: product.id}]);
    await agent.reload();
    await agent.waitForSelector("button[name=action_confirm]:visible");
}
await agent.locator("button[name=action_confirm]:visible").first().click();
await until("confirming", async () => (await call(agent, "sale.order", "read", [[order.id], ["state"]]))[0].state === "sale");
await agent.goto(url("dealer", `/odoo/action-dealer_crm.dealer_crm_lead_action_all/${id}`));
await agent.waitForSelector(".o_form_view .o_form_statusbar");
await shot(agent, "main-3-dealer-blocked");
// The warehouse delivers.
const stock = await open("dealer", "admin");
const pickings = await call(stock, "stock.picking", "search_read", [[["sale_id", "=", order.id]], ["move_ids"]]);
for (const picking of pickings) {
    for (const move of await call(stock, "stock.move", "read", [picking.move_ids, ["product_uom_qty"]])) {
        await call(stock, "stock.move", "write", [[move.id], {quantity: move.product_uom_qty, picked: true}]);
    }
    await call(stock, "stock.picking", "button_validate", [[picking.id]], {context: {skip_sms: true, skip_backorder: true}});
}
await agent.reload();
await agent.waitForSelector("button[name=action_mark_won]:visible");
await shot(agent, "main-4-dealer-ready");
await agent.click("button[name=action_mark_won]");
await until("delivery of the outcome", async () => (await call(agent, "dealer.crm.lead", "read", [[id], ["callback_state"]]))[0].callback_state === "delivered");
await agent.reload();
await agent.waitForSelector(".o_form_view");
await shot(agent, "main-5-dealer-won");
const [closed] = await call(bpo, "crm.lead", "read", [[lead.id], ["won_status", "dealer_outcome"]]);
console.log("BPO sees", closed);
await bpo.reload();
await bpo.waitForSelector(".o_form_view");
await shot(bpo, "main-6-bpo-won");
await browser.close();
