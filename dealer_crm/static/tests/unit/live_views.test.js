import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {press, queryAllAttributes, queryAllTexts, queryFirst, waitFor} from "@odoo/hoot-dom";
import {Deferred, advanceTime, animationFrame} from "@odoo/hoot-mock";
import {Component, xml} from "@odoo/owl";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    MockServer,
    contains,
    defineModels,
    fields,
    getMockEnv,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {Dialog} from "@web/core/dialog/dialog";
import {UNSURE} from "@dealer_crm/live/column_sums";
import {SUMS, SUMS_SPREAD} from "@dealer_crm/live/live_board";
import {JOIN, RETRY, SPREAD} from "@dealer_crm/live/live_service";
import {Stage} from "./board_models";

describe.current.tags("desktop");

class Lead extends models.Model {
    _name = "dealer.crm.lead";

    contact_name = fields.Char();
    stage_id = fields.Many2one({relation: "dealer.crm.stage"});
    priority = fields.Selection({
        selection: [
            ["0", "Low"],
            ["1", "High"],
        ],
    });
    won_status = fields.Selection({
        selection: [
            ["pending", "Pending"],
            ["won", "Won"],
        ],
        default: "pending",
    });
    expected_price = fields.Integer({aggregator: "sum"});
    next_stage_id = fields.Many2one({relation: "dealer.crm.stage"});
    is_ready_to_win = fields.Boolean();
    next_step = fields.Char();
    active = fields.Boolean({default: true});
    activity_state = fields.Selection({
        selection: [
            ["planned", "Planned"],
            ["overdue", "Overdue"],
        ],
    });
    user_id = fields.Many2one({relation: "res.users"});
    activity_ids = fields.One2many({relation: "mail.activity"});
    activity_exception_decoration = fields.Char();
    activity_exception_icon = fields.Char();
    activity_summary = fields.Char();
    activity_type_icon = fields.Char();
    activity_type_id = fields.Many2one({relation: "mail.activity.type"});

    _records = [
        {
            id: 1,
            contact_name: "Ben",
            stage_id: 1,
            priority: "1",
            expected_price: 20,
            is_ready_to_win: true,
        },
        {
            id: 2,
            contact_name: "Ana",
            stage_id: 1,
            priority: "0",
            expected_price: 10,
            is_ready_to_win: true,
        },
        {
            id: 3,
            contact_name: "Cleo",
            stage_id: 2,
            priority: "0",
            expected_price: 30,
            activity_state: "planned",
        },
        {id: 4, contact_name: "Wes", stage_id: 4, priority: "0", won_status: "won"},
    ];

    // As the rule of the pipeline does.
    write(ids, values) {
        const closing = values.stage_id
            ? {won_status: values.stage_id === 4 ? "won" : "pending"}
            : {};
        return super.write(ids, {...values, ...closing});
    }
}

defineMailModels();
defineModels([Stage, Lead]);

/** As the server does: a column for each stage; of those without leads, these. */
function expandStages({groups}) {
    const stages = MockServer.env["dealer.crm.stage"].browse([1, 2, 4]);
    for (const {id, name, is_won, is_lost} of stages) {
        if (!groups.some(({stage_id: stage}) => stage[0] === id)) {
            groups.push({
                stage_id: [id, name],
                __extra_domain: [["stage_id", "=", id]],
                __count: 0,
                __records: [],
                __values: {id, is_won, is_lost},
                "expected_price:sum": 0,
            });
        }
    }
    groups.sort((one, other) => one.stage_id[0] - other.stage_id[0]);
}

beforeEach(() => {
    onRpc("dealer.crm.lead", "web_read_group", ({parent}) => {
        const result = parent();
        expandStages(result);
        return result;
    });
    onRpc("dealer.crm.lead", "read_changes", ({kwargs}) => {
        const {domain, lead_ids, specification} = kwargs;
        expect.step(`read ${lead_ids}`);
        const leads = MockServer.env["dealer.crm.lead"];
        return leads.web_search_read([...domain, ["id", "in", lead_ids]], specification).records;
    });
    onRpc("dealer.crm.lead", "get_undo_offer", ({args: [ids]}) => ({
        ids,
        seconds: 10,
        message: "Ana is closed in Won.",
    }));
    onRpc("dealer.crm.lead", "action_undo_closing", ({args: [ids]}) => {
        expect.step(`undo ${ids}`);
        MockServer.env["dealer.crm.lead"].write(ids, {stage_id: 1});
        return true;
    });
});

const KANBAN = `
    <kanban js_class="dealer_lead_kanban" default_group_by="stage_id">
        <field name="stage_id"/>
        <field name="won_status"/>
        <field name="priority"/>
        <field name="activity_state"/>
        <field name="next_stage_id"/>
        <field name="is_ready_to_win"/>
        <field name="next_step"/>
        <progressbar field="activity_state" sum_field="expected_price"
            colors='{"planned": "success", "overdue": "danger"}'/>
        <templates>
            <t t-name="card"><field name="contact_name"/></t>
        </templates>
    </kanban>`;

async function mountBoard(options = {}) {
    await mountView({
        type: "kanban",
        resModel: "dealer.crm.lead",
        arch: KANBAN,
        groupBy: ["stage_id"],
        ...options,
    });
    // What the board has read is older than each message, for sure.
    await advanceTime(UNSURE + 1);
}

/** The cards of each column, as on the screen. */
function board() {
    return [1, 2, 3].map((number) =>
        queryAllTexts(`.o_kanban_group:nth-child(${number}) .o_kanban_record:not(.o_kanban_ghost)`)
    );
}

function tell(message) {
    MockServer.env["bus.bus"]._sendone("broadcast", "dealer_crm.lead/changed", message);
}

/** A colleague changes a lead on the server. */
function change(id, values, stageIds) {
    MockServer.env["dealer.crm.lead"].write([id], values);
    tell({ids: [id], stage_ids: stageIds});
}

async function settle() {
    // The bus, its worker, the join, the read, and the frame in which it is drawn.
    for (let i = 0; i < 4; i++) {
        await advanceTime(JOIN + SPREAD);
        await animationFrame();
    }
}

function sums() {
    return queryAllTexts(".o_kanban_group .o_animated_number");
}

test("a colleague's move: the card in its order, the sums, the highlight", async () => {
    await mountBoard();
    expect(board()).toEqual([["Ben", "Ana"], ["Cleo"], ["Wes"]]);
    change(1, {stage_id: 2}, [1, 2]);
    await settle();
    expect.verifySteps(["read 1"]);
    expect(board()).toEqual([["Ana"], ["Ben", "Cleo"], ["Wes"]]);
    expect(".o_dealer_lead_moved").toHaveCount(1);
    expect(".o_kanban_group:nth-child(2) .o_dealer_lead_moved").toHaveText("Ben");
    await advanceTime(3000);
    expect(sums()).toEqual(["10", "50", "0"]);
    expect(".o_dealer_lead_moved").toHaveCount(0);
});

/** What stands above the columns: counts, sums and bars. */
async function tops() {
    // The sums are animated.
    await advanceTime(3000);
    const bars = queryAllAttributes(".o_kanban_group .progress-bar", "aria-valuenow");
    return [queryAllTexts(".o_kanban_counter, .o_column_title"), sums(), bars];
}

function watchSums() {
    onRpc("dealer.crm.lead", "formatted_read_group", () => expect.step("sums"));
}

/** Nothing changes when the board is loaded again (the mock server has another order). */
async function assertExact() {
    const shown = [board().map((cards) => cards.sort()), await tops()];
    tell({many: true});
    await settle();
    expect([board().map((cards) => cards.sort()), await tops()]).toEqual(shown);
}

test("cards and sums are as after a reload, and no sum is asked for", async () => {
    await mountBoard();
    watchSums();
    const leads = MockServer.env["dealer.crm.lead"];
    leads.write([3], {stage_id: 1, expected_price: 7});
    leads.write([1], {stage_id: 4, won_status: "won", expected_price: 8});
    tell({ids: [3, 1], stage_ids: [1, 2, 4]});
    await settle();
    leads.write([2], {activity_state: "overdue"});
    const id = leads.create({contact_name: "Dora", stage_id: 2});
    leads.unlink([4]);
    tell({ids: [2, id, 4], stage_ids: [1, 2, 4]});
    await settle();
    await advanceTime(SUMS + SUMS_SPREAD);
    expect.verifySteps(["read 3,1", `read 2,${id},4`]);
    expect(sums()).toEqual(["17", "0", "8"]);
    await assertExact();
});

test("a card that is not loaded: the sums of its columns are asked for, later", async () => {
    await mountBoard({limit: 1});
    watchSums();
    change(2, {stage_id: 2, expected_price: 15}, [1, 2]);
    await settle();
    await advanceTime(SUMS + SUMS_SPREAD);
    await animationFrame();
    expect.verifySteps(["read 2", "sums"]);
    const shown = await tops();
    expect(shown[1]).toEqual(["20", "45", "0"]);
    tell({many: true});
    await settle();
    expect(await tops()).toEqual(shown);
});

test("what this tab has read at the time of a message may know the change", async () => {
    await mountBoard();
    watchSums();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(2)");
    await animationFrame();
    expect.verifySteps(["sums"]);
    change(1, {stage_id: 2}, [1, 2]);
    await settle();
    await advanceTime(SUMS + SUMS_SPREAD);
    await animationFrame();
    expect.verifySteps(["read 1", "sums"]);
    expect(board()[1]).toEqual(["Ben", "Cleo", "Ana"]);
    await assertExact();
});

test("a change within the column moves the card there, without a highlight", async () => {
    await mountBoard();
    const leads = MockServer.env["dealer.crm.lead"];
    leads.write([2], {priority: "1", contact_name: "Anna"});
    leads.write([1], {priority: "0"});
    tell({ids: [2, 1], stage_ids: [1]});
    await settle();
    expect.verifySteps(["read 2,1"]);
    expect(board()[0]).toEqual(["Anna", "Ben"]);
    expect(".o_dealer_lead_moved").toHaveCount(0);
});

test("a new card comes, one that no longer fits the filter goes", async () => {
    await mountBoard({domain: [["won_status", "=", "pending"]]});
    const id = MockServer.env["dealer.crm.lead"].create({
        contact_name: "Dora",
        stage_id: 1,
        priority: "0",
        won_status: "pending",
    });
    MockServer.env["dealer.crm.lead"].write([3], {won_status: "won"});
    tell({ids: [id, 3], stage_ids: [1, 2]});
    await settle();
    expect.verifySteps([`read ${id},3`]);
    expect(board()).toEqual([["Ben", "Dora", "Ana"], [], []]);
    await advanceTime(3000);
    expect(sums()).toEqual(["30", "0", "0"]);
});

test("the bars of activities follow the cards", async () => {
    await mountBoard();
    const column = (number) => `.o_kanban_group:nth-child(${number}) .progress-bar.bg-success`;
    expect(column(2)).toHaveCount(1);
    change(3, {stage_id: 1}, [1, 2]);
    await settle();
    expect.verifySteps(["read 3"]);
    expect(column(1)).toHaveAttribute("aria-valuenow", "1");
    expect(column(2)).toHaveCount(0);
});

test("an activity that a colleague plans or ends: the card and the bar", async () => {
    await mountBoard();
    watchSums();
    const bar = (color) => `.o_kanban_group:nth-child(1) .progress-bar.bg-${color}`;
    for (const [state, color] of [
        ["planned", "success"],
        ["overdue", "danger"],
    ]) {
        MockServer.env["dealer.crm.lead"].write([2], {activity_state: state});
        tell({ids: [], planned_ids: [2], stage_ids: [1]});
        await settle();
        expect.verifySteps(["read 2"]);
        expect(bar(color)).toHaveAttribute("aria-valuenow", "1");
    }
    expect(bar("success")).toHaveCount(0);
    MockServer.env["dealer.crm.lead"].write([2], {activity_state: false});
    tell({ids: [], planned_ids: [2], stage_ids: [1]});
    await settle();
    expect.verifySteps(["read 2"]);
    expect(bar("danger")).toHaveCount(0);
    expect(".o_dealer_lead_moved").toHaveCount(0);
});

test("many changes load the board once", async () => {
    await mountBoard();
    MockServer.env["dealer.crm.lead"].write([1, 2], {stage_id: 2});
    tell({many: true, stage_ids: [1, 2]});
    await settle();
    expect.verifySteps([]);
    expect(board()).toEqual([[], ["Ben", "Ana", "Cleo"], ["Wes"]]);
});

test("a card that goes to a column that is new loads the board", async () => {
    await mountBoard();
    const stage = MockServer.env["dealer.crm.stage"].create({name: "Test Drive"});
    change(2, {stage_id: stage}, [1, stage]);
    await settle();
    expect.verifySteps([`read 2`]);
    expect(".o_kanban_group").toHaveCount(4);
});

test("a stage that is deleted goes", async () => {
    await mountBoard();
    expect(".o_kanban_group").toHaveCount(3);
    MockServer.env["dealer.crm.lead"].write([3], {stage_id: 1});
    MockServer.env["dealer.crm.stage"].unlink([2]);
    tell({many: true});
    await settle();
    expect(".o_kanban_group").toHaveCount(2);
    expect(board()[0]).toEqual(["Ben", "Ana", "Cleo"]);
});

test("nothing moves while a card is dragged", async () => {
    await mountBoard();
    const {cancel, moveTo} = await contains(".o_kanban_record:contains(Ana)").drag();
    await moveTo(".o_kanban_group:nth-child(2)");
    change(1, {stage_id: 2}, [1, 2]);
    await settle();
    expect.verifySteps([]);
    await cancel();
    await settle();
    expect.verifySteps(["read 1"]);
    expect(board()).toEqual([["Ana"], ["Ben", "Cleo"], ["Wes"]]);
});

test("nor while the menu of a card is open", async () => {
    const menu = '<t t-name="menu"><a role="menuitem" class="dropdown-item">Edit</a></t>';
    await mountBoard({arch: KANBAN.replace("<templates>", `<templates>${menu}`)});
    await contains(".o_kanban_record:contains(Ana) .o_dropdown_kanban button", {
        visible: false,
    }).click();
    change(2, {stage_id: 2}, [1, 2]);
    await settle();
    expect.verifySteps([]);
    expect(".o-dropdown--kanban-record-menu [role=menuitem]").not.toHaveCount(0);
    await press("Escape");
    await animationFrame();
    await advanceTime(RETRY);
    await settle();
    expect.verifySteps(["read 2"]);
    expect(board()).toEqual([["Ben"], ["Cleo", "Ana"], ["Wes"]]);
});

test("nor while an activity is worked on", async () => {
    await mountBoard({
        arch: KANBAN.replace(
            '<field name="contact_name"/>',
            '$&<field name="activity_ids" widget="kanban_activity"/>'
        ),
    });
    await contains(".o_kanban_record:contains(Ana) .o-mail-ActivityButton").click();
    await waitFor(".o-mail-ActivityListPopover");
    change(1, {stage_id: 2}, [1, 2]);
    await settle();
    expect.verifySteps([]);
    await press("Escape");
    await animationFrame();
    await advanceTime(RETRY);
    await settle();
    expect.verifySteps(["read 1"]);
});

test("nor while a salesperson is chosen", async () => {
    await mountBoard({
        arch: KANBAN.replace(
            '<field name="contact_name"/>',
            '$&<field name="user_id" widget="many2one_avatar_user"/>'
        ),
    });
    await contains(".o_kanban_record:contains(Ana) .o_quick_assign", {visible: false}).click();
    await waitFor(".o_popover input");
    change(1, {stage_id: 2}, [1, 2]);
    await settle();
    expect.verifySteps([]);
    await press("Escape");
    await press("Escape");
    await animationFrame();
    await advanceTime(RETRY);
    await settle();
    expect.verifySteps(["read 1"]);
});

test("nor while a new lead is typed in", async () => {
    await mountBoard({
        arch: KANBAN.replace("<kanban", '<kanban on_create="quick_create"'),
    });
    await contains(".o_kanban_group:first-child .o_kanban_quick_add").click();
    change(1, {stage_id: 2}, [1, 2]);
    await settle();
    expect.verifySteps([]);
    expect(".o_kanban_quick_create").toHaveCount(1);
});

async function dragWhileReading(name) {
    const reading = new Deferred();
    onRpc(
        "dealer.crm.lead",
        "read_changes",
        async ({kwargs: {domain, lead_ids, specification}}) => {
            const leads = MockServer.env["dealer.crm.lead"];
            const ids = ["id", "in", lead_ids];
            const {records} = leads.web_search_read([...domain, ids], specification);
            await reading;
            return records;
        }
    );
    await mountBoard();
    change(2, {expected_price: 11}, [1]);
    await settle();
    await contains(`.o_kanban_record:contains(${name})`).dragAndDrop(
        ".o_kanban_group:nth-child(2)"
    );
    reading.resolve();
    await settle();
}

test("a card that is moved while it is read stands in its new column, once", async () => {
    await dragWhileReading("Ana");
    expect(board()).toEqual([["Ben"], ["Cleo", "Ana"], ["Wes"]]);
    await assertExact();
});

test("a card that is refused while it is read is back, once", async () => {
    onRpc("dealer.crm.lead", "web_save", () => {
        throw makeServerError({type: "UserError", message: "No."});
    });
    await dragWhileReading("Ana");
    expect(board()).toEqual([["Ben", "Ana"], ["Cleo"], ["Wes"]]);
    await assertExact();
});

const FORM = `
    <form js_class="dealer_lead_form">
        <field name="won_status"/>
        <field name="contact_name"/>
    </form>`;

async function mountForm() {
    await mountView({type: "form", resModel: "dealer.crm.lead", arch: FORM, resId: 2});
}

test("a clean form loads again", async () => {
    await mountForm();
    change(1, {contact_name: "Benno"}, [1]);
    await settle();
    expect("[name=contact_name] input").toHaveValue("Ana");
    change(2, {contact_name: "Anna"}, [1]);
    await settle();
    expect("[name=contact_name] input").toHaveValue("Anna");
});

test("a form with changes keeps them, and says so once", async () => {
    await mountForm();
    await contains("[name=contact_name] input").edit("Anita", {confirm: false});
    change(2, {contact_name: "Anna"}, [1]);
    await settle();
    change(2, {contact_name: "Anne"}, [1]);
    await settle();
    expect("[name=contact_name] input").toHaveValue("Anita");
    expect(".o_notification").toHaveCount(1);
    expect(".o_notification_content").toHaveText(/changed meanwhile/);
    await contains(".o_form_button_cancel").click();
    await settle();
    expect("[name=contact_name] input").toHaveValue("Anne");
    expect(".o_notification").toHaveCount(0);
});

test("an activity of a colleague shows in the chatter, also of a form with changes", async () => {
    onRpc("/mail/data", async (request) => {
        const {params} = await request.json();
        for (const [name, values] of params.fetch_params.filter((each) => Array.isArray(each))) {
            if (name === "mail.thread") {
                expect.step(`${values.thread_id}: ${values.request_list}`);
            }
        }
    });
    await mountForm();
    await contains("[name=contact_name] input").edit("Anita", {confirm: false});
    tell({ids: [], planned_ids: [1, 2], stage_ids: [1]});
    await settle();
    expect.verifySteps(["2: activities,messages"]);
    expect("[name=contact_name] input").toHaveValue("Anita");
    expect(".o_notification").toHaveCount(0);
    tell({ids: [], planned_ids: [1], stage_ids: [1]});
    await settle();
    expect.verifySteps([]);
    // One that is the first contact has changed the lead.
    tell({ids: [2], stage_ids: [1]});
    await settle();
    expect.verifySteps(["2: activities,messages"]);
    expect(".o_notification").toHaveCount(1);
});

test("a form that was changed meanwhile has nothing to say once it is saved", async () => {
    await mountForm();
    await contains("[name=contact_name] input").edit("Anita", {confirm: false});
    change(2, {expected_price: 1}, [1]);
    await settle();
    await waitFor(".o_notification", {timeout: 2000});
    await contains(".o_form_button_save").click();
    await settle();
    expect("[name=contact_name] input").toHaveValue("Anita");
    expect(".o_notification").toHaveCount(0);
});

test("a closing can be undone from the notification", async () => {
    await mountBoard();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(3)");
    await animationFrame();
    expect(board()[2]).toInclude("Ana");
    expect(".o_notification_content").toHaveText("Ana is closed in Won.");
    await contains(".o_notification button:contains(Undo)").click();
    await settle();
    expect.verifySteps(["undo 2"]);
    expect(board()).toEqual([["Ben", "Ana"], ["Cleo"], ["Wes"]]);
    expect(".o_notification").toHaveCount(0);
});

test("Undo that is pressed twice undoes once", async () => {
    await mountBoard();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(3)");
    await animationFrame();
    const button = queryFirst(".o_notification button:contains(Undo)");
    button.click();
    button.click();
    await settle();
    expect.verifySteps(["undo 2"]);
});

test("a closing can be undone by keyboard, once", async () => {
    await mountBoard();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(3)");
    await animationFrame();
    expect(".o_notification").toHaveCount(1);
    await press(["Alt", "z"]);
    await press(["Alt", "z"]);
    await settle();
    expect.verifySteps(["undo 2"]);
    expect(".o_notification").toHaveCount(0);
    expect(board()).toEqual([["Ben", "Ana"], ["Cleo"], ["Wes"]]);
});

test("a closing and its undo are said to whoever hears the screen", async () => {
    await mountBoard();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(3)");
    await animationFrame();
    expect(".o_dealer_news[aria-live=polite]").toHaveCount(1);
    const said = () => queryAllTexts(".o_dealer_news p").slice(1);
    expect(said()).toEqual(["Alt+Z undoes the closing within 10 seconds."]);
    await press(["Alt", "z"]);
    await settle();
    expect.verifySteps(["undo 2"]);
    expect(said().at(-1)).toBe("The closing was undone.");
});

test("the key of an open dialog is the dialog's", async () => {
    class Closable extends Component {
        static components = {Dialog};
        static props = ["*"];
        static template = xml`
            <Dialog title="'Search'">
                <p>What is searched</p>
                <t t-set-slot="footer">
                    <button t-if="props.hasKey" data-hotkey="z" t-on-click="props.close">Close</button>
                </t>
            </Dialog>`;
    }
    await mountBoard();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(3)");
    await animationFrame();
    const {dialog} = getMockEnv().services;
    dialog.add(Closable, {hasKey: true});
    await animationFrame();
    await press(["Alt", "z"]);
    await settle();
    expect(".modal").toHaveCount(0);
    expect.verifySteps([]);
    dialog.add(Closable, {hasKey: false});
    await animationFrame();
    await press(["Alt", "z"]);
    await settle();
    expect.verifySteps(["undo 2"]);
    expect(".modal").toHaveCount(1);
});

test("the offer to undo goes away when its time is over", async () => {
    await mountBoard();
    await contains(".o_kanban_record:contains(Ana)").dragAndDrop(".o_kanban_group:nth-child(3)");
    await animationFrame();
    await advanceTime(9000);
    expect(".o_notification").toHaveCount(1);
    await advanceTime(2000);
    await animationFrame();
    expect(".o_notification").toHaveCount(0);
});
