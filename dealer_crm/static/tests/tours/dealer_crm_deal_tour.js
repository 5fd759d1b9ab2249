import {registry} from "@web/core/registry";

const page = ".o_notebook_content";
const dialog = ".modal .o_form_view";

registry.category("web_tour.tours").add("dealer_crm_deal", {
    steps: () => [
        {
            content: "Open the page Deal",
            trigger: ".o_notebook_headers .nav-link:contains(Deal)",
            run: "click",
        },
        {
            content: "Without a trade-in nothing is asked about it",
            trigger: `${page}:has([name=has_trade_in]):not(:has([name=trade_in_make]))`,
        },
        {trigger: `${page} [name=preferred_color] input`, run: "edit Red"},
        {trigger: `${page} [name=budget_max] input`, run: "edit 30000"},
        {trigger: `${page} [name=has_trade_in] input`, run: "check"},
        {trigger: `${page} [name=trade_in_make] input`, run: "edit Brixton"},
        {trigger: `${page} [name=trade_in_year] input`, run: "edit 2015"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_form_saved"},
        {
            content: "Schedule, twice by mistake",
            trigger: "button[name=action_schedule_appointment]",
            run: "dblclick",
        },
        {
            content: "Customer and vehicle are there",
            trigger: `${dialog} [name=partner_ids]:contains(Tour Customer)`,
        },
        {trigger: `${dialog} [name=dealer_crm_product_id] input:value(Tour Pickup)`},
        {content: "Only one dialog opened", trigger: "body:not(:has(.modal ~ .modal))"},
        {
            content: "A visit",
            trigger: `${dialog} [name=dealer_crm_kind] input[data-value=visit]`,
            run: "check",
        },
        {
            content: "The title follows",
            trigger: `${dialog} [name=name] input:value(Visit: Tour Deal)`,
        },
        {
            content: "Save, twice by mistake",
            trigger: ".modal-footer button:contains(Schedule)",
            run: "dblclick",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "The lead shows the next appointment",
            trigger: "button[name=action_open_appointments]:contains(Visit)",
            run: "click",
        },
        {
            content: "The customer did not come",
            trigger:
                ".o_data_row:contains(Visit: Tour Deal) button[name=action_dealer_crm_no_show]",
            run: "click",
        },
        {trigger: ".o_data_row [name=dealer_crm_result]:contains(No-Show)"},
    ],
});
