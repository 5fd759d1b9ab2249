import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {FirstDay} from "../first_day/first_day";
import {useLiveBoard} from "../live/live_board";
import {SearchMiss, getHelp, getTyped} from "../search/search_miss";
import {getStageInfo} from "./stages";

export class LeadKanbanController extends rottingKanbanView.Controller {
    static template = "dealer_crm.LeadKanbanView";
    static components = {...rottingKanbanView.Controller.components, FirstDay, SearchMiss};

    setup() {
        super.setup();
        useLiveBoard(this);
        this.firstDay = useState({isShown: false});
        this.onFirstDayToggle = (isShown) => (this.firstDay.isShown = isShown);
    }

    get isEmpty() {
        const {root, useSampleModel} = this.model;
        return (useSampleModel || !root.hasData) && !getTyped(this.props.domain);
    }

    get noContentHelp() {
        // Instead of the help, which is for whoever has no leads yet.
        return this.firstDay.isShown ? " " : getHelp(this.props);
    }

    get modelParams() {
        return {...super.modelParams, groupByInfo: {stage_id: getStageInfo()}};
    }

    /**
     * What the mouse does with several cards by dragging, and the keyboard with a letter.
     *
     * @override
     */
    getStaticActionMenuItems() {
        const {model} = this;
        const isAvailable = () => !model.root.isDomainSelected;
        return {
            ...super.getStaticActionMenuItems(),
            move_on: {
                isAvailable,
                sequence: 1,
                icon: "fa fa-columns",
                description: _t("Move to the next stage"),
                callback: () => model.moveOn([...model.root.selection]),
            },
            mark_won: {
                isAvailable,
                sequence: 2,
                icon: "fa fa-trophy",
                description: _t("Mark Won"),
                callback: () => model.markWon([...model.root.selection]),
            },
        };
    }
}
