"""Places on the Earth taken as a sphere (0.5 % off at most): degrees in, kilometres out."""

from math import asin, cos, degrees, dist, radians, sin

# Mean radius R1 of GRS 80: H. Moritz, Journal of Geodesy 74 (2000), 128-133.
EARTH_RADIUS_KM = 6371.0088
# Degrees that a box is wider than its circle: more than rounding errors, which grow to the poles.
MARGIN = 1e-4


def has_place(latitude: float | None, longitude: float | None) -> bool:
    """Whether degrees name a place: Odoo stores an unknown place as 0/0."""
    return bool(latitude or longitude) and abs(latitude or 0) <= 90 and abs(longitude or 0) <= 180


def unit_vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    """The place on the unit sphere."""
    phi, lam = radians(latitude), radians(longitude)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


def distance_km(vector: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Great-circle distance of two places on the unit sphere, by the chord between them."""
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, dist(vector, other) / 2))


def circle_boxes(latitude: float, longitude: float, km: float) -> list[tuple[float, ...]]:
    """Boxes (south, north, west, east) in degrees around a circle: two where it crosses ±180.

    Half the width is asin(sin r / cos φ), from the right spherical triangle of pole, centre and
    easternmost point. Boxes go all around where the circle comes within a degree of a pole.
    """
    angle = km / EARTH_RADIUS_KM
    reach = degrees(angle) + MARGIN
    south, north = latitude - reach, latitude + reach
    if south < -89 or north > 89:
        return [(south, north, -180.0, 180.0)]
    width = degrees(asin(sin(angle) / cos(radians(latitude)))) + MARGIN
    return [
        (south, north, max(-180.0, turned - width), min(180.0, turned + width))
        for turned in (longitude - 360, longitude, longitude + 360)
        if abs(turned) < 180 + width
    ]
