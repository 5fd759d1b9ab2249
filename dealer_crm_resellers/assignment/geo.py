"""Distances on the Earth taken as a sphere.

Degrees in, kilometres out. A sphere is up to 0.5 % off the ellipsoid: nothing against radii that
a person chose in round numbers.
"""

from math import acos, asin, atan2, cos, degrees, hypot, isfinite, pi, radians, sin, sqrt

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


class Radius:
    """A distance on the ground, and what takes time to work out about it."""

    __slots__ = ("angle", "cos", "reach", "sin")

    def __init__(self, km: float):
        self.angle = min(km / EARTH_RADIUS_KM, pi)
        self.cos, self.sin = cos(self.angle), sin(self.angle)
        #: degrees of latitude to the north and to the south
        self.reach = degrees(self.angle)

    def half_width(self, latitude: float) -> float:
        """Degrees of longitude to the east and to the west; 180 where a pole is inside."""
        if abs(latitude) + self.reach >= 90:
            return 180.0
        return degrees(asin(min(1.0, self.sin / cos(radians(latitude)))))


class Circle:
    """All places within a radius of one, and what parallels cut out of it.

    The half width of the cut at latitude φ' follows from the spherical law of cosines:
    cos(radius) = sin φ sin φ' + cos φ cos φ' cos(Δλ).
    """

    __slots__ = ("angle", "cos_angle", "cos_phi", "half_width", "sin_phi", "widest")

    def __init__(self, latitude: float, angle: float):
        """``angle``: the radius in radians, less than a quarter turn."""
        phi = radians(latitude)
        self.angle = angle
        self.sin_phi, self.cos_phi = sin(phi), cos(phi)
        self.cos_angle = cos(angle)
        #: sine of the latitude where the circle is widest, and half its width there in radians
        self.widest = self.sin_phi / self.cos_angle
        if abs(phi) + angle >= pi / 2:
            self.half_width = pi
        else:
            self.half_width = asin(min(1.0, sin(angle) / self.cos_phi))

    def half_width_at(self, sin_phi: float, cos_phi: float) -> float:
        """Half the width in radians at a parallel: 0 outside, π where all of it is inside."""
        rest = self.cos_angle - self.sin_phi * sin_phi
        scale = self.cos_phi * cos_phi
        if rest >= scale:
            return 0.0
        return pi if rest <= -scale else acos(rest / scale)
