import {PublishSystrayItem} from "@website/client_actions/website_preview/publish_website_systray_item";
import {patch} from "@web/core/utils/patch";

patch(PublishSystrayItem.prototype, {
    /**
     * Reload a partner's page: it shows why it is not public, which has just changed.
     */
    async publishContent() {
        const published = await super.publishContent(...arguments);
        const {contentWindow} = this.website;
        const page = contentWindow?.document.querySelector(".o_dealer_partner");
        if (published !== undefined && page) {
            contentWindow.location.reload();
        }
        return published;
    },
});
