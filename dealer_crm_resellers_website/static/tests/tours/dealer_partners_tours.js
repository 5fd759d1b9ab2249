import {
    clickOnEditAndWaitEditMode,
    clickOnSave,
    insertSnippet,
    registerWebsitePreviewTour,
} from "@website/js/tours/tour_utils";
import {registry} from "@web/core/registry";

// Allows a step more than the default ten seconds, which loading the editor may exceed. Also removes
// `noPrepend` from the website's steps, which only `registerWebsitePreviewTour` understands.
function withLongTimeout(steps) {
    return steps.map(({noPrepend: _noPrepend, ...step}) => ({timeout: 60000, ...step}));
}

registry.category("web_tour.tours").add("dealer_partners_visitor", {
    steps: () => [
        {
            content: "Both are listed",
            trigger: "article:contains('Tour Lyon')",
        },
        {
            content: "Open the countries",
            trigger: ".o_dealer_countries summary",
            run: "click",
        },
        {
            content: "Choose Spain",
            trigger: ".o_dealer_countries a:contains('Spain')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Only Madrid is left",
            trigger:
                "main:not(:has(article:contains('Tour Lyon'))) article:contains('Tour Madrid')",
        },
        {
            content: "Remove the country filter",
            trigger: ".o_dealer_taken:contains('Spain')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Choose the first level",
            trigger:
                "main:has(article:contains('Tour Madrid')) nav[aria-label='Level'] a:contains('Test Gold')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The title says what is shown",
            trigger: "h1:contains('Test Gold Partners')",
        },
        {
            content: "Show all again",
            trigger: "a:contains('Show all partners')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Look up a partner",
            trigger: "main:has(article:contains('Tour Madrid')) input[name='search']",
            run: "edit striped",
        },
        {
            content: "It is offered while typing",
            trigger: ".o_dropdown_menu a:contains('Tour Lyon')",
        },
        {
            content: "Search",
            trigger: "main .oe_search_button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Found",
            trigger:
                "main:has(.o_dealer_taken:contains('striped')):not(:has(article:contains('Tour Madrid'))) article:contains('Tour Lyon') a",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Its page",
            trigger: ".o_dealer_partner h1:contains('Tour Lyon')",
        },
        {
            content: "Back to its level",
            trigger: "nav[aria-label='Breadcrumb'] a:contains('Test Gold')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Its dot leads to it, too",
            trigger: ".o_dealer_map a[aria-label='Tour Lyon'] circle",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_dealer_partner h1:contains('Tour Lyon')",
        },
    ],
});

// After inserting the block, steps call `anchor.click()`: the tour's own click makes Chromium 156 crash
// on editor pages. A person's click does not.
registry.category("web_tour.tours").add("dealer_partners_editor", {
    steps: () =>
        withLongTimeout([
            {
                content: "Go to Website",
                trigger: ".o_field_widget[name='is_published'] button, button:has(.fa-globe)",
                run: "click",
            },
            {
                content: "The page says that it is not public",
                trigger: ":iframe .o_dealer_not_public:contains('It is not published')",
            },
            {
                content: "Publish",
                trigger: ".o_website_publish_container:contains('Unpublished')",
                run: "click",
            },
            {
                trigger:
                    ".o_website_publish_container:contains('Published'):not([data-processing])",
            },
            {
                content: "The notice is gone at once",
                trigger: ":iframe .o_dealer_partner:not(:has(.o_dealer_not_public))",
            },
            ...clickOnEditAndWaitEditMode(),
            ...insertSnippet({id: "s_text_block", name: "Text", groupName: "Text"}),
            {
                content: "Write",
                trigger: ":iframe #o_dealer_partner_description .s_text_block p",
                run({anchor}) {
                    anchor.textContent = "Opened in 1974";
                    const {InputEvent} = anchor.ownerDocument.defaultView;
                    anchor.dispatchEvent(new InputEvent("input", {bubbles: true}));
                },
            },
            {
                content: "Save",
                trigger: "button[data-action=save]:enabled",
                run: ({anchor}) => anchor.click(),
            },
            {
                trigger: "body:not(.o_builder_open)",
            },
            {
                content: "Saved",
                trigger: ":iframe #o_dealer_partner_description:contains('Opened in 1974')",
            },
            {
                content: "Unpublish",
                trigger: ".o_website_publish_container:contains('Published')",
                run: ({anchor}) => anchor.click(),
            },
            {
                trigger:
                    ".o_website_publish_container:contains('Unpublished'):not([data-processing])",
            },
            {
                content: "The notice is back",
                trigger: ":iframe .o_dealer_not_public:contains('It is not published')",
            },
        ]),
});

registerWebsitePreviewTour("dealer_partners_options", {url: "/partners", edition: true}, () => [
    {
        content: "Choose the page",
        trigger: ":iframe #wrap h1",
        run: "click",
    },
    {
        content: "Switch the map off",
        trigger: "[data-label='Map'] input[type='checkbox']",
        run: "click",
    },
    {
        content: "It is gone",
        trigger: ":iframe #wrap:not(:has(.o_dealer_map))",
    },
    ...clickOnSave(),
]);
