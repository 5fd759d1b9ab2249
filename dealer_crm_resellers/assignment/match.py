"""Which partner a lead goes to: the tiers, one after the other, and capacity that runs out.

Partners are numbered in the order of their ids, and nobody is the last. A square of the map knows who
is near all of its places (``inner``) and who is near some (the ``rim``), so only the rim is measured
for a lead. A wide square has all of its partners in the rim; where they are many it is divided.
"""

from bisect import bisect
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from math import cos, nan, pi, radians
from typing import NamedTuple

import numpy as np

from .draw import draw
from .geo import EARTH_RADIUS_KM, distance_km, has_place, unit_vector

DEFAULT_RADII = (50.0, 100.0, 200.0)  # km
MAX_RADIUS = 20_000  # km; half around the Earth
COUNTRY, NEAREST = 4, 5  # the tiers after the radii, which are 1, 2 and 3
NO_ORIGIN = "no_origin"  # nobody was found: the lead has neither a place nor a country
NO_COUNTRY_PARTNER = "no_country_partner"  # the lead has no place, and nobody is in its country
NOBODY = "nobody"  # no partner may get the lead, not even the nearest
SIDE, WIDE = 0.125, 64  # degrees of a square, and squares of a wide square's side
DENSE = 1000  # partners of a wide square that is divided
FEW = 50  # weights that Python adds up sooner than numpy starts
KEPT = 2048  # squares, and the sums of their weights
ROUNDING = 1e-15  # cosines this near are equal: less than a millimetre beyond a radius of 1 km
UNKNOWN = (nan, nan, nan)  # the unit vector of no place: near nothing


class Partner(NamedTuple):
    """A partner that leads may go to; its weight is above 0."""

    id: int
    weight: int
    latitude: float
    longitude: float
    country_id: int | None
    company_id: int | None  # None: leads of any company
    entity_id: int  # its commercial entity
    capacity: int | None = None  # leads it may still get; None: no cap


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


class Area:
    """Partners by number, and nobody: ``inner`` are candidates, those of ``rim`` if they are near."""

    def __init__(self, inner, rim, vectors):
        self.inner, self.rim = (np.append(each, vectors.shape[1] - 1) for each in (inner, rim))
        self.before = self.inner.searchsorted(self.rim)  # how many of ``inner``
        self.vectors = vectors.take(self.rim, axis=1)


class Matcher:
    """Assigns leads to partners and counts down the partners' capacity.

    A match depends on the lead's seed and its candidates in the order of their ids, and on no other
    partner: it can be repeated from the data of its time. ``radii``: kilometres, ascending.
    """

    def __init__(self, partners: Iterable[Partner], radii: Iterable[float] = DEFAULT_RADII):
        self._angles = [min(km / EARTH_RADIUS_KM, pi) for km in radii]
        self._partners = rows = [*sorted(partners), Partner(0, 0, 0, 0, None, None, 0)]
        #: leads that those with a cap may still get, by partner's id
        self.left = {each.id: each.capacity for each in rows if each.capacity is not None}
        self._places = [unit_vector(*p[2:4]) if has_place(*p[2:4]) else UNKNOWN for p in rows]
        self._vectors = np.array(self._places).T.copy()
        self._countries = np.array([each.country_id or 0 for each in rows])
        self._companies = np.array([each.company_id or 0 for each in rows])
        self._entities = np.array([each.entity_id for each in rows])
        self._weights = np.array([each.weight * (each.capacity != 0) for each in rows])
        self._get_all = lru_cache(KEPT)(self._find_all)
        self._get_square = lru_cache(KEPT)(self._find_square)
        self._weighed = lru_cache(KEPT)(self._weigh)

    def match(self, lead: Lead, seed: int) -> Match:
        """Draw the partner of one lead; it then may get one lead less."""
        placed = has_place(lead.latitude, lead.longitude)
        vector = unit_vector(lead.latitude, lead.longitude) if placed else UNKNOWN
        for tier, area, near in self._get_tiers(lead, placed, np.array(vector)):
            number, found = self._draw(seed, area, near, lead.excluded)
            if found:
                partner, other = self._partners[number], self._places[number]
                if partner.id in self.left:
                    self.left[partner.id] -= 1
                    if not self.left[partner.id]:
                        self._weights[number] = 0
                        self._weighed.cache_clear()
                distance = None if UNKNOWN in (vector, other) else distance_km(vector, other)
                return Match(lead.id, seed, partner.id, tier, distance, int(found), partner.weight)
        unplaced = NO_COUNTRY_PARTNER if lead.country_id else NO_ORIGIN
        return Match(lead.id, seed, reason=NOBODY if placed else unplaced)

    def _draw(self, seed, area, near, excluded):
        """The number of the partner that is drawn from an area, and from how many candidates."""
        sums, rim, before, inside = self._weigh(area, excluded) if excluded else self._weighed(area)
        rim = rim * near
        if not inside and len(places := rim.nonzero()[0]) < FEW:
            ends = [*accumulate(rim.take(places).tolist())]
            place = places.item(bisect(ends, draw(seed, ends[-1]))) if ends else -1
            return area.rim.item(place), len(places)
        ends = rim.cumsum()
        lot = draw(seed, before.item(-1) + ends.item(-1))
        # It is the first of the rim that ends behind the lot, or one inside of a lower number.
        place = (before + ends).searchsorted(lot, "right")
        earlier = sums.searchsorted(lot - ends.item(place) + rim.item(place), "right") - 1
        return min(area.rim.item(place), area.inner.item(earlier)), inside + np.count_nonzero(rim)

    def _get_tiers(self, lead, placed, vector):
        """The tiers in their order, each with its area and the flags of those who are near."""
        everybody = self._get_all(lead.company_id, None)
        if placed:
            y, x = lead.latitude // SIDE, lead.longitude // SIDE
            wide = self._get_square(everybody, y // WIDE, x // WIDE, SIDE * WIDE, self._angles[-1])
            divided = len(wide.rim) > DENSE
            for tier, angle in enumerate(self._angles, 1):
                area = self._get_square(wide, y, x, SIDE, angle, angle) if divided else wide
                if divided or tier == 1:
                    cosines = vector.dot(area.vectors)
                near = cosines >= cos(angle) - ROUNDING
                if len(area.inner) > 1 or np.count_nonzero(near):
                    yield tier, area, near
        if lead.country_id:
            yield COUNTRY, self._get_all(lead.company_id, lead.country_id), False
        if placed:
            cosines = vector.dot(everybody.vectors)
            cosines[self._weigh(everybody, lead.excluded)[1] == 0] = -2
            yield NEAREST, everybody, cosines >= cosines.max() - ROUNDING

    def _find_all(self, company_id, country_id):
        """Who may get a company's leads: all who have a place (rim), or those of a country (inner)."""
        serves = (self._companies == 0) | (self._companies == company_id)
        inner = serves & (self._countries == country_id)
        rim = serves & ~np.isnan(self._vectors[0]) & (not country_id)
        return Area(inner.nonzero()[0], rim.nonzero()[0], self._vectors)

    def _find_square(self, area, row, column, side, most, least=0):
        """A square's part of an area: ``inner`` within the angle ``least``, the rim within ``most``."""
        cosines = np.dot(unit_vector((row + 0.5) * side, (column + 0.5) * side), area.vectors)
        reach = radians(0.71 * side)  # a bit more than from the middle to a corner
        inner = cosines > cos(max(least - reach, 0)) + ROUNDING
        rim = (cosines >= cos(min(most + reach, pi)) - ROUNDING) & ~inner
        return Area(area.rim[inner], area.rim[rim], self._vectors)

    def _weigh(self, area, excluded=()):
        """Sums before each of ``inner``, weights of the rim, sums inside before it, how many inside."""
        weights = self._weights.copy() if excluded else self._weights  # 0: may get no lead
        for entity_id in excluded:
            weights[self._entities == entity_id] = 0
        inner = weights.take(area.inner)
        starts = inner.cumsum() - inner
        return starts, weights.take(area.rim), starts.take(area.before), np.count_nonzero(inner)
