import { _t } from "@web/core/l10n/translation";

/**
 * Ask for the reason that a lead is lost; the wizard moves it, or nothing does.
 *
 * @param {Object} action the action service
 * @param {number} leadId
 * @param {Function} onConfirmed called once the lead is lost
 */
export function openLostWizard(action, leadId, onConfirmed) {
    return action.doAction("dealer_crm.dealer_crm_lead_lost_action", {
        additionalContext: {
            active_model: "dealer.crm.lead",
            active_id: leadId,
            active_ids: [leadId],
        },
        onClose: (infos) => {
            if (!infos?.dismiss && !infos?.special) {
                return onConfirmed();
            }
        },
    });
}

export function celebrate(effect) {
    effect.add({ type: "rainbow_man", message: _t("Won. Well done!") });
}
