import {_t} from "@web/core/l10n/translation";

/**
 * Ask for the reason that a lead is lost; the wizard moves it, or nothing does.
 *
 * @param {Object} action the action service
 * @param {number} leadId
 * @param {Function} onClose called when the wizard is gone, confirmed or not
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
