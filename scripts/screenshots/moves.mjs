// Films of the board: lit columns, a card that glides back, undo, and a colleague's move.
import {film} from "./film.mjs";

const ALL = "/odoo/action-dealer_crm.dealer_crm_lead_action_all";
const column = (name) => `.o_kanban_group:has(.o_column_title:has-text("${name}"))`;

const pause = (page, ms) => page.waitForTimeout(ms);

async function drag(page, card, name) {
    const from = await card.boundingBox();
    const to = await page.locator(column(name)).boundingBox();
    await page.mouse.move(from.x + 60, from.y + 20);
    await page.mouse.down();
    await page.mouse.move(from.x + 90, from.y + 40, {steps: 4});
    await page.waitForSelector(".o_dealer_drop");
    await pause(page, 900);
    await page.mouse.move(to.x + to.width / 2, to.y + 200, {steps: 25});
    await pause(page, 500);
    await page.mouse.up();
}

export default async ({open, visit, find, out}) => {
    const size = {width: 1280, height: 640};
    const agent = await open("dealer", "agent", size);
    await visit(agent, ALL, ".o_kanban_record");
    await film([agent], `${out}/board-moves.webp`, async () => {
        const blocked = agent
            .locator(`${column("Negotiation")} .o_kanban_record`)
            .filter({hasNotText: "Ready"})
            .first();
        await drag(agent, blocked, "Won");
        await agent.waitForSelector(".o_notification");
        await pause(agent, 1500);
        await agent.locator(".o_notification_close").first().click();
        const ready = agent.locator(".o_kanban_record").filter({hasText: "Ready: Mark Won"});
        await drag(agent, ready.first(), "Won");
        const undo = agent.locator(".o_notification button", {hasText: "Undo"});
        await undo.waitFor();
        await pause(agent, 1200);
        await undo.click();
        await pause(agent, 1500);
    });

    const half = {width: 960, height: 1000};
    const left = await open("dealer", "agent", half);
    const right = await open("dealer", "manager", half);
    for (const page of [left, right]) await visit(page, ALL, ".o_kanban_record");
    const lead = await find(
        right,
        "dealer.crm.lead",
        [
            ["user_id.login", "=", "agent"],
            ["stage_id.name", "=", "Qualified"],
        ],
        ["name"],
        "priority desc, id desc"
    );
    // The websockets connect.
    await pause(left, 8000);
    await film([left, right], `${out}/board-live.webp`, async () => {
        await pause(left, 500);
        const card = right.locator(".o_kanban_record").filter({hasText: lead.name});
        await drag(right, card, "Negotiation");
        await left.waitForSelector(".o_dealer_lead_moved");
        await pause(left, 3200);
    });
};
