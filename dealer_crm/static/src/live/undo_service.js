import {isMacOS} from "@web/core/browser/feature_detection";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {getVisibleElements} from "@web/core/utils/ui";

const MODEL = "dealer.crm.lead";
const KEY = "alt+z";

/** The key as people read it: Odoo takes Control for Alt on a Mac. */
export function getUndoKey() {
    return isMacOS() ? "Ctrl+Z" : "Alt+Z";
}

/**
 * Offers for some seconds to take back the closing of leads, also to whoever hears the screen.
 */
export const undoService = {
    dependencies: ["dealer_crm.live", "dealer_crm.news", "hotkey", "notification", "orm", "ui"],

    start(env, {"dealer_crm.live": live, "dealer_crm.news": news, hotkey, notification, orm, ui}) {
        /** A button of an open dialog has the same key, as Odoo's to search and to export. */
        const isDialogKey = () =>
            ui.activeElement !== document &&
            getVisibleElements(ui.activeElement, "[data-hotkey=z i]").length > 0;

        function show({ids, seconds, message}) {
            let isTaken = false;
            const undo = async () => {
                // The notification fades away: its button can be pressed again.
                if (isTaken) {
                    return;
                }
                isTaken = true;
                close();
                try {
                    await orm.call(MODEL, "action_undo_closing", [ids]);
                    news.say(_t("The closing was undone."));
                } finally {
                    live.reload();
                }
            };
            // Nobody reaches the button with the tab key in time.
            const removeKey = hotkey.add(KEY, undo, {
                bypassEditableProtection: true,
                global: true,
                isAvailable: () => !isDialogKey(),
            });
            const close = notification.add(message, {
                type: "success",
                onClose: removeKey,
                autocloseDelay: seconds * 1000,
                buttons: [{name: _t("Undo"), primary: true, onClick: undo}],
            });
            const values = {key: getUndoKey(), seconds};
            news.say(_t("%(key)s undoes the closing within %(seconds)s seconds.", values));
        }

        return {
            show,
            /** Ask the server whether the closing of the leads `ids` can be undone, and offer it. */
            async offer(ids) {
                const offer = await orm.silent.call(MODEL, "get_undo_offer", [ids]);
                if (offer) {
                    show(offer);
                }
            },
        };
    },
};

registry.category("services").add("dealer_crm.undo", undoService);

registry.category("actions").add("dealer_crm.offer_undo", (env, {params}) => {
    env.services["dealer_crm.undo"].show(params);
    return {type: "ir.actions.act_window_close"};
});
