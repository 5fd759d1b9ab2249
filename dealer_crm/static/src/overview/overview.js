import {Component, onWillStart} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {sprintf} from "@web/core/utils/strings";
import {Layout} from "@web/search/layout";
import {formatInteger} from "@web/views/fields/formatters";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const LEADS = "dealer_crm.dealer_crm_lead_action_all";
const WAITING = "dealer_crm.dealer_crm_lead_action_waiting";

/**
 * The tiles, by the keys of `get_overview`. Each has a label, the `filter` of the list it opens, the
 * `date` field of what came in the last days, another `action` than all leads, and, for its parts,
 * dicts of label and filter.
 */
export const tiles = registry.category("dealer_crm_overview");

tiles
    .add("call", {label: _t("To Call Now"), filter: "contact_overdue"}, {sequence: 10})
    .add(
        "waiting",
        {label: _t("Waiting for First Contact"), filter: "waiting", action: WAITING},
        {sequence: 20}
    )
    .add("rotting", {label: _t("Rotting"), filter: "rotting"}, {sequence: 30})
    .add("ready", {label: _t("Ready to Win"), filter: "ready"}, {sequence: 40})
    .add(
        "blocked",
        {
            label: _t("Blocked"),
            filter: "held_up",
            parts: {
                stock: {label: _t("Waits for stock"), filter: "step_stock"},
                handover: {label: _t("To deliver"), filter: "step_handover"},
                rest: {label: _t("Not delivered in full"), filter: "step_rest"},
                empty: {label: _t("No products ordered"), filter: "step_empty"},
                quotation: {label: _t("Quotation to confirm"), filter: "step_quotation"},
                marked: {label: _t("Marked as blocked"), filter: "blocked"},
            },
        },
        {sequence: 50}
    )
    .add("uninformed", {label: _t("BPO Not Informed"), filter: "bpo_not_informed"}, {sequence: 60})
    .add("unassigned", {label: _t("Unassigned"), filter: "open_unassigned"}, {sequence: 70})
    .add("arrived", {label: _t("Arrived"), date: "create_date"}, {sequence: 80})
    .add("won", {label: _t("Won"), date: "date_closed", filter: "won"}, {sequence: 90})
    .add("lost", {label: _t("Lost"), date: "date_closed", filter: "lost"}, {sequence: 100});

/** What waits for somebody, and what came and went, as numbers that open their lists. */
export class Overview extends Component {
    static template = "dealer_crm.Overview";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = {controlPanel: {}};
        onWillStart(async () => {
            this.data = await this.orm.call("dealer.crm.lead", "get_overview", []);
        });
    }

    /** List of tiles that are to do (`date` unset) or that count the last days (`date` set). */
    getTiles(isFlow) {
        return tiles
            .getEntries()
            .filter(([key, tile]) => key in this.data.tiles && Boolean(tile.date) === isFlow)
            .map(([key, tile]) => {
                const {count, before, parts = []} = this.data.tiles[key];
                return {
                    ...tile,
                    key,
                    count: before === undefined ? this.format(count) : formatInteger(count),
                    trend: this.describe(this.data.tiles[key]),
                    parts: parts.map(([part, number]) => ({
                        key: part,
                        count: this.format(number),
                        ...tile.parts[part],
                    })),
                };
            });
    }

    get title() {
        return sprintf(_t("The last %s days"), this.data.days);
    }

    /** The counts of what is to do stop at `most`. */
    format(count) {
        const {most} = this.data;
        return count > most ? `${formatInteger(most)}+` : formatInteger(count);
    }

    describe({count, recent, before}) {
        const {days} = this.data;
        if (recent !== undefined) {
            const values = {recent: this.format(recent), days};
            return sprintf(_t("%(recent)s new in %(days)s days"), values);
        }
        const values = {change: formatInteger(Math.abs(count - before)), days};
        if (count > before) {
            return sprintf(_t("▲ %(change)s more than in the %(days)s days before"), values);
        }
        return count < before
            ? sprintf(_t("▼ %(change)s fewer than in the %(days)s days before"), values)
            : sprintf(_t("As many as in the %(days)s days before"), values);
    }

    async open({label, filter, date, action = LEADS}) {
        const loaded = await this.action.loadAction(action);
        const given = {name: label, display_name: label};
        if (filter) {
            given.context = {...loaded.context, [`search_default_${filter}`]: 1};
        }
        if (date) {
            given.domain = [[date, ">=", this.data.since]];
        }
        this.action.doAction({...loaded, ...given}, {viewType: "list"});
    }
}

registry.category("actions").add("dealer_crm.overview", Overview);
