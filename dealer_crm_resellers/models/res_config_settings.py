from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..assignment import DEFAULT_RADII, MAX_RADIUS
from .dealer_crm_lead_match import RADIUS_PARAMETERS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_assign_automatic = fields.Boolean(
        related="company_id.dealer_assign_automatic", readonly=False
    )
    dealer_accept_hours = fields.Integer(related="company_id.dealer_accept_hours", readonly=False)
    dealer_catch_all_user_id = fields.Many2one(
        related="company_id.dealer_catch_all_user_id", readonly=False
    )
    dealer_geolocalize = fields.Boolean(related="company_id.dealer_geolocalize", readonly=False)
    dealer_notify_partners = fields.Boolean(
        related="company_id.dealer_notify_partners", readonly=False
    )
    dealer_radius_1 = fields.Float(
        "First Radius (km)", config_parameter=RADIUS_PARAMETERS[0], default=DEFAULT_RADII[0]
    )
    dealer_radius_2 = fields.Float(
        "Second Radius (km)", config_parameter=RADIUS_PARAMETERS[1], default=DEFAULT_RADII[1]
    )
    dealer_radius_3 = fields.Float(
        "Third Radius (km)", config_parameter=RADIUS_PARAMETERS[2], default=DEFAULT_RADII[2]
    )

    @api.constrains("dealer_radius_1", "dealer_radius_2", "dealer_radius_3")
    def _check_dealer_radii(self):
        for settings in self:
            radii = [settings[f"dealer_radius_{number}"] for number in (1, 2, 3)]
            if not 0 < radii[0] < radii[1] < radii[2] <= MAX_RADIUS:
                raise ValidationError(
                    self.env._(
                        "The radii of the assignment must grow, from more than 0 to"
                        " %(most)s km: correct them.",
                        most=MAX_RADIUS,
                    )
                )
