import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The tours run in several languages: they name forms and fields, and no words of the page.

function press(content, trigger) {
    return {content, trigger, run: "click", expectUnloadPage: true};
}

tours.add("dealer_portal_work", {
    url: "/my/dealer/leads",
    steps: () => [
        press("Look at what waits", "main nav a[href*='filterby=answer']"),
        press("Open it", "main li a:contains(Ana Tour)"),
        {content: "The phone is hidden", trigger: "main:not(:contains(72 00 00))"},
        press("Accept", "main form[action$='/accept'] button"),
        {content: "The page says so", trigger: ".o_dealer_notice.alert-success"},
        {content: "Now it can be called", trigger: "main a[href^='tel:']:contains(72 00 00)"},
        press("Move on", "main form[action$='/advance'] button:contains(Tour Stage)"),
        {content: "It moved", trigger: "main .badge:contains(Tour Stage)"},
        {content: "Plan a call", trigger: "#dealer_summary", run: "edit Ring after lunch"},
        {
            content: "On a day",
            trigger: "#dealer_date",
            run: ({anchor}) => {
                anchor.value = "2030-05-06";
            },
        },
        press("Plan", "main form[action$='/activity']:has(#dealer_summary) button"),
        {content: "It is planned", trigger: "main p:contains(Ring after lunch)"},
        {content: "A price", trigger: "#dealer_price", run: "edit 9900"},
        press("Save", "main form[action$='/update'] button"),
        {content: "The price is there", trigger: "main dd:contains(900)"},
        {content: "Write to the dealer", trigger: "#dealer_message", run: "edit Is it red?"},
        press("Send", "main form[action$='/message'] button"),
        {content: "It is there", trigger: "main article:contains(Is it red?)"},
        {content: "No deal", trigger: "main summary:has(+ form[action$='/lost'])", run: "click"},
        {content: "Why", trigger: "#dealer_lost_reason", run: "selectByLabel Tour Reason"},
        press("Mark Lost", "main form[action$='/lost'] button"),
        {content: "It is lost", trigger: "main:not(:has(form[action$='/lost'])) .badge"},
    ],
});

tours.add("dealer_portal_deal", {
    url: "/my",
    steps: () => [
        press("Go to the leads", "#portal_dealer_category a[href$='/leads']"),
        press("Register", "main a[href$='/leads/new']"),
        {content: "Who", trigger: "#deal_name", run: "edit Zoe Tour"},
        press("Send it too early", "main form:has(#deal_name) button"),
        {content: "It is refused in words", trigger: ".o_dealer_notice[role=alert]"},
        {content: "Number", trigger: "#deal_phone", run: "edit +33 4 72 00 00 98"},
        press("Send it", "main form:has(#deal_name) button"),
        {content: "It is there", trigger: "main h1:contains(Zoe Tour)"},
    ],
});

tours.add("dealer_portal_answer", {
    steps: () => [
        {content: "Decline", trigger: "main summary", run: "click"},
        {content: "Why", trigger: "#dealer_reason", run: "edit No vans"},
        press("Decline this lead", "main details button"),
        {content: "Thank you", trigger: "main h1 ~ a[href$='/my/dealer/leads']"},
    ],
});
