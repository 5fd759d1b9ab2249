import {RottingKanbanHeader} from "@mail/js/rotting_mixin/rotting_kanban_header";
import {RottingKanbanRecord} from "@mail/js/rotting_mixin/rotting_kanban_record";
import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {RPCError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {RelationalModel} from "@web/model/relational_model/relational_model";
import {makeActiveField} from "@web/model/relational_model/utils";
import {celebrate, openLostWizard} from "../outcome";

const STAGE_FLAGS = ["is_won", "is_lost"];

// Load the stages' flags together with the groups: up to date, and without an extra call.
function getStageInfo() {
    const fields = {};
    const activeFields = {};
    for (const name of STAGE_FLAGS) {
        fields[name] = {name, type: "boolean", readonly: true};
        activeFields[name] = makeActiveField();
    }
    return {fields, activeFields};
}

function isStage(group, flag) {
    return group.groupByField.name === "stage_id" && Boolean(group.record?.data[flag]);
}

class LeadGroupList extends RelationalModel.DynamicGroupList {
    /**
     * Dropping a card on Lost opens the wizard that asks for the reason. A move that the server
     * refuses is undone.
     *
     * @override
     */
    async moveRecord(dataRecordId, dataGroupId, refId, targetGroupId) {
        if (dataGroupId === targetGroupId) {
            return super.moveRecord(...arguments);
        }
        const target = this.groups.find((group) => group.id === targetGroupId);
        const record = this.records.find((each) => each.id === dataRecordId);
        if (isStage(target, "is_lost") && record.data.won_status === "pending") {
            return openLostWizard(this.model.action, record.resId, () => this.model.reload());
        }
        try {
            await super.moveRecord(...arguments);
        } catch (error) {
            // Others may have moved the card or changed the stages: show the current state.
            if (error instanceof RPCError) {
                await this.model.reload();
            }
            throw error;
        }
        if (isStage(target, "is_won") && record.data.won_status === "won") {
            celebrate(this.model.effect);
        }
    }
}

class LeadKanbanModel extends RelationalModel {
    static DynamicGroupList = LeadGroupList;
    static services = [...RelationalModel.services, "effect"];

    setup(params, {effect}) {
        super.setup(...arguments);
        this.effect = effect;
    }

    async reload() {
        await this.load();
        this.notify();
    }
}

class LeadKanbanController extends rottingKanbanView.Controller {
    get modelParams() {
        return {...super.modelParams, groupByInfo: {stage_id: getStageInfo()}};
    }
}

class LeadKanbanRecord extends RottingKanbanRecord {
    getRecordClasses() {
        return `${super.getRecordClasses()} o_dealer_lead_${this.props.record.data.kanban_state}`;
    }
}

class LeadKanbanHeader extends RottingKanbanHeader {
    canQuickCreate() {
        const closing = STAGE_FLAGS.some((flag) => isStage(this.group, flag));
        return super.canQuickCreate() && !closing;
    }
}

class LeadKanbanRenderer extends rottingKanbanView.Renderer {
    static components = {
        ...rottingKanbanView.Renderer.components,
        KanbanHeader: LeadKanbanHeader,
        KanbanRecord: LeadKanbanRecord,
    };
}

registry.category("views").add("dealer_lead_kanban", {
    ...rottingKanbanView,
    Controller: LeadKanbanController,
    Model: LeadKanbanModel,
    Renderer: LeadKanbanRenderer,
});
