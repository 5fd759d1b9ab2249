"""The partners that one company's leads may go to, and the draw among those nearby.

A lead measures its cosine to all partners of its area: in plain Python where they are few, else by
numpy. Partners are numbered in the order of their ids; candidates are drawn in this order.
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from math import cos, hypot, isqrt, pi, radians
from typing import NamedTuple

import numpy as np

from .draw import draw
from .geo import EARTH_RADIUS_KM, distance_km, has_place, unit_vector

# Leads of the same square of so many degrees share an area; areas are cut out of large squares.
SQUARE, LARGE_SQUARE = 0.5, 4.0
# An area with more partners is measured by numpy.
FEW = 250
# So many results are kept: leads from one town often have the same place.
KNOWN_PLACES = 4096
# Cosines nearer to each other are compared by distance. Distances (km) nearer to each other are equal.
ROUNDING, EQUAL_KM = 1e-13, 1e-6
# The vector of a partner that cannot be near: comparing with its cosine is always false.
NOWHERE = (np.nan, np.nan, np.nan)


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
    """The partners within a radius of some place of a square.

    :ivar points: (number, *vector) of each, where they are few
    :ivar vectors: else the columns are theirs; ``weights`` has them row by row, which makes a draw
        add up the rows and then one of them
    :ivar removed: how many removals from the index were applied
    """

    def __init__(self, index: "Index", numbers: np.ndarray):
        self.numbers, self.removed = numbers, len(index.removed)
        self.few = len(numbers) <= FEW
        vectors = index.vectors[:, numbers]
        if self.few:
            self.points = list(zip(numbers.tolist(), *vectors.tolist(), strict=True))
        else:
            side = isqrt(len(numbers) - 1) + 1
            padding = side * side - len(numbers)
            self.vectors = np.pad(vectors, ((0, 0), (0, padding)), constant_values=np.nan)
            self.weights = np.pad(index.weights[numbers], (0, padding)).reshape(side, side)
            self.entities = np.pad(index.entities[numbers], (0, padding))

    def sum_rows(self, hits: np.ndarray) -> np.ndarray:
        """The sums of the weights of the partners in ``hits``, up to the end of each row."""
        return np.einsum("ij,ij->i", hits.reshape(self.weights.shape), self.weights).cumsum()

    def apply(self, removed: list[int]) -> None:
        """Apply those of the index's removals that are new."""
        new = removed[self.removed :]
        self.removed = len(removed)
        if self.few:
            self.points = [point for point in self.points if point[0] not in new]
        else:
            self.vectors[:, np.flatnonzero(np.isin(self.numbers, new))] = np.nan


class Index:
    def __init__(self, partners: list[Partner]):
        self.partners = sorted(partners)
        vectors = [
            unit_vector(each.latitude, each.longitude)
            if has_place(each.latitude, each.longitude)
            else NOWHERE
            for each in self.partners
        ]
        self.vectors = np.array(vectors).reshape(-1, 3).T.copy()
        self.weights = np.array([each.weight for each in self.partners], float)
        self.removed: list[int] = []
        self.entities = np.array([each.entity_id for each in self.partners])
        self._countries: dict[int, tuple[list[int], list[int]]] = {}
        self._squares: dict[tuple, np.ndarray] = {}
        self._areas: dict[tuple, Area] = {}
        self._find = lru_cache(KNOWN_PLACES)(self._find_candidates)

    def remove(self, partner: Partner) -> None:
        """Take out a partner that may get no more leads."""
        number = bisect_left(self.partners, partner)
        self.vectors[:, number] = NOWHERE
        self.removed.append(number)
        self._countries.pop(partner.country_id, None)
        self._find.cache_clear()

    def within(self, seed, latitude, longitude, km, excluded):
        """Draw from the partners at most ``km`` away.

        :param excluded: ids of commercial entities
        :return: the partner and the number of candidates; None where there are none
        """
        area, hits, ends = self._find(latitude, longitude, km)
        if area.few:
            return self._draw(seed, hits, excluded, ends)
        if excluded:
            hits = hits & ~np.isin(area.entities, list(excluded))
            ends = area.sum_rows(hits)
        if not ends[-1]:
            return None
        place = draw(seed, int(ends[-1]))
        row, side = ends.searchsorted(place, "right"), len(ends)
        sums = (hits[row * side : (row + 1) * side] * area.weights[row]).cumsum()
        column = sums.searchsorted(place - ends[row] + sums[-1], "right")
        number = area.numbers[row * side + column]
        return self.partners[number], int(np.count_nonzero(hits))

    def _find_candidates(self, latitude, longitude, km):
        """The area; which of its partners are within ``km``; the sums of their weights.

        :return: for few partners lists of numbers and sums; else an array with a flag for each
            partner of the area, and the sums up to the end of each row of ``area.weights``
        """
        key = latitude // SQUARE, longitude // SQUARE, km
        area = self._areas.get(key)
        if area is None:
            area = self._areas[key] = Area(self, self._find_around(SQUARE, *key))
        if area.removed < len(self.removed):
            area.apply(self.removed)
        vector = x, y, z = unit_vector(latitude, longitude)
        limit = cos(min(km / EARTH_RADIUS_KM, pi))
        low, high = limit - ROUNDING, limit + ROUNDING
        if area.few:
            numbers = [
                n
                for n, a, b, c in area.points
                if (cosine := x * a + y * b + z * c) >= low
                and (cosine > high or self._measure(n, latitude, longitude) <= km)
            ]
            return area, numbers, self._sum(numbers)
        cosines = vector @ area.vectors
        hits = cosines >= low
        if np.count_nonzero(cosines > high) < np.count_nonzero(hits):
            for position in np.flatnonzero(hits & (cosines <= high)):
                hits[position] = self._measure(area.numbers[position], latitude, longitude) <= km
        return area, hits, area.sum_rows(hits)

    def in_country(self, seed, country_id, excluded):
        """Draw from the partners of a country, wherever they are; returns what ``within`` does."""
        if country_id not in self._countries:
            removed = set(self.removed)
            numbers = [
                number
                for number, partner in enumerate(self.partners)
                if partner.country_id == country_id and number not in removed
            ]
            self._countries[country_id] = numbers, self._sum(numbers)
        numbers, sums = self._countries[country_id]
        return self._draw(seed, numbers, excluded, sums)

    def nearest(self, seed, latitude, longitude, excluded):
        """Draw from the partners that are equally near, and nearest; returns what ``within`` does."""
        cosines = unit_vector(latitude, longitude) @ self.vectors
        if excluded:
            cosines[np.isin(self.entities, list(excluded))] = np.nan
        largest = np.fmax.reduce(cosines, initial=-2)
        numbers = np.flatnonzero(cosines >= largest - 10 * ROUNDING).tolist()
        away = [self._measure(number, latitude, longitude) for number in numbers]
        least = min(away, default=0)
        near = [n for n, km in zip(numbers, away, strict=True) if km <= least + EQUAL_KM]
        return self._draw(seed, near, ())

    def _find_around(self, size, row, column, km):
        """Numbers of the partners within ``km`` of some place of a square of ``size`` degrees."""
        # A bit more than the way from the middle of the square to a corner.
        reach = radians(size) * hypot(0.5, 0.5) * 1.001
        angle = min(km / EARTH_RADIUS_KM + reach, pi)
        middle = unit_vector((row + 0.5) * size, (column + 0.5) * size)
        if size == LARGE_SQUARE:
            return np.flatnonzero(middle @ self.vectors >= cos(angle) - ROUNDING)
        ratio = LARGE_SQUARE // size
        key = row // ratio, column // ratio, km
        if key not in self._squares:
            self._squares[key] = self._find_around(LARGE_SQUARE, *key)
        numbers = self._squares[key]
        return numbers[middle @ self.vectors[:, numbers] >= cos(angle) - ROUNDING]

    def _draw(self, seed, numbers, excluded, sums=None):
        if excluded:
            numbers = [n for n in numbers if self.partners[n].entity_id not in excluded]
        if not numbers:
            return None
        if excluded or not sums:
            sums = self._sum(numbers)
        number = numbers[bisect_right(sums, draw(seed, sums[-1]))]
        return self.partners[number], len(numbers)

    def _sum(self, numbers):
        return list(accumulate([self.partners[number].weight for number in numbers]))

    def _measure(self, number, latitude, longitude):
        partner = self.partners[number]
        return distance_km(latitude, longitude, partner.latitude, partner.longitude)
