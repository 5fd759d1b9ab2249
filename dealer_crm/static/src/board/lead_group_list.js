import {RelationalModel} from "@web/model/relational_model/relational_model";
import {findPlace} from "./card_order";
import {isRefusal} from "./refusal";
import {isStage} from "./stages";

export class LeadGroupList extends RelationalModel.DynamicGroupList {
    /**
     * Columns of other fields than the stage: a refusal is told, and the card is back.
     *
     * @override
     */
    async moveRecord(dataRecordId, ...places) {
        const record = this.records.find((each) => each.id === dataRecordId);
        try {
            await super.moveRecord(dataRecordId, ...places);
        } catch (error) {
            if (!isRefusal(error)) {
                throw error;
            }
            this.model.tellRefusal([record], error);
            await this.model.refresh([record]);
        }
    }

    /**
     * Move leads to the column of a stage, all or none. Lost opens the wizard that asks for the
     * reason. Of a refused move the cards glide back.
     *
     * @param {Object[]} records
     * @param {Object} target
     */
    async moveRecords(records, target) {
        const isOpen = records.every((record) => record.data.won_status === "pending");
        if (isStage(target, "is_lost") && isOpen) {
            return this.model.askReason(records);
        }
        return this.moveAll([{records, target}]);
    }

    /**
     * Move leads to the columns of several stages in one call, all or none.
     *
     * @param {{records: Object[], target: Object}[]} steps
     */
    async moveAll(steps) {
        const records = steps.flatMap((step) => step.records);
        const moves = steps.flatMap((step) => this._placeRecords(step.records, step.target));
        this.model.notify();
        try {
            await this.model.saveStages(steps.map((step) => [step.records, step.target.value]));
        } catch (error) {
            const putBack = () => this._putBack(moves);
            if (!isRefusal(error)) {
                putBack();
                throw error;
            }
            this.model.tellRefusal(records, error);
            await this.model.glideBack(records, putBack);
            // Others may have moved the cards.
            return this.model.refresh(records);
        }
        for (const step of steps) {
            // The cards may have been read meanwhile, from before the move.
            step.records.forEach((record) => this._putRecord(record, step.target));
            this.model.tellMove(step.records, step.target.displayName);
        }
        this.model.notify();
        this.model.tellWon(steps.find(({target}) => isStage(target, "is_won"))?.records);
        if (this.model.root.id !== this.id) {
            // The board was loaded meanwhile, with the cards where they had been.
            return this.model.reload();
        }
        await this._refill(moves);
    }

    /** Show the records in the target's column, where its order puts them. */
    _placeRecords(records, target) {
        const moves = [];
        for (const record of records) {
            // The board may have been loaded since the record was chosen.
            const isCard = (each) => each.resId === record.resId;
            const source = this.groups.find((group) => group.records.some(isCard));
            if (source) {
                const {list} = source;
                const isPartial = list.count > list.offset + list.limit;
                const index = list.records.findIndex(isCard);
                moves.push({record, source, target, index, isPartial});
            }
            this._putRecord(record, target);
        }
        return moves;
    }

    _putBack(moves) {
        for (const {record, source, target, index} of moves.toReversed()) {
            if (target.records.includes(record)) {
                this._putRecord(record, source, index);
            }
        }
        this.model.notify();
    }

    /** Show a lead in this column only, at the index, or where the order puts it. */
    _putRecord(record, target, index) {
        for (const group of this.groups) {
            const cards = group.records.filter(({resId}) => resId === record.resId);
            group._removeRecords(cards.map(({id}) => id));
        }
        const place = index ?? findPlace(record, target.list.records, this.orderBy);
        target._addRecord(record, place);
    }

    /** Load the next cards of the columns that the moved ones have left. */
    async _refill(moves) {
        const partial = new Set(moves.filter((move) => move.isPartial).map(({source}) => source));
        await Promise.all([...partial].map(({list}) => list.load()));
        this.model.notify();
    }
}
