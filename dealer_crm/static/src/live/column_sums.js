import {rpcBus} from "@web/core/network/rpc";
import {Domain} from "@web/core/domain";
import {roundDecimals} from "@web/core/utils/numbers";
import {
    extractInfoFromGroupData,
    getAggregateSpecifications,
} from "@web/model/relational_model/utils";

/** Prices have at most so many decimals; sums of fractions in binary have more. */
const DECIMALS = 6;
/** What this tab has asked for within this time (ms) of a message may know the change, or not. */
export const UNSURE = 3000;

/** When this tab has last read or written leads otherwise than by messages, in ms. */
let lastCall = 0;
rpcBus.addEventListener("RPC:RESPONSE", ({detail: {data}}) => {
    const {model, method} = data.params || {};
    if (model === "dealer.crm.lead" && method !== "read_changes") {
        lastCall = Date.now();
    }
});

/** Whether the board may have read the state of after the message that came at ``since`` (ms). */
export function isUnsure(since) {
    return lastCall > since - UNSURE;
}

/** Whether all cards of a column are loaded, so that no other is counted in it. */
export function isWhole({isFolded, count, list}) {
    return !isFolded && list.records.length >= count;
}

/** The sums and bars above the columns of a board. */
export class ColumnSums {
    constructor(root, bar) {
        this.root = root;
        this.bar = bar;
        // Ids of the stages whose sums have to be asked for.
        this.unknown = new Set();
    }

    get fields() {
        return this.bar._aggregateFields;
    }

    /** Count a card with the values ``data`` in (1) or out (-1) of a column. */
    add(group, data, sign) {
        this._addActivity(group, data.activity_state, sign);
        const sums = {...group.aggregates};
        for (const field of this.fields) {
            const currency = data[field.currency_field]?.id;
            const known = field.currency_field && sums[field.currency_field];
            const isOther = known?.length && (known.length > 1 || known[0] !== currency);
            if (!(field.name in data) || isOther) {
                this.unknown.add(group.value);
                return;
            }
            const sum = (sums[field.name] || 0) + sign * data[field.name];
            sums[field.name] = roundDecimals(sum, DECIMALS);
            if (field.currency_field) {
                sums[field.currency_field] = [currency];
            }
        }
        this._setSums(group, sums);
    }

    /** To be called when cards have come or gone: without any there is no sum. */
    settle() {
        for (const group of this.root.groups) {
            if (!group.count) {
                this._setSums(group, {});
            }
            const {bars, isReady} = this.bar.getGroupInfo(group);
            if (isReady) {
                const counted = bars.slice(0, -1).reduce((sum, each) => sum + each.count, 0);
                bars.at(-1).count = Math.max(0, group.count - counted);
            }
        }
    }

    /**
     * Show what the server has answered.
     *
     * @param {number[]} stageIds the columns that were asked for
     * @param {Object[]} groups of these, as of `formatted_read_group`
     * @param {Object} counts of the activities, as of `read_progress_bar`
     */
    show(stageIds, groups, counts) {
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
            this._setSums(group, aggregates);
            const states = counts[group.value] || {};
            if (this.bar._pbCounts) {
                this.bar._pbCounts[group.value] = states;
            }
            for (const each of this.bar.getGroupInfo(group).bars.slice(0, -1)) {
                each.count = states[each.value] || 0;
            }
        }
        this.settle();
    }

    _setSums(group, sums) {
        group.aggregates = sums;
        const {_aggregateValues: all} = this.bar;
        const others = all.filter((each) => each.stage_id !== group.serverValue);
        this.bar._aggregateValues = [...others, {...sums, stage_id: group.serverValue}];
    }

    _addActivity(group, state, sign) {
        const counted = this.bar._pbCounts?.[group.value];
        const bar = this.bar.getGroupInfo(group).bars.find((each) => each.value === state);
        if (bar) {
            bar.count = Math.max(0, bar.count + sign);
        }
        if (counted && state in counted) {
            counted[state] = Math.max(0, counted[state] + sign);
        }
    }
}

/** Ask for the sums and bars of the columns `stageIds` of a board, and show them. */
export async function loadSums(model, bar, stageIds) {
    const sums = new ColumnSums(model.root, bar);
    const {context, domain, groupBy, resModel} = sums.root;
    const {colors, fieldName: field, help} = bar.progressAttributes;
    const columns = Domain.and([domain, [["stage_id", "in", stageIds]]]).toList();
    const orm = model.orm.silent;
    const aggregates = [...getAggregateSpecifications(sums.fields), "__count"];
    const [groups, counts] = await Promise.all([
        orm.formattedReadGroup(resModel, columns, groupBy, aggregates, {context}),
        orm.call(resModel, "read_progress_bar", [], {
            domain: columns,
            group_by: groupBy[0],
            progress_bar: {colors, field, help},
            context,
        }),
    ]);
    if (model.root === sums.root) {
        sums.show(stageIds, groups, counts);
    }
}
