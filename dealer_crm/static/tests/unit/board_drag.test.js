import {expect, mockMatchMedia, test} from "@odoo/hoot";
import {press, queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {
    MockServer,
    contains,
    makeServerError,
    mockService,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {ARCH, defineBoardModels, makeMissing} from "./board_models";

defineBoardModels();

const COLUMNS = ["New", "Qualified", "Negotiation", "Won", "Lost"];
const column = (name) => `.o_kanban_group:has(.o_column_title:contains(${name}))`;
const card = (name) => `.o_kanban_record:contains(${name})`;
const cards = (name) => queryAllTexts(`${column(name)} .o_kanban_record > span`);

function mountBoard() {
    return mountView({type: "kanban", resModel: "dealer.crm.lead", arch: ARCH});
}

async function pickUp(name) {
    return contains(card(name)).drag();
}

async function drop(name, to) {
    await contains(card(name)).dragAndDrop(column(to));
    await animationFrame();
}

function getHints() {
    return Object.fromEntries(
        COLUMNS.map((name) => [name, queryAllTexts(`${column(name)} .o_dealer_drop`)[0]])
    );
}

function refuse(sentence) {
    onRpc("dealer.crm.lead", "web_save", () => {
        throw makeServerError({type: "UserError", message: sentence});
    });
}

test("a picked-up card lights the columns that take it", async () => {
    await mountBoard();
    expect(".o_dealer_drop").toHaveCount(0);
    const {cancel} = await pickUp("Mei");
    await animationFrame();
    expect(getHints()).toEqual({
        New: undefined,
        Qualified: "Drop here",
        Negotiation: "Next is Qualified",
        Won: "Not yet: First call",
        Lost: "Asks for the reason",
    });
    expect(`${column("Qualified")} .o_dealer_drop_open`).toHaveCount(1);
    expect(`${column("Negotiation")} .o_dealer_drop_shut`).toHaveCount(1);
    await cancel();
    await animationFrame();
    expect(".o_dealer_drop").toHaveCount(0);
});

test("Won takes a lead that is ready, and says what the other waits for", async () => {
    await mountBoard();
    const ready = await pickUp("Rita");
    await animationFrame();
    expect(getHints().Won).toBe("Drop here");
    expect(getHints().New).toBe("Only Won or Lost comes next");
    await ready.cancel();
    const waiting = await pickUp("Sam");
    await animationFrame();
    expect(getHints().Won).toBe("Not yet: S1 waits for stock");
    await waiting.cancel();
});

test("no column takes a closed lead", async () => {
    await mountBoard();
    const {cancel} = await pickUp("Ivy");
    await animationFrame();
    expect(".o_dealer_drop_open").toHaveCount(0);
    expect(getHints().Lost).toBe("Closed: only a manager reopens it");
    await cancel();
});

test("a dropped card stands where the order puts it", async () => {
    onRpc("dealer.crm.lead", "web_save", ({args}) => expect.step(args.slice(0, 2)));
    await mountBoard();
    expect(cards("Qualified")).toEqual(["Ana", "Ben"]);
    await drop("Tom", "Qualified");
    // The priority first, then the newer one.
    expect(cards("Qualified")).toEqual(["Ana", "Ben", "Tom"]);
    expect.verifySteps([[[2], {stage_id: 2}]]);
    expect(cards("New")).toEqual(["Mei"]);
    // Its mark is not read again.
    expect(".o_kanban_record:contains(Tom) .o_twin").toHaveCount(1);
    await drop("Ana", "Negotiation");
    expect(cards("Negotiation")).toEqual(["Ana", "Sam", "Rita"]);
    expect.verifySteps([[[3], {stage_id: 3}]]);
    expect(".o_kanban_hover").toHaveCount(0);
});

test("a refused card is back, under a notification with the customer's name", async () => {
    mockService("notification", {
        add: (message, {title}) => expect.step(`${title} | ${message}`),
    });
    refuse("The next stage is Qualified.");
    await mountBoard();
    await drop("Mei", "Negotiation");
    await animationFrame();
    expect(cards("New")).toEqual(["Tom", "Mei"]);
    expect(cards("Negotiation")).toEqual(["Sam", "Rita"]);
    expect.verifySteps(["Mei: not moved | The next stage is Qualified."]);
    expect(".modal").toHaveCount(0);
});

test("a card that was deleted while it was dragged is gone, and the user is told so", async () => {
    onRpc("dealer.crm.lead", "web_save", () => {
        MockServer.env["dealer.crm.lead"].unlink([1]);
        throw makeMissing();
    });
    onRpc("dealer.crm.lead", "web_read", () => {
        throw makeMissing();
    });
    mockService("notification", {
        add: (message, {title}) => expect.step(`${title} | ${message}`),
    });
    await mountBoard();
    await drop("Mei", "Qualified");
    await animationFrame();
    expect(cards("New")).toEqual(["Tom"]);
    expect(cards("Qualified")).toEqual(["Ana", "Ben"]);
    expect(".modal").toHaveCount(0);
    expect.verifySteps(["Mei: not moved | This lead was deleted meanwhile."]);
});

test("a refusal stays until the next card is picked up or a key is pressed", async () => {
    const sentence = "The next stage is Qualified.";
    refuse(sentence);
    mockService("action", {doAction: () => {}});
    await mountBoard();
    const isThere = async (count) => {
        await advanceTime(60000);
        expect(`.o_notification:contains(${sentence})`).toHaveCount(count);
    };
    await drop("Mei", "Negotiation");
    await isThere(1);
    const {cancel} = await pickUp("Tom");
    await isThere(0);
    await cancel();
    await drop("Mei", "Negotiation");
    await drop("Tom", "Negotiation");
    await isThere(1);
    queryOne(card("Mei")).focus();
    await press("l");
    await isThere(0);
});

test("a refusal can be closed", async () => {
    refuse("No.");
    await mountBoard();
    await drop("Mei", "Negotiation");
    await contains(".o_notification_close").click();
    expect(".o_notification").toHaveCount(0);
});

test("a refused card glides", async () => {
    refuse("No.");
    mockMatchMedia({"prefers-reduced-motion": "no-preference"});
    patchWithCleanup(Element.prototype, {
        animate(frames) {
            if (this.matches(".o_kanban_record")) {
                expect.step(`${this.textContent} glides`);
                expect(this).toHaveClass("o_dealer_gliding");
                expect(frames[0].transform).not.toBe("translate(0px, 0px)");
            }
            return super.animate(...arguments);
        },
    });
    await mountBoard();
    await drop("Mei", "Won");
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["Mei glides"]);
});

test("several selected cards move together, in one call", async () => {
    onRpc("dealer.crm.lead", "web_save", ({args}) => expect.step(args.slice(0, 2)));
    await mountBoard();
    await contains(card("Mei")).click({altKey: true});
    await contains(card("Tom")).click();
    const {drop: release} = await pickUp("Tom");
    await animationFrame();
    expect(queryOne(card("Tom")).dataset.leadCount).toBe("2");
    expect(getHints().Negotiation).toBe("Tom – Next is Qualified");
    await release(column("Qualified"));
    await animationFrame();
    expect.verifySteps([[[2, 1], {stage_id: 2}]]);
    expect(cards("Qualified")).toEqual(["Ana", "Ben", "Tom", "Mei"]);
    expect(cards("New")).toEqual([]);
    expect(".o_record_selected").toHaveCount(0);
});

test("a finger moves several selected cards from the menu", async () => {
    onRpc("dealer.crm.lead", "web_save", ({args}) => expect.step(args.slice(0, 2)));
    await mountView({
        type: "kanban",
        resModel: "dealer.crm.lead",
        arch: ARCH,
        loadActionMenus: true,
    });
    await contains(card("Mei")).click({altKey: true});
    await contains(card("Tom")).click();
    await contains(".o_cp_action_menus .dropdown-toggle").click();
    await contains(".o-dropdown-item:contains(Move to the next stage)").click();
    await animationFrame();
    expect.verifySteps([[[2, 1], {stage_id: 2}]]);
    expect(".o_record_selected").toHaveCount(0);
});

test("several refused cards are all back", async () => {
    mockService("notification", {add: (_message, {title}) => expect.step(title)});
    refuse("No.");
    await mountBoard();
    await contains(card("Mei")).click({altKey: true});
    await contains(card("Tom")).click();
    await drop("Tom", "Qualified");
    await animationFrame();
    expect(cards("New")).toEqual(["Tom", "Mei"]);
    expect.verifySteps(["2 leads: not moved"]);
});

test("a drag of an unselected card leaves the selection out", async () => {
    onRpc("dealer.crm.lead", "web_save", ({args}) => expect.step(args[0]));
    await mountBoard();
    await contains(card("Mei")).click({altKey: true});
    await drop("Tom", "Qualified");
    expect.verifySteps([[2]]);
});

test("Lost asks for the reason, and moves nothing before", async () => {
    onRpc("dealer.crm.lead", "web_save", () => expect.step("web_save"));
    mockService("action", {
        doAction(action, {additionalContext}) {
            expect.step(action);
            expect(additionalContext.active_ids).toEqual([1]);
        },
    });
    await mountBoard();
    await drop("Mei", "Lost");
    expect.verifySteps(["dealer_crm.dealer_crm_lead_lost_action"]);
    expect(cards("New")).toEqual(["Tom", "Mei"]);
});
