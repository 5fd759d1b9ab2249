"""The partners that one company's leads may go to, laid out for finding those nearby.

Partners lie in rows of a third of a degree of latitude, each row sorted by longitude: a circle can
only hold partners of a stretch of each row. They are measured one by one. Where they are hundreds,
the circle is cut at the rows' edges instead: what is between the ends of a stretch is inside for
sure, and sums of weights make up for looking at it.
"""

from bisect import bisect_left, bisect_right
from math import cos, degrees, pi, radians, sin
from operator import attrgetter

from .draw import Urn
from .geo import HALF_TURN_KM, Circle, Radius, Vector, has_place, unit_vector
from .pool import Handful, Lots, Partner, Point, Pool, Stretch

ROWS_PER_DEGREE = 3
ROWS = 180 * ROWS_PER_DEGREE
# (sine, cosine) of each row's lower edge, and of the last one's upper edge
EDGES = [
    (sin(phi), max(0.0, cos(phi)))
    for phi in (radians(edge / ROWS_PER_DEGREE - 90) for edge in range(ROWS + 1))
]
# Longer stretches are cut; a circle beyond an eighth of a turn is not: its inside is no longer
# bounded by the rows' edges.
LONG = 100
WIDE = pi / 4
# Degrees; far above rounding, far below a metre.
MARGIN = 1e-9
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
        self.longitudes = [each.longitude for each in partners]
        self.points: list[Point] = [
            (*unit_vector(each.latitude, each.longitude), each.weight, each) for each in partners
        ]

    def remove(self, place: int) -> None:
        super().remove(place)
        del self.longitudes[place]
        del self.points[place]

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
                number = _row_number(each.latitude)
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
        if not excluded:
            return Stretch(urn, 0, len(urn.tickets)) if urn.tickets else None
        points = [
            (0, 0, 0, each.weight, each) for each in urn.tickets if each.entity_id not in excluded
        ]
        return Handful(points) if points else None

    def within(
        self,
        latitude: float,
        longitude: float,
        vector: Vector,
        radius: Radius,
        excluded: frozenset[int],
    ) -> Pool | None:
        """The partners at most so far away on the ground."""
        width = radius.half_width(latitude) + MARGIN
        window: list[Point] = []
        for _number, row, first, end in self._find_stretches(latitude, longitude, radius, width):
            if end - first > LONG and not excluded and _can_be_cut(longitude, radius, width):
                return self._cut(latitude, longitude, vector, radius)
            window += row.points[first:end]
        found = _measure(window, vector, radius)
        if excluded:
            found = [point for point in found if point[4].entity_id not in excluded]
        return Handful(found) if found else None

    def nearest(
        self, latitude: float, longitude: float, vector: Vector, excluded: frozenset[int]
    ) -> Pool | None:
        """The nearest partner anywhere; more than one where they are equally near."""
        km = NEAR_KM
        found: list[Point] = []
        while not found and km < 2 * HALF_TURN_KM:
            radius = Radius(km)
            width = radius.half_width(latitude) + MARGIN
            for _number, row, first, end in self._find_stretches(
                latitude, longitude, radius, width
            ):
                found += [
                    point
                    for point in _measure(row.points[first:end], vector, radius)
                    if point[4].entity_id not in excluded
                ]
            km *= 2
        squares = [_chord_squared(point, vector) for point in found]
        least = min(squares, default=None)
        nearest = [point for point, square in zip(found, squares, strict=True) if square == least]
        return Handful(nearest) if nearest else None

    def remove(self, partner: Partner) -> None:
        """Take out a partner that may get no more leads."""
        if has_place(partner.latitude, partner.longitude):
            _remove(self._rows, _row_number(partner.latitude), partner)
        if partner.country_id:
            _remove(self._countries, partner.country_id, partner)

    def _find_stretches(
        self, latitude: float, longitude: float, radius: Radius, width: float
    ) -> list[tuple[int, Row, int, int]]:
        """What a circle can hold, from south to north: (number of the row, row, first, end).

        :param width: degrees that the circle reaches to either side
        """
        west, east = longitude - width, longitude + width
        south = max(0, int((latitude - radius.reach - MARGIN + 90) * ROWS_PER_DEGREE))
        north = int((latitude + radius.reach + MARGIN + 90) * ROWS_PER_DEGREE)
        stretches = []
        for number, shelf in enumerate(self._rows[south : north + 1], south):
            if shelf is None:
                continue
            row = shelf
            if shelf.__class__ is list:
                row = self._rows[number] = Row(shelf)
            if west < -180 or east > 180:
                stretches += [(number, row, *ends) for ends in _across_the_seam(row, west, east)]
                continue
            longitudes = row.longitudes
            first = bisect_left(longitudes, west)
            end = bisect_right(longitudes, east, first)
            if first < end:
                stretches.append((number, row, first, end))
        return stretches

    def _cut(
        self, latitude: float, longitude: float, vector: Vector, radius: Radius
    ) -> Lots | None:
        """What a circle cuts out of the rows: ends are measured, what is between them is inside."""
        circle = Circle(latitude, radius.angle)
        lots: list[Handful | Stretch] = []
        width = degrees(circle.half_width) + MARGIN
        for number, row, _first, _end in self._find_stretches(latitude, longitude, radius, width):
            low, high = EDGES[number], EDGES[number + 1]
            widths = circle.half_width_at(*low), circle.half_width_at(*high)
            # A circle is widest at one parallel and narrows from there to both sides.
            widest = circle.half_width if low[0] <= circle.widest <= high[0] else max(widths)
            outer, inner = degrees(widest) + MARGIN, degrees(min(widths)) - MARGIN
            first, end = row.stretch(longitude - outer, longitude + outer)
            inside = outside = end
            if inner > 0:
                inside, outside = row.stretch(longitude - inner, longitude + inner, first)
            for lot in (
                Handful(_measure(row.points[first:inside], vector, radius)),
                Stretch(row, inside, outside),
                Handful(_measure(row.points[outside:end], vector, radius)),
            ):
                if lot.count:
                    lots.append(lot)
        return Lots(lots) if lots else None


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


def _row_number(latitude: float) -> int:
    return min(max(int((latitude + 90) * ROWS_PER_DEGREE), 0), ROWS - 1)


def _can_be_cut(longitude: float, radius: Radius, width: float) -> bool:
    return abs(longitude) + width <= 180 and radius.angle < WIDE


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
