import time

from odoo import api, models

# OpenStreetMap's usage policy: one request a second at most.
PLACE_INTERVAL = 1.1


class Pace:
    """Keeps requests apart; one for all that a run makes, in the context ``dealer_geocoder_pace``."""

    def __init__(self):
        self._last = None
        self._asked = None

    def ask(self, address, request):
        """The answer of ``request()``, once it is time. The same address twice is one request."""
        if self._asked and self._asked[0] == address:
            return self._asked[1]
        if self._last is not None:
            time.sleep(max(0, self._last + PLACE_INTERVAL - time.monotonic()))
        self._last = time.monotonic()
        answer = request()
        self._asked = address, answer
        return answer


class BaseGeocoder(models.AbstractModel):
    _inherit = "base.geocoder"

    @api.model
    def geo_find(self, addr, **kw):
        """The door of every request: Odoo tries a second one where the first finds nothing."""
        pace = self.env.context.get("dealer_geocoder_pace")
        if not isinstance(pace, Pace):
            return super().geo_find(addr, **kw)
        return pace.ask(
            (addr, kw.get("force_country")), lambda: super(BaseGeocoder, self).geo_find(addr, **kw)
        )
