import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {useLiveBoard} from "../live/live_board";
import {getStageInfo} from "./stages";

export class LeadKanbanController extends rottingKanbanView.Controller {
    setup() {
        super.setup();
        useLiveBoard(this);
    }

    get modelParams() {
        return {...super.modelParams, groupByInfo: {stage_id: getStageInfo()}};
    }
}
