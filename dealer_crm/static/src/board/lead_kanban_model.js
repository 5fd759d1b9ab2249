import {RPCError} from "@web/core/network/rpc";
import {RelationalModel} from "@web/model/relational_model/relational_model";
import {celebrate, openLostWizard} from "../outcome";
import {isStage} from "./stages";

export class LeadGroupList extends RelationalModel.DynamicGroupList {
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

export class LeadKanbanModel extends RelationalModel {
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
