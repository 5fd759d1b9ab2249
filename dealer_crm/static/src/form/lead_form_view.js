import {registry} from "@web/core/registry";
import {formView} from "@web/views/form/form_view";
import {useLiveForm} from "../live/live_form";
import {makeLiveRecord} from "../live/live_record";

export class LeadFormController extends formView.Controller {
    setup() {
        super.setup();
        useLiveForm(this);
    }
}

export class LeadFormModel extends formView.Model {
    static Record = makeLiveRecord(formView.Model.Record);
}

registry.category("views").add("dealer_lead_form", {
    ...formView,
    Controller: LeadFormController,
    Model: LeadFormModel,
});
