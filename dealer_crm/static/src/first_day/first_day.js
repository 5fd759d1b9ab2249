import {Component, onMounted, onWillStart, onWillUnmount} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

const ADMIN = "dealer_crm.group_dealer_admin";

/** On the empty board of an admin: what is to be set up, and what is done. */
export class FirstDay extends Component {
    static template = "dealer_crm.FirstDay";
    static props = {onToggle: Function};

    setup() {
        this.action = useService("action");
        const orm = useService("orm");
        this.steps = [];
        onWillStart(async () => {
            if (await user.hasGroup(ADMIN)) {
                this.steps = await orm.call("dealer.crm.settings", "get_first_day", []);
            }
        });
        // Not before: a board that is rendered again meanwhile would start this component anew.
        onMounted(() => this.props.onToggle(this.steps.length > 0));
        onWillUnmount(() => this.props.onToggle(false));
    }

    getMark(step) {
        return {
            done: {icon: "fa-check-circle text-success", label: _t("Done")},
            open: {icon: "fa-circle-o text-warning", label: _t("To do")},
            optional: {icon: "fa-circle-o text-700", label: _t("Optional")},
        }[step.state];
    }

    get count() {
        const steps = this.steps.filter((step) => step.state !== "optional");
        const done = steps.filter((step) => step.state === "done").length;
        return _t("%(done)s of %(all)s done", {done, all: steps.length});
    }

    open(step) {
        return this.action.doAction(step.action);
    }
}
