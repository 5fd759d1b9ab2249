import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** A button that calls the lead's customer, on phones. */
class CallWidget extends Component {
    static template = "dealer_crm.CallWidget";
    static props = {...standardWidgetProps};

    get number() {
        const {mobile, phone} = this.props.record.data;
        return (mobile || phone || "").replace(/[^\d+]/g, "");
    }
}

registry.category("view_widgets").add("dealer_call", {
    component: CallWidget,
    fieldDependencies: [
        {name: "mobile", type: "char"},
        {name: "phone", type: "char"},
    ],
});
