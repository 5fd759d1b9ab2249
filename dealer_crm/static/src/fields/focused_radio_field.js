import {RadioField, radioField} from "@web/views/fields/radio/radio_field";
import {onMounted} from "@odoo/owl";
import {registry} from "@web/core/registry";

/** Radio buttons that have the focus when the form opens: Odoo's form only focuses texts. */
class FocusedRadioField extends RadioField {
    setup() {
        super.setup();
        onMounted(() => document.getElementById(`${this.id}_${this.items[0][0]}`).focus());
    }
}

registry.category("fields").add("dealer_focused_radio", {
    ...radioField,
    component: FocusedRadioField,
});
