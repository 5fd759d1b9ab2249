import time

from odoo import api, models

# Seconds. OpenStreetMap's usage policy allows one request a second.
PLACE_INTERVAL = 1.1


class RateLimiter:
    """Spaces out the requests of one run; passed in the context as ``dealer_geocoder_limiter``."""

    def __init__(self):
        self._last_time = None
        self._last_answer = None

    def call(self, address, request):
        """Wait until the interval is over, then return ``request()``.

        The same address twice in a row is one request.
        """
        if self._last_answer and self._last_answer[0] == address:
            return self._last_answer[1]
        if self._last_time is not None:
            time.sleep(max(0, self._last_time + PLACE_INTERVAL - time.monotonic()))
        self._last_time = time.monotonic()
        answer = request()
        self._last_answer = address, answer
        return answer


class BaseGeocoder(models.AbstractModel):
    _inherit = "base.geocoder"

    @api.model
    def geo_find(self, addr, **kw):
        """Every request passes here: Odoo makes a second one when the first finds nothing."""
        limiter = self.env.context.get("dealer_geocoder_limiter")
        if not isinstance(limiter, RateLimiter):
            return super().geo_find(addr, **kw)
        return limiter.call(
            (addr, kw.get("force_country")), lambda: super(BaseGeocoder, self).geo_find(addr, **kw)
        )
