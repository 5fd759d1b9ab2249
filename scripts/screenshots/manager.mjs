// The manager's morning: the Overview and the analyses.
const OVERVIEW = "/odoo/dealer-overview";
const STAGES = "/odoo/action-dealer_crm.dealer_crm_lead_stay_action";

export default async ({open, visit, shot}) => {
    const manager = await open("dealer", "manager");
    await visit(manager, OVERVIEW, ".o_dealer_tiles");
    await shot(manager, "overview");
    await visit(manager, STAGES, ".o_pivot table");
    await shot(manager, "time-in-stages");
    await visit(
        manager,
        "/odoo/action-dealer_crm.dealer_crm_lead_action_report_outcome",
        ".o_graph_view canvas"
    );
    await shot(manager, "wins-and-losses");

    const phone = await open("dealer", "manager", {width: 390, height: 844});
    await visit(phone, OVERVIEW, ".o_dealer_tiles");
    await shot(phone, "overview-phone");
};
