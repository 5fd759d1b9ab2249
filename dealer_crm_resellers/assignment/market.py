"""The partners that one company's leads may go to, laid out for finding those nearby.

Partners lie in rows of latitude, each sorted by longitude. A circle can only hold partners of a
stretch of each row, and what is in the middle of a long one is inside for sure: sums of weights do
for it. The others are measured one by one.
"""

from array import array
from bisect import bisect_left, bisect_right
from operator import attrgetter

from .circle import ROWS, Radius, get_row
from .draw import Urn
from .geo import HALF_TURN_KM, Vector, has_place, unit_vector
from .pool import Partner, Point, Pool, Stretch

# Shorter stretches are measured from end to end.
SHORT = 10
# Where the search for the nearest begins.
NEAR_KM = 250.0

by_longitude = attrgetter("longitude", "id")
by_id = attrgetter("id")


class Row(Urn):
    """Partners of one row of latitude, from west to east; laid out when they are looked for."""

    __slots__ = ("longitudes", "points")

    def __init__(self, partners: list[Partner]):
        partners = sorted(partners, key=by_longitude)
        super().__init__(partners, [each.weight for each in partners])
        self.longitudes = array("d", [each.longitude for each in partners])
        self.points: list[Point] = [
            (*unit_vector(each.latitude, each.longitude), each.weight, each) for each in partners
        ]

    def remove(self, place: int) -> None:
        del self.longitudes[place]
        del self.points[place]
        return super().remove(place)

    def stretch(self, west: float, east: float, first: int = 0) -> tuple[int, int]:
        """Positions (first, end) of the partners between two longitudes."""
        low = bisect_left(self.longitudes, west, first)
        return low, bisect_right(self.longitudes, east, low)


class Market:
    def __init__(self, partners: list[Partner]):
        # What is not looked for stays a list, in any order.
        self._rows: list[Row | list[Partner] | None] = [None] * ROWS
        self._countries: dict[int, Urn | list[Partner]] = {}
        for each in partners:
            if each.country_id:
                self._countries.setdefault(each.country_id, []).append(each)
            if has_place(each.latitude, each.longitude):
                number = get_row(each.latitude)
                if self._rows[number] is None:
                    self._rows[number] = []
                self._rows[number].append(each)

    def in_country(self, country_id: int | None, excluded: frozenset[int]) -> Pool | None:
        """The partners of a country, wherever they are."""
        urn = self._countries.get(country_id) if country_id else None
        if not urn:
            return None
        if urn.__class__ is list:
            urn = sorted(urn, key=by_id)
            urn = self._countries[country_id] = Urn(urn, [each.weight for each in urn])
        if not urn.tickets:
            return None
        if not excluded:
            stretch = Stretch(urn, 0, len(urn.tickets))
            return _make_pool([(0, 0, 0, stretch.weight, stretch)], stretch.end - 1)
        return _make_pool(
            [(0, 0, 0, each.weight, each) for each in urn.tickets if each.entity_id not in excluded]
        )

    def within(
        self,
        latitude: float,
        longitude: float,
        vector: Vector,
        radius: Radius,
        excluded: frozenset[int],
    ) -> Pool | None:
        """The partners at most so far away on the ground."""
        window: list[Point] = []
        surplus = 0
        for row, first, end, inner in self._find_stretches(latitude, longitude, radius):
            rest = first
            if end - first > SHORT and inner > 0 and not excluded:
                inside = bisect_left(row.longitudes, longitude - inner, first, end)
                rest = bisect_right(row.longitudes, longitude + inner, inside, end)
                if inside < rest:
                    stretch = Stretch(row, inside, rest)
                    window += row.points[first:inside]
                    # It lies where the lead does: inside for sure.
                    window.append((*vector, stretch.weight, stretch))
                    surplus += rest - inside - 1
                else:
                    rest = first
            window += row.points[rest:end]
        found = _measure(window, vector, radius)
        if excluded:
            found = [point for point in found if point[4].entity_id not in excluded]
        return _make_pool(found, surplus)

    def nearest(
        self, latitude: float, longitude: float, vector: Vector, excluded: frozenset[int]
    ) -> Pool | None:
        """The nearest partner anywhere; more than one where they are equally near."""
        km = NEAR_KM
        found: list[Point] = []
        while not found and km < 2 * HALF_TURN_KM:
            radius = Radius(km)
            for row, first, end, _inner in self._find_stretches(latitude, longitude, radius):
                found += [
                    point
                    for point in _measure(row.points[first:end], vector, radius)
                    if point[4].entity_id not in excluded
                ]
            km *= 2
        squares = [_chord_squared(point, vector) for point in found]
        least = min(squares, default=None)
        nearest = [point for point, square in zip(found, squares, strict=True) if square == least]
        return _make_pool(nearest)

    def remove(self, partner: Partner) -> None:
        """Take out a partner that may get no more leads."""
        if has_place(partner.latitude, partner.longitude):
            _remove(self._rows, get_row(partner.latitude), partner)
        if partner.country_id:
            _remove(self._countries, partner.country_id, partner)

    def _find_stretches(
        self, latitude: float, longitude: float, radius: Radius
    ) -> list[tuple[Row, int, int, float]]:
        """What a circle can hold, from south to north: (row, first, end, ``Cut.inner``)."""
        rows = self._rows
        stretches = []
        for number, outer, inner in radius.get_cuts(latitude):
            shelf = rows[number]
            if shelf is None:
                continue
            row = shelf
            if shelf.__class__ is list:
                row = rows[number] = Row(shelf)
            west, east = longitude - outer, longitude + outer
            if west < -180 or east > 180:
                stretches += [(row, *ends, -1.0) for ends in _across_the_seam(row, west, east)]
                continue
            longitudes = row.longitudes
            first = bisect_left(longitudes, west)
            end = bisect_right(longitudes, east, first)
            if first < end:
                stretches.append((row, first, end, inner))
        return stretches


def _make_pool(points: list[Point], surplus: int = 0) -> Pool | None:
    """:param surplus: how many more partners than points there are"""
    return Pool(points, len(points) + surplus) if points else None


def _measure(points: list[Point], vector: Vector, radius: Radius) -> list[Point]:
    """Those of the points that are near enough.

    The cosine of an angle is the product of the unit vectors; at a kilometre it is exact to some
    micrometres.
    """
    x, y, z = vector
    limit = radius.cos
    return [each for each in points if x * each[0] + y * each[1] + z * each[2] >= limit]


def _chord_squared(point: Point, vector: Vector) -> float:
    return sum((a - b) ** 2 for a, b in zip(point[:3], vector, strict=True))


def _across_the_seam(row: Row, west: float, east: float) -> tuple[tuple[int, int], ...]:
    """The stretches of a window that reaches beyond ±180, in the row's order."""
    if east - west >= 360:
        return ((0, len(row.tickets)),)
    if west < -180:
        return row.stretch(-180, east), row.stretch(west + 360, 180)
    return row.stretch(-180, east - 360), row.stretch(west, 180)


def _remove(shelves, key, partner):
    shelf = shelves[key]
    if shelf.__class__ is list:
        shelf.remove(partner)
    else:
        shelf.remove(shelf.tickets.index(partner))
