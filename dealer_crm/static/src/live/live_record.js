import {TAB} from "./live_service";

/** What the web client says with each change of a lead. */
export const LIVE_CONTEXT = {dealer_crm_tab: TAB, dealer_crm_undo: true};

/**
 * A record whose saves say which tab made them, and whose closing can be undone.
 *
 * @param {Function} Record the class of a relational model's records
 * @returns {Function} class
 */
export function makeLiveRecord(Record) {
    return class LiveRecord extends Record {
        /** @override */
        get context() {
            return {...super.context, ...LIVE_CONTEXT};
        }

        /** @override */
        async _save() {
            const wasOpen = this.data.won_status === "pending";
            const saved = await super._save(...arguments);
            const isClosed = ["won", "lost"].includes(this.data.won_status);
            if (saved && wasOpen && isClosed && this.resModel === "dealer.crm.lead") {
                this.model.env.services["dealer_crm.undo"].offer([this.resId]);
            }
            return saved;
        }
    };
}
