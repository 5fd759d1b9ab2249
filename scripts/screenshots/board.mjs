// Leads, as agents and managers see them.
const ALL = "/odoo/action-dealer_crm.dealer_crm_lead_action_all";

export default async ({open, visit, find, shot}) => {
    const agent = await open("dealer", "agent");
    await visit(agent, ALL, ".o_kanban_record");
    await shot(agent, "board");

    const card = await agent
        .locator(".o_kanban_group:nth-child(2) .o_kanban_record")
        .first()
        .boundingBox();
    await agent.mouse.move(card.x + 60, card.y + 20);
    await agent.mouse.down();
    await agent.mouse.move(card.x + 200, card.y + 60, {steps: 8});
    await agent.waitForSelector(".o_dealer_drop");
    await shot(agent, "board-drag");
    await agent.keyboard.press("Escape");
    await agent.mouse.up();
    await visit(agent, ALL, ".o_kanban_record");
    await agent.locator(".o_kanban_record").first().focus();
    await agent.keyboard.press("?");
    await agent.waitForSelector(".o_dealer_shortcuts");
    await shot(agent, "board-keys");
    await agent.keyboard.press("Escape");
    await agent.fill(".o_searchview_input", "+1 212 555 0199");
    await agent.keyboard.press("Enter");
    await agent.waitForSelector(".o_dealer_search_miss");
    await shot(agent, "search-miss");

    const lead = await find(
        agent,
        "dealer.crm.lead",
        [
            ["user_id.login", "=", "agent"],
            ["won_status", "=", "pending"],
            ["sale_order_ids", "=", false],
        ],
        ["name"]
    );
    await visit(agent, `${ALL}/${lead.id}`, "button[name=action_mark_lost]");
    await agent.click("button[name=action_mark_lost]");
    await agent.waitForSelector(".modal .o_form_view");
    await shot(agent, "lost");

    const ordered = await find(agent, "dealer.crm.lead", [
        ["user_id.login", "=", "agent"],
        ["won_status", "=", "pending"],
        ["sale_order_ids.state", "=", "sale"],
    ]);
    await visit(agent, `${ALL}/${ordered.id}`, ".o_dealer_checklist");
    await shot(agent, "lead-checklist");
    const tablet = await open("dealer", "agent", {width: 1024, height: 768, touch: true});
    await visit(tablet, `${ALL}/${ordered.id}`, ".o_dealer_checklist");
    await shot(tablet, "lead-tablet");

    const phone = await open("dealer", "agent", {width: 390, height: 844, touch: true});
    await visit(phone, ALL, ".o_kanban_record");
    await phone.click(".o_kanban_record .o_dropdown_kanban button >> visible=true");
    await phone.waitForSelector("[role=menuitem]");
    await shot(phone, "board-phone");
    await visit(phone, ALL, ".o_kanban_record");
    await phone.click(".o_control_panel_navigation button:has(.fa-search)");
    await phone.fill(".o_searchview_input", "+1 212 555 0199");
    await phone.waitForSelector(".o_searchview_autocomplete");
    await phone.keyboard.press("Enter");
    await phone.waitForSelector(".o_dealer_search_miss");
    await shot(phone, "search-miss-phone");
    await visit(phone, `${ALL}/${ordered.id}`, ".o_dealer_checklist");
    await shot(phone, "lead-phone");

    const manager = await open("dealer", "manager");
    const lost = await find(manager, "dealer.crm.lead", [["won_status", "=", "lost"]]);
    await visit(manager, `${ALL}/${lost.id}`, "button[name=action_reopen]");
    await manager.click("button[name=action_reopen]");
    await manager.waitForSelector(".modal .o_form_view");
    await shot(manager, "reopen");

    await visit(manager, `${ALL}?view_type=list`, ".o_data_row");
    for (const index of [0, 1, 2, 3, 4, 5]) {
        await manager.locator(".o_data_row .o_list_record_selector input").nth(index).click();
    }
    await manager.click(".o_cp_action_menus button:has-text('Actions')");
    await manager.click("[role=menuitem]:has-text('Reassign')");
    await manager.locator(".modal input[type=radio]").nth(1).click();
    await manager.fill(".modal div[name=team_id] input", "Showroom");
    await manager.click(".o-autocomplete--dropdown-item:has-text('Showroom')");
    await manager.waitForSelector(".modal div[name=preview] table");
    await shot(manager, "reassign");

    const twin = await find(manager, "dealer.crm.lead", [["contact_name", "=", "Grace H."]]);
    await visit(manager, `${ALL}/${twin.id}`, "button[name=action_mark_lost]");
    await manager.click(".o_cp_action_menus button");
    await manager.click("[role=menuitem]:has-text('Merge')");
    await manager.waitForSelector(".modal .o_form_view");
    await shot(manager, "merge");
};
