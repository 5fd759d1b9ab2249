import {
    BadgeSelectionField,
    badgeSelectionField,
} from "@web/views/fields/badge_selection/badge_selection_field";
import {registry} from "@web/core/registry";
import {xml} from "@odoo/owl";

/** The records that a many2one field may have, as buttons for mouse, finger and keyboard. */
class ButtonsField extends BadgeSelectionField {
    static template = xml`
        <div class="d-flex flex-wrap gap-2" role="group">
            <button
                t-foreach="options"
                t-as="option"
                t-key="option[0]"
                type="button"
                class="btn btn-secondary"
                t-att-class="{active: value === option[0]}"
                t-att-aria-pressed="value === option[0] ? 'true' : 'false'"
                t-on-click="() => this.onChange(option[0])"
                t-esc="option[1]"
            />
        </div>`;
}

registry.category("fields").add("dealer_buttons", {
    ...badgeSelectionField,
    component: ButtonsField,
});
