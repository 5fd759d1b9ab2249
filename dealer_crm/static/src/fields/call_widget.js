import {Component, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** A button that calls the lead's customer, on phones. */
class CallWidget extends Component {
    static template = xml`
        <a
            t-if="number"
            class="o_dealer_call btn btn-primary d-md-none mb-2"
            t-att-href="'tel:' + number"
            t-att-title="number"
        ><i class="fa fa-phone me-1" aria-hidden="true"/>Call</a>`;
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
