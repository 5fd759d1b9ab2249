"""Circles on the Earth, cut into rows of latitude.

Where a circle of a radius r around latitude φ meets the parallel φ', its half width Δλ follows from the
spherical law of cosines: cos r = sin φ sin φ' + cos φ cos φ' cos Δλ. Seen as a function of one of the
two latitudes it rises up to sin φ' = sin φ / cos r and falls from there, so that over a range of
both it is least in a corner; and greatest too, where none of both ranges holds the top.
"""

from functools import lru_cache
from math import acos, asin, cos, degrees, pi, radians, sin
from typing import NamedTuple

from .geo import EARTH_RADIUS_KM

ROWS_PER_DEGREE = 4
ROWS = 180 * ROWS_PER_DEGREE
# Degrees; far above rounding, far below a metre.
MARGIN = 1e-9
# Centres lie in bands, which have their cuts worked out once: narrow against the radius, but not
# narrower than this, in degrees.
NARROWEST = 1 / 24


class Cut(NamedTuple):
    """What a circle holds of a row of latitude, in degrees of longitude from the circle's centre."""

    row: int
    outer: float  # nothing is farther away
    inner: float  # all that is nearer is inside; below 0: nothing is sure to be


class Radius:
    """A distance on the ground, and the cuts of the circles that it makes."""

    __slots__ = ("_bands", "_cuts", "angle", "cos")

    def __init__(self, km: float):
        self.angle = min(km / EARTH_RADIUS_KM, pi)
        self.cos = cos(self.angle)
        self._bands = 1 / max(NARROWEST, degrees(self.angle) / 10)
        self._cuts: dict[int, list[Cut]] = {}

    def get_cuts(self, latitude: float) -> list[Cut]:
        """What a circle around a place of this latitude holds, from south to north."""
        band = int((latitude + 90) * self._bands)
        cuts = self._cuts.get(band)
        if cuts is None:
            south = band / self._bands - 90
            cuts = self._cuts[band] = self._cut(south, min(90.0, south + 1 / self._bands))
        return cuts

    def _cut(self, south: float, north: float) -> list[Cut]:
        """The cuts of all circles whose centres lie between two latitudes."""
        reach = degrees(self.angle) + MARGIN
        first = get_row(south - reach)
        rows = range(first, get_row(north + reach) + 1)
        band = radians(south), radians(north)
        farthest = max(abs(south), abs(north))
        if farthest + reach >= 90:
            return [Cut(row, 180.0, -1.0) for row in rows]
        shrink = self.cos
        tops = [
            degrees(asin(min(1.0, max(-1.0, sin(phi) * factor))))
            for phi in band
            for factor in (shrink, 1, 1 / shrink)
        ]
        widest = degrees(asin(min(1.0, sin(self.angle) / cos(radians(farthest)))))
        cuts = []
        for row in rows:
            low, high = row / ROWS_PER_DEGREE - 90, (row + 1) / ROWS_PER_DEGREE - 90
            corners = [
                degrees(half_width(phi, radians(edge), self.angle))
                for phi in band
                for edge in (low, high)
            ]
            top = low <= max(tops) and min(tops) <= high
            outer = widest if top else max(corners)
            cuts.append(Cut(row, outer + MARGIN, min(corners) - MARGIN))
        return cuts


@lru_cache(maxsize=16)
def get_radius(km: float) -> Radius:
    """A radius that is used again, with the cuts that are known of it."""
    return Radius(km)


def get_row(latitude: float) -> int:
    """The number of the row of a latitude; beyond a pole, the last one's."""
    return min(max(int((latitude + 90) * ROWS_PER_DEGREE), 0), ROWS - 1)


def half_width(phi: float, parallel: float, angle: float) -> float:
    """Half the width of a circle at a parallel, all in radians: 0 outside, π where all is inside."""
    rest = cos(angle) - sin(phi) * sin(parallel)
    scale = cos(phi) * cos(parallel)
    if rest >= scale:
        return 0.0
    return pi if rest <= -scale else acos(rest / scale)
