// Outcomes, as operators see them; job.mjs makes one.
const CALLBACKS = "/odoo/action-dealer_crm.dealer_crm_callback_action";

export default async ({open, visit, find, shot}) => {
    const admin = await open("dealer", "dealeradmin");
    await visit(admin, CALLBACKS, ".o_list_view, .o_view_nocontent");
    for (const facet of await admin.locator(".o_facet_remove").all()) await facet.click();
    await admin.waitForSelector(".o_data_row");
    await shot(admin, "callbacks");
    const outcome = await find(admin, "dealer.crm.callback", [], ["id"], "id desc");
    await visit(admin, `${CALLBACKS}/${outcome.id}`, ".o_form_view .o_data_row");
    await shot(admin, "callback");
};
