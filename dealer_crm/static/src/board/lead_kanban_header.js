import {RottingKanbanHeader} from "@mail/js/rotting_mixin/rotting_kanban_header";
import {onPatched, onWillPatch, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {GroupConfigMenu} from "@web/views/view_components/group_config_menu";
import {getObstacle, isClosing, isStage} from "./stages";

/** The menu of a column, for the keyboard, too. */
class LeadGroupConfigMenu extends GroupConfigMenu {
    static template = "dealer_crm.LeadGroupConfigMenu";
}

export class LeadKanbanHeader extends RottingKanbanHeader {
    static template = "dealer_crm.LeadKanbanHeader";
    static components = {
        ...RottingKanbanHeader.components,
        GroupConfigMenu: LeadGroupConfigMenu,
    };

    setup() {
        super.setup();
        this.keepFocus();
        this.drag = useState(this.props.list.model.drag);
        // Odoo does not translate the titles that a view gives.
        const loadTooltip = this.loadTooltip;
        this.loadTooltip = async () => {
            const lines = await loadTooltip();
            return lines.map((line) => ({...line, title: _t("What belongs here")}));
        };
    }

    /** The button that folds or unfolds the column goes with that: the other one gets the focus. */
    keepFocus() {
        let hadFocus = false;
        onWillPatch(() => (hadFocus = this.rootRef.el.contains(document.activeElement)));
        onPatched(() => {
            if (hadFocus && document.activeElement === document.body) {
                this.rootRef.el.querySelector("button")?.focus();
            }
        });
    }

    canQuickCreate() {
        return super.canQuickCreate() && !isClosing(this.group);
    }

    /** What the column says to the dragged cards; null to the column that they come from. */
    getDrop() {
        const {records} = this.drag;
        const {group} = this;
        const isHome = records.every((record) => record.data.stage_id.id === group.value);
        if (isHome || group.groupByField.name !== "stage_id") {
            return null;
        }
        const obstacle = getObstacle(records, group);
        const invitation = isStage(group, "is_lost") ? _t("Asks for the reason") : _t("Drop here");
        return {isOpen: !obstacle, text: obstacle || invitation};
    }
}
