import {RottingKanbanRecord} from "@mail/js/rotting_mixin/rotting_kanban_record";
import {useEffect} from "@odoo/owl";

const MOUSE_BUTTONS = ".o-mail-ActivityButton, .o_quick_assign";

export class LeadKanbanRecord extends RottingKanbanRecord {
    static menuTemplate = "dealer_crm.LeadKanbanRecordMenu";

    setup() {
        super.setup();
        useEffect(
            (card, resId) => {
                card.dataset.resId = resId;
            },
            () => [this.rootRef.el, this.props.record.resId]
        );
        // Odoo's buttons of the activities and of assigning are for the mouse only.
        useEffect(() => {
            for (const button of this.rootRef.el.querySelectorAll(MOUSE_BUTTONS)) {
                button.tabIndex = 0;
            }
        });
    }

    getRecordClasses() {
        return `${super.getRecordClasses()} o_dealer_lead_${this.props.record.data.kanban_state}`;
    }

    get model() {
        return this.props.record.model;
    }

    /** What the menu offers for this lead before its other entries. */
    get menuData() {
        const {data} = this.props.record;
        const isOpen = data.won_status === "pending" && data.active && !this.props.readonly;
        // The number in the international format, as the links need it.
        const number = data.phone_sanitized || "";
        return {
            isOpen,
            nextStage: isOpen && data.next_stage_id.display_name,
            isReady: isOpen && data.is_ready_to_win,
            phone: data.mobile || data.phone,
            number,
            whatsapp: number && `https://wa.me/${number.replace(/\D/g, "")}`,
            email: data.email,
        };
    }

    moveOn() {
        return this.model.moveOn([this.props.record]);
    }

    markWon() {
        return this.model.markWon([this.props.record]);
    }

    schedule() {
        return this.model.schedule([this.props.record]);
    }

    /** Without a customer in Odoo, the user's own mail program writes. */
    onEmailClick(ev) {
        if (this.props.record.data.partner_id) {
            ev.preventDefault();
            return this.model.writeEmail(this.props.record);
        }
    }
}
