import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {LeadKanbanHeader} from "./lead_kanban_header";
import {LeadKanbanRecord} from "./lead_kanban_record";

export class LeadKanbanRenderer extends rottingKanbanView.Renderer {
    static components = {
        ...rottingKanbanView.Renderer.components,
        KanbanHeader: LeadKanbanHeader,
        KanbanRecord: LeadKanbanRecord,
    };
}
