"""The partners that leads may go to: who is near a place, and the draw among them.

Partners are numbered and drawn in the order of their ids. ``numpy`` measures the cosines from a
lead to all partners around its square degree at once.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, lru_cache
from math import cos, hypot, pi, radians
from typing import NamedTuple

import numpy as np

from .draw import draw
from .geo import EARTH_RADIUS_KM, HALF_TURN_KM, has_place, unit_vector

# A bit more than the radians from the middle of a square degree to a corner.
REACH = radians(hypot(0.5, 0.5)) * 1.001
# So many results are kept: leads from one town often have the same place.
KNOWN_PLACES = 2048
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
    """Partners by number, in the order of their ids, and their vectors as columns."""

    def __init__(self, numbers, vectors):
        self.numbers, self.vectors = numbers, vectors


class Index:
    def __init__(self, partners: Iterable[Partner]):
        self.partners = sorted(partners)
        places = [each[2:4] for each in self.partners]
        # NaN for an unknown place: comparing with its cosine is always false.
        vectors = [unit_vector(*each) if has_place(*each) else (np.nan,) * 3 for each in places]
        self.vectors = np.array(vectors).reshape(-1, 3).T.copy()
        self.weights = np.array([each.weight for each in self.partners], int)  # 0: removed
        self.entities = np.array([each.entity_id for each in self.partners])
        self.countries = np.array([each.country_id or 0 for each in self.partners])
        self.companies = np.array([each.company_id or 0 for each in self.partners])
        self.within = lru_cache(KNOWN_PLACES)(self._find_within)
        self.in_country = cache(self._find_in_country)
        self._get_area = cache(self._find_area)
        self._get_weights = cache(lambda area: self.weights.take(area.numbers))

    def remove(self, partner: Partner) -> None:
        self.weights[bisect_left(self.partners, partner)] = 0
        self._get_weights.cache_clear()

    def draw(self, seed, area, near, excluded):
        """The partner drawn, and the number of candidates; None where there are none."""
        weights = self._weigh(area, near, excluded)
        sums = weights.cumsum()
        total = int(sums[-1]) if len(sums) else 0
        if not total:
            return None
        number = area.numbers[sums.searchsorted(draw(seed, total), "right")]
        return self.partners[number], int(np.count_nonzero(weights))

    def nearest(self, company_id, latitude, longitude, excluded):
        """The area of all, and flags: equally near, and nearest of those not ``excluded``."""
        area = self._get_area(company_id, 0, 0, HALF_TURN_KM)
        cosines = np.dot(unit_vector(latitude, longitude), area.vectors)
        cosines[self._weigh(area, True, excluded) == 0] = -2
        return area, cosines >= cosines.max(initial=-2) - ROUNDING

    def _find_within(self, company_id, latitude, longitude, km):
        """An area, and a flag for each of its partners: at most ``km`` away."""
        area = self._get_area(company_id, latitude // 1, longitude // 1, km)
        cosines = np.dot(unit_vector(latitude, longitude), area.vectors)
        return area, cosines >= cos(min(km, HALF_TURN_KM) / EARTH_RADIUS_KM) - ROUNDING

    def _find_area(self, company_id, south, west, km):
        """The partners within ``km`` of any place of a square degree."""
        limit = cos(min(km / EARTH_RADIUS_KM + REACH, pi)) - ROUNDING
        cosines = np.dot(unit_vector(south + 0.5, west + 0.5), self.vectors)
        return self._make_area(company_id, cosines >= limit)

    def _find_in_country(self, company_id, country_id):
        return self._make_area(company_id, self.countries == country_id), True

    def _make_area(self, company_id, flags):
        """The partners flagged that may get leads of the company."""
        serves = (self.companies == 0) | (self.companies == company_id)
        numbers = np.flatnonzero(flags & serves)
        # Not ``vectors[:, numbers]``, whose order in memory makes ``dot`` up to three times slower.
        return Area(numbers, self.vectors.take(numbers, axis=1))

    def _weigh(self, area, near, excluded):
        """The partners' weights; 0: removed, not ``near`` or of the entities ``excluded``."""
        weights = self._get_weights(area) * near
        for entity_id in excluded:
            weights[self.entities.take(area.numbers) == entity_id] = 0
        return weights
