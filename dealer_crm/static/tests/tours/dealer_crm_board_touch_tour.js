import {registry} from "@web/core/registry";

const MENU = ".o-dropdown--menu [role=menuitem], .o_bottom_sheet [role=menuitem]";

function openMenu(card) {
    return {
        content: `Open the menu of ${card}`,
        trigger: `.o_kanban_record:contains(${card}) .o_dropdown_kanban button`,
        run: "click",
    };
}

function choose(entry) {
    return {
        content: `Choose ${entry}`,
        trigger: MENU.split(", ")
            .map((item) => `${item}:contains(${entry})`)
            .join(", "),
        run: "click",
    };
}

// What the mouse drags, a finger does from the card's menu.
registry.category("web_tour.tours").add("dealer_crm_board_touch", {
    url: "/odoo/dealer-leads",
    steps: () => [
        openMenu("Tour Forward"),
        {
            content: "The number dials",
            trigger: "[role=menuitem][href='tel:+16505550100']:contains(Call)",
        },
        {trigger: "[role=menuitem][href='https://wa.me/16505550100']:contains(WhatsApp)"},
        {trigger: "[role=menuitem][href='sms:+16505550100']"},
        {trigger: "[role=menuitem][href='mailto:forward@example.com']"},
        choose("Move to Qualified"),
        {
            content: "It moved",
            trigger:
                ".o_kanban_group:has(.o_column_title:contains(Qualified)) .o_kanban_record:contains(Tour Forward)",
        },
        openMenu("Tour Unowned"),
        choose("Take"),
        {trigger: ".o_kanban_record:contains(Tour Unowned):not(:has(button[name=action_take]))"},
        openMenu("Tour Lost"),
        choose("Mark Lost"),
        {content: "The reason is asked for", trigger: ".modal [name=lost_reason]"},
        {
            trigger:
                ".modal .btn-close, .modal .oi-arrow-left, .modal footer button:contains(Discard)",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "Open the search box of a phone",
            isActive: ["mobile"],
            trigger: ".o_control_panel_navigation button:has(.fa-search)",
            run: "click",
        },
        {trigger: ".o_searchview_input", run: "edit tour.new@example.com"},
        {
            content: "Tap what to search for",
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains(tour.new@example.com)",
            run: "click",
        },
        {
            content: "Nothing is found",
            trigger:
                ".o_dealer_search_miss:contains(No lead for tour.new@example.com) button:contains(Create it)",
            run: "click",
        },
        {
            content: "What was typed is filled in",
            trigger: ".o_form_view div[name=email] input:value(tour.new@example.com)",
        },
        {trigger: ".o_form_view div[name=contact_name] textarea", run: "edit Tour New"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_form_saved"},
    ],
});
