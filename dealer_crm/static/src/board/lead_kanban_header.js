import {RottingKanbanHeader} from "@mail/js/rotting_mixin/rotting_kanban_header";
import {isClosing} from "./stages";

export class LeadKanbanHeader extends RottingKanbanHeader {
    canQuickCreate() {
        return super.canQuickCreate() && !isClosing(this.group);
    }
}
