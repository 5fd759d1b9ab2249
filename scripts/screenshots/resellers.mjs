// Resellers: their terms, leads and commissions.
const action = (name) => `/odoo/action-dealer_crm_resellers.${name}`;
const LEADS = "/odoo/action-dealer_crm.dealer_crm_lead_action_all";

const tab = (page, name) => page.locator(`.o_notebook .nav-link:text-is("${name}")`).click();

// Selects rows of a list.
async function select(page, names) {
    for (const name of names) {
        await page.locator(`.o_data_row:has-text("${name}") .o_list_record_selector input`).click();
    }
    await page.waitForSelector(".o_selection_box");
}

export default async ({open, visit, call, find, shot}) => {
    const admin = await open("dealer", "dealeradmin");
    await visit(admin, action("dealer_crm_partner_level_action"), ".o_data_row");
    await shot(admin, "resellers-levels");
    await visit(admin, action("dealer_crm_partner_activation_action"), ".o_data_row");
    await shot(admin, "resellers-activations");
    const rule = await find(admin, "dealer.crm.commission.plan.rule", [], ["plan_id"], "plan_id");
    const plans = action("dealer_crm_commission_plan_action");
    await visit(admin, `${plans}/${rule.plan_id[0]}`, ".o_form_view .o_data_row");
    await shot(admin, "resellers-plan");
    await visit(admin, "/odoo/action-dealer_crm.dealer_crm_settings_action_open", ".o_form_view");
    await shot(admin, "resellers-settings");

    const manager = await open("dealer", "manager");
    const own = await find(manager, "res.partner", [["dealer_level_weight_is_custom", "=", true]]);
    await visit(manager, `${action("res_partner_action_resellers")}/${own.id}`, ".o_form_view");
    await tab(manager, "Partner Assignment");
    await shot(manager, "resellers-partner");

    const logged = await find(
        manager,
        "dealer.crm.assignment",
        [
            ["state", "=", "declined"],
            ["lead_id.partner_assigned_id", "!=", false],
        ],
        ["lead_id"]
    );
    await visit(manager, `${LEADS}/${logged.lead_id[0]}`, ".o_form_view");
    await tab(manager, "Assignments");
    await manager.locator("[name=assignment_ids] tfoot, [name=assignment_ids] tr").last().scrollIntoViewIfNeeded();
    await shot(manager, "resellers-lead");

    await visit(manager, `${LEADS}?view_type=list`, ".o_data_row");
    const free = await call(
        manager,
        "dealer.crm.lead",
        "search_read",
        [
            [
                ["partner_assigned_id", "=", false],
                ["won_status", "=", "pending"],
            ],
            ["name"],
        ],
        {limit: 3}
    );
    await select(
        manager,
        free.map((lead) => lead.name)
    );
    await shot(manager, "resellers-list");

    await visit(manager, action("dealer_crm_commission_action"), ".o_data_row");
    await manager.click("thead .o_list_record_selector input");
    await manager.waitForSelector(".o_selection_box");
    await shot(manager, "resellers-commissions");
    const commission = await find(manager, "dealer.crm.commission", [["entry_ids", "!=", false]]);
    const commissions = action("dealer_crm_commission_action");
    await visit(manager, `${commissions}/${commission.id}`, ".o_form_view .o_data_row");
    await shot(manager, "resellers-commission");

    await visit(manager, action("dealer_crm_partnership_report_action"), ".o_pivot table");
    await shot(manager, "resellers-analysis");
};
