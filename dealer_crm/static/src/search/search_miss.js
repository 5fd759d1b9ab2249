import {Component, markup, onWillUpdateProps, useRef, useState} from "@odoo/owl";
import {Domain} from "@web/core/domain";
import {_t} from "@web/core/l10n/translation";
import {user} from "@web/core/user";
import {useBus, useService} from "@web/core/utils/hooks";

const BOX = "anything";

/** What was typed last into the search box; "" without the box. */
export function getTyped(domain) {
    const typed = new Domain(domain)
        .toList(user.context)
        .filter((leaf) => Array.isArray(leaf) && leaf[0] === BOX && typeof leaf[2] === "string");
    return typed.at(-1)?.[2].trim() || "";
}

/** The help of the action, which is for whoever has no leads yet; a blank while searching. */
export function getHelp({domain, info}) {
    return getTyped(domain) ? " " : info.noContentHelp;
}

/** Above an empty list or board: which lead was not found, and what can be done. */
export class SearchMiss extends Component {
    static template = "dealer_crm.SearchMiss";
    static props = {list: Object, domain: Array};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.root = useRef("root");
        this.state = useState({text: "", found: null});
        // The list or board does not wait for the answer.
        this.look(this.props);
        onWillUpdateProps((next) => {
            this.look(next);
        });
        // The key to go from the search box to the first lead.
        useBus(this.env.searchModel, "focus-view", () => this.focus());
    }

    focus() {
        const button = this.root.el?.querySelector("button");
        if (button) {
            button.focus();
        }
    }

    async look({list, domain}) {
        const isEmpty = list.model.useSampleModel || !list.hasData;
        const text = isEmpty ? getTyped(domain) : "";
        if (text === this.state.text) {
            return;
        }
        this.state.text = text;
        this.state.found = null;
        if (text) {
            const found = await this.orm.silent.call("dealer.crm.lead", "explain_empty_search", [
                text,
            ]);
            if (this.state.text === text) {
                this.state.found = found;
            }
        }
    }

    get sentence() {
        const {found, text} = this.state;
        // A number keeps its direction in a sentence from right to left.
        const typed = markup`<bdi>${text}</bdi>`;
        return found.elsewhere ? _t("No lead for %s here.", typed) : _t("No lead for %s.", typed);
    }

    get hidden() {
        return _t("Show what the filters hide (%s)", this.state.found.elsewhere);
    }

    get others() {
        const {others} = this.state.found;
        return others === 1
            ? _t("A colleague has one: ask a Dealer Manager.")
            : _t("Colleagues have %s: ask a Dealer Manager.", others);
    }

    create() {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("New Lead"),
            res_model: "dealer.crm.lead",
            views: [[false, "form"]],
            context: this.state.found.context,
        });
    }

    /** The leads that the filters hide. */
    show() {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: this.state.text,
            res_model: "dealer.crm.lead",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [[BOX, "ilike", this.state.text]],
            context: {active_test: false},
        });
    }
}
