import {registry} from "@web/core/registry";
import {listView} from "@web/views/list/list_view";
import {SearchMiss, getHelp} from "./search_miss";

class LeadListController extends listView.Controller {
    static template = "dealer_crm.LeadListView";
    static components = {...listView.Controller.components, SearchMiss};

    get noContentHelp() {
        return getHelp(this.props);
    }
}

registry.category("views").add("dealer_lead_list", {
    ...listView,
    Controller: LeadListController,
});
