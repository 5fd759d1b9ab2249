// Settings of the admins of both sides.
export default async ({open, visit, find, shot}) => {
    const admin = await open("dealer", "admin");
    const agent = await find(admin, "res.users", [["login", "=", "agent"]]);
    await visit(admin, `/odoo/action-base.action_res_users/${agent.id}`, ".o_form_view");
    await shot(admin, "user");

    const dealer = await open("dealer", "dealeradmin");
    await visit(dealer, "/odoo/action-dealer_crm.dealer_crm_stage_action", ".o_data_row");
    await shot(dealer, "stages");
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
