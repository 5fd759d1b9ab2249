"""The partners that leads may go to: who is near a place, and the draw among them.

Partners are numbered from 1 and drawn in the order of their ids. A square of the map knows who is
within the radius of all its places (``inner``) and of some (``rim``). Only the rim is measured for
a lead, by ``numpy``; a square with a large rim is divided into smaller ones.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, lru_cache
from math import cos, hypot, pi, radians
from typing import NamedTuple

import numpy as np

from .draw import draw
from .geo import EARTH_RADIUS_KM, HALF_TURN_KM, has_place, unit_vector

# Sides of the squares in degrees; those with at most FEW in the rim are not divided.
SIDES = (8, 1, 0.125)
FEW = 250
# Results that are kept: leads from one town often have the same place.
KEPT = 2048
# Cosines this near to each other are equal: less than a millimetre beyond a radius of 1 km.
ROUNDING = 1e-15


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


class Area:
    """Partners by number, ascending: ``inner`` are candidates, ``rim`` are if they are near.

    Both begin with 0, which is nobody. ``before``: the last of ``inner`` before each of ``rim``.
    """

    def __init__(self, inner, rim, vectors):
        self.inner, self.rim = inner, rim
        self.vectors = vectors.take(rim, axis=1)
        self.before = inner.searchsorted(rim, "right") - 1


class Index:
    def __init__(self, partners: Iterable[Partner], radii: Iterable[float]):
        self.partners = sorted(partners)
        self._angles = [min(km, HALF_TURN_KM) / EARTH_RADIUS_KM for km in radii]
        self._limits = [cos(angle) - ROUNDING for angle in self._angles]
        rows = [Partner(0, 0, 0, 0, None, -1, 0), *self.partners]
        # NaN for an unknown place: comparing with its cosine is always false.
        unknown = (np.nan,) * 3
        places = [unit_vector(*each[2:4]) if has_place(*each[2:4]) else unknown for each in rows]
        self.vectors = np.array(places).T.copy()
        self.weights = np.array([each.weight for each in rows])  # 0: removed
        self.entities = np.array([each.entity_id for each in rows])
        self.countries = np.array([each.country_id or 0 for each in rows])
        self.companies = np.array([each.company_id or 0 for each in rows])
        self.within = lru_cache(KEPT)(self._find_within)
        self.in_country = cache(self._find_in_country)
        self._get_all = cache(self._find_all)
        self._get_widest = lru_cache(KEPT)(self._find_widest)
        self._get_area = lru_cache(KEPT)(self._find_area)
        self._get_part = lru_cache(KEPT)(self._find_part)
        self._get_weights = lru_cache(KEPT)(self._weigh)

    def remove(self, partner: Partner) -> None:
        self.weights[bisect_left(self.partners, partner) + 1] = 0
        self._get_weights.cache_clear()

    def draw(self, seed, area, near, excluded):
        """The partner drawn, and the number of candidates; None where there are none.

        :param near: a flag for each of the rim
        """
        inner, rim, before, count = self._get_weights(area, excluded)
        weights = rim * near
        sums = weights.cumsum()
        total = inner.item(-1) + sums.item(-1)
        if not total:
            return None
        lot = draw(seed, total)
        ends = before + sums  # of the slices of the rim, in the order of all candidates
        place = ends.searchsorted(lot, "right")
        if place < len(ends) and ends.item(place) - weights.item(place) <= lot:
            number = area.rim[place]
        else:
            number = area.inner[inner.searchsorted(lot - sums.item(place - 1), "right")]
        return self.partners[number - 1], count + int(np.count_nonzero(weights))

    def nearest(self, company_id, latitude, longitude, excluded):
        """The area of all, and its ``near``: the nearest of those not ``excluded``."""
        area = self._get_all(company_id)
        cosines = np.dot(unit_vector(latitude, longitude), area.vectors)
        cosines[self._get_weights(area, excluded)[1] == 0] = -2
        return area, cosines >= cosines.max() - ROUNDING

    def _find_within(self, company_id, latitude, longitude, number):
        """The next radius after ``number`` that has anybody, or the last: number, area, ``near``."""
        area = self._get_widest(company_id, latitude // SIDES[0], longitude // SIDES[0])
        if is_dense := len(area.rim) > FEW or len(area.inner) > 1:
            row, column = latitude // SIDES[-1], longitude // SIDES[-1]
            area = self._get_area(company_id, row, column, number)
        cosines = np.dot(unit_vector(latitude, longitude), area.vectors)
        near = cosines >= self._limits[number]
        while not (is_dense or np.count_nonzero(near)) and number + 1 < len(self._limits):
            number += 1
            near = cosines >= self._limits[number]
        return number + 1, area, near

    def _find_widest(self, company_id, row, column):
        corner = row * SIDES[0], column * SIDES[0]
        return self._get_part(self._get_all(company_id), *corner, SIDES[0], self._angles[-1])

    def _find_area(self, company_id, row, column, number):
        area, south, west = self._get_all(company_id), row * SIDES[-1], column * SIDES[-1]
        for side in SIDES:
            if len(area.rim) > FEW:
                corner = south // side * side, west // side * side
                area = self._get_part(area, *corner, side, self._angles[number])
        return area

    def _find_part(self, area, south, west, side, angle):
        """The part of an area that is a square, by the distances from its middle."""
        cosines = np.dot(unit_vector(south + side / 2, west + side / 2), area.vectors)
        reach = radians(hypot(side, side) / 2) * 1.001  # a bit more than to its corners
        inside = cosines > cos(max(angle - reach, 0)) + ROUNDING
        rim = (cosines >= cos(min(angle + reach, pi)) - ROUNDING) & ~inside
        rim[0] = True
        inner = np.sort(np.append(area.inner, area.rim[inside]))
        return Area(inner, area.rim[rim], self.vectors)

    def _find_all(self, company_id):
        numbers = self._get_numbers(company_id, ~np.isnan(self.vectors[0]))
        return Area(np.zeros(1, int), numbers, self.vectors)

    def _find_in_country(self, company_id, country_id):
        numbers = self._get_numbers(company_id, self.countries == country_id)
        return Area(numbers, np.zeros(1, int), self.vectors), True

    def _get_numbers(self, company_id, flags):
        """Nobody and the partners flagged that may get leads of the company."""
        serves = (self.companies == 0) | (self.companies == company_id)
        return np.append(0, np.flatnonzero(serves & flags))

    def _weigh(self, area, excluded):
        """Sums of the weights of ``inner``, weights of ``rim``, sums before it, candidates inside.

        Those who are removed or of the entities ``excluded`` weigh 0.
        """
        weights = self.weights.copy() if excluded else self.weights
        for entity_id in excluded:
            weights[self.entities == entity_id] = 0
        inner = weights.take(area.inner)
        sums = inner.cumsum()
        return sums, weights.take(area.rim), sums.take(area.before), int(np.count_nonzero(inner))
