"""The weighted draw: one number made of a seed, one walk over sums of weights."""

from array import array
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

MASK = (1 << 64) - 1


def mix(value: int) -> int:
    """64 well mixed bits of an integer: the output function of SplitMix64.

    G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    Python's own generator takes longer to seed than a whole lead takes to match.
    """
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def lead_seed(run_seed: int, lead_id: int) -> int:
    """The seed of one lead in a run: 31 bits, as they fit the log's integer column."""
    return mix(_mix_run(run_seed) ^ lead_id) >> 33


@lru_cache(maxsize=8)
def _mix_run(run_seed: int) -> int:
    return mix(run_seed)


def draw(seed: int, total: int) -> int:
    """A whole number from 0 up to, without, ``total``; the same seed gives the same.

    The seed's 64 bits are scaled, so that no number is preferred by more than total / 2**64:
    D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019).
    """
    return mix(seed) * total >> 64


class Urn:
    """Tickets of any kind in a fixed order, drawn in proportion to whole weights above 0."""

    __slots__ = ("prefix", "tickets")

    def __init__(self, tickets: list, weights: list[int]):
        self.tickets = tickets
        #: sums of the weights before each ticket, and of all at the end
        # An array, because numbers that lie apart in memory are slow to come by.
        self.prefix = array("q", accumulate(weights, initial=0))

    def pick(self, low: int, target: int) -> int:
        """Position of the ticket that holds number ``target`` counted from position ``low``."""
        return bisect_right(self.prefix, self.prefix[low] + target, low) - 1

    def remove(self, place: int) -> None:
        """Take the ticket at a position out."""
        prefix = self.prefix
        weight = prefix[place + 1] - prefix[place]
        del self.tickets[place]
        prefix[place:] = array("q", [each - weight for each in prefix[place + 1 :]])
