"""The partners that one company's leads may go to, laid out for finding those nearby.

Partners lie in strips of latitude with about as many partners each, so strips are narrow where
partners are dense; within a strip from west to east. The middle of each strip that a circle crosses
is inside for sure and taken from prefix sums; only partners near the edge are measured.

Candidates are drawn in the order of their ids. So partners are numbered by id and cut into blocks,
and a prefix sum is one integer with a field for each block: one subtraction sums all blocks.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from functools import lru_cache, partial
from itertools import accumulate, pairwise
from math import acos, asin, cos, degrees, inf, isqrt, pi, radians, sin, tan
from operator import attrgetter
from typing import NamedTuple

from .draw import Sampler
from .geo import (
    EARTH_RADIUS_KM,
    HALF_TURN_KM,
    MARGIN,
    circle_box,
    distance_km,
    has_place,
    unit_vector,
)

# Up to so many partners in a circle's box are measured one by one.
FEW = 100
# So many circles are kept: leads from one town often have the same place.
KNOWN_CIRCLES = 4096
# A strip ends where some degree of longitude holds more than SPARSE of its partners and their
# number times the strip's height in degrees is above BALANCE. Lower strips leave fewer partners at
# a circle's edge but are more; these values were measured to cost least.
SPARSE, BALANCE = 16, 4.0
# Where the search for the nearest begins.
NEAR_KM = 250.0
# Partners whose distances differ by less are equally near.
EQUAL_KM = 1e-6
# Cosines that are nearer to each other are compared by the haversine formula.
ROUNDING = 1e-13


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


# Number of the partner and its unit vector.
Point = tuple[int, float, float, float]


class Strip:
    """Partners of a range of latitudes from west to east; after 180, those up to 0 once more."""

    __slots__ = ("longitudes", "points", "sums")

    def __init__(self, partners: list[Partner], numbers: list[int]):
        """``numbers``: positions in ``partners`` of those in the strip."""
        # -180 is 180: a partner stands once between them.
        longitudes = {
            n: partners[n].longitude + (partners[n].longitude == -180) * 360 for n in numbers
        }
        numbers = sorted(sorted(numbers), key=longitudes.__getitem__)
        east = [longitudes[n] for n in numbers]
        west = bisect_right(east, 0)
        self.longitudes = array("d", east + [longitude + 360 for longitude in east[:west]])
        self.points: list[Point] = [
            (n, *unit_vector(partners[n].latitude, longitudes[n])) for n in numbers
        ]
        self.points += self.points[:west]
        #: prefix sums of the fields, once they are asked for
        self.sums: list[int] = []


class Index:
    def __init__(self, partners: list[Partner]):
        self.partners = sorted(partners, key=attrgetter("id"))
        self._weights = [each.weight for each in self.partners]
        self._size = size = max(16, isqrt(len(partners)) // 2, len(partners) // 256)
        self._ranges = [range(n, n + size) for n in range(0, len(partners), size)]
        sums = [sum(self._weights[each.start : each.stop]) for each in self._ranges]
        most = max([len(partners), *sums])
        self._code = next(code for code in "HIQ" if most < 1 << 8 * array(code).itemsize)
        self._country_ids = [each.country_id for each in self.partners] + [None] * size
        self._countries: dict[int, Sampler] = {}
        self._entities: dict[int, list[int]] = defaultdict(list)
        for number, each in enumerate(self.partners):
            self._entities[each.entity_id].append(number)
        strips = self._cut()
        self._edges = [-90.0, *(self.partners[strip[0]].latitude for strip in strips[1:])]
        self._slopes = [(1 / cos(radians(edge)), tan(radians(edge))) for edge in self._edges]
        self._strips = [Strip(self.partners, numbers) for numbers in strips]
        points = {point[0]: point for strip in self._strips for point in strip.points}
        self._blocks = [[points[n] for n in each if n in points] for each in self._ranges]
        self.within = lru_cache(KNOWN_CIRCLES)(self._within)

    def _cut(self) -> list[list[int]]:
        """Strips of the numbers of partners with a place, from south to north."""
        strips: list[list[int]] = [[]]
        south, most, columns = -90.0, 0, Counter[int]()
        latitudes = [partner.latitude for partner in self.partners]
        for number in sorted(range(len(latitudes)), key=latitudes.__getitem__):
            latitude, longitude = latitudes[number], self.partners[number].longitude
            if not has_place(latitude, longitude):
                continue
            if most > SPARSE and most * (latitude - south) > BALANCE:
                strips.append([])
                most, columns = 0, Counter()
            if not strips[-1]:
                south = latitude
            strips[-1].append(number)
            columns[int(longitude)] += 1
            most = max(most, columns[int(longitude)])
        return strips

    def remove(self, partner_id: int) -> None:
        """Take out a partner that may get no more leads."""
        number = bisect_left(self.partners, partner_id, key=attrgetter("id"))
        partner = self.partners[number]
        block = number // self._size
        country = self._countries.get(partner.country_id)
        self._country_ids[number] = None
        if country:
            country.count -= 1
            for each in range(block, len(self._ranges)):
                country.ends[each] -= partner.weight
        self._blocks[block] = [point for point in self._blocks[block] if point[0] != number]
        # A partner on the edge of two strips may be in either.
        first = max(0, bisect_left(self._edges, partner.latitude) - 1)
        for each in range(first, bisect_right(self._edges, partner.latitude)):
            strip = self._strips[each]
            found = [place for place, point in enumerate(strip.points) if point[0] == number]
            for place in reversed(found):
                del strip.points[place], strip.longitudes[place]
                strip.sums = []
        self.within.cache_clear()

    def in_country(self, country_id: int | None, excluded: frozenset[int]) -> Sampler | None:
        """The partners of a country, wherever they are."""
        if not country_id:
            return None
        country = self._countries.get(country_id)
        if not country:
            numbers = [n for n, each in enumerate(self._country_ids) if each == country_id]
            sums = [0] * len(self._ranges)
            for number in numbers:
                sums[number // self._size] += self._weights[number]
            ends, keep = list(accumulate(sums)), partial(self._in_country, country_id)
            country = Sampler(len(numbers), ends, self._ranges, keep, self._weights)
            self._countries[country_id] = country
        return self._leave_out(country, excluded) if country.count else None

    def _in_country(self, country_id, numbers):
        return [number for number in numbers if self._country_ids[number] == country_id]

    def _in_circle(self, latitude, longitude, km, x, y, z, limit, points):
        """Those inside: told by the cosine of the angle, near the edge by the distance."""
        low, high = limit - ROUNDING, limit + ROUNDING
        return [
            point[0]
            for point in points
            if (cosine := x * point[1] + y * point[2] + z * point[3]) >= low
            and (cosine > high or self._is_near(point[0], latitude, longitude, km))
        ]

    def _is_near(self, number, latitude, longitude, km):
        partner = self.partners[number]
        return distance_km(latitude, longitude, partner.latitude, partner.longitude) <= km

    def _leave_out(self, sampler: Sampler, excluded: frozenset[int]) -> Sampler | None:
        """All but the partners of these entities; only blocks with some of these are listed."""
        out = {n for each in excluded for n in self._entities.get(each, ())}
        if not out:
            return sampler
        if len(sampler.blocks) == 1:
            return self._sample([n for n in sampler.keep(sampler.blocks[0]) if n not in out])
        count, cuts = sampler.count, [0] * len(sampler.blocks)
        for block in {n // self._size for n in out}:
            lost = [n for n in sampler.keep(sampler.blocks[block]) if n in out]
            count -= len(lost)
            cuts[block] = sum(map(self._weights.__getitem__, lost))

        def keep(block):
            return [n for n in sampler.keep(block) if n not in out]

        ends = [end - cut for end, cut in zip(sampler.ends, accumulate(cuts), strict=True)]
        return Sampler(count, ends, sampler.blocks, keep, self._weights) if count else None

    def _sample(self, numbers: list[int]) -> Sampler | None:
        """All of these; None where there is nobody."""
        if not numbers:
            return None
        numbers.sort()
        total = sum(map(self._weights.__getitem__, numbers))
        return Sampler(len(numbers), [total], [numbers], _all, self._weights)

    def _within(self, latitude, longitude, km, excluded) -> Sampler | None:
        """The partners at most ``km`` away on the ground."""
        if excluded:
            everybody = self.within(latitude, longitude, km, frozenset())
            return self._leave_out(everybody, excluded) if everybody else None
        window, total = self._find_window(latitude, longitude, km, FEW)
        limit = cos(min(km / EARTH_RADIUS_KM, pi))
        circle = latitude, longitude, km, *unit_vector(latitude, longitude), limit
        numbers = self._in_circle(*circle, window)
        if not total:
            return self._sample(numbers)
        size = (1 + len(self._ranges)) * array(self._code).itemsize
        count, *sums = array(self._code, total.to_bytes(size, sys.byteorder))
        size, weights = self._size, self._weights
        for number in numbers:
            sums[number // size] += weights[number]
        keep = partial(self._in_circle, *circle)
        return Sampler(count + len(numbers), list(accumulate(sums)), self._blocks, keep, weights)

    def nearest(self, latitude, longitude, excluded) -> Sampler | None:
        """The nearest partner anywhere; more than one where they are equally near."""
        away: list[tuple[float, int]] = []
        km = NEAR_KM
        while not away and km < 4 * HALF_TURN_KM:
            window, _total = self._find_window(latitude, longitude, km, inf)
            away = [
                (distance_km(latitude, longitude, each.latitude, each.longitude), point[0])
                for point in window
                if (each := self.partners[point[0]]).entity_id not in excluded
            ]
            away = [each for each in away if each[0] <= km]
            km *= 2
        least = min(away, default=(0,))[0]
        return self._sample([number for distance, number in away if distance <= least + EQUAL_KM])

    def _sum(self, strip: Strip) -> list[int]:
        """Fill in a strip's prefix sums. The field of lowest value counts the partners."""
        bits, size, weights = 8 * array(self._code).itemsize, self._size, self._weights
        fields = [1 | weights[n] << bits * (1 + n // size) for n, *_vector in strip.points]
        strip.sums = list(accumulate(fields, initial=0))
        return strip.sums

    def _find_window(self, latitude, longitude, km, few):
        """Points to measure for a circle, and the sum of the fields of those inside for sure.

        Half the circle's width Δλ at a parallel φ' follows from the spherical law of cosines,
        cos r = sin φ sin φ' + cos φ cos φ' cos Δλ. From south to north it grows up to the parallel
        sin φ' = sin φ / cos r and then shrinks. So in a strip it is least at an edge, and greatest
        too, but in the strip of that parallel.

        :param few: up to so many points none is summed
        """
        south, north, width = circle_box(latitude, km)
        first = max(0, bisect_right(self._edges, south) - 1)
        last = bisect_left(self._edges, north)
        if longitude - width < -180:
            longitude += 360
        west, east = (-180.0, 180.0) if width == 180 else (longitude - width, longitude + width)
        strips = self._strips[first:last]
        window: list[Point] = []
        for strip in strips:
            start = bisect_left(strip.longitudes, west)
            window += strip.points[start : bisect_right(strip.longitudes, east, start)]
            if len(window) > few and width < 180:
                break
        else:
            return window, 0
        angle, phi = km / EARTH_RADIUS_KM, radians(latitude)
        factor, slope = cos(angle) / cos(phi), tan(phi)
        halves = [
            degrees(acos(c)) if (c := factor * secant - slope * tangent) < 1 else 0.0
            for secant, tangent in self._slopes[first + 1 : last]
        ]
        top = bisect_right(self._edges, degrees(asin(sin(phi) / cos(angle)))) - 1 - first
        window, total = [], 0
        for number, (a, b) in enumerate(pairwise([0.0, *halves, 0.0])):
            strip = strips[number]
            inner, outer = (a, b) if a < b else (b, a)
            outer = width if number == top else outer + MARGIN
            start = bisect_left(strip.longitudes, longitude - outer)
            end = bisect_right(strip.longitudes, longitude + outer, start)
            if inner > MARGIN:
                inner -= MARGIN
                middle = bisect_left(strip.longitudes, longitude - inner, start, end)
                rest = bisect_right(strip.longitudes, longitude + inner, middle, end)
                sums = strip.sums or self._sum(strip)
                total += sums[rest] - sums[middle]
                window += strip.points[start:middle]
                start = rest
            window += strip.points[start:end]
        return window, total


def _all(numbers):
    return numbers
