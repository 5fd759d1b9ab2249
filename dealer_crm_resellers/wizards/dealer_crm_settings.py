from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..assignment import DEFAULT_RADII, MAX_RADIUS
from ..models.dealer_crm_lead_match import RADIUS_PARAMETERS

COMPANY_FIELDS = (
    "dealer_assign_automatic",
    "dealer_accept_hours",
    "dealer_catch_all_user_id",
    "dealer_geolocalize",
    "dealer_notify_partners",
)
RADIUS_FIELDS = ("dealer_radius_1", "dealer_radius_2", "dealer_radius_3")
OF_COMPANY = {"compute": "_compute_resellers", "inverse": "_inverse_resellers"}
RADIUS = {"compute": "_compute_radii", "inverse": "_inverse_radii"}


class DealerCrmSettings(models.TransientModel):
    _inherit = "dealer.crm.settings"

    dealer_assign_automatic = fields.Boolean(
        "Automatic Assignment",
        **OF_COMPANY,
        help="Assign new leads to resellers at once, and the others from time to time.",
    )
    dealer_accept_hours = fields.Integer(
        "Accept Within (hours)",
        **OF_COMPANY,
        help="A lead not accepted in this time goes to the next reseller. 0: no limit.",
    )
    dealer_catch_all_user_id = fields.Many2one(
        "res.users",
        "Catch-all Salesperson",
        **OF_COMPANY,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets the leads for which no reseller is found.",
    )
    dealer_geolocalize = fields.Boolean(
        "Place of Leads",
        **OF_COMPANY,
        help="Look up the coordinates of new leads in the background.",
    )
    dealer_notify_partners = fields.Boolean(
        "E-mail to Resellers",
        **OF_COMPANY,
        help="Tell a reseller about its new leads in one e-mail.",
    )
    dealer_radius_1 = fields.Float(
        "First Radius (km)",
        **RADIUS,
        help="Resellers in the first radius come before those in the second, and so on.",
    )
    dealer_radius_2 = fields.Float("Second Radius (km)", **RADIUS)
    dealer_radius_3 = fields.Float("Third Radius (km)", **RADIUS)

    @api.depends("company_id")
    def _compute_resellers(self):
        self._show_company(COMPANY_FIELDS)

    def _inverse_resellers(self):
        self._set_company(COMPANY_FIELDS)

    @api.depends("company_id")
    def _compute_radii(self):
        try:
            radii = self.env["dealer.crm.lead"]._get_radii()
        except UserError:
            # Show the defaults, so that an invalid parameter can be corrected here.
            radii = DEFAULT_RADII
        for settings in self:
            for name, radius in zip(RADIUS_FIELDS, radii, strict=True):
                settings[name] = radius

    def _inverse_radii(self):
        for settings in self:
            radii = [settings[name] for name in RADIUS_FIELDS]
            self._set_parameters(dict(zip(RADIUS_PARAMETERS, radii, strict=True)))

    @api.constrains(*RADIUS_FIELDS)
    def _check_radii(self):
        for settings in self:
            radii = [settings[name] for name in RADIUS_FIELDS]
            if not 0 < radii[0] < radii[1] < radii[2] <= MAX_RADIUS:
                raise ValidationError(
                    self.env._(
                        "The radii of the assignment must be above 0, ascending and at most"
                        " %(most)s km: correct them.",
                        most=MAX_RADIUS,
                    )
                )
