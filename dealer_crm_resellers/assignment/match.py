"""Which partner a lead goes to: the tiers, one after the other, and seats that run out."""

from collections.abc import Iterable
from typing import NamedTuple

from .circle import get_radius
from .geo import distance_km, has_place, unit_vector
from .market import Market
from .pool import Partner, Pool

DEFAULT_RADII = (50.0, 100.0, 200.0)  # km
MAX_RADIUS = 20_000  # km; half around the Earth
# The tiers after the radii, which are 1, 2 and 3.
COUNTRY, NEAREST = 4, 5
# Why nobody was found.
NO_ORIGIN = "no_origin"  # it has neither a place nor a country
NO_COUNTRY_PARTNER = "no_country_partner"  # nobody in its country, and it has no place
NOBODY = "nobody"  # no partner may get it, not even the nearest


class Lead(NamedTuple):
    """A lead that needs a partner. 0/0 is no place; ``excluded`` are commercial entities."""

    id: int
    company_id: int
    latitude: float
    longitude: float
    country_id: int | None
    excluded: frozenset[int] = frozenset()
    failure: str | None = None  # why nobody was found the last time


class Match(NamedTuple):
    """What was decided for a lead, and how; without ``partner_id``, why not."""

    lead_id: int
    seed: int
    partner_id: int | None = None
    tier: int | None = None
    distance: float | None = None  # km; None: one of the two has no place
    candidates: int = 0  # how many were in the tier
    weight: int = 0  # of the one that was drawn
    reason: str | None = None


class Roster:
    """The partners that leads may go to; gives out their seats one by one.

    What a lead gets depends on its seed and on who its candidates are, in their fixed order —
    not on who else is here. So a decision can be repeated from the data of its time alone.
    """

    def __init__(self, partners: Iterable[Partner], radii: Iterable[float] = DEFAULT_RADII):
        """``radii``: kilometres, ascending."""
        self._radii = [get_radius(km) for km in radii]
        self._seats: dict[int, int] = {}
        self._partners: list[Partner] = []
        for partner in partners:
            if partner.seats is None:
                self._partners.append(partner)
            elif partner.seats > 0:
                self._partners.append(partner)
                self._seats[partner.id] = partner.seats
        self._markets: dict[int, Market] = {}

    def match(self, lead: Lead, seed: int) -> Match:
        """Draw the partner of one lead and take the seat."""
        placed = has_place(lead.latitude, lead.longitude)
        tier, pool = self._find(lead, placed)
        if not pool:
            return Match(lead.id, seed, reason=_why_nobody(lead, placed))
        partner = pool.pick(seed)
        if partner.id in self._seats:
            self._take_seat(partner)
        distance = None
        if placed and (tier != COUNTRY or has_place(partner.latitude, partner.longitude)):
            distance = distance_km(
                lead.latitude, lead.longitude, partner.latitude, partner.longitude
            )
        return Match(lead.id, seed, partner.id, tier, distance, pool.count, partner.weight)

    def get_capped(self, partner_ids: Iterable[int]) -> list[int]:
        """Those of the partners that have a cap."""
        return [partner_id for partner_id in partner_ids if partner_id in self._seats]

    def find_tier(self, lead: Lead) -> int | None:
        """The tier that the lead would be drawn in; None where nobody may get it."""
        tier, pool = self._find(lead, has_place(lead.latitude, lead.longitude))
        return tier if pool else None

    def _find(self, lead: Lead, placed: bool) -> tuple[int, Pool | None]:
        """The first tier that has candidates, and these."""
        market = self._get_market(lead.company_id)
        latitude, longitude, excluded = lead.latitude, lead.longitude, lead.excluded
        if not placed:
            return COUNTRY, market.in_country(lead.country_id, excluded)
        vector = unit_vector(latitude, longitude)
        for tier, radius in enumerate(self._radii, 1):
            pool = market.within(latitude, longitude, vector, radius, excluded)
            if pool:
                return tier, pool
        pool = market.in_country(lead.country_id, excluded)
        if pool:
            return COUNTRY, pool
        return NEAREST, market.nearest(latitude, longitude, vector, excluded)

    def _get_market(self, company_id: int) -> Market:
        market = self._markets.get(company_id)
        if market is None:
            market = self._markets[company_id] = Market(
                [
                    partner
                    for partner in self._partners
                    if partner.company_id in (None, company_id) and self._seats.get(partner.id) != 0
                ]
            )
        return market

    def _take_seat(self, partner: Partner) -> None:
        self._seats[partner.id] -= 1
        if not self._seats[partner.id]:
            for company_id, market in self._markets.items():
                if partner.company_id in (None, company_id):
                    market.remove(partner)


def _why_nobody(lead: Lead, placed: bool) -> str:
    if placed:
        return NOBODY
    return NO_COUNTRY_PARTNER if lead.country_id else NO_ORIGIN
