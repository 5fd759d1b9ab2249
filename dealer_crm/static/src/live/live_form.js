import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";
import {onMounted, onWillUnmount} from "@odoo/owl";

/**
 * Keep a form up to date: load the record again, or say that it has changed if the user has
 * entered something.
 *
 * @param {Object} controller of the form view
 */
export function useLiveForm(controller) {
    const live = useService("dealer_crm.live");
    const notification = useService("notification");
    let stop = null;
    let close = null;

    async function apply({ids, many}) {
        const {root} = controller.model;
        if (!root.resId || !(many || ids.includes(root.resId))) {
            return;
        }
        if (await root.isDirty()) {
            close?.();
            close = notification.add(
                _t("This lead was changed meanwhile. Save or discard your changes to see it."),
                {type: "warning", sticky: true, onClose: () => (close = null)}
            );
            return;
        }
        close?.();
        await root.load();
        const thread = {model: root.resModel, id: root.resId};
        controller.env.bus.trigger("MAIL:RELOAD-THREAD", thread);
    }

    onMounted(() => {
        stop = live.watch({
            isBusy: () => Boolean(document.querySelector(".o_dialog")),
            apply,
        });
    });
    onWillUnmount(() => {
        close?.();
        stop?.();
    });
}
