import {rottingKanbanView} from "@mail/js/rotting_mixin/rotting_kanban_view";
import {onPatched, onWillDestroy, useEffect, useExternalListener} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {useBus, useService} from "@web/core/utils/hooks";
import {glide} from "./glide";
import {LeadKanbanHeader} from "./lead_kanban_header";
import {LeadKanbanRecord} from "./lead_kanban_record";
import {useLeadKeyboard} from "./lead_keyboard";
import {LeadQuickCreate} from "./lead_quick_create";

const CARD = ".o_kanban_record";
/** What is opened from a card, and gives the focus back to it. */
const OPENED = ".o_dialog, .o-dropdown--menu, .o_popover";

function nextFrame() {
    return new Promise((resolve) => browser.requestAnimationFrame(resolve));
}

export class LeadKanbanRenderer extends rottingKanbanView.Renderer {
    static components = {
        ...rottingKanbanView.Renderer.components,
        KanbanHeader: LeadKanbanHeader,
        KanbanRecord: LeadKanbanRecord,
        KanbanRecordQuickCreate: LeadQuickCreate,
    };

    setup() {
        super.setup();
        const {model} = this.props.list;
        this.drag = model.drag;
        this.dropPlaces = new Map();
        model.glideBack = this.glideBack.bind(this);
        model.openActivities = this.openActivities.bind(this);
        onWillDestroy(() => {
            this.drag.records = [];
            model.closeRefusal();
        });
        this.keepSelection();
        this.keepOpener();
        const settleFocus = this.keepFocus();
        useLeadKeyboard({
            onDone: () => nextFrame().then(nextFrame).then(settleFocus),
            ref: this.rootRef,
            getModel: () => this.props.list.model,
            getChosen: this.getChosen.bind(this),
        });
    }

    /** After a load, the cards are those of the records before until the board is drawn. */
    getRecord(element) {
        const {id, resId} = element?.closest(CARD)?.dataset || {};
        const {records} = this.props.list;
        return (
            records.find((record) => record.id === id) ||
            records.find((record) => record.resId === Number(resId))
        );
    }

    getCard(record) {
        return this.rootRef.el?.querySelector(`${CARD}[data-id="${record.id}"]`);
    }

    /** The selected records if the card of ``element`` is one of them, else its own. */
    getChosen(element) {
        const record = this.getRecord(element);
        const selection = this.props.list.selection;
        if (!record || record.model.useSampleModel) {
            return [];
        }
        return selection.some((each) => each.id === record.id) ? [...selection] : [record];
    }

    /** Odoo unselects all cards when a drag starts: remember what the pointer takes. */
    keepSelection() {
        this.taken = [];
        this.listen("pointerdown", (ev) => {
            this.taken = this.getChosen(ev.target);
        });
    }

    /** After the quick create, the focus is where it was before it was opened. */
    keepOpener() {
        useEffect(
            (groupId) => {
                const opener = groupId && document.activeElement;
                return () => {
                    if (opener && document.activeElement === document.body) {
                        this.getOpener(opener, groupId)?.focus();
                    }
                };
            },
            () => [this.props.quickCreateState.groupId]
        );
    }

    /** The button of the column, where the pointer has given the focus to none. */
    getOpener(element, groupId) {
        return element.isConnected && element !== document.body
            ? element
            : this.rootRef.el?.querySelector(`[data-id="${groupId}"] .o_kanban_quick_add`);
    }

    /**
     * A card that moves, is loaded again, or has opened a menu or a dialog keeps the focus. Of one
     * that the user has moved to where no cards are shown, the next one gets it.
     */
    keepFocus() {
        let place = null;
        // Known before a load: afterwards the old card's record is gone.
        const remember = ({target}) => {
            if (this.rootRef.el?.contains(target)) {
                place = this.getPlace(target);
            } else if (!target.closest?.(OPENED)) {
                place = null;
            }
        };
        useExternalListener(window, "focusin", remember, {capture: true});
        useExternalListener(window, "pointerdown", remember, {capture: true});
        const restore = (getOther = () => null) => {
            if (place && document.activeElement === document.body) {
                const isWanted = ({resId}) => resId === place.resId;
                const record = this.props.list.records.find(isWanted);
                const card = record && this.getCard(record);
                (card || getOther(place))?.focus({preventScroll: Boolean(card)});
            }
        };
        const settle = () => restore((gone) => this.getNeighbour(gone));
        onPatched(() => restore());
        // The dialog goes after the board was loaded.
        useBus(useService("ui").bus, "active-element-changed", () => nextFrame().then(settle));
        return settle;
    }

    getColumns() {
        const {list} = this.props;
        return list.isGrouped ? list.groups : [list];
    }

    /** Where a card stands: the lead, the column's value, and the index in the column. */
    getPlace(element) {
        const resId = this.getRecord(element)?.resId;
        const isWanted = (record) => record.resId === resId;
        const column = this.getColumns().find(({records}) => records.some(isWanted));
        return column && {resId, value: column.value, index: column.records.findIndex(isWanted)};
    }

    /** The card that stands now where another one stood, or the one before it, or any. */
    getNeighbour({value, index}) {
        const column = this.getColumns().find((each) => each.value === value);
        const records = column?.records || [];
        const candidates = [records[index], records.at(-1), ...this.props.list.records];
        return candidates.map((record) => record && this.getCard(record)).find(Boolean);
    }

    listen(name, listener) {
        useEffect(
            (el) => {
                el.addEventListener(name, listener, {capture: true});
                return () => el.removeEventListener(name, listener, {capture: true});
            },
            () => [this.rootRef.el]
        );
    }

    sortStart(params) {
        super.sortStart(params);
        this.props.list.model.closeRefusal();
        const record = this.getRecord(params.element);
        const isOne = this.taken.some((each) => each.id === record?.id);
        const records = isOne ? this.taken : [record].filter(Boolean);
        if (records.length > 1) {
            records.forEach((each) => each.toggleSelection(true));
            params.element.dataset.leadCount = records.length;
        }
        this.drag.records = records;
    }

    sortStop(params) {
        super.sortStop(params);
        delete params.element.dataset.leadCount;
        this.drag.records = [];
    }

    /**
     * @override
     */
    async sortRecordDrop(dataRecordId, dataGroupId, {element, parent}) {
        const {list} = this.props;
        if (!list.isGrouped || list.groupByField.name !== "stage_id") {
            return super.sortRecordDrop(...arguments);
        }
        const target = list.groups.find((group) => group.id === parent?.dataset.id);
        const records = this.drag.records.filter(
            (record) => record.data.stage_id.id !== target?.value
        );
        // Within a column the order of the cards is that of the server.
        if (!target || !records.length || !parent.classList.contains("o_kanban_hover")) {
            return;
        }
        parent.classList.remove("o_kanban_hover");
        // From where the card glides back if it is refused.
        this.dropPlaces.set(dataRecordId, element.getBoundingClientRect());
        records.forEach((record) => this.toggleProcessing(record.id, true));
        try {
            await list.moveRecords(records, target);
        } finally {
            this.dropPlaces.delete(dataRecordId);
            records.forEach((record) => this.toggleProcessing(record.id, false));
        }
    }

    async openActivities(records) {
        const [record] = records;
        const button = this.getCard(record)?.querySelector(".o-mail-ActivityButton");
        if (button && records.length === 1 && record.data.activity_ids.records.length) {
            button.click();
        } else {
            await this.props.list.model.schedule(records);
        }
    }

    async glideBack(records, putBack) {
        const starts = records.map(
            (record) =>
                this.dropPlaces.get(record.id) || this.getCard(record)?.getBoundingClientRect()
        );
        putBack();
        // The first frame renders, the second sees the result.
        await nextFrame();
        await nextFrame();
        await Promise.all(
            records.map((record, index) => {
                const card = this.getCard(record);
                return card && starts[index] && glide(card, starts[index]);
            })
        );
    }
}
