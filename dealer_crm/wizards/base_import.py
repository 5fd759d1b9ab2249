from odoo import api, models

from odoo.addons.base_import.models.base_import import FIELDS_RECURSION_LIMIT


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    @api.model
    def get_fields_tree(self, model, depth=FIELDS_RECURSION_LIMIT):
        """Offer a lead's reference, too: it is readonly, but a new lead may be given one."""
        fields = super().get_fields_tree(model, depth=depth)
        if model == "dealer.crm.lead" and depth:
            reference = self.env[model]._fields["name"]
            fields.append(
                {
                    "id": "name",
                    "name": "name",
                    "string": reference._description_string(self.env),
                    "required": False,
                    "fields": [],
                    "type": "char",
                    "model_name": model,
                }
            )
        return fields
