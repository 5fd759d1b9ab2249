import {expect, test} from "@odoo/hoot";
import {press, queryAll, queryAllTexts, queryFirst, waitFor} from "@odoo/hoot-dom";
import {Deferred, advanceFrame, animationFrame} from "@odoo/hoot-mock";
import {mailModels} from "@mail/../tests/mail_test_helpers";
import {
    MockServer,
    contains,
    fields,
    makeServerError,
    mockService,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {LeadKanbanModel} from "@dealer_crm/board/lead_kanban_model";
import {ARCH, Lead, Stage, defineBoardModels} from "./board_models";

defineBoardModels();

const card = (name) => `.o_kanban_record:contains(${name})`;

async function mountBoard(params) {
    await mountView({type: "kanban", resModel: "dealer.crm.lead", arch: ARCH, ...params});
}

async function strike(name, ...keys) {
    queryFirst(card(name)).focus();
    for (const key of keys) {
        await press(key);
        await animationFrame();
    }
}

function watch() {
    onRpc("dealer.crm.lead", "web_save", ({args}) => expect.step(args.slice(0, 2)));
    onRpc("dealer.crm.lead", "web_save_multi", ({args}) => expect.step(args.slice(0, 2)));
    mockService("action", {
        doAction: (action) => expect.step(action),
        doActionButton: ({name, resIds}) => expect.step(`${name} ${resIds}`),
    });
}

test("m moves the focused card on, which keeps the focus", async () => {
    watch();
    await mountBoard();
    await strike("Mei", "m");
    expect.verifySteps([[[1], {stage_id: 2}]]);
    expect(document.activeElement).toHaveText("Mei");
    expect(".o_dealer_news").toHaveText("Mei moved to Qualified");
});

test("of a card that goes to a folded column, the next one gets the focus", async () => {
    watch();
    Stage._fields.fold = fields.Boolean();
    Stage._records[1].fold = true;
    await mountBoard();
    expect(".o_kanban_group.o_column_folded").toHaveCount(1);
    await strike("Tom", "m");
    await advanceFrame(3);
    expect.verifySteps([[[2], {stage_id: 2}]]);
    expect(document.activeElement).toHaveText("Mei");
    await press("m");
    await animationFrame();
    await advanceFrame(3);
    expect.verifySteps([[[1], {stage_id: 2}]]);
    expect(document.activeElement).toHaveText("Sam");
});

test("of a card that a colleague takes away, nothing gets the focus", async () => {
    let model = null;
    watch();
    patchWithCleanup(LeadKanbanModel.prototype, {
        setup() {
            super.setup(...arguments);
            model = this;
        },
    });
    await mountBoard();
    queryFirst(card("Mei")).focus();
    MockServer.env["dealer.crm.lead"].unlink([1]);
    await model.reload();
    await animationFrame();
    expect(card("Mei")).toHaveCount(0);
    expect(document.activeElement).toBe(document.body);
});

test("after the last open stage, m means Won", async () => {
    watch();
    await mountBoard();
    await strike("Rita", "m");
    expect.verifySteps([[[5], {stage_id: 4}]]);
});

test("w, l, c and a", async () => {
    watch();
    mockService("mail.store", {
        scheduleActivity: (model, ids) => expect.step(`schedule ${ids}`),
    });
    await mountBoard();
    await strike("Rita", "w");
    expect.verifySteps([[[5], {stage_id: 4}]]);
    await strike("Mei", "l", "c", "a");
    expect.verifySteps([
        "dealer_crm.dealer_crm_lead_lost_action",
        "action_log_call 1",
        "schedule 1",
    ]);
});

const FOOTER = ARCH.replace(
    "</t>\n        </templates>",
    `<field name="activity_ids" widget="kanban_activity"/>
    <field name="user_id" widget="many2one_avatar_user"/>$&`
).replace("<kanban", '<kanban class="o_dealer_lead_kanban"');

/** A board whose card Mei has an activity. */
async function mountWithActivity() {
    mockService("mail.store", {
        insert: () => {},
        scheduleActivity: (model, ids) => expect.step(`schedule ${ids}`),
        "mail.activity": {records: {}},
    });
    Lead._records[0].activity_ids = [7];
    mailModels.MailActivity._records = [
        {id: 7, res_model: "dealer.crm.lead", res_id: 1, summary: "Call back"},
    ];
    onRpc("mail.activity", "activity_format", () => ({}));
    await mountBoard({arch: FOOTER});
}

test("a shows the activities of a card that has some, and the card gets the focus back", async () => {
    await mountWithActivity();
    await strike("Tom", "a");
    expect.verifySteps(["schedule 2"]);
    await strike("Mei", "a");
    await waitFor(".o-mail-ActivityListPopover");
    expect(document.activeElement.closest(".o-mail-ActivityListPopover")).not.toBe(null);
    await press("Escape");
    await advanceFrame(3);
    expect(".o-mail-ActivityListPopover").toHaveCount(0);
    expect(document.activeElement).toHaveAttribute("data-res-id", "1");
    await strike("Tom", "space");
    await strike("Mei", "space", "a");
    expect.verifySteps(["schedule 2,1"]);
});

test("the buttons of the activities and of assigning are pressed by keyboard", async () => {
    await mountWithActivity();
    for (const [button, popover] of [
        [".o-mail-ActivityButton", ".o-mail-ActivityListPopover"],
        [".o_quick_assign", ".o_m2o_tags_avatar_field_popover"],
    ]) {
        const [first] = queryAll(`${card("Mei")} ${button}`, {visible: false});
        expect(first).toHaveAttribute("tabindex", "0");
        for (const key of ["Enter", " "]) {
            queryFirst(card("Mei")).focus();
            await animationFrame();
            expect(first).toBeVisible();
            first.focus();
            expect(first).toBe(document.activeElement);
            await press(key);
            await waitFor(popover);
            // The first one may close a list in it.
            await press("Escape");
            await press("Escape");
            await animationFrame();
            expect(popover).toHaveCount(0);
        }
    }
    expect(".o_record_selected").toHaveCount(0);
});

test("a key that is pressed again while it acts does nothing", async () => {
    const answer = new Deferred();
    mockService("action", {
        doActionButton({name, resIds}) {
            expect.step(`${name} ${resIds}`);
            return answer;
        },
    });
    await mountBoard();
    await strike("Mei", "c", "c");
    expect.verifySteps(["action_log_call 1"]);
    await strike("Tom", "c");
    expect.verifySteps(["action_log_call 2"]);
    answer.resolve();
    await animationFrame();
    await strike("Tom", "c");
    expect.verifySteps(["action_log_call 2"]);
});

test("the refusal of a call is not called a move", async () => {
    mockService("action", {
        doActionButton() {
            throw makeServerError({type: "UserError", message: "It is closed."});
        },
    });
    mockService("notification", {
        add: (message, {title}) => expect.step(`${title} | ${message}`),
    });
    await mountBoard();
    await strike("Mei", "c");
    expect.verifySteps(["Mei | It is closed."]);
});

test("a key on a selected card means all of them", async () => {
    watch();
    await mountBoard();
    await strike("Tom", "space");
    await strike("Ben", "space", "m");
    expect.verifySteps([
        [
            [2, 4],
            [{stage_id: 2}, {stage_id: 3}],
        ],
    ]);
    const column = (name) => queryAllTexts(`.o_kanban_group:contains(${name}) .o_kanban_record`);
    expect(column("Qualified")).toEqual(["Ana", "Tom"]);
    expect(column("Negotiation")).toInclude("Ben");
    expect(queryAllTexts(".o_dealer_news p")).toEqual([
        "Tom moved to Qualified",
        "Ben moved to Negotiation",
    ]);
});

test("of leads that go to several stages, none moves if one may not", async () => {
    watch();
    mockService("notification", {
        add: (message, {title}) => expect.step(`${title} | ${message}`),
    });
    await mountBoard();
    await strike("Tom", "space");
    await strike("Sam", "space", "m");
    expect.verifySteps(["2 leads: not moved | Sam – Not yet: S1 waits for stock"]);
    await strike("Sam", "space");
    await strike("Rita", "space", "m");
    expect.verifySteps([
        [
            [2, 5],
            [{stage_id: 2}, {stage_id: 4}],
        ],
    ]);
});

test("of leads that go to several stages, none moves if the server refuses one", async () => {
    const refuse = () => {
        throw makeServerError({type: "UserError", message: "Ben was moved meanwhile."});
    };
    onRpc("dealer.crm.lead", "web_save_multi", refuse);
    onRpc("dealer.crm.lead", "web_save", ({args}) => {
        if (args[0].includes(4)) {
            refuse();
        }
        expect.step(args.slice(0, 2));
    });
    await mountBoard();
    await strike("Tom", "space");
    await strike("Ben", "space", "m");
    await advanceFrame(3);
    expect.verifySteps([]);
    expect(".o_notification").toHaveText("2 leads: not moved. Ben was moved meanwhile.");
    expect(queryAllTexts(".o_kanban_group:first-child .o_kanban_record")).toEqual(["Tom", "Mei"]);
});

test("a call is of all selected leads, and the server says that it takes one", async () => {
    watch();
    await mountBoard();
    await strike("Tom", "space");
    await strike("Mei", "space", "c");
    expect.verifySteps(["action_log_call 2,1"]);
});

test("without a focused card the letters do nothing", async () => {
    watch();
    await mountBoard();
    document.activeElement.blur();
    await press("m");
    await press("l");
    expect.verifySteps([]);
});

test("after the dialog of a key, the card has the focus", async () => {
    let close = null;
    mockService("action", {doAction: (action, {onClose}) => (close = onClose)});
    await mountBoard();
    await strike("Mei", "l");
    // As a dialog that is gone leaves it.
    document.activeElement.blur();
    await close();
    await animationFrame();
    expect(document.activeElement).toHaveText("Mei");
});

test("after the quick create, what has opened it has the focus", async () => {
    const arch = ARCH.replace("<kanban", '<kanban on_create="quick_create"');
    await mountBoard({arch});
    const button = queryFirst(".o_kanban_group:nth-child(2) .o_kanban_quick_add");
    const close = async () => {
        await press("Escape");
        await animationFrame();
        expect(".o_kanban_quick_create").toHaveCount(0);
    };
    await contains(button).click();
    await waitFor(".o_kanban_quick_create input:focus");
    await close();
    expect(button).toBeFocused();
    // Some browsers focus no button that is clicked.
    button.blur();
    button.click();
    await waitFor(".o_kanban_quick_create input:focus");
    await close();
    expect(button).toBeFocused();
    // What the user has chosen meanwhile keeps the focus.
    await contains(button).click();
    await waitFor(".o_kanban_quick_create input:focus");
    queryFirst(card("Mei")).focus();
    await close();
    expect(document.activeElement).toHaveText("Mei");
});

test("a key that is pressed before a loaded board is drawn acts", async () => {
    let close = null;
    mockService("action", {
        doAction(action, {onClose}) {
            expect.step(action);
            close = onClose;
        },
    });
    await mountBoard();
    await strike("Mei", "l");
    const drawn = queryFirst(card("Mei"));
    await close();
    // Owl renders with the new records, and draws in the next frame: no frame comes before this ends.
    for (let step = 0; step < 100; step++) {
        await Promise.resolve();
    }
    expect(queryFirst(card("Mei"))).toBe(drawn);
    drawn.dispatchEvent(new KeyboardEvent("keydown", {key: "l", code: "KeyL", bubbles: true}));
    await animationFrame();
    expect(queryFirst(card("Mei"))).not.toBe(drawn);
    expect.verifySteps([
        "dealer_crm.dealer_crm_lead_lost_action",
        "dealer_crm.dealer_crm_lead_lost_action",
    ]);
});

test("Enter on a button of a card presses it, and on the card opens the lead", async () => {
    await mountBoard({selectRecord: (resId) => expect.step(`open ${resId}`)});
    await strike("Mei", "Enter");
    expect.verifySteps(["open 1"]);
    const menu = queryFirst(`${card("Mei")} .o_dropdown_kanban`);
    // As the board's style does for the card with the focus.
    menu.style.visibility = "visible";
    menu.querySelector("button").focus();
    await press("Enter");
    await animationFrame();
    expect(".o-dropdown--menu [role=menuitem]:contains(Move to Qualified)").toHaveCount(1);
    expect.verifySteps([]);
});

test("? shows the keys", async () => {
    await mountBoard();
    await strike("Mei", "?");
    expect(".modal .o_dealer_shortcuts kbd").toHaveCount(10);
    expect(queryAllTexts(".modal kbd").slice(0, 5)).toEqual(["m", "w", "l", "c", "a"]);
    await press("escape");
    await animationFrame();
    expect(".modal").toHaveCount(0);
});

test("grouped by another field, m moves the lead as well", async () => {
    watch();
    await mountBoard({groupBy: ["priority"]});
    await strike("Mei", "m");
    expect.verifySteps([[[1], {stage_id: 2}]]);
    await strike("Rita", "m");
    expect.verifySteps([[[5], {stage_id: 4}]]);
});

test("grouped by another field, leads of several stages move in one call, all or none", async () => {
    watch();
    let isRefused = false;
    onRpc("dealer.crm.lead", "web_save_multi", ({args: [ids]}) => {
        if (isRefused) {
            expect.step(`refused ${ids}`);
            throw makeServerError({type: "UserError", message: "Ana was moved meanwhile."});
        }
    });
    onRpc("dealer.crm.lead", "get_undo_offer", ({args: [ids]}) => {
        expect.step(`undo ${ids}`);
        return false;
    });
    await mountBoard({groupBy: ["priority"]});
    await strike("Ana", "space");
    await strike("Rita", "space");
    await strike("Mei", "space", "m");
    const stages = [{stage_id: 3}, {stage_id: 4}, {stage_id: 2}];
    expect.verifySteps([[[3, 5, 1], stages], "undo 5"]);
    expect(queryAllTexts(".o_dealer_news p")).toEqual([
        "Ana moved to Negotiation",
        "Rita moved to Won",
        "Mei moved to Qualified",
    ]);
    isRefused = true;
    await strike("Tom", "space");
    await strike("Ben", "space", "m");
    await animationFrame();
    expect.verifySteps(["refused 4,2"]);
    expect(".o_notification").toHaveText("2 leads: not moved. Ana was moved meanwhile.");
});

test("the menu moves the card to the next stage", async () => {
    watch();
    await mountBoard();
    await contains(`${card("Mei")} .o_dropdown_kanban button`, {visible: false}).click();
    expect(queryAllTexts(".o-dropdown--menu [role=menuitem]")).toEqual([
        "Move to Qualified",
        "Schedule Activity",
        "Edit",
    ]);
    await contains(".o-dropdown--menu [role=menuitem]:contains(Move to)").click();
    expect.verifySteps([[[1], {stage_id: 2}]]);
    await animationFrame();
    expect(document.activeElement).toHaveAttribute("data-res-id", "1");
});

test("the menu of a column folds it by keyboard, and the focus stays there", async () => {
    await mountBoard({arch: ARCH.replace("<kanban", '<kanban class="o_dealer_lead_kanban"')});
    const column = ".o_kanban_group:first-child";
    const gear = queryFirst(`${column} .o_group_config button`);
    expect(gear).toHaveProperty("tabIndex", 0);
    gear.focus();
    expect(gear).toBeFocused();
    expect(gear).toBeVisible();
    await press("Enter");
    await waitFor(".o_kanban_toggle_fold");
    await press("ArrowDown");
    await press("Enter");
    await waitFor(`${column}.o_column_folded`);
    expect(`${column} .o_column_unfold`).toBeFocused();
    await press("Enter");
    await waitFor(`${column}:not(.o_column_folded)`);
    expect(`${column} .o_group_config button`).toBeFocused();
});

const QUICK = ARCH.replace("<kanban", '<kanban on_create="quick_create"');

test("a new lead is typed in where it is in sight", async () => {
    patchWithCleanup(Element.prototype, {
        scrollIntoView() {
            if (this.matches(".o_kanban_quick_create")) {
                expect.step("in sight");
            }
        },
    });
    await mountBoard({arch: QUICK});
    await contains(".o_kanban_group:first-child .o_kanban_quick_add").click();
    await waitFor(".o_kanban_quick_create input");
    expect.verifySteps(["in sight"]);
});

test("Enter opens the quick create from its button, and discards on Discard", async () => {
    onRpc("dealer.crm.lead", "web_save", () => expect.step("save"));
    await mountBoard({arch: QUICK});
    queryFirst(".o_kanban_group:first-child .o_kanban_quick_add").focus();
    await press("Enter");
    await waitFor(".o_kanban_quick_create input");
    queryFirst(".o_kanban_quick_create .o_kanban_cancel").focus();
    await press("Enter");
    await animationFrame();
    expect(".o_kanban_quick_create").toHaveCount(0);
    expect.verifySteps([]);
});
