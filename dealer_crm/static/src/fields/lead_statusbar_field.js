import {
    RottingStatusBarDurationField,
    rottingStatusBarDurationField,
} from "@mail/js/rotting_mixin/rotting_statusbar";
import {onWillUnmount} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {isRefusal} from "../board/refusal";
import {nameCustomers} from "../board/stages";
import {isDeletedLead} from "../deleted_lead";
import {celebrate, openLostWizard} from "../outcome";

class LeadStatusBarField extends RottingStatusBarDurationField {
    setup() {
        super.setup();
        this.action = useService("action");
        this.effect = useService("effect");
        this.notification = useService("notification");
        this.orm = useService("orm");
        onWillUnmount(() => this.closeRefusal?.());
    }

    /**
     * Lost opens the wizard that asks for the reason. A move that the server refuses is undone and
     * told in a notification, as on the board.
     *
     * @override
     */
    async selectItem(item) {
        const {name, record} = this.props;
        this.closeRefusal?.();
        const [stage] = await this.orm.read(
            "dealer.crm.stage",
            [item.value],
            ["is_won", "is_lost"]
        );
        if (stage.is_lost) {
            if (await record.save()) {
                await openLostWizard(this.action, [record.resId], () => record.load());
            }
            return;
        }
        const before = record.data[name];
        const wasDirty = await record.isDirty();
        let saved = false;
        try {
            await record.update({[name]: {id: item.value, display_name: item.label}});
            saved = await record.save();
        } catch (error) {
            if (!isRefusal(error) || isDeletedLead(error)) {
                throw error;
            }
            const title = _t("%s: not moved", nameCustomers([record]));
            const options = {title, type: "warning", sticky: true};
            this.closeRefusal = this.notification.add(error.data.message, options);
        } finally {
            if (!saved) {
                await (wasDirty ? record.update({[name]: before}) : record.discard());
            }
        }
        if (saved && stage.is_won) {
            celebrate(this.effect);
        }
    }
}

registry.category("fields").add("dealer_lead_statusbar", {
    ...rottingStatusBarDurationField,
    component: LeadStatusBarField,
    additionalClasses: ["o_field_rotting_statusbar_duration"],
});
