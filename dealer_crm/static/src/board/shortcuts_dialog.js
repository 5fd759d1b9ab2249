import {Component} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {getUndoKey} from "../live/undo_service";

/** The keys of the board, those of Odoo included. */
export class ShortcutsDialog extends Component {
    static template = "dealer_crm.ShortcutsDialog";
    static components = {Dialog};
    static props = {keys: Array, close: Function};

    setup() {
        this.title = _t("Keyboard shortcuts");
        this.keys = [
            ...this.props.keys,
            [getUndoKey(), _t("Undo")],
            ["↑ ↓ ← →", _t("Go to another card")],
            ["Enter", _t("Open the lead")],
            ["Space", _t("Select the card; the keys then mean all selected ones")],
            ["?", _t("Show these shortcuts")],
        ];
    }
}
