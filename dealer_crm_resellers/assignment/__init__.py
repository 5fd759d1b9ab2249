"""Which reseller a lead goes to: distance, weighted draw and tiers.

Plain Python: nothing in here knows Odoo or a database.
"""

from .draw import draw, lead_seed, mix
from .geo import distance_km, has_place
from .match import (
    COUNTRY,
    DEFAULT_RADII,
    MAX_RADIUS,
    NEAREST,
    NO_COUNTRY_PARTNER,
    NO_ORIGIN,
    NOBODY,
    Lead,
    Match,
    Roster,
)
from .pool import Partner
