import {onMounted} from "@odoo/owl";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {KanbanRecordQuickCreate} from "@web/views/kanban/kanban_record_quick_create";

const {KanbanQuickCreateController} = KanbanRecordQuickCreate.components;

class LeadQuickCreateController extends KanbanQuickCreateController {
    setup() {
        super.setup();
        // On a phone nothing gets the focus, which brings it into sight elsewhere.
        onMounted(() => this.rootRef.el.scrollIntoView({block: "center", inline: "nearest"}));
        // Odoo's Enter adds the lead, on the button Discard, too.
        useHotkey("enter", ({target}) => target.click(), {
            isAvailable: (target) =>
                target.matches("a, button") && this.rootRef.el.contains(target),
        });
    }
}

export class LeadQuickCreate extends KanbanRecordQuickCreate {
    static components = {KanbanQuickCreateController: LeadQuickCreateController};
}
