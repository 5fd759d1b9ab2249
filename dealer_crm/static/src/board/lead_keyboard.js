import {useExternalListener} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {useService} from "@web/core/utils/hooks";
import {ShortcutsDialog} from "./shortcuts_dialog";

const AREA = ".o_kanban_record, .o_kanban_group";

/** The keys of the board: [key, label, method of the model]. */
function getKeys() {
    return [
        ["m", _t("Move to the next stage"), "moveOn"],
        ["w", _t("Mark Won"), "markWon"],
        ["l", _t("Mark Lost"), "askReason"],
        ["c", _t("Log Call"), "logCall"],
        ["a", _t("Activities"), "openActivities"],
    ];
}

/**
 * Keys for the focused card, or for all selected ones if it is one of them; `?` shows the keys.
 *
 * A letter only acts while a card has the focus: nobody who types elsewhere moves a lead.
 *
 * @param {Object} params
 * @param {Object} params.ref the board's element
 * @param {Function} params.getModel
 * @param {Function} params.getChosen the records that a key on a card's element means
 * @param {Function} params.onDone called when a key has done what it does
 */
export function useLeadKeyboard({ref, getModel, getChosen, onDone}) {
    const dialog = useService("dialog");
    const ui = useService("ui");
    const keys = getKeys();
    // What the last key does, as long as it does it: pressed twice, a key acts once.
    let running = null;
    async function run(method, records) {
        const name = [method, ...records.map(({resId}) => resId)].join();
        if (running === name) {
            return;
        }
        running = name;
        const model = getModel();
        model.closeRefusal();
        try {
            await model[method](records);
        } finally {
            if (running === name) {
                running = null;
            }
            onDone();
        }
    }
    for (const [key, , method] of keys) {
        useHotkey(key, ({target}) => run(method, getChosen(target)), {
            area: () => ref.el,
            isAvailable: (target) => getChosen(target).length > 0,
        });
    }
    // Odoo's Enter and space are for cards alone, and take the keys from links and buttons of the
    // board. Of two areas the inner one acts.
    const getArea = (element) => ref.el?.contains(element) && element.closest(AREA);
    for (const [key, pressed] of [
        ["enter", "a, button"],
        ["space", "[role=button], button"],
    ]) {
        useHotkey(key, ({target}) => target.click(), {
            area: () => getArea(document.activeElement),
            isAvailable: (target) => Boolean(getArea(target)) && target.matches(pressed),
        });
    }
    useExternalListener(window, "keydown", (ev) => {
        const isFree = ev.target === document.body || ref.el.contains(ev.target);
        const isTyping = ev.target.matches("input, textarea, select, [contenteditable=true]");
        if (ev.key === "?" && isFree && !isTyping && ui.activeElement === document) {
            ev.preventDefault();
            dialog.add(ShortcutsDialog, {keys});
        }
    });
}
