import {Component, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The steps of a lead's sale: what is done, what is missing, and links to it. */
export class ChecklistField extends Component {
    static template = xml`
        <ol class="o_dealer_checklist list-unstyled d-flex flex-wrap align-items-center mb-0">
            <li
                t-foreach="steps"
                t-as="step"
                t-key="step.key"
                class="d-flex flex-wrap align-items-center"
                t-att-data-step="step.key"
                t-att-data-done="step.done ? 'true' : 'false'"
            >
                <t t-tag="step.method ? 'button' : 'span'"
                    t-att-type="step.method ? 'button' : undefined"
                    t-att-class="step.method ? 'btn btn-link' : 'o_dealer_step'"
                    t-on-click="() => this.run(step.method)"
                >
                    <i
                        class="fa fa-fw me-1"
                        t-att-class="step.done ? 'fa-check text-success' : 'fa-times text-700'"
                        aria-hidden="true"
                    />
                    <span class="visually-hidden" t-if="step.done">Done: </span>
                    <span class="visually-hidden" t-else="">Not done: </span>
                    <span class="fw-bold" t-esc="step.label"/>
                    <span t-if="step.text" class="text-700" t-esc="' · ' + step.text"/>
                </t>
                <button
                    t-if="step.ask"
                    type="button"
                    class="btn btn-secondary btn-sm ms-md-2"
                    name="action_ask_warehouse"
                    t-on-click="() => this.run('action_ask_warehouse')"
                >Ask the Warehouse</button>
            </li>
        </ol>`;
    static props = {...standardFieldProps};

    get steps() {
        return this.props.record.data[this.props.name] || [];
    }

    /** Save the form, call the method of the lead, and follow its action. */
    run(name) {
        if (name) {
            this.env.onClickViewButton({
                clickParams: {type: "object", name},
                getResParams: () => {
                    const {context, evalContext, resModel, resId, resIds} = this.props.record;
                    return {context, evalContext, resModel, resId, resIds};
                },
            });
        }
    }
}

registry.category("fields").add("dealer_checklist", {
    component: ChecklistField,
    supportedTypes: ["json"],
});
