import {registry} from "@web/core/registry";

const checklist = ".o_dealer_checklist";
const dialog = ".modal .o_form_view";

function step(key, done) {
    return `${checklist} [data-step=${key}][data-done=${done}]`;
}

/** The steps that are the same at each size of the screen. */
function checkList() {
    return [
        {
            content: "Quoted; the list stands in line with the fields",
            trigger: `${step("quotation", true)} .fa`,
            run({anchor}) {
                const field = document.querySelector(".o_field_widget[name=contact_name]");
                const [one, other] = [anchor, field].map((el) => el.getBoundingClientRect().left);
                if (Math.abs(one - other) > 3) {
                    throw new Error(`The list begins at ${one}, the name at ${other}`);
                }
            },
        },
        {
            content: "Not delivered",
            trigger: `${step("delivered", false)}:contains(waits for stock)`,
        },
        {
            content: "Ask the warehouse, twice by mistake",
            trigger: `${checklist} button[name=action_ask_warehouse]`,
            run: "dblclick",
        },
        {trigger: ".o_notification:contains(is asked about)"},
        {
            content: "Asked once",
            trigger: `${checklist}:contains(is asked):not(:has(button[name=action_ask_warehouse]))`,
        },
    ];
}

registry.category("web_tour.tours").add("dealer_crm_form", {
    steps: () => [
        ...checkList(),
        {
            content: "The checklist opens the order",
            trigger: `${step("confirmed", true)} button`,
            run: "click",
        },
        {trigger: ".o_form_view .o_field_widget[name=order_line]"},
        {trigger: ".o_back_button, .breadcrumb-item.o_back_button a", run: "click"},
        {trigger: `button[name=action_open_quotation]:contains(Open Order)`},
        {
            content: "A refused step is told without a dialog",
            trigger: ".o_statusbar_status button:contains(Won)",
            run: "click",
        },
        {trigger: ".o_notification:contains(Tour Form):contains(not moved)"},
        {
            content: "The lead stands where it was",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains(Negotiation)",
        },
        {trigger: "button[name=action_mark_lost]", run: "click"},
        {
            content: "The window names the lead",
            trigger: `${dialog} [name=lead_names]:contains(Tour Form)`,
        },
        {
            content: "A reason by its button, by keyboard",
            trigger: `${dialog} .o_field_dealer_buttons button:contains(Tour reason)`,
            async run(helpers) {
                helpers.anchor.focus();
                await helpers.press("Enter");
            },
        },
        {
            trigger: `${dialog} .o_field_dealer_buttons button[aria-pressed=true]:contains(Tour reason)`,
        },
        {trigger: `${dialog} [name=despite_orders] input`, run: "check"},
        {trigger: ".modal-footer button:contains(Mark Lost)", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            content: "What it was worth is read only",
            trigger: ".o_form_view [name=expected_price].o_readonly_modifier",
        },
        {trigger: ".o_form_view:not(:has(.o_dealer_checklist))"},
    ],
});

registry.category("web_tour.tours").add("dealer_crm_form_phone", {
    steps: () => [
        {
            content: "Name, Call, price and checklist are on the first screen",
            trigger: ".o_dealer_call[href='tel:+12125550149']",
            run() {
                const shown = [".o_field_widget[name=contact_name]", ".o_dealer_call"];
                shown.push("[name=expected_price]", step("delivered", false));
                for (const selector of shown) {
                    const {top, bottom} = document.querySelector(selector).getBoundingClientRect();
                    if (top < 0 || bottom > window.innerHeight) {
                        throw new Error(`${selector} is at ${top} to ${bottom}`);
                    }
                }
            },
        },
        ...checkList(),
    ],
});

registry.category("web_tour.tours").add("dealer_crm_form_new", {
    url: "/odoo/dealer-leads/new",
    steps: () => [
        {
            content: "Loading an untouched form again saves nothing",
            trigger: ".o_form_view .o_field_widget[name=contact_name] textarea",
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        {
            content: "A lead without a name is not saved",
            trigger: ".o_field_widget[name=mobile] input",
            run: "edit +1 212 555 0150",
        },
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_field_widget[name=contact_name].o_field_invalid"},
        {trigger: ".o_field_widget[name=contact_name] textarea", run: "edit Tour Newcomer"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_form_saved"},
    ],
});

registry.category("web_tour.tours").add("dealer_crm_form_restore", {
    steps: () => [
        {trigger: ".ribbon:contains(Archived)"},
        {trigger: "button[name=action_unarchive]:contains(Restore)", run: "click"},
        {trigger: ".o_form_view:not(:has(button[name=action_unarchive]))"},
    ],
});
