"""Which partner a lead goes to: the tiers, one after the other, and capacity that runs out."""

from collections.abc import Iterable
from typing import NamedTuple

from .geo import distance_km, has_place
from .index import Index, Partner

DEFAULT_RADII = (50.0, 100.0, 200.0)  # km
MAX_RADIUS = 20_000  # km; half around the Earth
COUNTRY, NEAREST = 4, 5  # the tiers after the radii, which are 1, 2 and 3
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
        self._index = Index((each for each in partners if each.capacity != 0), self._radii)
        #: leads that those with a cap may still get, by partner's id
        self.left = {p.id: p.capacity for p in self._index.partners if p.capacity is not None}

    def match(self, lead: Lead, seed: int) -> Match:
        """Draw the partner of one lead; it then may get one lead less."""
        place = lead[2:4] if has_place(lead.latitude, lead.longitude) else ()
        for tier, area, near in self._get_tiers(lead, place):
            if found := self._index.draw(seed, area, near, lead.excluded):
                partner, candidates = found
                if partner.id in self.left:
                    self.left[partner.id] -= 1
                    if not self.left[partner.id]:
                        self._index.remove(partner)
                other = partner[2:4]
                is_placed = place and (tier != COUNTRY or has_place(*other))
                distance = distance_km(*place, *other) if is_placed else None
                return Match(lead.id, seed, partner.id, tier, distance, candidates, partner.weight)
        unplaced = NO_COUNTRY_PARTNER if lead.country_id else NO_ORIGIN
        return Match(lead.id, seed, reason=NOBODY if place else unplaced)

    def _get_tiers(self, lead, place):
        """The tiers in their order, each with its candidates; ``place`` is empty if unknown."""
        company_id, index = lead.company_id, self._index
        tier = 0
        while place and tier < len(self._radii):
            tier, *found = index.within(company_id, *place, tier)
            yield tier, *found
        if lead.country_id:
            yield COUNTRY, *index.in_country(company_id, lead.country_id)
        if place:
            yield NEAREST, *index.nearest(company_id, *place, lead.excluded)
