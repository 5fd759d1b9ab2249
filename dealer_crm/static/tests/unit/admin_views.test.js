import {beforeEach, expect, test} from "@odoo/hoot";
import {animationFrame} from "@odoo/hoot-mock";
import {contains, mountView, onRpc, patchWithCleanup} from "@web/../tests/web_test_helpers";
import {user} from "@web/core/user";
import {ARCH, defineBoardModels} from "./board_models";

defineBoardModels();

const LIST = `
    <list js_class="dealer_stage_list" editable="bottom">
        <field name="name"/><field name="is_won"/>
    </list>`;
const STEPS = [
    {key: "people", title: "Add people", text: "Nobody yet", state: "open", action: "people"},
    {key: "stages", title: "Check the stages", text: "New", state: "done", action: "stages"},
];

let sentences = [];
let steps = [];

beforeEach(() => {
    sentences = ["Nobody can mark a lead as won."];
    steps = STEPS;
    onRpc("dealer.crm.stage", "explain_edit", ({args}) => {
        expect.step(["explain", ...args]);
        return sentences;
    });
    onRpc("dealer.crm.stage", "web_save", ({args}) => {
        expect.step(["save", ...args.slice(0, 2)]);
    });
    onRpc("dealer.crm.settings", "get_first_day", () => steps);
});

async function takeTheFlagAway() {
    await mountView({type: "list", resModel: "dealer.crm.stage", arch: LIST});
    await contains(".o_data_row:eq(3) [name=name]").click();
    await contains(".o_data_row:eq(3) [name=is_won] input").click();
    await contains(".o_list_button_save:visible").click();
}

const EDIT = [[4], {is_won: false}];

test("a dangerous change is saved after the question only", async () => {
    await takeTheFlagAway();
    expect(".modal-body").toHaveText(sentences[0]);
    expect.verifySteps([["explain", ...EDIT]]);
    await contains(".modal .btn-primary").click();
    expect.verifySteps([["save", ...EDIT]]);
});

test("a refused change is discarded", async () => {
    await takeTheFlagAway();
    await contains(".modal .btn-secondary").click();
    await animationFrame();
    expect.verifySteps([["explain", ...EDIT]]);
    expect(".o_data_row:eq(3) [name=is_won] input").toBeChecked();
});

test("a harmless change is saved at once", async () => {
    sentences = [];
    await takeTheFlagAway();
    expect(".modal").toHaveCount(0);
    expect.verifySteps([
        ["explain", ...EDIT],
        ["save", ...EDIT],
    ]);
});

async function mountEmptyBoard(isAdmin) {
    patchWithCleanup(user, {hasGroup: async () => isAdmin});
    await mountView({
        type: "kanban",
        resModel: "dealer.crm.lead",
        arch: ARCH.replace('default_group_by="stage_id"', ""),
        domain: [["id", "=", 0]],
        noContentHelp: "Enter a walk-in",
    });
    await animationFrame();
}

test("the empty board of an admin tells what is to be set up, instead of its help", async () => {
    await mountEmptyBoard(true);
    expect(".o_dealer_first_day h2 + span").toHaveText("1 of 2 done");
    expect(".o_dealer_first_day li").toHaveCount(2);
    expect(".o_nocontent_help").not.toHaveText("Enter a walk-in");
});

test("the empty board of an agent has its help", async () => {
    await mountEmptyBoard(false);
    expect(".o_dealer_first_day").toHaveCount(0);
    expect(".o_nocontent_help").toHaveText("Enter a walk-in");
});

test("nothing is shown once all is done", async () => {
    steps = [];
    await mountEmptyBoard(true);
    expect(".o_dealer_first_day").toHaveCount(0);
    expect(".o_nocontent_help").toHaveText("Enter a walk-in");
});
