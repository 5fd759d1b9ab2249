"""Distances on the Earth taken as a sphere.

Degrees in, kilometres out. A sphere is up to 0.5 % off the ellipsoid: nothing against radii that
a person chose in round numbers.
"""

from math import atan2, cos, hypot, isfinite, pi, radians, sin, sqrt

# Mean radius R1 of the GRS 80 ellipsoid: H. Moritz, "Geodetic Reference System 1980",
# Journal of Geodesy 74 (2000), 128-133.
EARTH_RADIUS_KM = 6371.0088
HALF_TURN_KM = pi * EARTH_RADIUS_KM

Vector = tuple[float, float, float]


def has_place(latitude: float | None, longitude: float | None) -> bool:
    """Whether degrees say a place: 0/0 is how Odoo writes that nobody knows it."""
    if not (latitude or longitude):
        return False
    latitude, longitude = latitude or 0.0, longitude or 0.0
    return isfinite(latitude + longitude) and abs(latitude) <= 90 and abs(longitude) <= 180


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance by the haversine formula.

    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), 159; its angle is
    taken with atan2, which is exact near the antipode too.
    """
    phi, phi2 = radians(latitude), radians(latitude2)
    root = hypot(
        sin((phi2 - phi) / 2),
        sqrt(cos(phi) * cos(phi2)) * sin(radians(longitude2 - longitude) / 2),
    )
    return 2 * EARTH_RADIUS_KM * atan2(root, sqrt(max(0.0, 1 - root * root)))


def unit_vector(latitude: float, longitude: float) -> Vector:
    """The place's point on the unit sphere: no seam at ±180 and no corner at the poles."""
    phi, lam = radians(latitude), radians(longitude)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)
