import {ActivityMenu} from "@mail/core/web/activity_menu";
import {patch} from "@web/core/utils/patch";

/** The clock of the menu bar opens My Activities, with the filter of what was clicked. */
patch(ActivityMenu.prototype, {
    executeActivityAction(group, domain, views, context, newWindow) {
        if (group.model !== "dealer.crm.lead") {
            return super.executeActivityAction(...arguments);
        }
        return this.action.doAction("dealer_crm.dealer_crm_lead_action_my_activities", {
            additionalContext: context,
            clearBreadcrumbs: true,
            newWindow,
        });
    },
});
