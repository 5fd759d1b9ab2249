"""The partners that one company's leads may go to, laid out for finding those nearby.

Partners lie in rows of a third of a degree of latitude, each row sorted by longitude with sums of
weights. A circle cuts a stretch out of each row; all but the stretch's ends is inside for sure,
so that counting and drawing among hundreds of partners touches only a few of them.
"""

from array import array
from bisect import bisect_left, bisect_right
from math import cos, degrees, pi, radians, sin
from operator import attrgetter
from typing import NamedTuple

from .draw import Urn, draw
from .geo import EARTH_RADIUS_KM, HALF_TURN_KM, Circle, has_place, unit_vector

ROWS_PER_DEGREE = 3
ROWS = 180 * ROWS_PER_DEGREE
# (sine, cosine) of each row's lower edge, and of the last one's upper edge
EDGES = [
    (sin(phi), max(0.0, cos(phi)))
    for phi in (radians(edge / ROWS_PER_DEGREE - 90) for edge in range(ROWS + 1))
]
# Shorter stretches are looked through one by one.
SHORT = 48
# Beyond an eighth of a turn a row's inside is no longer bounded by its edges: look through all.
WIDE_KM = HALF_TURN_KM / 4
# Degrees; far above rounding, far below a metre.
MARGIN = 1e-9

by_longitude = attrgetter("longitude", "id")
by_id = attrgetter("id")


class Partner(NamedTuple):
    """A partner that leads may go to; its weight is above 0."""

    id: int
    weight: int
    latitude: float
    longitude: float
    country_id: int | None
    company_id: int | None  # None: leads of any company
    entity_id: int  # its commercial entity
    seats: int | None = None  # leads it may still get; None: no cap


class Pool(NamedTuple):
    """Candidates in a fixed order: stretches (urn, first, end) of tickets."""

    parts: list[tuple[Urn, int, int]]

    @property
    def count(self) -> int:
        return sum([end - first for _urn, first, end in self.parts])

    @property
    def total(self) -> int:
        return sum([urn.prefix[end] - urn.prefix[first] for urn, first, end in self.parts])

    def pick(self, seed: int) -> int:
        """The id of the partner drawn with this seed, in proportion to the weights."""
        target = draw(seed, self.total)
        for urn, first, end in self.parts:
            weight = urn.prefix[end] - urn.prefix[first]
            if target < weight:
                return urn.tickets[urn.pick(first, target)]
            target -= weight
        raise ValueError("Nobody to draw from")

    def __bool__(self) -> bool:
        return bool(self.parts)


class Row(Urn):
    """Partners of one row of latitude, from west to east."""

    __slots__ = ("longitudes", "x", "y", "z")

    def __init__(self, partners: list[Partner]):
        partners = sorted(partners, key=by_longitude)
        super().__init__([each.id for each in partners], [each.weight for each in partners])
        self.longitudes = array("d", [each.longitude for each in partners])
        vectors = [unit_vector(each.latitude, each.longitude) for each in partners]
        self.x, self.y, self.z = (array("d", axis) for axis in zip(*vectors, strict=True))

    def remove(self, place: int) -> None:
        super().remove(place)
        for numbers in (self.longitudes, self.x, self.y, self.z):
            del numbers[place]

    def stretch(self, west: float, east: float, first: int = 0) -> tuple[int, int]:
        """Positions (first, end) of the partners between two longitudes."""
        low = bisect_left(self.longitudes, west, first)
        return low, bisect_right(self.longitudes, east, low)


class Market:
    def __init__(self, partners: list[Partner]):
        self.partners = {each.id: each for each in partners}
        self._rows: list[Row | list[Partner] | None] = [None] * ROWS
        self._countries: dict[int, Urn | list[Partner]] = {}
        for each in partners:
            if each.country_id:
                self._countries.setdefault(each.country_id, []).append(each)
            if has_place(each.latitude, each.longitude):
                number = _row_number(each.latitude)
                if self._rows[number] is None:
                    self._rows[number] = []
                self._rows[number].append(each)

    def in_country(self, country_id: int | None, excluded: frozenset[int]) -> Pool:
        """The partners of a country, wherever they are."""
        urn = self._countries.get(country_id) if country_id else None
        if not urn:
            return Pool([])
        if isinstance(urn, list):
            urn.sort(key=by_id)
            urn = Urn([each.id for each in urn], [each.weight for each in urn])
            self._countries[country_id] = urn
        end = len(urn.tickets)
        if not excluded:
            return Pool([(urn, 0, end)] if end else [])
        return Pool(
            [
                (urn, place, place + 1)
                for place, ticket in enumerate(urn.tickets)
                if self.partners[ticket].entity_id not in excluded
            ]
        )

    def within(
        self, latitude: float, longitude: float, km: float, excluded: frozenset[int]
    ) -> Pool:
        """The partners at most ``km`` away on the ground."""
        parts: list[tuple[Urn, int, int]] = []
        vector, limit = unit_vector(latitude, longitude), cos(min(km / EARTH_RADIUS_KM, pi))
        reach = degrees(km / EARTH_RADIUS_KM) + MARGIN
        circle = Circle(latitude, km / EARTH_RADIUS_KM) if km < WIDE_KM else None
        width = degrees(circle.half_width) + MARGIN if circle else 180
        west, east = longitude - width, longitude + width
        seam = west < -180 or east > 180
        for number in range(_row_number(latitude - reach), _row_number(latitude + reach) + 1):
            row = self._rows[number]
            if not row:
                continue
            if row.__class__ is list:
                row = self._rows[number] = Row(row)
            if seam:
                for first, end in _across_the_seam(row, west, east):
                    self._sift(parts, row, first, end, vector, limit, excluded)
                continue
            first = bisect_left(row.longitudes, west)
            end = bisect_right(row.longitudes, east, first)
            if end - first > SHORT and circle and not excluded:
                self._cut(parts, row, number, longitude, circle, vector, limit)
            elif first < end:
                self._sift(parts, row, first, end, vector, limit, excluded)
        return Pool(parts)

    def nearest(self, latitude: float, longitude: float, excluded: frozenset[int]) -> Pool:
        """The nearest partner anywhere; more than one where they are equally near."""
        km, pool = 250.0, Pool([])
        while not pool and km < 2 * HALF_TURN_KM:
            pool = self.within(latitude, longitude, km, excluded)
            km *= 2
        vector = unit_vector(latitude, longitude)
        found = [
            (_chord_squared((urn.x[place], urn.y[place], urn.z[place]), vector), urn, place)
            for urn, first, end in pool.parts
            for place in range(first, end)
        ]
        least = min((each[0] for each in found), default=None)
        return Pool([(urn, place, place + 1) for squared, urn, place in found if squared == least])

    def remove(self, partner_id: int) -> None:
        """Take out a partner that may get no more leads."""
        partner = self.partners.pop(partner_id)
        if has_place(partner.latitude, partner.longitude):
            _remove(self._rows, _row_number(partner.latitude), partner)
        if partner.country_id:
            _remove(self._countries, partner.country_id, partner)

    def _cut(self, parts, row, number, longitude, circle, vector, limit):
        """Add what a circle cuts out of a row: its ends are measured, its middle is inside."""
        low, high = EDGES[number], EDGES[number + 1]
        widths = circle.half_width_at(*low), circle.half_width_at(*high)
        # A circle is widest at one parallel and narrows from there to both sides.
        widest = circle.half_width if low[0] <= circle.widest <= high[0] else max(widths)
        outer, inner = degrees(widest) + MARGIN, degrees(min(widths)) - MARGIN
        first, end = row.stretch(longitude - outer, longitude + outer)
        inside = outside = end
        if inner > 0:
            inside, outside = row.stretch(longitude - inner, longitude + inner, first)
        self._sift(parts, row, first, inside, vector, limit)
        if inside < outside:
            parts.append((row, inside, outside))
        self._sift(parts, row, outside, end, vector, limit)

    def _sift(self, parts, row, first, end, vector, limit, excluded=frozenset()):
        """Add the partners of a stretch that are near enough, measured one by one.

        The cosine of an angle is the product of the unit vectors; at a kilometre it is exact
        to some micrometres.
        """
        x, y, z = vector
        places = [
            place
            for place, x2, y2, z2 in zip(
                range(first, end), row.x[first:end], row.y[first:end], row.z[first:end], strict=True
            )
            if x * x2 + y * y2 + z * z2 >= limit
        ]
        if excluded:
            tickets = row.tickets
            places = [p for p in places if self.partners[tickets[p]].entity_id not in excluded]
        if places and places[-1] - places[0] + 1 == len(places):
            parts.append((row, places[0], places[-1] + 1))
        else:
            parts += [(row, place, place + 1) for place in places]


def _chord_squared(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _row_number(latitude: float) -> int:
    return min(max(int((latitude + 90) * ROWS_PER_DEGREE), 0), ROWS - 1)


def _across_the_seam(row: Row, west: float, east: float) -> tuple[tuple[int, int], ...]:
    """The stretches of a window that reaches beyond ±180, in the row's order."""
    if east - west >= 360:
        return ((0, len(row.tickets)),)
    if west < -180:
        return row.stretch(-180, east), row.stretch(west + 360, 180)
    return row.stretch(-180, east - 360), row.stretch(west, 180)


def _remove(shelves, key, partner):
    shelf = shelves[key]
    if isinstance(shelf, list):
        shelf.remove(partner)
    else:
        shelf.remove(shelf.tickets.index(partner.id))
