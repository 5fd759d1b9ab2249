import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const CUSTOM = "button[name=action_reset_dealer_level_weight]";

// The tours run in several languages: they name records and fields, and no words of the screen.

function openMenu(section, entry) {
    return [
        {
            content: `Open the menu ${section}`,
            trigger: `.o_menu_sections button[data-menu-xmlid='dealer_crm.dealer_crm_menu_${section}']`,
            run: "click",
        },
        {
            content: `Choose ${entry}`,
            trigger: `.o-dropdown--menu .dropdown-item[data-menu-xmlid='dealer_crm_resellers.${entry}']`,
            run: "click",
        },
    ];
}

function selectRow(text) {
    return {
        content: `Select ${text}`,
        trigger: `.o_data_row:contains(${text}) .o_list_record_selector input`,
        run: "click",
    };
}

function rowHas(text, value) {
    return {
        content: `${text} has ${value}`,
        trigger: `.o_data_row:contains(${text}) [name=partner_assigned_id]:contains(${value})`,
    };
}

tours.add("dealer_crm_resellers_level", {
    url: "/odoo/dealer-leads",
    steps: () => [
        ...openMenu("config", "dealer_crm_partner_level_menu"),
        {
            content: "Add a level",
            trigger: ".o_list_view:has(td[name=weight]) .o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: ".o_selected_row [name=name] input",
            run: "edit Tour Platinum",
        },
        {
            content: "Weigh it",
            trigger: ".o_selected_row [name=weight] input",
            run: "edit 45",
        },
        {content: "Save it", trigger: ".o_list_button_save", run: "click"},
        {trigger: ".o_list_button_add"},
        {
            content: "Switch it off",
            trigger: ".o_data_row:contains(Tour Platinum) [name=active] input:checked",
            run: "click",
        },
        {
            content: "It is off, and still there",
            trigger: ".o_data_row:contains(Tour Platinum) [name=active] input:not(:checked)",
            run: "click",
        },
        {
            content: "It is on again",
            trigger: ".o_data_row:contains(Tour Platinum) [name=active] input:checked",
        },
    ],
});

tours.add("dealer_crm_resellers_partner", {
    steps: () => [
        {
            content: "Open the tab",
            trigger: ".o_notebook .nav-link[name=geo_location]",
            run: "click",
        },
        {content: "The level's weight", trigger: "[name=dealer_level_weight] input:value(30)"},
        {
            content: "Type another",
            trigger: "[name=dealer_level_weight] input",
            run: "edit 7 && press Tab",
        },
        {content: "It is marked", trigger: `.o_notebook ${CUSTOM}`},
        {content: "Save", trigger: ".o_form_button_save", run: "click"},
        {
            content: "Reset it",
            trigger: ".o_form_saved button[name=action_reset_dealer_level_weight]",
            run: "click",
        },
        {
            content: "The mark is gone",
            trigger: `.o_notebook:not(:has(${CUSTOM}))`,
        },
        {
            content: "The level's weight again",
            trigger: "[name=dealer_level_weight] input:value(30)",
        },
    ],
});

tours.add("dealer_crm_resellers_assign", {
    steps: () => [
        selectRow("Tour Automatic"),
        {
            content: "Find resellers for the selection",
            trigger: ".o_control_panel button[name=action_assign_partner]",
            run: "click",
        },
        {content: "Told", trigger: ".o_notification:contains(Tour Near)"},
        rowHas("Tour Automatic", "Tour Near"),

        selectRow("Tour Manual"),
        {
            content: "Choose one reseller for the selection",
            trigger: ".o_control_panel button[name=action_assign_partner] + button",
            run: "click",
        },
        {
            content: "Type its name",
            trigger: ".modal [name=partner_id] input",
            run: "edit Tour Far",
        },
        {trigger: ".o-autocomplete--dropdown-item:contains(Tour Far)", run: "click"},
        {
            content: "Confirm",
            trigger: ".modal-footer button[name=action_confirm]",
            run: "click",
        },
        rowHas("Tour Manual", "Tour Far"),

        {
            content: "Open a lead",
            trigger: ".o_data_row:contains(Tour Button) [name=display_name]",
            run: "click",
        },
        {
            content: "Find a reseller for it",
            trigger: ".o_form_view button[name=action_assign_partner]",
            run: "click",
        },
        {
            content: "The near one got it",
            trigger: "[name=partner_assigned_id] input:value(Tour Near)",
        },
        {
            content: "It declines",
            trigger: "button[name=action_open_decline]",
            run: "click",
        },
        {
            trigger: ".modal [name=reason] textarea",
            run: "edit Closed for the holidays",
        },
        {trigger: ".modal-footer button[name=action_confirm]", run: "click"},
        {
            content: "The next one got it",
            trigger: "body:not(:has(.modal)) [name=partner_assigned_id] input:value(Tour Far)",
        },
        {
            content: "It accepts",
            trigger: "button[name=action_accept_assignment]",
            run: "click",
        },
        {
            content: "Accepted",
            trigger:
                ".o_form_view:not(:has(button[name=action_accept_assignment])) [name=date_partner_accept]",
        },
        {
            content: "Read the log",
            trigger: ".o_notebook .nav-link[name=assignment]",
            run: "click",
        },
        {trigger: "[name=assignment_ids] .o_data_row:contains(Tour Near)"},
        {trigger: "[name=assignment_ids] .o_data_row:contains(Tour Far)"},
    ],
});

tours.add("dealer_crm_resellers_report", {
    url: "/odoo/dealer-leads",
    steps: () => [
        ...openMenu("reporting", "dealer_crm_partnership_report_menu"),
        {content: "By level", trigger: ".o_pivot tbody th.o_pivot_header_cell_closed"},
        {content: "As a graph", trigger: ".o_switch_view.o_graph", run: "click"},
        {trigger: ".o_graph_renderer canvas"},
        {content: "As a list", trigger: ".o_switch_view.o_list", run: "click"},
        {trigger: ".o_data_row:contains(Tour Near)"},
    ],
});

tours.add("dealer_crm_resellers_commission", {
    url: "/odoo/dealer-leads",
    steps: () => [
        ...openMenu("sales", "dealer_crm_commission_menu"),
        selectRow("Tour Near"),
        {
            content: "Approve",
            trigger: ".o_control_panel button[name=action_approve]",
            run: "click",
        },
        {
            content: "It can be billed",
            trigger: ".o_data_row:contains(Tour Near) [name=amount_approved]:contains(100)",
            run: "click",
        },
        {
            content: "Add an entry by hand",
            trigger: ".o_form_view button[name=action_adjust]",
            run: "click",
        },
        {trigger: ".modal [name=amount] input", run: "edit -25"},
        {trigger: ".modal [name=reason] input", run: "edit Papers came late"},
        {trigger: ".modal-footer button[name=action_confirm]", run: "click"},
        {
            content: "It is in the ledger",
            trigger:
                "body:not(:has(.modal)) [name=entry_ids] .o_data_row [name=amount]:contains(25)",
        },
        {
            content: "Create a bill",
            trigger: ".o_form_view button[name=action_create_bills]",
            run: "click",
        },
        {trigger: ".o_notification, [name=partner_id]"},
        ...openMenu("reporting", "dealer_crm_commission_entry_menu"),
        {trigger: ".o_list_view .o_data_row:contains(Tour Near)"},
        {content: "As a pivot", trigger: ".o_switch_view.o_pivot", run: "click"},
        {trigger: ".o_pivot th:contains(Tour Near)"},
    ],
});
