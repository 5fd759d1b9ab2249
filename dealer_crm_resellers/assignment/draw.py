"""The weighted draw: a seed gives a number, and the number an item by the sums of weights."""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate

MASK = (1 << 64) - 1


def mix(value: int) -> int:
    """64 well mixed bits of an integer: the output function of SplitMix64.

    G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    Python's own generator takes longer to seed than a lead takes to match.
    """
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


_mix_run = lru_cache(maxsize=8)(mix)


def lead_seed(run_seed: int, lead_id: int) -> int:
    """The seed of one lead in a run: 31 bits, as they fit the log's integer column."""
    return mix(_mix_run(run_seed) ^ lead_id) >> 33


def draw(seed: int, total: int) -> int:
    """A whole number from 0 to ``total`` - 1; the same seed gives the same.

    The seed's 64 bits are scaled, so no number is preferred by more than total / 2**64:
    D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019).
    """
    return mix(seed) * total >> 64


class Sampler:
    """Numbers in order, drawn in proportion to their weights; only the block drawn from is listed.

    :ivar count: how many numbers there are
    :ivar ends: the sum of their weights up to the end of each block
    :ivar keep: takes a block, gives those of its numbers that may be drawn
    :ivar weights: the weights of all numbers
    """

    __slots__ = ("blocks", "count", "ends", "keep", "weights")

    def __init__(self, count: int, ends: list[int], blocks, keep: Callable, weights: list[int]):
        self.count, self.ends, self.blocks = count, ends, blocks
        self.keep, self.weights = keep, weights

    def pick(self, seed: int) -> int:
        """The number that covers the drawn place when the weights are laid end to end."""
        place = draw(seed, self.ends[-1])
        block = bisect_right(self.ends, place)
        numbers = self.keep(self.blocks[block])
        ends = list(accumulate(map(self.weights.__getitem__, numbers)))
        return numbers[bisect_right(ends, place - self.ends[block] + ends[-1])]
