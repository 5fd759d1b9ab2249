// The main workflow: a lead is endorsed at the BPO, sold by the dealer and closed on both sides.
const LEADS = "/odoo/action-dealer_crm.dealer_crm_lead_action_all";

// Delivers the order.
async function deliver(page, call, orderId) {
    const pickings = await call(page, "stock.picking", "search_read", [
        [["sale_id", "=", orderId]],
        ["move_ids"],
    ]);
    for (const picking of pickings) {
        const moves = await call(page, "stock.move", "read", [
            picking.move_ids,
            ["product_uom_qty"],
        ]);
        for (const move of moves) {
            const values = {quantity: move.product_uom_qty, picked: true};
            await call(page, "stock.move", "write", [[move.id], values]);
        }
        await call(page, "stock.picking", "button_validate", [[picking.id]], {
            context: {skip_sms: true, skip_backorder: true},
        });
    }
}

async function logCall(agent, shot) {
    await agent.click("button[name=action_log_call]");
    await agent.locator('.modal label:text-is("Reached")').click();
    await agent.locator(".modal [name=note] textarea").fill("Wants a test drive this week.");
    await shot(agent, "main-call");
    await agent.click(".modal button[name=action_confirm]");
    await agent.locator(".modal").waitFor({state: "detached"});
}

async function schedule(agent, shot) {
    await agent.click("button[name=action_schedule_appointment]");
    await agent.locator(".modal [name=dealer_crm_kind]").waitFor();
    await shot(agent, "main-appointment");
    await agent.locator('.modal footer button:has-text("Schedule")').click();
    await agent.locator(".modal").waitFor({state: "detached"});
    await shot(agent, "main-contacted");
}

export default async ({open, visit, call, find, until, shot}) => {
    const bpo = await open("bpo", "admin");
    const source = await find(
        bpo,
        "crm.lead",
        [
            ["dealer_outcome", "=", "none"],
            ["won_status", "=", "pending"],
            ["phone", "!=", false],
        ],
        ["name"],
        "id desc"
    );
    const dealer = await find(bpo, "bpo.dealer", []);
    await call(bpo, "crm.lead", "write", [[source.id], {dealer_id: dealer.id}]);
    await visit(bpo, "/odoo/crm", ".o_kanban_record");
    await visit(bpo, `/odoo/crm/${source.id}`, "button[name=action_endorse]");
    await bpo.locator('.o_notebook .nav-link:text-is("Dealer")').click();
    await shot(bpo, "main-1-bpo-endorse");
    const agent = await open("dealer", "agent");
    await visit(agent, LEADS, ".o_kanban_record");
    await bpo.click("button[name=action_endorse]");
    await agent.locator('.o_notification:has-text("Take")').waitFor({timeout: 10000});
    await shot(agent, "main-told");
    const known = () =>
        call(bpo, "crm.lead", "read", [[source.id], ["dealer_lead_id", "dealer_lead_name"]]);
    await until("endorsing", async () => (await known())[0].dealer_lead_id);
    const [{dealer_lead_id: id, dealer_lead_name: name}] = await known();

    await visit(agent, LEADS, `.o_kanban_record:has-text("${name}")`);
    await agent.click(".o_searchview_dropdown_toggler");
    for (const filter of ["Unassigned", "Open", "Endorsed by the BPO"]) {
        await agent.locator(`.o_filter_menu .o_menu_item:text-is("${filter}")`).click();
    }
    await agent.keyboard.press("Escape");
    await shot(agent, "main-2-dealer-arrived");
    await agent.locator(`.o_kanban_record:has-text("${name}")`).click();
    await agent.locator('.o_statusbar_buttons button:has-text("Take")').click();
    await until("taking", async () => {
        const [lead] = await call(agent, "dealer.crm.lead", "read", [[id], ["user_id"]]);
        return lead.user_id;
    });
    await logCall(agent, shot);
    await until("the first contact", async () => {
        const [lead] = await call(agent, "dealer.crm.lead", "read", [[id], ["date_first_contact"]]);
        return lead.date_first_contact;
    });
    await schedule(agent, shot);
    const product = await find(agent, "product.product", [["default_code", "=", "VOLTA-60"]]);
    await call(agent, "dealer.crm.lead", "write", [[id], {product_id: product.id}]);
    await visit(agent, `${LEADS}/${id}`, "button[name=action_convert_to_quotation]");
    await agent.click("button[name=action_convert_to_quotation]");
    await agent.waitForSelector("button[name=action_confirm]:visible");
    const order = await find(agent, "sale.order", [["dealer_crm_lead_id", "=", id]]);
    await agent.locator("button[name=action_confirm]:visible").first().click();
    await until("confirming", async () => {
        const [{state}] = await call(agent, "sale.order", "read", [[order.id], ["state"]]);
        return state === "sale";
    });
    await visit(agent, `${LEADS}/${id}`, ".o_form_view .o_form_statusbar");
    await agent.locator("[name=blocking_picking_ids] tr").last().scrollIntoViewIfNeeded();
    await shot(agent, "main-3-dealer-blocked");

    await deliver(await open("dealer", "admin"), call, order.id);
    await visit(agent, `${LEADS}/${id}`, "button[name=action_mark_won]:visible");
    await shot(agent, "main-4-dealer-ready");
    await agent.click("button[name=action_mark_won]");
    await until("delivery of the outcome", async () => {
        const [lead] = await call(agent, "dealer.crm.lead", "read", [[id], ["callback_state"]]);
        return lead.callback_state === "delivered";
    });
    await visit(agent, `${LEADS}/${id}`, ".o_form_view");
    await shot(agent, "main-5-dealer-won");
    await visit(bpo, `/odoo/crm/${source.id}`, ".o_form_view");
    await shot(bpo, "main-6-bpo-won");
};
