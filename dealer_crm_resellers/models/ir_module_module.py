from odoo import models
from odoo.tools import config

WEBSITE_ADDON = "dealer_crm_resellers_website"
PRESENT = ("installed", "to install", "to upgrade")


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def write(self, vals):
        """Install the website's addon as soon as this addon and Website are installed.

        Odoo's ``auto_install`` does not serve: where an addon that it excludes is installed, Odoo
        would refuse to install this addon or Website, too.
        """
        installed = self.browse()
        if vals.get("state") == "installed":
            installed = self.filtered(lambda module: module.state == "to install")
        result = super().write(vals)
        if installed and not config.get("skip_auto_install"):
            installed._install_reseller_website()
        return result

    def _install_reseller_website(self):
        """Mark the addon for installation when the last of its dependencies was just installed."""
        if not {"dealer_crm_resellers", "website"} & set(self.mapped("name")):
            return
        addon = self.search([("name", "=", WEBSITE_ADDON), ("state", "=", "uninstalled")])
        states = {
            module.name: module.state
            for module in self.search(
                [("name", "in", ["website", *addon.exclusion_ids.mapped("name")])]
            )
        }
        if (
            addon
            and states.pop("website", None) in PRESENT
            and not set(states.values()) & set(PRESENT)
        ):
            addon.button_install()
