import {registry} from "@web/core/registry";

function inColumn(column, card) {
    return `.o_kanban_group:has(.o_column_title:contains(${column})) .o_kanban_record:contains(${card})`;
}

function strike(card, key) {
    return {
        content: `${key} on ${card}`,
        trigger: `.o_kanban_record:contains(${card})`,
        run() {
            this.anchor.focus();
            this.anchor.dispatchEvent(
                new KeyboardEvent("keydown", {key, code: `Key${key.toUpperCase()}`, bubbles: true})
            );
        },
    };
}

// Everything that the mouse does on the board, by keyboard.
registry.category("web_tour.tours").add("dealer_crm_board_keys", {
    url: "/odoo/dealer-leads",
    steps: () => [
        strike("Tour Forward", "m"),
        {content: "It moved", trigger: inColumn("Qualified", "Tour Forward")},
        {content: "It has the focus", trigger: ".o_kanban_record:contains(Tour Forward):focus"},
        {
            content: "Screen readers hear it",
            trigger: ".o_dealer_news:contains(moved to Qualified)",
        },
        strike("Tour Unsold", "m"),
        {
            content: "A refusal is told",
            trigger: ".o_notification:contains(Tour Unsold):contains(no confirmed order)",
        },
        {content: "It is back", trigger: inColumn("Negotiation", "Tour Unsold")},
        strike("Tour Sold", "w"),
        {content: "Winning is celebrated", trigger: ".o_reward", run: "click"},
        {content: "It is won", trigger: inColumn("Won", "Tour Sold")},
        strike("Tour Called", "c"),
        {
            trigger: ".modal [name=result] label:contains(Voicemail)",
            run: "click",
        },
        {trigger: ".modal-footer button[name=action_confirm]", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        strike("Tour Called", "a"),
        {
            content: "The activities show, with the next call",
            trigger:
                ".o-mail-ActivityListPopover:has(.o-mail-ActivityListPopoverItem) button:contains(Schedule an activity)",
            run: "click",
        },
        {
            content: "The activity is asked for",
            trigger: ".modal button[name=action_schedule_activities]",
            run: "click",
        },
        {
            content: "The board is loaded again",
            trigger:
                ".o_kanban_record:contains(Tour Called) .o-mail-ActivityButton i:not(.fa-clock-o)",
        },
        // The live board can show the activity before its dialog is closed.
        {trigger: "body:not(:has(.modal))"},
        strike("Tour Lost", "l"),
        {content: "The reason is asked for", trigger: ".modal [name=lost_reason]"},
        {trigger: ".modal", run: "press Escape"},
        {trigger: "body:not(:has(.modal))"},
        {content: "It stayed", trigger: inColumn("New", "Tour Lost")},
        strike("Tour Lost", "?"),
        {content: "The keys", trigger: ".modal .o_dealer_shortcuts kbd:contains(m)"},
        {trigger: ".modal", run: "press Escape"},
        {trigger: "body:not(:has(.modal))"},
    ],
});
