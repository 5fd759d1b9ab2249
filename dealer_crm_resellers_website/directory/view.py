"""The part of the world that a map shows, in degrees. Longitude and latitude are drawn as they are."""

from typing import NamedTuple

#: width to height of the drawing
ASPECT = 360 / 142
#: No closer than this many degrees from west to east: the outlines are coarse.
CLOSEST = 5.0
#: Partners in one cell of a grid this many cells wide are drawn as one dot.
CELLS = 30


class View(NamedTuple):
    """Degrees; west below east, south below north."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        return self.east - self.west

    @property
    def cell(self) -> float:
        """Side of a cell of the grid of dots, in degrees."""
        return self.width / CELLS

    @property
    def box(self) -> str:
        """The SVG's viewBox: y grows to the south."""
        height = self.north - self.south
        return f"{self.west:g} {-self.north:g} {self.width:g} {height:g}"


#: Without Antarctica.
WORLD = View(-180.0, -58.0, 180.0, 84.0)


def fit(west: float, south: float, east: float, north: float) -> View:
    """The smallest view of the map's shape around a box, with some air, inside the world."""
    width = max((east - west) * 1.2, (north - south) * 1.2 * ASPECT, CLOSEST)
    if width >= WORLD.width:
        return WORLD
    height = width / ASPECT
    left = _clamp((west + east - width) / 2, WORLD.west, WORLD.east - width)
    bottom = _clamp((south + north - height) / 2, WORLD.south, WORLD.north - height)
    return View(*(round(edge, 2) for edge in (left, bottom, left + width, bottom + height)))


def parse_box(text: str) -> View | None:
    """The view around a box that a browser names as ``west,south,east,north``; None: it is none."""
    try:
        west, south, east, north = (float(edge) for edge in text.split(","))
    except ValueError:
        return None
    # Not a number fails all comparisons.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None
    return fit(west, south, east, north)


def _clamp(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
