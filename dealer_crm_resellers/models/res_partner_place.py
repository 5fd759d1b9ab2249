from odoo import api, fields, models
from odoo.exceptions import UserError

from .res_partner import USER

ADDRESS = ("street", "zip", "city")


class ResPartner(models.Model):
    """The look-up of a reseller's place, which Odoo resets to 0/0 when the address changes."""

    _inherit = "res.partner"

    dealer_place_state = fields.Selection(
        [("waiting", "Being Looked Up"), ("not_found", "Address Not Found")],
        "Place Look-up",
        compute="_compute_dealer_place_state",
        store=True,
        copy=False,
        groups=USER,
        help="Set while the address of a reseller has no place.",
    )

    _dealer_place_waiting_idx = models.Index("(id) WHERE dealer_place_state = 'waiting'")

    @api.depends(
        "dealer_level_id",
        "partner_latitude",
        "partner_longitude",
        *ADDRESS,
        "state_id",
        "country_id",
    )
    def _compute_dealer_place_state(self):
        for partner in self:
            placeless = not (partner.partner_latitude or partner.partner_longitude)
            waiting = partner.dealer_level_id and placeless and any(partner[n] for n in ADDRESS)
            partner.dealer_place_state = "waiting" if waiting else False

    @api.model
    def _get_placeless(self, limit):
        """Up to ``limit`` resellers whose place is to be looked up."""
        return self.search(
            [("dealer_place_state", "=", "waiting")], order="write_date", limit=limit
        )

    @api.model
    def _look_up_address(self, record, ignore_refusal=False):
        """Latitude and longitude of a lead's or partner's address; None when none is found.

        :param bool ignore_refusal: return None when the service refuses the request
        :raise UserError: when the service refuses the request
        """
        record.ensure_one()
        try:
            return self._geo_localize(
                record.street,
                record.zip,
                record.city,
                record.state_id.name,
                record.country_id.name,
            )
        except UserError:
            if ignore_refusal:
                return None
            raise

    def _set_place(self, place):
        """Write the place found; with None, mark the address as not found."""
        self.ensure_one()
        if not place:
            self.dealer_place_state = "not_found"
            return
        latitude, longitude = place
        self.write(
            {
                "partner_latitude": latitude,
                "partner_longitude": longitude,
                "date_localization": fields.Date.context_today(self),
            }
        )
