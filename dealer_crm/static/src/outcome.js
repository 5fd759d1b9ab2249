import {_t} from "@web/core/l10n/translation";

/**
 * Open the wizard that asks for the lost reason and then moves the leads to Lost.
 *
 * @param {Object} action the action service
 * @param {number[]} leadIds
 * @param {Function} onClose called when the wizard is closed, confirmed or not
 */
export function openLostWizard(action, leadIds, onClose) {
    return action.doAction("dealer_crm.dealer_crm_lead_lost_action", {
        additionalContext: {
            active_model: "dealer.crm.lead",
            active_id: leadIds[0],
            active_ids: leadIds,
            dealer_crm_undo: true,
        },
        onClose,
    });
}

export function celebrate(effect) {
    effect.add({type: "rainbow_man", message: _t("Won. Well done!")});
}
