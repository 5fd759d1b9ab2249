from odoo import models
from odoo.tools import config

WEBSITE_ADDON = "dealer_crm_resellers_website"
HERE = ("installed", "to install", "to upgrade")


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def write(self, vals):
        """The website's addon comes by itself as soon as this one and Website are there.

        Not by Odoo's ``auto_install``: where the addon that it excludes is installed, that would
        refuse this addon or Website together with it.
        """
        fresh = self.browse()
        if vals.get("state") == "installed":
            fresh = self.filtered(lambda module: module.state == "to install")
        result = super().write(vals)
        if fresh and not config.get("skip_auto_install"):
            fresh._install_reseller_website()
        return result

    def _install_reseller_website(self):
        """Mark the addon for installation when the last of what it waits for has just come."""
        if not {"dealer_crm_resellers", "website"} & set(self.mapped("name")):
            return
        addon = self.search([("name", "=", WEBSITE_ADDON), ("state", "=", "uninstalled")])
        states = {
            module.name: module.state
            for module in self.search(
                [("name", "in", ["website", *addon.exclusion_ids.mapped("name")])]
            )
        }
        if addon and states.pop("website", None) in HERE and not set(states.values()) & set(HERE):
            addon.button_install()
