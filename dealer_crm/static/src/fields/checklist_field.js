import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The steps of a lead's sale: what is done, what is missing, and links to it. */
export class ChecklistField extends Component {
    static template = "dealer_crm.ChecklistField";
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
