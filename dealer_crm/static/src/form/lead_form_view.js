import {registry} from "@web/core/registry";
import {formView} from "@web/views/form/form_view";
import {FetchRecordError} from "@web/model/relational_model/errors";
import {explainDeleted} from "../deleted_lead";
import {useLiveForm} from "../live/live_form";
import {makeLiveRecord} from "../live/live_record";

export class LeadFormController extends formView.Controller {
    setup() {
        super.setup();
        this.live = useLiveForm(this);
    }

    /** @override */
    async onRecordSaved() {
        await super.onRecordSaved(...arguments);
        this.live.onSaved();
    }

    /** @override */
    async discard() {
        await super.discard();
        await this.live.onDiscarded();
    }
}

export class LeadFormModel extends formView.Model {
    static Record = makeLiveRecord(formView.Model.Record);

    /**
     * Say in words that the lead was deleted: Odoo names its id.
     *
     * @override
     */
    async _loadRecords(config) {
        try {
            return await super._loadRecords(...arguments);
        } catch (error) {
            if (error instanceof FetchRecordError && config.resModel === "dealer.crm.lead") {
                error.message = explainDeleted();
            }
            throw error;
        }
    }
}

registry.category("views").add("dealer_lead_form", {
    ...formView,
    Controller: LeadFormController,
    Model: LeadFormModel,
});
