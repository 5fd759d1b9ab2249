"""Candidates for one lead, and the draw among them in proportion to their weights.

A number from 0 up to the sum of all weights is drawn; it is the candidate's whose weight covers it,
the weights being laid end to end in a fixed order.
"""

from typing import NamedTuple

from .draw import Urn, draw


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


class Stretch(NamedTuple):
    """Partners side by side in an urn."""

    urn: Urn
    first: int
    end: int

    @property
    def weight(self) -> int:
        return self.urn.prefix[self.end] - self.urn.prefix[self.first]


# Where a partner is on the unit sphere (x, y, z), its weight, and the partner; or the same of a
# stretch of partners, which count as one.
Point = tuple[float, float, float, int, Partner | Stretch]


class Pool(NamedTuple):
    """Candidates in a fixed order."""

    points: list[Point]
    count: int

    def pick(self, seed: int) -> Partner:
        """The partner drawn with this seed."""
        target = draw(seed, sum([point[3] for point in self.points]))
        for point in self.points:
            if target < point[3]:
                break
            target -= point[3]
        chosen = point[4]
        if chosen.__class__ is Stretch:
            return chosen.urn.tickets[chosen.urn.pick(chosen.first, target)]
        return chosen
