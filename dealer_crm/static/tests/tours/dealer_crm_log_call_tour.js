import {registry} from "@web/core/registry";

function card(name) {
    return `.o_kanban_record:contains(${name})`;
}

registry.category("web_tour.tours").add("dealer_crm_log_call", {
    url: "/odoo/dealer-leads",
    steps: () => [
        {
            content: "Plenty of time",
            trigger: `${card("Tour Fresh")} [role=timer].text-bg-light:contains(Contact in 2 h)`,
        },
        {
            content: "Not much time",
            trigger: `${card("Tour Soon")} [role=timer].text-bg-warning:contains(Contact in 5 min)`,
        },
        {
            content: "Too late",
            trigger: `${card("Tour Late")} [role=timer].text-bg-danger:contains(late)`,
        },
        {
            content: "Call from the card",
            trigger: card("Tour Late"),
            run: `hover && click ${card("Tour Late")} .o_dropdown_kanban button`,
        },
        {trigger: ".o-dropdown--menu [role=menuitem]:contains(Log Call)", run: "click"},
        {
            content: "On a phone the number dials",
            trigger: ".modal [name=number] a[href='tel:+16505550100']",
        },
        {trigger: ".modal [name=result] label:contains(Voicemail)", run: "click"},
        {
            content: "Another call is suggested",
            trigger: ".modal [name=call_again] .form-check:contains(Tomorrow) input:checked",
        },
        {trigger: ".modal-footer button[name=action_confirm]", run: "click"},
        {
            content: "The clock has stopped",
            trigger: `body:not(:has(.modal)) ${card("Tour Late")}:not(:has([role=timer]))`,
        },
        {content: "Open the other one", trigger: card("Tour Soon"), run: "click"},
        {
            content: "The first button",
            trigger: ".o_statusbar_buttons > button:first-child[name=action_log_call]",
            run: "press alt+k",
        },
        {
            content: "The result has the focus",
            trigger: ".modal [name=result] input:focus",
            run: "click",
        },
        {
            content: "No other call is suggested",
            trigger: ".modal [name=call_again] .form-check:contains(No) input:checked",
        },
        {trigger: ".modal [name=note] textarea", run: "edit Wants a test drive"},
        {trigger: ".modal-footer button[name=action_confirm]", run: "press alt+q"},
        {
            content: "It is in the chatter",
            trigger: "body:not(:has(.modal)) .o-mail-Message:contains(Wants a test drive)",
        },
    ],
});
