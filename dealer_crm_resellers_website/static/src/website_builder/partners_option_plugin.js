import {BaseOptionComponent} from "@html_builder/core/utils";
import {Plugin} from "@html_editor/plugin";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

class PartnersOption extends BaseOptionComponent {
    static template = "dealer_crm_resellers_website.PartnersOption";
    static selector = "main:has(.o_dealer_partners)";
    static title = _t("Partners Page");
    static groups = ["website.group_website_designer"];
    static editableOnly = false;
}

class PartnerOption extends BaseOptionComponent {
    static template = "dealer_crm_resellers_website.PartnerOption";
    static selector = "main:has(.o_dealer_partner)";
    static title = _t("Partner Page");
    static groups = ["website.group_website_designer"];
    static editableOnly = false;
}

class DealerPartnersOptionPlugin extends Plugin {
    static id = "dealerPartnersOption";
    resources = {builder_options: [PartnersOption, PartnerOption]};
}

registry.category("website-plugins").add(DealerPartnersOptionPlugin.id, DealerPartnersOptionPlugin);
