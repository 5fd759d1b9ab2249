"""Which reseller a lead goes to: distance, weighted draw and tiers, without Odoo."""

from .draw import draw, lead_seed
from .geo import circle_boxes, has_place
from .match import COUNTRY, DEFAULT_RADII, MAX_RADIUS, NEAREST, NO_COUNTRY_PARTNER, NO_ORIGIN
from .match import NOBODY, Lead, Match, Matcher, Partner
