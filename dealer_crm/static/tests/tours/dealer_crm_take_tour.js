import {registry} from "@web/core/registry";

async function tell(method, name) {
    const {services} = window.odoo.__WOWL_DEBUG__.root.env;
    const ids = await services.orm.search("dealer.crm.lead", [["contact_name", "=", name]]);
    services["dealer_crm.arrival"][method]({ids, title: "New", message: `Notice of ${name}`});
}

function card(name) {
    return `.o_kanban_record:contains(${name})`;
}

registry.category("web_tour.tours").add("dealer_crm_take", {
    url: "/odoo/dealer-leads",
    steps: () => [
        {
            content: "Two leads arrive",
            trigger: card("Tour Card"),
            async run() {
                await tell("show", "Tour Noticed");
                await tell("show", "Tour Other");
            },
        },
        {
            content: "Somebody takes one",
            trigger: ".o_notification:contains(Notice of Tour Other)",
            run: () => tell("hide", "Tour Other"),
        },
        {trigger: "body:not(:has(.o_notification:contains(Notice of Tour Other)))"},
        {
            content: "Take from the card",
            trigger: `${card("Tour Card")} button[name=action_take]`,
            run: "click",
        },
        {
            content: "It is taken",
            trigger: `${card("Tour Card")}:not(:has(button[name=action_take]))`,
        },
        {
            content: "Take from the notice",
            trigger: ".o_notification:contains(Notice of Tour Noticed) button:contains(Take)",
            run: "click",
        },
        {
            content: "The lead opens, and is taken",
            trigger: ".o_form_view.o_dealer_lead_form:not(:has(button[name=action_take]))",
        },
        {trigger: "body:not(:has(.o_notification:contains(Notice of Tour Noticed)))"},
    ],
});
