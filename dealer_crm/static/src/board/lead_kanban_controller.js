import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {getStageInfo} from "./stages";

export class LeadKanbanController extends rottingKanbanView.Controller {
    get modelParams() {
        return {...super.modelParams, groupByInfo: {stage_id: getStageInfo()}};
    }
}
