"""The expected results of ``assignment``, computed the slow way: the distance to every partner."""

from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt

from ..assignment import draw


def haversine(latitude, longitude, latitude2, longitude2):
    phi, phi2 = radians(latitude), radians(latitude2)
    half = sin((phi2 - phi) / 2) ** 2
    half += cos(phi) * cos(phi2) * sin(radians(longitude2 - longitude) / 2) ** 2
    return 2 * 6371.0088 * asin(min(1.0, sqrt(half)))


def placed(each):
    return bool(each.latitude or each.longitude)


@dataclass
class SlowMatcher:
    """The rule in docs/manager.md, implemented literally."""

    partners: list
    radii: tuple = (50.0, 100.0, 200.0)
    given: dict = field(default_factory=dict)

    def candidates(self, lead):
        return [
            each
            for each in self.partners
            if each.company_id in (None, lead.company_id)
            and each.entity_id not in lead.excluded
            and (each.capacity is None or self.given.get(each.id, 0) < each.capacity)
        ]

    def tier(self, lead):
        """(tier, candidates) of the first tier that has any."""
        everybody = self.candidates(lead)
        country = [each for each in everybody if each.country_id == lead.country_id]
        country = country if lead.country_id else []
        if not placed(lead):
            return 4, country
        away = {
            each: haversine(lead.latitude, lead.longitude, each.latitude, each.longitude)
            for each in everybody
            if placed(each)
        }
        for number, radius in enumerate(self.radii, 1):
            near = [each for each, km in away.items() if km <= radius]
            if near:
                return number, near
        if country:
            return 4, country
        least = min(away.values(), default=0)
        return 5, [each for each, km in away.items() if km <= least + 1e-6]

    def match(self, lead, seed):
        """(tier, partner's id, number of candidates) of the lead; its partner may get one lead less."""
        number, found = self.tier(lead)
        if not found:
            return None, None, 0
        found.sort(key=lambda each: each.id)
        target = draw(seed, sum(each.weight for each in found))
        for each in found:
            if target < each.weight:
                break
            target -= each.weight
        self.given[each.id] = self.given.get(each.id, 0) + 1
        return number, each.id, len(found)
