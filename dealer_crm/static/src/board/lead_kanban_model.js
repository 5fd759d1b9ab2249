import {reactive} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {RelationalModel} from "@web/model/relational_model/relational_model";
import {getBasicEvalContext, getFieldsSpec} from "@web/model/relational_model/utils";
import {explainDeleted, isDeletedLead} from "../deleted_lead";
import {LIVE_CONTEXT, makeLiveRecord} from "../live/live_record";
import {celebrate, openLostWizard} from "../outcome";
import {LeadGroupList} from "./lead_group_list";
import {isRefusal} from "./refusal";
import {getObstacleOnward, isStage, nameCustomers} from "./stages";

// Costs a query, and a move does not change it.
const DUPLICATE = "has_duplicate";
const COMPOSER = "mail.action_email_compose_message_wizard";

/** The board: what can be done with its leads, by dragging, from the menu or by keyboard. */
export class LeadKanbanModel extends RelationalModel {
    static DynamicGroupList = LeadGroupList;
    static Record = makeLiveRecord(RelationalModel.Record);
    static services = [
        ...RelationalModel.services,
        "dealer_crm.news",
        "dealer_crm.undo",
        "effect",
        "mail.store",
    ];

    setup(params, {"dealer_crm.news": news, "dealer_crm.undo": undo, effect, "mail.store": store}) {
        super.setup(...arguments);
        this.news = news;
        this.undo = undo;
        this.effect = effect;
        this.mailStore = store;
        // The leads that are dragged now.
        this.drag = reactive({records: []});
    }

    /**
     * The server gives a column for each stage; Odoo keeps those that it gives no more, as it does
     * for emptied ones, and so a deleted stage.
     *
     * @override
     */
    _postprocessReadGroup(config) {
        if (config.groupBy[0] === "stage_id") {
            delete config.currentGroups;
        }
        return super._postprocessReadGroup(...arguments);
    }

    /** Load the board again, after what is being saved: it must not show the state before. */
    async reload() {
        await this.mutex.exec(() => this.load());
        this.notify();
    }

    /** Put cards back by ``putBack``; the renderer lets them glide. */
    async glideBack(records, putBack) {
        putBack();
    }

    /** The activities of one lead, if it has any, or a new one; the renderer shows the former. */
    async openActivities(records) {
        await this.schedule(records);
    }

    tellRefusal(records, error, title) {
        const sentence = isDeletedLead(error) ? explainDeleted(records.length) : error.data.message;
        this.refuse(records, sentence, title);
    }

    /** Say why something was not done; it stays until it is closed, or something else is done. */
    refuse(records, sentence, title = _t("%s: not moved", nameCustomers(records))) {
        this.closeRefusal();
        this.refusal = this.notification.add(sentence, {title, type: "warning", sticky: true});
    }

    closeRefusal() {
        this.refusal?.();
        this.refusal = null;
    }

    tellMove(records, stageName) {
        const names = {customer: nameCustomers(records), stage: stageName};
        this.news.say(_t("%(customer)s moved to %(stage)s", names));
    }

    /** Celebrate leads that were moved to Won, if any, and offer to undo that. */
    tellWon(records) {
        if (records) {
            celebrate(this.effect);
            this.undo.offer(records.map((record) => record.resId));
        }
    }

    /**
     * Write the stages of leads in one call, all or none, and read their cards.
     *
     * @param {[Object[], number][]} steps records, and the stage that they enter
     */
    saveStages(steps) {
        this.closeRefusal();
        return this.mutex.exec(async () => {
            const {resModel} = this.root;
            const records = steps.flatMap(([leads]) => leads);
            const ids = records.map((record) => record.resId);
            const values = steps.map(([, stageId]) => ({stage_id: stageId}));
            const reading = this._getReading(records, [DUPLICATE]);
            const cards = await (steps.length === 1
                ? this.orm.webSave(resModel, ids, values[0], reading)
                : this.orm.webSaveMulti(
                      resModel,
                      ids,
                      steps.flatMap(([leads], index) => leads.map(() => values[index])),
                      reading
                  ));
            this._show(records, cards);
            records.forEach((record) => (record.selected = false));
            await this.hooks.onRecordSaved(records[0]);
        });
    }

    /** Read the cards again; the whole board, if they are in other columns now. */
    async refresh(records) {
        const stages = records.map((record) => record.data.stage_id.id);
        const ids = records.map((record) => record.resId);
        const reading = this._getReading(records);
        // Without those that were deleted meanwhile.
        const {records: cards} = await this.orm.webSearchRead(
            this.root.resModel,
            [["id", "in", ids]],
            {...reading, context: {...reading.context, active_test: false}}
        );
        const isThere = cards.length === records.length;
        if (isThere) {
            this._show(records, cards);
        }
        if (!isThere || records.some(({data}, index) => data.stage_id.id !== stages[index])) {
            await this.reload();
        }
    }

    /** How the cards are read; without the fields ``kept``, which then stay as they are. */
    _getReading([{activeFields, fields, config}], kept = []) {
        const specification = getFieldsSpec(activeFields, fields, getBasicEvalContext(config));
        kept.forEach((name) => delete specification[name]);
        return {context: {...this.root.context, ...LIVE_CONTEXT}, specification};
    }

    _show(records, cards) {
        for (const record of records) {
            const card = cards.find((each) => each.id === record.resId);
            record._setData({[DUPLICATE]: record.data[DUPLICATE], ...card});
        }
    }

    getGroup(isWanted) {
        return this.root.isGrouped && this.root.groups.find(isWanted);
    }

    /**
     * Move each lead to its next stage; one after the last open stage to Won. All move or none; of
     * leads that go to several stages, none is asked for if the board knows of one that may not.
     */
    async moveOn(records) {
        const steps = Map.groupBy(records, (record) => record.data.next_stage_id.id);
        const obstacle = steps.size > 1 && getObstacleOnward(records);
        if (obstacle) {
            return this.refuse(records, obstacle);
        }
        const moves = [...steps].map(([stageId, leads]) => ({
            records: leads,
            target: stageId ? this.getStageGroup(stageId) : this.getWonGroup(),
        }));
        if (moves.every(({target}) => target)) {
            return this.root.moveAll(moves);
        }
        // The board has columns of another field.
        const won = steps.has(undefined) && (await this.readWonStage());
        const entered = [...steps.values()].map((leads) => {
            const next = leads[0].data.next_stage_id;
            return {records: leads, stage: next || won, isWon: !next};
        });
        const isSaved = await this.attempt(records, () =>
            this.saveStages(entered.map((step) => [step.records, step.stage.id]))
        );
        if (isSaved) {
            entered.forEach((step) => this.tellMove(step.records, step.stage.display_name));
            this.tellWon(entered.find(({isWon}) => isWon)?.records);
        }
    }

    async readWonStage() {
        const isWon = [["is_won", "=", true]];
        const [stage] = await this.orm.searchRead("dealer.crm.stage", isWon, ["display_name"]);
        return stage;
    }

    getStageGroup(stageId) {
        return this.getGroup(
            ({groupByField, value}) => groupByField.name === "stage_id" && value === stageId
        );
    }

    getWonGroup() {
        return this.getGroup((group) => isStage(group, "is_won"));
    }

    async markWon(records) {
        const group = this.getWonGroup();
        if (group) {
            return this.root.moveRecords(records, group);
        }
        await this.run(records, "action_mark_won");
    }

    /** Open the wizard that asks for the lost reason. */
    askReason(records) {
        const ids = records.map((record) => record.resId);
        return openLostWizard(this.action, ids, () => this.reload());
    }

    /** Run a button's method; a refusal is told in a notification. */
    run(records, name, title) {
        const ids = records.map((record) => record.resId);
        const {resModel, context} = this.root;
        const button = {
            type: "object",
            name,
            resModel,
            resId: ids[0],
            resIds: ids,
            context: {...context, ...LIVE_CONTEXT},
            onClose: () => this.reload(),
        };
        return this.attempt(records, () => this.action.doActionButton(button), title);
    }

    /** Whether ``call`` was let through; a refusal is told. */
    async attempt(records, call, title) {
        try {
            await call();
            return true;
        } catch (error) {
            if (!isRefusal(error)) {
                throw error;
            }
            this.tellRefusal(records, error, title);
            await this.refresh(records);
            return false;
        }
    }

    logCall(records) {
        return this.run(records, "action_log_call", nameCustomers(records));
    }

    async schedule(records) {
        const ids = records.map((record) => record.resId);
        await this.mailStore.scheduleActivity(this.root.resModel, ids);
        await this.reload();
    }

    /** Write to the customer, who gets the e-mail from Odoo, so that it stands in the chatter. */
    writeEmail({resId, resModel, data}) {
        return this.action.doAction(COMPOSER, {
            additionalContext: {
                default_model: resModel,
                default_res_ids: [resId],
                default_composition_mode: "comment",
                default_partner_ids: [data.partner_id.id],
            },
            onClose: () => this.reload(),
        });
    }
}
