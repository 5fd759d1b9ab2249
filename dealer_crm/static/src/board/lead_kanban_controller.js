import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {useLiveBoard} from "../live/live_board";
import {SearchMiss, getHelp} from "../search/search_miss";
import {getStageInfo} from "./stages";

export class LeadKanbanController extends rottingKanbanView.Controller {
    static template = "dealer_crm.LeadKanbanView";
    static components = {...rottingKanbanView.Controller.components, SearchMiss};

    setup() {
        super.setup();
        useLiveBoard(this);
    }

    get noContentHelp() {
        return getHelp(this.props);
    }

    get modelParams() {
        return {...super.modelParams, groupByInfo: {stage_id: getStageInfo()}};
    }
}
