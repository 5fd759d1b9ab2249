"""Which partner a lead goes to: the tiers, one after the other, and capacity that runs out."""

from collections.abc import Iterable
from typing import NamedTuple

from .geo import distance_km, has_place
from .index import Index, Partner

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


class Matcher:
    """Assigns leads to partners and counts down the partners' capacity.

    A match depends on the lead's seed and its candidates in the order of their ids, and on no other
    partner: it can be repeated from the data of its time. ``radii``: kilometres, ascending.
    """

    def __init__(self, partners: Iterable[Partner], radii: Iterable[float] = DEFAULT_RADII):
        self._radii = list(radii)
        self._partners = [partner for partner in partners if partner.capacity != 0]
        self._capacity = {p.id: p.capacity for p in self._partners if p.capacity is not None}
        self._indexes: dict[int, Index] = {}

    def match(self, lead: Lead, seed: int) -> Match:
        """Draw the partner of one lead; it then may get one lead less."""
        placed = has_place(lead.latitude, lead.longitude)
        tier, found = self._find(lead, seed, placed)
        if not found:
            unplaced = NO_COUNTRY_PARTNER if lead.country_id else NO_ORIGIN
            return Match(lead.id, seed, reason=NOBODY if placed else unplaced)
        partner, candidates = found
        if partner.capacity is not None:
            self._use_capacity(partner)
        distance = None
        if placed and (tier != COUNTRY or has_place(partner.latitude, partner.longitude)):
            distance = distance_km(*lead[2:4], partner.latitude, partner.longitude)
        return Match(lead.id, seed, partner.id, tier, distance, candidates, partner.weight)

    def _find(self, lead, seed, placed):
        """The first tier that has candidates, and (partner, number of candidates)."""
        index, place, excluded = self._get_index(lead.company_id), lead[2:4], lead.excluded
        if placed:
            for tier, km in enumerate(self._radii, 1):
                if found := index.within(seed, *place, km, excluded):
                    return tier, found
        found = lead.country_id and index.in_country(seed, lead.country_id, excluded)
        if found or not placed:
            return COUNTRY, found
        return NEAREST, index.nearest(seed, *place, excluded)

    def get_capped(self, partner_ids: Iterable[int]) -> list[int]:
        """Those of the partners that have a cap."""
        return [partner_id for partner_id in partner_ids if partner_id in self._capacity]

    def _get_index(self, company_id):
        if company_id not in self._indexes:
            self._indexes[company_id] = Index(
                [
                    partner
                    for partner in self._partners
                    if partner.company_id in (None, company_id)
                    and self._capacity.get(partner.id) != 0
                ]
            )
        return self._indexes[company_id]

    def _use_capacity(self, partner):
        self._capacity[partner.id] -= 1
        if not self._capacity[partner.id]:
            for company_id, index in self._indexes.items():
                if partner.company_id in (None, company_id):
                    index.remove(partner)
