import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";
import {onMounted, onWillUnmount} from "@odoo/owl";

/**
 * Keep a form up to date: load the record again, or say that it has changed if the user has
 * entered something.
 *
 * @param {Object} controller of the form view
 * @returns {Object} `onSaved` and `onDiscarded`, to be called then
 */
export function useLiveForm(controller) {
    const live = useService("dealer_crm.live");
    const notification = useService("notification");
    const store = useService("mail.store");
    let stop = null;
    let close = null;
    // Whether the user has entered something into a lead that has changed.
    let isBehind = false;

    function settle() {
        isBehind = false;
        close?.();
    }

    /** Of an activity, nothing stands in the fields of the form. */
    async function loadActivities({resModel, resId}) {
        const thread = store.Thread.insert({model: resModel, id: resId});
        await thread.fetchThreadData(["activities", "messages"]);
    }

    async function load() {
        settle();
        const {root} = controller.model;
        await root.load();
        const thread = {model: root.resModel, id: root.resId};
        controller.env.bus.trigger("MAIL:RELOAD-THREAD", thread);
    }

    async function apply({ids, plannedIds, many}) {
        const {root} = controller.model;
        const isChanged = Boolean(root.resId) && (many || ids.includes(root.resId));
        if (isChanged && !(await root.isDirty())) {
            return load();
        }
        if (isChanged || plannedIds.includes(root.resId)) {
            await loadActivities(root);
        }
        if (isChanged) {
            settle();
            isBehind = true;
            close = notification.add(
                _t("This lead was changed meanwhile. Save or discard your changes to see it."),
                {type: "warning", sticky: true, onClose: () => (close = null)}
            );
        }
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
    // What is saved is read again by that.
    return {onSaved: settle, onDiscarded: () => isBehind && load()};
}
