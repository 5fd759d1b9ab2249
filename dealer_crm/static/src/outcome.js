import {_t} from "@web/core/l10n/translation";

/**
 * Open the wizard that asks for the lost reason and then moves the lead to Lost.
 *
 * @param {Object} action the action service
 * @param {number} leadId
 * @param {Function} onClose called when the wizard is closed, confirmed or not
 */
export function openLostWizard(action, leadId, onClose) {
    return action.doAction("dealer_crm.dealer_crm_lead_lost_action", {
        additionalContext: {
            active_model: "dealer.crm.lead",
            active_id: leadId,
            active_ids: [leadId],
        },
        onClose,
    });
}

export function celebrate(effect) {
    effect.add({type: "rainbow_man", message: _t("Won. Well done!")});
}
