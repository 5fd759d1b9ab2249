import {registry} from "@web/core/registry";

const BOX = ".o_searchview_input";

function search(text) {
    return [
        {content: `Search ${text}`, trigger: BOX, run: `edit ${text}`},
        {trigger: `.o_searchview_autocomplete:contains(${text})`},
        {trigger: BOX, run: "press Enter"},
    ];
}

registry.category("web_tour.tours").add("dealer_crm_search", {
    url: "/odoo/dealer-leads",
    steps: () => [
        ...search("212 555 0131"),
        {
            content: "The number is found in another form",
            trigger: ".o_kanban_record:contains(Tour Found)",
        },
        {trigger: "body:not(:has(.o_kanban_record:contains(Tour Other)))"},
        {content: "The text is taken back", trigger: BOX, run: "press Backspace"},
        {trigger: "body:not(:has(.o_searchview_facet))"},
        ...search("646 555 0177"),
        {
            content: "The colleague's lead is counted",
            trigger:
                ".o_dealer_search_miss:contains(No lead for 646 555 0177) .o_dealer_search_others",
        },
        {trigger: "body:not(:has(.o_kanban_record:contains(Tour Secret)))"},
        {content: "The arrow goes to the offer", trigger: BOX, run: "press ArrowDown"},
        {trigger: ".o_dealer_search_miss button:contains(Create it):focus", run: "press Enter"},
        {
            content: "What was typed is filled in",
            trigger: ".o_form_view div[name=contact_name] textarea",
            run: "edit Tour New",
        },
        {trigger: ".o_form_view div[name=contact_name] textarea", run: "press Alt+S"},
        {trigger: ".o_form_saved"},
        {
            content: "The clock opens My Activities",
            trigger: ".o_menu_systray i[aria-label=Activities]",
            run: "click",
        },
        {
            trigger: ".o-mail-ActivityGroup:contains(Dealer Lead)",
            run: "click",
        },
        {trigger: ".o_breadcrumb:contains(My Activities)"},
    ],
});
