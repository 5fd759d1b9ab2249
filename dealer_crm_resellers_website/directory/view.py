"""The part of the world on the map, in degrees (equirectangular: x is longitude, y latitude)."""

from typing import NamedTuple

#: Width of the map divided by its height.
ASPECT = 360 / 142
#: Least width in degrees; closer, the outlines are too coarse.
CLOSEST = 5.0
#: Width of the grid in cells. The partners of a cell are drawn as one dot.
CELLS = 30


class View(NamedTuple):
    """Edges in degrees; west < east, south < north."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        return self.east - self.west

    @property
    def cell(self) -> float:
        """Side of a grid cell in degrees."""
        return self.width / CELLS

    @property
    def box(self) -> str:
        """The SVG's viewBox, in which y grows to the south."""
        height = self.north - self.south
        return f"{self.west:g} {-self.north:g} {self.width:g} {height:g}"


#: The world without Antarctica.
WORLD = View(-180.0, -58.0, 180.0, 84.0)


def fit(west: float, south: float, east: float, north: float) -> View:
    """The smallest view around a box, with a margin, in the map's shape and inside the world."""
    width = max((east - west) * 1.2, (north - south) * 1.2 * ASPECT, CLOSEST)
    if width >= WORLD.width:
        return WORLD
    height = width / ASPECT
    left = _clamp((west + east - width) / 2, WORLD.west, WORLD.east - width)
    bottom = _clamp((south + north - height) / 2, WORLD.south, WORLD.north - height)
    return View(*(round(edge, 2) for edge in (left, bottom, left + width, bottom + height)))


def parse_box(text: str) -> View | None:
    """The view around a box given as ``west,south,east,north``; None when it is no such box."""
    try:
        west, south, east, north = (float(edge) for edge in text.split(","))
    except ValueError:
        return None
    # NaN fails all comparisons.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None
    return fit(west, south, east, north)


def _clamp(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
