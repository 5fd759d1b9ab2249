import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {RelationalModel} from "@web/model/relational_model/relational_model";
import {formView} from "@web/views/form/form_view";
import {listView} from "@web/views/list/list_view";

/** Ask whether to do what ``sentences`` say; true at once if there are none. */
function confirmEdit(dialog, sentences) {
    if (!sentences.length) {
        return true;
    }
    return new Promise((resolve) => {
        const answer = (value) => () => resolve(value);
        dialog.add(
            ConfirmationDialog,
            {
                title: _t("This changes the pipeline for everybody"),
                body: sentences.join("\n\n"),
                confirmLabel: _t("Save"),
                confirm: answer(true),
                cancelLabel: _t("Leave It"),
                cancel: answer(false),
            },
            {onClose: answer(false)}
        );
    });
}

/** Controllers that ask before they save a dangerous change; a refused one is discarded. */
function asking(Controller) {
    return class extends Controller {
        /**
         * @override
         */
        async onWillSaveRecord(record, changes) {
            if (record.resId) {
                const sentences = await this.model.orm.call(record.resModel, "explain_edit", [
                    [record.resId],
                    changes,
                ]);
                if (!(await confirmEdit(this.model.dialog, sentences))) {
                    // Not awaited: it waits for this save to end.
                    this.forget(record);
                    return false;
                }
            }
            return super.onWillSaveRecord(...arguments);
        }

        async forget(record) {
            await record.discard();
            if (this.model.root !== record) {
                // The click that ended the edit may have changed another row.
                await this.model.root.load();
            }
        }
    };
}

class StageList extends RelationalModel.DynamicRecordList {
    /**
     * The handle: ask before a stage comes to the other side of Won.
     *
     * @override
     */
    async resequence(movedId, targetId) {
        const records = this.records.filter((record) => record.id !== movedId);
        const moved = this.records.find((record) => record.id === movedId);
        records.splice(records.findIndex((record) => record.id === targetId) + 1, 0, moved);
        const ids = records.map((record) => record.resId).filter(Boolean);
        const sentences = await this.model.orm.call(this.resModel, "explain_resequence", [ids]);
        if (await confirmEdit(this.model.dialog, sentences)) {
            return super.resequence(...arguments);
        }
    }
}

class StageListModel extends RelationalModel {
    static DynamicRecordList = StageList;
}

registry.category("views").add("dealer_stage_list", {
    ...listView,
    Controller: asking(listView.Controller),
    Model: StageListModel,
});
registry.category("views").add("dealer_stage_form", {
    ...formView,
    Controller: asking(formView.Controller),
});
