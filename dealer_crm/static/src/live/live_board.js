import {browser} from "@web/core/browser/browser";
import {ConnectionLostError} from "@web/core/network/rpc";
import {useService} from "@web/core/utils/hooks";
import {getFieldsSpec} from "@web/model/relational_model/utils";
import {onMounted, onWillUnmount} from "@odoo/owl";
import {findPlace} from "../board/card_order";
import {ColumnSums, isUnsure, isWhole, loadSums} from "./column_sums";

const HIGHLIGHT = "o_dealer_lead_moved";
const HIGHLIGHT_MS = 2500;
/** While one of these is there, the board is being worked on. */
const BUSY = [
    ".o_dragged",
    ".o_kanban_quick_create",
    ".o_dialog",
    ".o-dropdown--kanban-record-menu",
    ".o_bottom_sheet",
    ".o-mail-ActivityListPopover",
    ".o_m2o_tags_avatar_field_popover",
].join();
/** Sums are asked for after this time (ms), each board at another time of the spread. */
export const SUMS = 2000;
export const SUMS_SPREAD = 3000;
/** A board waits so many times longer than the last sums took. */
const SUMS_SHARE = 50;

function isBusy() {
    return Boolean(document.querySelector(BUSY));
}

/** Whether single cards and sums can be shown anew; otherwise the board loads again. */
function canPatch({root, useSampleModel}, bar) {
    return (
        bar &&
        !useSampleModel &&
        root.isGrouped &&
        root.groupBy.length === 1 &&
        root.groupByField.name === "stage_id" &&
        root.groups.every((group) => !group.config.extraDomain)
    );
}

/** Shows changed cards. */
class BoardPatch {
    constructor(model, bar) {
        this.model = model;
        this.root = model.root;
        this.sums = new ColumnSums(this.root, bar);
        this.moved = [];
    }

    read({ids}) {
        const {activeFields, context, domain, fields, resModel} = this.root;
        return this.model.orm.silent.call(resModel, "read_changes", [], {
            lead_ids: ids,
            domain,
            specification: getFieldsSpec(activeFields, fields, context),
            context,
        });
    }

    /**
     * Show the cards that `read` has returned. The sums follow by what the cards were and are;
     * those of columns for which this is not known are in `sums.unknown` then.
     *
     * @returns {boolean} false if a card stands in a column that the board does not have
     */
    show({ids, stageIds, since}, cards) {
        const fresh = new Map(cards.map((values) => [values.id, values]));
        const byStage = new Map(this.root.groups.map((group) => [group.value, group]));
        if (cards.some((values) => !byStage.has(values.stage_id.id))) {
            return false;
        }
        const touched = [...stageIds].map((id) => byStage.get(id)).filter(Boolean);
        for (const id of ids) {
            const column = this.root.groups.find((group) =>
                group.list.records.some((record) => record.resId === id)
            );
            const record = column?.list.records.find((each) => each.resId === id);
            // A card whose move is not saved yet is in the sums of the column that it left.
            const source = record && (byStage.get(record.data.stage_id.id) || column);
            const values = fresh.get(id);
            const target = values && byStage.get(values.stage_id.id);
            for (const group of [source, target, ...touched].filter(Boolean)) {
                if (isUnsure(since) || !(record || isWhole(group))) {
                    this.sums.unknown.add(group.value);
                }
            }
            if (record) {
                this.sums.add(source, record.data, -1);
            }
            if (values) {
                this.place(record, values, column, target);
            } else if (record) {
                column._removeRecords([record.id]);
            }
        }
        this.sums.settle();
        return true;
    }

    place(record, values, column, target) {
        // A card that is not loaded may be counted in its column already.
        const isNew = Boolean(record) || isWhole(target);
        if (record) {
            record._setData(values);
            column._removeRecords([record.id]);
        } else if (!target.isFolded) {
            record = target.list._createRecordDatapoint(values);
        }
        if (isNew) {
            this.sums.add(target, values, 1);
        }
        const {list} = target;
        const index = target.isFolded ? -1 : findPlace(record, list.records, list.orderBy);
        // Below the cards that are loaded: it comes with the next ones.
        const isShown = index >= 0 && (index < list.records.length || isWhole(target));
        if (isShown) {
            target._addRecord(record, index);
            if (column !== target) {
                this.moved.push(record);
            }
        }
        const missing = Number(isNew) - Number(isShown);
        target.count += missing;
        list.count += missing;
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
 * @returns {Object} `moved`, the records of cards that came into a column, and `unknown`, the ids
 *      of the stages whose sums have to be asked for
 */
export async function showChanges(model, bar, changes) {
    if (!changes.many && canPatch(model, bar)) {
        const patch = new BoardPatch(model, bar);
        const isShown = await model.mutex.exec(async () => {
            const cards = await patch.read(changes);
            // Loaded again meanwhile: newer than what was read.
            return model.root !== patch.root || patch.show(changes, cards);
        });
        if (isShown) {
            model.notify();
            return {moved: patch.moved, unknown: patch.sums.unknown};
        }
    }
    await reload(model);
    return {moved: [], unknown: new Set()};
}

/** Asks for sums, for several changes at once. */
class SumsQueue {
    constructor(controller) {
        this.controller = controller;
        this.stageIds = new Set();
        // How long the last reading took (ms).
        this.cost = 0;
    }

    add(stageIds) {
        const {root} = this.controller.model;
        if (this.root !== root) {
            // Loaded again, sums included.
            this.stageIds.clear();
            this.root = root;
        }
        stageIds.forEach((id) => this.stageIds.add(id));
        this.schedule();
    }

    schedule() {
        if (!this.timer && this.stageIds.size) {
            const delay = SUMS + Math.random() * SUMS_SPREAD + this.cost * SUMS_SHARE;
            this.timer = browser.setTimeout(() => this.flush(), delay);
        }
    }

    async flush() {
        const {model, progressBarState} = this.controller;
        this.timer = null;
        if (this.root !== model.root) {
            this.stageIds.clear();
        }
        if (document.hidden || isBusy() || !this.stageIds.size) {
            return this.schedule();
        }
        const stageIds = [...this.stageIds];
        this.stageIds.clear();
        const begun = Date.now();
        try {
            await model.mutex.exec(() => loadSums(model, progressBarState, stageIds));
            model.notify();
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.add(stageIds);
        } finally {
            this.cost = Date.now() - begun;
        }
    }

    stop() {
        browser.clearTimeout(this.timer);
    }
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
    const sums = new SumsQueue(controller);
    let stop = null;
    onMounted(() => {
        stop = live.watch({
            isBusy,
            apply: async ({ids, plannedIds, ...others}) => {
                const {model, progressBarState} = controller;
                const changes = {...others, ids: [...new Set([...ids, ...plannedIds])]};
                const {moved, unknown} = await showChanges(model, progressBarState, changes);
                sums.add(unknown);
                // Owl draws in the next frame.
                requestAnimationFrame(() =>
                    requestAnimationFrame(() => highlight(controller.rootRef.el, moved))
                );
            },
        });
    });
    onWillUnmount(() => {
        sums.stop();
        stop?.();
    });
}
