import {useService} from "@web/core/utils/hooks";
import {
    extractInfoFromGroupData,
    getAggregateSpecifications,
    getFieldsSpec,
} from "@web/model/relational_model/utils";
import {onMounted, onWillUnmount} from "@odoo/owl";
import {findPlace} from "../board/card_order";

const HIGHLIGHT = "o_dealer_lead_moved";
const HIGHLIGHT_MS = 2500;
/** While one of these is there, the board is being worked on. */
const BUSY = ".o_dragged, .o_kanban_quick_create, .o_dialog";

/** Whether single cards and sums can be shown anew; otherwise the board loads again. */
function canPatch(model) {
    const {root, useSampleModel} = model;
    return (
        !useSampleModel &&
        root.isGrouped &&
        root.groupBy.length === 1 &&
        root.groupByField.name === "stage_id" &&
        root.groups.every((group) => !group.config.extraDomain)
    );
}

class BoardPatch {
    constructor(model, bar) {
        this.model = model;
        this.bar = bar;
        this.root = model.root;
        this.moved = [];
    }

    read({ids, stageIds}) {
        const {activeFields, context, domain, fields, resModel} = this.root;
        return this.model.orm.silent.call(resModel, "read_changes", [], {
            lead_ids: ids,
            stage_ids: stageIds,
            domain,
            specification: getFieldsSpec(activeFields, fields, context),
            aggregates: getAggregateSpecifications(this.bar._aggregateFields),
            context,
        });
    }

    /**
     * Show what `read` has returned.
     *
     * @returns {boolean} false if a card stands in a column that the board does not have
     */
    show({ids, stageIds}, {records, groups}) {
        const fresh = new Map(records.map((values) => [values.id, values]));
        const byStage = new Map(this.root.groups.map((group) => [group.value, group]));
        if (records.some((values) => !byStage.has(values.stage_id.id))) {
            return false;
        }
        for (const id of ids) {
            const source = this.root.groups.find((group) =>
                group.list.records.some((record) => record.resId === id)
            );
            const record = source?.list.records.find((each) => each.resId === id);
            const values = fresh.get(id);
            if (record) {
                this.count(source, record.data.activity_state, -1);
            }
            if (values) {
                this.place(record, values, source, byStage.get(values.stage_id.id));
            } else if (record) {
                source._removeRecords([record.id]);
            }
        }
        this.showSums(stageIds, groups);
        return true;
    }

    place(record, values, source, target) {
        if (record) {
            record._setData(values);
            source._removeRecords([record.id]);
        } else if (!target.isFolded) {
            record = target.list._createRecordDatapoint(values);
        }
        this.count(target, values.activity_state, 1);
        if (target.isFolded) {
            return;
        }
        const {list} = target;
        const index = findPlace(record, list.records, list.orderBy);
        // Below the cards that are loaded: it comes with the next ones.
        if (index < list.records.length || list.records.length >= list.count) {
            target._addRecord(record, index);
            if (source !== target) {
                this.moved.push(record);
            }
        }
    }

    /** Correct the column's bar of activities by the cards that came and went. */
    count(group, state, difference) {
        const counted = this.bar._pbCounts?.[group.value];
        const bar = this.bar.getGroupInfo(group).bars.find((each) => each.value === state);
        if (bar) {
            bar.count = Math.max(0, bar.count + difference);
        }
        if (counted && state in counted) {
            counted[state] = Math.max(0, counted[state] + difference);
        }
    }

    showSums(stageIds, groups) {
        const {domain, fields, groupBy} = this.root;
        const found = new Map(
            groups.map((data) => {
                const info = extractInfoFromGroupData(data, groupBy, fields, domain);
                return [info.value, info];
            })
        );
        for (const group of this.root.groups.filter((each) => stageIds.includes(each.value))) {
            const {count = 0, aggregates = {}} = found.get(group.value) || {};
            group.count = group.list.count = count;
            group.aggregates = aggregates;
            const sums = this.bar._aggregateValues.filter(
                (each) => each.stage_id !== group.serverValue
            );
            this.bar._aggregateValues = [...sums, {...aggregates, stage_id: group.serverValue}];
            const {bars, isReady} = this.bar.getGroupInfo(group);
            if (isReady) {
                const [other] = bars.slice(-1);
                const counted = bars.slice(0, -1).reduce((sum, each) => sum + each.count, 0);
                other.count = Math.max(0, count - counted);
            }
        }
    }
}

async function reload(model) {
    await model.load();
    model.notify();
}

/**
 * Show on the board of `model` the leads that have changed: these cards, and the sums of their
 * columns.
 *
 * @param {Object} model
 * @param {Object} bar the state of the progress bars
 * @param {Object} changes see the service
 * @returns {Object[]} the records of cards that came into a column
 */
export async function showChanges(model, bar, changes) {
    if (changes.many || !canPatch(model)) {
        await reload(model);
        return [];
    }
    const patch = new BoardPatch(model, bar);
    const isShown = await model.mutex.exec(async () => {
        const data = await patch.read(changes);
        // Loaded again meanwhile: newer than what was read.
        return model.root !== patch.root || patch.show(changes, data);
    });
    if (!isShown) {
        await reload(model);
        return [];
    }
    model.notify();
    return patch.moved;
}

function highlight(root, records) {
    for (const record of records) {
        const card = root?.querySelector(`.o_kanban_record[data-id="${record.id}"]`);
        card?.classList.add(HIGHLIGHT);
        setTimeout(() => card?.classList.remove(HIGHLIGHT), HIGHLIGHT_MS);
    }
}

/**
 * Keep a board up to date.
 *
 * @param {Object} controller of the kanban view
 */
export function useLiveBoard(controller) {
    const live = useService("dealer_crm.live");
    let stop = null;
    onMounted(() => {
        stop = live.watch({
            isBusy: () => Boolean(document.querySelector(BUSY)),
            apply: async (changes) => {
                const {model, progressBarState} = controller;
                const moved = await showChanges(model, progressBarState, changes);
                // Owl draws in the next frame.
                requestAnimationFrame(() =>
                    requestAnimationFrame(() => highlight(controller.rootRef.el, moved))
                );
            },
        });
    });
    onWillUnmount(() => stop?.());
}
