import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function press(content, trigger) {
    return {content, trigger, run: "click", expectUnloadPage: true};
}

tours.add("dealer_portal_work", {
    url: "/my/dealer/leads",
    steps: () => [
        press("Look at what waits", "main nav a:contains(To answer)"),
        press("Open it", "main li a:contains(Ana Tour)"),
        {content: "The phone is hidden", trigger: "main:not(:contains(72 00 00))"},
        press("Accept", "main form[action$='/accept'] button"),
        {content: "The page says so", trigger: ".o_dealer_notice:contains(You accepted)"},
        {content: "Now it can be called", trigger: "main a[href^='tel:']:contains(72 00 00)"},
        press("Move on", "main form[action$='/advance'] button:contains(Qualified)"),
        {content: "It moved", trigger: "main .badge:contains(Qualified)"},
        {content: "Plan a call", trigger: "#dealer_summary", run: "edit Ring after lunch"},
        {
            content: "On a day",
            trigger: "#dealer_date",
            run: ({anchor}) => {
                anchor.value = "2030-05-06";
            },
        },
        press("Plan", "main form[action$='/activity'] button:contains(Plan)"),
        {content: "It is planned", trigger: "main p:contains(Ring after lunch)"},
        {content: "A price", trigger: "#dealer_price", run: "edit 9900"},
        press("Save", "main form[action$='/update'] button"),
        {content: "The price is there", trigger: "main dd:contains(9,900)"},
        {content: "Write to the dealer", trigger: "#dealer_message", run: "edit Is it red?"},
        press("Send", "main form[action$='/message'] button"),
        {content: "It is there", trigger: "main article:contains(Is it red?)"},
        {content: "No deal", trigger: "main summary:contains(Mark Lost)", run: "click"},
        {content: "Why", trigger: "#dealer_lost_reason", run: "selectByLabel Price too high"},
        press("Mark Lost", "main form[action$='/lost'] button"),
        {content: "It is lost", trigger: "main .badge:contains(Lost)"},
    ],
});

tours.add("dealer_portal_deal", {
    url: "/my",
    steps: () => [
        press("Go to the leads", "#portal_dealer_category a:contains(Leads)"),
        press("Register", "main a:contains(Register a Deal)"),
        {content: "Who", trigger: "#deal_name", run: "edit Zoe Tour"},
        press("Send it too early", "main form button:contains(Register)"),
        {content: "It is refused in words", trigger: "[role=alert]:contains(phone or e-mail)"},
        {content: "Number", trigger: "#deal_phone", run: "edit +33 4 72 00 00 98"},
        press("Send it", "main form button:contains(Register)"),
        {content: "It is there", trigger: "main h1:contains(Zoe Tour)"},
    ],
});

tours.add("dealer_portal_answer", {
    steps: () => [
        {content: "Decline", trigger: "main summary:contains(Decline)", run: "click"},
        {content: "Why", trigger: "#dealer_reason", run: "edit No vans"},
        press("Decline this lead", "main details button"),
        {content: "Thank you", trigger: "main h1:contains(You declined)"},
    ],
});
