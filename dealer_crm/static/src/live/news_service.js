import {Component, reactive, useState, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** So many sentences stay, so that one that follows at once does not cut off the one before. */
const KEPT = 3;

class News extends Component {
    static props = {news: Object};
    static template = xml`
        <div class="o_dealer_news visually-hidden" role="log" aria-live="polite">
            <p t-foreach="news.lines" t-as="line" t-key="line.id" t-esc="line.text"/>
        </div>`;

    setup() {
        this.news = useState(this.props.news);
    }
}

/** What screen readers say of what can be seen, and has no other words on the screen. */
export const newsService = {
    start() {
        const news = reactive({lines: []});
        registry
            .category("main_components")
            .add("dealer_crm.news", {Component: News, props: {news}}, {sequence: 100});
        let id = 0;

        return {
            /** @param {string} text is said after what is being said */
            say(text) {
                news.lines = [...news.lines, {id: ++id, text: String(text)}].slice(-KEPT);
            },
        };
    },
};

registry.category("services").add("dealer_crm.news", newsService);
