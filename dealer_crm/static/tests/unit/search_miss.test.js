import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {press, queryOne} from "@odoo/hoot-dom";
import {Deferred, advanceTime, animationFrame} from "@odoo/hoot-mock";
import {
    MockServer,
    contains,
    editSearch,
    makeServerError,
    mockService,
    mountView,
    mountWithCleanup,
    onRpc,
    validateSearch,
} from "@web/../tests/web_test_helpers";
import {ActivityMenu} from "@mail/core/web/activity_menu";
import {JOIN, SPREAD} from "@dealer_crm/live/live_service";
import {ARCH, defineBoardModels} from "./board_models";

describe.current.tags("desktop");

defineBoardModels();

const HELP = "Enter a walk-in";
const MISS = ".o_dealer_search_miss";
const NUMBER = "+1 212 555 0131";
const CONTEXT = {default_mobile: "+12125550131"};
const SEARCH = `<search><field name="anything" string="Lead"/></search>`;
const LIST = `<list js_class="dealer_lead_list"><field name="display_name"/></list>`;

let found = {};

beforeEach(() => {
    found = {elsewhere: 0, others: 0, context: CONTEXT};
    onRpc("dealer.crm.lead", "explain_empty_search", ({args}) => {
        expect.step(`explain ${args}`);
        return found;
    });
    onRpc("dealer.crm.settings", "get_first_day", () => []);
    mockService("action", {doAction: (action) => expect.step(action)});
});

function mountLeads(type, params) {
    return mountView({
        type,
        resModel: "dealer.crm.lead",
        arch: type === "list" ? LIST : ARCH,
        searchViewArch: SEARCH,
        noContentHelp: HELP,
        ...params,
    });
}

async function search(text) {
    await editSearch(text);
    await validateSearch();
    await animationFrame();
}

function removeText() {
    return contains(".o_facet_remove").click();
}

for (const type of ["kanban", "list"]) {
    test(`${type}: a number that no lead has can be entered as a new one`, async () => {
        await mountLeads(type);
        await search(NUMBER);
        expect(`${MISS} span`).toHaveText(`No lead for ${NUMBER}.`);
        expect(`${MISS} button`).toHaveCount(1);
        expect(".o_nocontent_help").not.toHaveText(HELP);
        await contains(`${MISS} button:contains(Create it?)`).click();
        expect.verifySteps([
            `explain ${NUMBER}`,
            {
                type: "ir.actions.act_window",
                name: "New Lead",
                res_model: "dealer.crm.lead",
                views: [[false, "form"]],
                context: CONTEXT,
            },
        ]);
    });

    test(`${type}: the arrow down goes from the search box to what is offered`, async () => {
        // With the checkbox in the header, which Odoo's list would focus.
        await mountLeads(type, type === "list" ? {allowSelectors: true} : {});
        await search("zoe@example.com");
        await press("ArrowDown");
        await animationFrame();
        expect(".o_list_record_selector input").toHaveCount(type === "list" ? 1 : 0);
        expect(`${MISS} button`).toBeFocused();
        expect.verifySteps(["explain zoe@example.com"]);
    });
}

test("leads that the filters hide are shown before a twin is entered", async () => {
    found.elsewhere = 2;
    await mountLeads("kanban");
    await search(NUMBER);
    expect(`${MISS} span`).toHaveText(`No lead for ${NUMBER} here.`);
    expect(`${MISS} .btn-primary`).toHaveText("Show what the filters hide (2)");
    expect(`${MISS} .btn-secondary`).toHaveText("Create it?");
    await contains(`${MISS} .btn-primary`).click();
    expect.verifySteps([
        `explain ${NUMBER}`,
        {
            type: "ir.actions.act_window",
            name: NUMBER,
            res_model: "dealer.crm.lead",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["anything", "ilike", NUMBER]],
            context: {active_test: false},
        },
    ]);
});

test("leads of colleagues are counted", async () => {
    found.others = 1;
    await mountLeads("kanban");
    await search(NUMBER);
    expect(`${MISS} .o_dealer_search_others`).toHaveText(
        "A colleague has one: ask a Dealer Manager."
    );
    found.others = 3;
    await removeText();
    await search("Zoe");
    expect(`${MISS} .o_dealer_search_others`).toHaveText(
        "Colleagues have 3: ask a Dealer Manager."
    );
    expect.verifySteps([`explain ${NUMBER}`, "explain Zoe"]);
});

test("what is found, and a board that nobody searches, offer nothing", async () => {
    await mountLeads("kanban");
    await search("Mei");
    expect(".o_kanban_record:contains(Mei)").toHaveCount(1);
    expect(MISS).toHaveCount(0);
    await removeText();
    await search("Zoe");
    expect(MISS).toHaveCount(1);
    await removeText();
    expect(MISS).toHaveCount(0);
    expect.verifySteps(["explain Zoe"]);
});

test("without leads and without a search, the help stands there", async () => {
    await mountLeads("list", {domain: [["id", "=", 0]]});
    expect(".o_nocontent_help").toHaveText(HELP);
    expect(MISS).toHaveCount(0);
    expect.verifySteps([]);
});

test("of several texts, the one typed last is offered, as it was typed", async () => {
    await mountLeads("kanban");
    await search("Zoe");
    await search(" 100% <b>O'Hara</b> %s ");
    expect(`${MISS} span`).toHaveText("No lead for 100% <b>O'Hara</b> %s.");
    expect.verifySteps(["explain Zoe", "explain 100% <b>O'Hara</b> %s"]);
});

test("a text of any length leaves the offer in sight", async () => {
    await mountLeads("kanban");
    const text = "x".repeat(500) + " Zoe".repeat(500);
    await search(text);
    expect.verifySteps([`explain ${text}`]);
    const {clientWidth, scrollWidth} = queryOne(MISS);
    expect(scrollWidth).toBe(clientWidth);
    const {clientHeight, scrollHeight} = queryOne(`${MISS} .o_dealer_search_sentence`);
    expect(clientHeight).toBeLessThan(scrollHeight);
});

test("the answer to an earlier search is dropped", async () => {
    const answers = {Zoe: new Deferred(), Yan: new Deferred()};
    onRpc("dealer.crm.lead", "explain_empty_search", ({args: [text]}) => answers[text]);
    await mountLeads("kanban");
    await search("Zoe");
    await search("Yan");
    answers.Yan.resolve(found);
    await animationFrame();
    answers.Zoe.resolve({...found, others: 7});
    await animationFrame();
    expect(`${MISS} span`).toHaveText("No lead for Yan.");
    expect(`${MISS} .o_dealer_search_others`).toHaveCount(0);
});

test("the board does not wait for the answer, nor need it", async () => {
    expect.errors(1);
    const answer = new Deferred();
    onRpc("dealer.crm.lead", "explain_empty_search", () => answer);
    await mountLeads("kanban");
    await search("Zoe");
    expect(".o_kanban_record").toHaveCount(0);
    expect(MISS).toHaveCount(0);
    answer.reject(makeServerError({message: "busy"}));
    await animationFrame();
    expect.verifyErrors(["RPC_ERROR"]);
    expect(".o_kanban_renderer").toHaveCount(1);
});

test("a lead that arrives meanwhile takes the offer away", async () => {
    await mountLeads("kanban");
    await search("Zoe");
    expect(MISS).toHaveCount(1);
    MockServer.env["dealer.crm.lead"].write([3], {anything: "Zoe"});
    MockServer.env["bus.bus"]._sendone("broadcast", "dealer_crm.lead/changed", {many: true});
    for (let i = 0; i < 4; i++) {
        await advanceTime(JOIN + SPREAD);
        await animationFrame();
    }
    expect(".o_kanban_record:contains(Ana)").toHaveCount(1);
    expect(MISS).toHaveCount(0);
    expect.verifySteps(["explain Zoe"]);
});

test("the clock opens My Activities for leads, and what Odoo opens for others", async () => {
    mockService("action", {
        doAction: (action, options) => expect.step([action.res_model || action, options]),
    });
    const menu = await mountWithCleanup(ActivityMenu);
    const context = {search_default_activities_overdue: 1};
    menu.executeActivityAction({model: "dealer.crm.lead"}, [], [], context, true);
    menu.executeActivityAction({model: "res.partner", name: "Contact"}, [], [], context, false);
    const options = {clearBreadcrumbs: true, newWindow: true};
    expect.verifySteps([
        [
            "dealer_crm.dealer_crm_lead_action_my_activities",
            {...options, additionalContext: context},
        ],
        ["res.partner", {clearBreadcrumbs: true, newWindow: false, viewType: undefined}],
    ]);
});
