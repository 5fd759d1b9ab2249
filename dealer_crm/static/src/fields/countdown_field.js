/* global luxon */
import {Component, onWillDestroy, useState, xml} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const {DateTime} = luxon;
const WARNING_MINUTES = 10;
const REFRESH = 15_000;

function formatMinutes(minutes) {
    if (minutes < 60) {
        return _t("%s min", minutes);
    }
    if (minutes < 24 * 60) {
        return _t("%s h", Math.floor(minutes / 60));
    }
    return _t("%s d", Math.floor(minutes / (24 * 60)));
}

/** The time left until a datetime; it turns to a warning, then to danger when it is past. */
export class CountdownField extends Component {
    static template = xml`
        <span
            t-if="deadline"
            class="badge rounded-pill"
            t-att-class="className"
            t-att-title="title"
            role="timer"
            t-esc="text"
        />`;
    static props = {...standardFieldProps};

    setup() {
        this.state = useState({now: DateTime.now()});
        const timer = browser.setInterval(() => {
            this.state.now = DateTime.now();
        }, REFRESH);
        onWillDestroy(() => browser.clearInterval(timer));
    }

    get deadline() {
        return this.props.record.data[this.props.name];
    }

    get minutes() {
        return this.deadline.diff(this.state.now, "minutes").minutes;
    }

    get className() {
        if (this.minutes < 0) {
            return "text-bg-danger";
        }
        return this.minutes < WARNING_MINUTES ? "text-bg-warning" : "text-bg-light";
    }

    get text() {
        if (this.minutes < 0) {
            return _t("Contact %s late", formatMinutes(Math.floor(-this.minutes)));
        }
        return _t("Contact in %s", formatMinutes(Math.ceil(this.minutes)));
    }

    get title() {
        const moment = this.deadline.toLocaleString(DateTime.DATETIME_MED);
        return _t("First contact until %s", moment);
    }
}

registry.category("fields").add("dealer_countdown", {
    component: CountdownField,
    supportedTypes: ["datetime"],
});
