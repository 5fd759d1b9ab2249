// Every screen of each role, on a computer and on a phone, an agent's in English, on a tablet, too: a sheet of
// pictures for each role, language and width. LANGUAGES="es_ES fr tl" takes other languages than those of
// docs/README.md, ROLES="agent" only an agent's sheets.
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {python} from "./python.mjs";
import {NEW, makeNewDealer} from "./setup.mjs";

// By the website's word for them in addresses.
const LANGUAGES = (process.env.LANGUAGES || "en de ar").split(" ");
// The height of a screen, and how a sheet shows it.
const SIZES = {
    1440: {height: 900, columns: 2, shown: 720},
    1024: {height: 768, columns: 3, shown: 512, touch: true},
    390: {height: 844, columns: 5, shown: 300, touch: true},
};
const ROLES = {
    agent: {login: "agent", only: "en", widths: [1440, 1024, 390], visitAll: work},
    manager: {login: "manager", visitAll: manage},
    admin: {login: "dealeradmin", visitAll: configure},
    reseller: {login: "reseller", visitAll: resell},
};

const action = (name, addon = "dealer_crm") => `/odoo/action-${addon}.${name}`;
const ofResellers = (name) => action(name, "dealer_crm_resellers");
const ALL = action("dealer_crm_lead_action_all");
const REPORT = ".o_content canvas, .o_content table, .o_content .o_view_nocontent";
const ROWS = ".o_data_row, .o_kanban_record:not(.o_kanban_ghost), .o_view_nocontent";
const FORM = ".o_form_view .o_form_sheet";

// Odoo's codes of LANGUAGES, such as en_US.
async function install({find, call}, admin) {
    const langs = await call(
        admin,
        "res.lang",
        "search_read",
        [[["url_code", "in", LANGUAGES]], ["url_code", "code", "active"]],
        {context: {active_test: false}}
    );
    const missing = langs.filter(({active}) => !active).map(({id}) => id);
    if (missing.length) {
        const website = await find(admin, "website", []);
        const values = {lang_ids: [[6, 0, missing]], website_ids: [[6, 0, [website.id]]]};
        const wizard = await call(admin, "base.language.install", "create", [[values]]);
        await call(admin, "base.language.install", "lang_install", [wizard]);
    }
    return Object.fromEntries(langs.map(({url_code, code}) => [url_code, code]));
}

// Somebody with the rights of `login` who reads this language; made once. Returns the login.
async function translate({find, call}, admin, login, language, lang) {
    const own = `${login}-${language}`;
    if (await call(admin, "res.users", "search_count", [[["login", "=", own]]])) return own;
    const {name, group_ids, company_id, parent_id} = await find(
        admin,
        "res.users",
        [["login", "=", login]],
        ["name", "group_ids", "company_id", "parent_id"]
    );
    const values = {
        name,
        login: own,
        password: own,
        lang,
        parent_id: parent_id && parent_id[0],
        company_id: company_id[0],
        company_ids: [[6, 0, [company_id[0]]]],
        group_ids: [[6, 0, group_ids]],
    };
    await call(admin, "res.users", "create", [[values]], {context: {no_reset_password: true}});
    return own;
}

// What the screens show: ids of records, and names of actions in the menu of the gear.
async function choose({find, call}, admin, lang) {
    const id = async (...args) => (await find(admin, ...args)).id;
    const name = async (xmlid) => {
        const {res_id} = await find(admin, "ir.model.data", [["name", "=", xmlid]], ["res_id"]);
        const [wizard] = await call(
            admin,
            "ir.actions.act_window",
            "read",
            [[res_id], ["name"]],
            {context: {lang}}
        );
        return wizard.name;
    };
    const rule = await find(admin, "dealer.crm.commission.plan.rule", [], ["plan_id"]);
    return {
        ordered: await id("dealer.crm.lead", [
            ["user_id.login", "=", "agent"],
            ["won_status", "=", "pending"],
            ["sale_order_ids.state", "=", "sale"],
        ]),
        twin: await id("dealer.crm.lead", [["contact_name", "=", "Grace H."]]),
        reseller: await id("res.partner", [["dealer_level_weight_is_custom", "=", true]]),
        plan: rule.plan_id[0],
        commission: await id("dealer.crm.commission", [["entry_ids", "!=", false]]),
        connection: await id("dealer.crm.bpo.connection", []),
        callback: await id("dealer.crm.callback", [], ["id"], "id desc"),
        reassign: await name("dealer_crm_lead_reassign_action"),
        merge: await name("dealer_crm_lead_merge_action"),
    };
}

async function openWizard(page, name) {
    await page.click(".o_cp_action_menus button:has(.fa-cog)");
    await page.locator("[role=menuitem]", {hasText: name}).first().click();
    await page.waitForSelector(".modal .o_form_view");
}

async function work({visit}, page, records, take) {
    await visit(page, ALL, ".o_kanban_record");
    await take();
    const card = page.locator(".o_kanban_record:not(.o_kanban_ghost)").first();
    // A mouse sees the button of the menu on the card that it is over.
    await card.hover();
    await card.locator(".o_dropdown_kanban button").click();
    await page.waitForSelector("[role=menuitem]");
    await take();
    await visit(page, ALL, ".o_kanban_record");
    await page.click(".o_kanban_quick_add >> visible=true");
    await page.waitForSelector(".o_kanban_quick_create input, .o_kanban_quick_create textarea");
    await take();
    await visit(page, `${ALL}?view_type=list`, ROWS);
    await take();
    await visit(page, `${ALL}/${records.ordered}`, ".o_dealer_checklist");
    await take();
    await visit(page, `${ALL}/${records.twin}`, FORM);
    await take();
    for (const name of ["action_mark_lost", "action_log_call"]) {
        await visit(page, `${ALL}/${records.twin}`, FORM);
        const button = page.locator(`button[name=${name}]`).first();
        // On a phone, some are in a menu.
        if (!(await button.isVisible())) continue;
        await button.click();
        await page.waitForSelector(".modal .o_form_view");
        await take();
    }
    await visit(page, `${ALL}/new`, FORM);
    await take();
    for (const name of [
        "dealer_crm_lead_action_my_activities",
        "dealer_crm_lead_action_waiting",
        "calendar_event_action",
        "res_partner_action_customers",
        "dealer_crm_lead_action_report",
    ]) {
        await visit(page, action(name), ".o_content");
        await take();
    }
}

async function manage({visit}, page, records, take) {
    await visit(page, "/odoo/dealer-overview", ".o_dealer_tiles");
    await take();
    for (const name of [
        "dealer_crm_lead_action_report",
        "dealer_crm_lead_stay_action",
        "dealer_crm_lead_action_report_outcome",
        "dealer_crm_pipeline_report_action_months",
        "dealer_crm_pipeline_report_action_reasons",
        "dealer_crm_response_report_action",
    ]) {
        await visit(page, action(name), REPORT);
        await take();
    }
    await visit(page, ALL, ".o_kanban_record");
    await take();
    await visit(page, `${ALL}/${records.ordered}`, ".o_dealer_checklist");
    await take();
    await visit(page, `${ALL}/${records.twin}`, FORM);
    await openWizard(page, records.merge);
    await take();

    // Small screens do not let a mouse select rows.
    const size = page.viewportSize();
    await page.setViewportSize({width: 1440, height: 900});
    await visit(page, `${ALL}?view_type=list`, ".o_data_row");
    await page.click("thead .o_list_record_selector input");
    await openWizard(page, records.reassign);
    await page.locator(".modal input[type=radio]").nth(1).click();
    await page.fill(".modal div[name=team_id] input", "Showroom");
    await page.click(".o-autocomplete--dropdown-item:has-text('Showroom')");
    await page.waitForSelector(".modal div[name=preview] table");
    await page.setViewportSize(size);
    await take();
}

async function configure(browser, page, records, take) {
    const {open, visit} = browser;
    for (const [path, ready] of [
        [action("dealer_crm_stage_action"), ROWS],
        [action("dealer_crm_lost_reason_action"), ROWS],
        [`${action("dealer_crm_bpo_connection_action")}/${records.connection}`, FORM],
        [action("dealer_crm_callback_action"), ROWS],
        [`${action("dealer_crm_callback_action")}/${records.callback}`, FORM],
        [action("dealer_crm_settings_action_open"), ".o_form_view"],
        [ofResellers("res_partner_action_resellers"), ROWS],
        [`${ofResellers("res_partner_action_resellers")}/${records.reseller}`, FORM],
        [ofResellers("dealer_crm_partner_level_action"), ROWS],
        [ofResellers("dealer_crm_partner_activation_action"), ROWS],
        [`${ofResellers("dealer_crm_commission_plan_action")}/${records.plan}`, FORM],
        [ofResellers("dealer_crm_commission_action"), ROWS],
        [`${ofResellers("dealer_crm_commission_action")}/${records.commission}`, FORM],
    ]) {
        await visit(page, path, ready);
        await take();
    }
    const first = await open("dealer", records.first, page.viewportSize());
    await visit(first, "/odoo/dealer-pipeline", ".o_dealer_first_day");
    await take(first);
    await first.context().close();
}

async function resell({visit}, page, records, take) {
    const portal = `${records.prefix}/my/dealer`;
    const show = async () => {
        await page.addStyleTag({content: "footer {display: none}"});
        await take();
    };
    const open = async (path) => {
        await visit(page, portal + path, "main h1");
        await show();
    };
    await visit(page, `${records.prefix}/my/home`, "main");
    await show();
    await open("/leads");
    for (const filter of ["answer", "open", "won"]) {
        await visit(page, `${portal}/leads?filterby=${filter}`, "main h1");
        const lead = page.locator(".o_dealer_leads a").first();
        if (await lead.count()) {
            await lead.click();
            await page.waitForSelector("#dealer_facts");
            await show();
        }
    }
    await open("/leads/new");
    await open("/commissions");
    const today = new Date().toISOString().slice(0, 10);
    await open(`/commissions/statement?date_from=${today.slice(0, 4)}-01-01&date_to=${today}`);
}

export default async (browser) => {
    const {open, settle, out} = browser;
    const admin = await open("dealer", "admin");
    const codes = await install(browser, admin);
    await makeNewDealer(browser, admin);
    for (const language of LANGUAGES) {
        const lang = codes[language];
        const records = {
            ...(await choose(browser, admin, lang)),
            first: await translate(browser, admin, NEW.login, language, lang),
            prefix: language === "en" ? "" : `/${language}`,
        };
        for (const role of (process.env.ROLES || Object.keys(ROLES).join(" ")).split(" ")) {
            const {login, only, widths = [1440, 390], visitAll} = ROLES[role];
            if (only && only !== language) continue;
            // Somebody else would not have the agent's leads.
            const user = only ? login : await translate(browser, admin, login, language, lang);
            for (const width of widths) {
                const {columns, shown, ...size} = SIZES[width];
                const page = await open("dealer", user, {width, ...size});
                // A message that comes in between would cover the page.
                await page.addInitScript(() =>
                    addEventListener("DOMContentLoaded", () =>
                        document.head.insertAdjacentHTML(
                            "beforeend",
                            "<style>.o-mail-ChatHub {display: none}</style>"
                        )
                    )
                );
                const folder = mkdtempSync(join(tmpdir(), "sheet-"));
                let number = 0;
                const take = async (tab = page) => {
                    await settle(tab);
                    number += 1;
                    const path = join(folder, `${String(number).padStart(2, "0")}.png`);
                    await tab.screenshot({path, fullPage: true});
                };
                await visitAll(browser, page, records, take);
                const name = `languages-${role}-${language}-${width}.webp`;
                python("sheet.py", folder, `${out}/${name}`, columns, shown);
                rmSync(folder, {recursive: true});
                await page.context().close();
                console.log(name);
            }
        }
    }
};
