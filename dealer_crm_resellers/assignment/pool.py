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


class Pool(NamedTuple):
    """Candidates: first stretches (urn, first, end) of urns of partners, then one by one."""

    stretches: list[tuple[Urn, int, int]]
    points: list[Point]

    @property
    def count(self) -> int:
        return sum([end - first for _urn, first, end in self.stretches], len(self.points))

    def pick(self, seed: int) -> Partner:
        """The partner drawn with this seed."""
        sums = [urn.prefix[end] - urn.prefix[first] for urn, first, end in self.stretches]
        target = draw(seed, sum([point[3] for point in self.points], sum(sums)))
        for (urn, first, _end), total in zip(self.stretches, sums, strict=True):
            if target < total:
                return urn.tickets[urn.pick(first, target)]
            target -= total
        for point in self.points:
            target -= point[3]
            if target < 0:
                return point[4]
        raise ValueError("Nobody to draw from")
