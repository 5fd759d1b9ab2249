import {registry} from "@web/core/registry";

function inColumn(column, card) {
    return `.o_kanban_group:has(.o_column_title:contains(${column})) .o_kanban_record:contains(${card})`;
}

function drag(card, from, to) {
    return {
        content: `Drag ${card} from ${from} to ${to}`,
        trigger: inColumn(from, card),
        run: `drag_and_drop (.o_kanban_group:has(.o_column_title:contains(${to})))`,
    };
}

function refused(card, sentence) {
    return [
        {
            content: `The refusal names the customer and says: ${sentence}`,
            trigger: `body:not(:has(.modal)) .o_notification:contains(${card}):contains(${sentence})`,
        },
        {
            content: "Read",
            trigger: ".o_notification .o_notification_close",
            run: "click",
        },
        {trigger: "body:not(:has(.o_notification))"},
    ];
}

registry.category("web_tour.tours").add("dealer_crm_board", {
    url: "/odoo/dealer-leads",
    steps: () => [
        {
            content: "No lead starts in a closing column",
            trigger:
                ".o_kanban_group:has(.o_column_title:contains(Won)):not(:has(.o_kanban_quick_add))",
        },
        {
            content: "Enter a walk-in",
            trigger: ".o_kanban_group:has(.o_column_title:contains(New)) .o_kanban_quick_add",
            run: "click",
        },
        {
            trigger: ".o_kanban_quick_create [name=contact_name] input",
            run: "edit Tour Walk-in",
        },
        {
            trigger: ".o_kanban_quick_create [name=mobile] input",
            run: "edit +1 650 555 0142 && press Tab",
        },
        {trigger: ".o_kanban_quick_create .alert:contains(Already there: Tour Skip)"},
        {
            content: "The warning leaves the focus where it is",
            trigger: ".o_kanban_quick_create [name=vehicle_model_text] input:focus",
        },
        {trigger: ".o_kanban_quick_create .o_kanban_add", run: "click"},
        {content: "It is in New", trigger: inColumn("New", "Tour Walk-in")},
        {
            content: "Done with entering",
            trigger: ".o_kanban_quick_create .o_kanban_cancel",
            run: "click",
        },
        {trigger: ".o_kanban_renderer:not(:has(.o_kanban_quick_create))"},

        drag("Tour Forward", "New", "Qualified"),
        {content: "It moved", trigger: inColumn("Qualified", "Tour Forward")},

        drag("Tour Skip", "New", "Negotiation"),
        ...refused("Tour Skip", "its next stage is Qualified"),
        {content: "It is back", trigger: inColumn("New", "Tour Skip")},

        drag("Tour Forward", "Qualified", "New"),
        ...refused("Tour Forward", "its next stage is Negotiation"),
        {content: "It is back", trigger: inColumn("Qualified", "Tour Forward")},

        drag("Tour Unsold", "Negotiation", "Won"),
        ...refused("Tour Unsold", "no confirmed order"),
        {content: "It is back", trigger: inColumn("Negotiation", "Tour Unsold")},

        {
            content: "What is sold is ready, although nobody has logged a first contact",
            trigger: `${inColumn("Negotiation", "Tour Sold")}:contains(Contact in):contains(Ready)`,
        },
        drag("Tour Sold", "Negotiation", "Won"),
        {content: "Winning is celebrated", trigger: ".o_reward", run: "click"},
        {content: "It is won", trigger: inColumn("Won", "Tour Sold")},

        drag("Tour Lost", "New", "Lost"),
        {
            content: "Think again",
            trigger: ".modal .o_form_view:has([name=lost_reason])",
        },
        {
            content: "Close the wizard",
            trigger: ".modal-footer button:contains(Discard)",
            run: "click",
        },
        {content: "The wizard is gone", trigger: "body:not(:has(.modal))"},
        {content: "The card stayed", trigger: inColumn("New", "Tour Lost")},

        drag("Tour Lost", "New", "Lost"),
        {
            content: "Choose a reason",
            trigger: ".modal .o_field_widget[name=lost_reason] input",
            run: "edit Tour reason",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Tour reason)",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The card left its column",
            trigger: `.o_kanban_renderer:not(:has(.modal)):not(:has(${inColumn("New", "Tour Lost")}))`,
        },
        {
            content: "Unfold Lost",
            trigger: ".o_kanban_group.o_column_folded:has(.o_column_title:contains(Lost))",
            run: "click",
        },
        {content: "It is lost", trigger: inColumn("Lost", "Tour Lost")},
    ],
});
