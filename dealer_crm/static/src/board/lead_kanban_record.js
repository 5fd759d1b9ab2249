import {RottingKanbanRecord} from "@mail/js/rotting_mixin/rotting_kanban_record";

export class LeadKanbanRecord extends RottingKanbanRecord {
    getRecordClasses() {
        return `${super.getRecordClasses()} o_dealer_lead_${this.props.record.data.kanban_state}`;
    }
}
