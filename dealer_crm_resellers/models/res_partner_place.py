from odoo import api, fields, models
from odoo.exceptions import UserError

from .res_partner import USER

ADDRESS = ("street", "zip", "city")


class ResPartner(models.Model):
    """Where a reseller is. Odoo sets a place to 0/0 when the address changes, and nobody is near it then."""

    _inherit = "res.partner"
    _program_fields = frozenset({"dealer_place_state"})

    dealer_place_state = fields.Selection(
        [("waiting", "Being Looked Up"), ("not_found", "Address Not Found")],
        "Look-up of the Place",
        compute="_compute_dealer_place_state",
        store=True,
        copy=False,
        groups=USER,
        help="Of a reseller whose address has no place (any more).",
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
        """Resellers whose place is to be looked up."""
        return self.search(
            [("dealer_place_state", "=", "waiting")], order="write_date", limit=limit
        )

    def _look_up_place(self, refusable=False):
        return self._look_up_address(self, refusable)

    @api.model
    def _look_up_address(self, record, refusable):
        """The place of a lead's or partner's address; None where there is none.

        :param refusable: the service may refuse the address as well
        :raise UserError: when the service refuses
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
            if refusable:
                return None
            raise

    def _set_place(self, place):
        """Keep what was found; where nothing was, somebody has to type it or correct the address."""
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
