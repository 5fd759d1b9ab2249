"""The weighted draw: a seed gives a number below the sum of the weights."""

MASK = (1 << 64) - 1


def mix(value: int) -> int:
    """64 well mixed bits of an integer: SplitMix64, without the seeding of Python's generator.

    G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    """
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def lead_seed(run_seed: int, lead_id: int) -> int:
    """The seed of one lead in a run: 31 bits, as they fit the log's integer column."""
    return mix(mix(run_seed) ^ lead_id) >> 33


def draw(seed: int, total: int) -> int:
    """A whole number from 0 to ``total`` - 1; the same seed gives the same.

    The seed's 64 bits are scaled, so no number is preferred by more than total / 2**64:
    D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019).
    """
    return mix(seed) * total >> 64
