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


# Where a partner is on the unit sphere (x, y, z), its weight, and the partner.
Point = tuple[float, float, float, int, Partner]


class Handful(NamedTuple):
    """Candidates one by one."""

    points: list[Point]

    @property
    def count(self) -> int:
        return len(self.points)

    @property
    def total(self) -> int:
        return sum([point[3] for point in self.points])

    def take(self, target: int) -> Partner:
        """Whose weight covers the number."""
        for point in self.points:
            target -= point[3]
            if target < 0:
                return point[4]
        raise ValueError("The number is not below the sum of the weights")


class Stretch(NamedTuple):
    """Candidates side by side in an urn of partners."""

    urn: Urn
    first: int
    end: int

    @property
    def count(self) -> int:
        return self.end - self.first

    @property
    def total(self) -> int:
        return self.urn.prefix[self.end] - self.urn.prefix[self.first]

    def take(self, target: int) -> Partner:
        return self.urn.tickets[self.urn.pick(self.first, target)]


class Lots(NamedTuple):
    """Candidates lot by lot."""

    lots: list[Handful | Stretch]

    @property
    def count(self) -> int:
        return sum([lot.count for lot in self.lots])

    @property
    def total(self) -> int:
        return sum([lot.total for lot in self.lots])

    def take(self, target: int) -> Partner:
        for lot in self.lots:
            total = lot.total
            if target < total:
                return lot.take(target)
            target -= total
        raise ValueError("The number is not below the sum of the weights")


Pool = Handful | Stretch | Lots


def pick(pool: Pool, seed: int) -> Partner:
    """The partner drawn with this seed."""
    return pool.take(draw(seed, pool.total))
