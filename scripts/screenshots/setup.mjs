// Settings of the admins of both sides.

export const NEW = {login: "newdealer", name: "Nora New"};

// An admin of a company of its own, without leads; made once.
export async function makeNewDealer({find, call}, admin) {
    const known = await call(admin, "res.users", "search_count", [[["login", "=", NEW.login]]]);
    if (known) return;
    const group = await find(
        admin,
        "ir.model.data",
        [["name", "=", "group_dealer_admin"]],
        ["res_id"]
    );
    const [company] = await call(admin, "res.company", "create", [[{name: "New Dealer"}]]);
    const values = {
        ...NEW,
        password: NEW.login,
        company_id: company,
        company_ids: [[6, 0, [company]]],
        group_ids: [[6, 0, [group.res_id]]],
    };
    const context = {no_reset_password: true};
    await call(admin, "res.users", "create", [[values]], {context});
}

export default async (browser) => {
    const {open, visit, find, shot} = browser;
    const admin = await open("dealer", "admin");
    const agent = await find(admin, "res.users", [["login", "=", "agent"]]);
    await visit(admin, `/odoo/action-base.action_res_users/${agent.id}`, ".o_form_view");
    await shot(admin, "user");
    await makeNewDealer(browser, admin);
    const first = await open("dealer", NEW.login);
    await visit(first, "/odoo/dealer-pipeline", ".o_dealer_first_day");
    await shot(first, "first-day");

    const dealer = await open("dealer", "dealeradmin");
    await visit(dealer, "/odoo/action-dealer_crm.dealer_crm_stage_action", ".o_data_row");
    await shot(dealer, "stages");
    const handles = dealer.locator(".o_data_row .o_row_handle");
    const [from, to] = [await handles.nth(2).boundingBox(), await handles.nth(3).boundingBox()];
    await dealer.mouse.move(from.x + 5, from.y + 5);
    await dealer.mouse.down();
    await dealer.mouse.move(to.x + 5, to.y + to.height - 1, {steps: 12});
    await dealer.mouse.up();
    await dealer.waitForSelector(".modal");
    await shot(dealer, "stages-warning");
    await dealer.click(".modal .btn-secondary");
    const connection = await find(dealer, "dealer.crm.bpo.connection", []);
    const connections = "/odoo/action-dealer_crm.dealer_crm_bpo_connection_action";
    await visit(dealer, `${connections}/${connection.id}`, "button[name=action_test_connection]");
    await shot(dealer, "connection");

    const bpo = await open("bpo", "admin");
    const record = await find(bpo, "bpo.dealer", []);
    const dealers = "/odoo/action-bpo_crm.bpo_dealer_action";
    await visit(bpo, `${dealers}/${record.id}`, ".o_form_view");
    await shot(bpo, "bpo-dealer");
};
