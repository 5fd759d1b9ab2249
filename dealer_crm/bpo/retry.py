"""When to try again what was not delivered."""

from collections.abc import Callable

MINUTE = 60.0
HOUR = 60 * MINUTE
# After the first failure at once, after the second a minute later, and so on; the last one repeats.
DELAYS = (
    0.0,
    1 * MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    1 * HOUR,
    2 * HOUR,
    4 * HOUR,
    6 * HOUR,
)
GIVE_UP_AGE = 96 * HOUR
# A held connection is tried this often (seconds).
PROBE_EVERY = 300


def next_delay(
    attempt: int, age: float, retry_after: float | None, rand: Callable[[], float]
) -> float | None:
    """Return in how many seconds to try again, or None to give up (park the row).

    :param attempt: attempts made so far, the one that just failed included (1 or more)
    :param age: seconds since the outcome became due for the first time
    :param retry_after: seconds the BPO asked for, if it did; it is never called earlier
    :param rand: gives numbers in [0, 1), as ``random.random``; each delay is spread by ±50 % with it,
        so that many rows that failed together do not come back together
    """
    if age >= GIVE_UP_AGE:
        return None
    delay = DELAYS[min(max(attempt, 1), len(DELAYS)) - 1] * (0.5 + rand())
    # The last try is made when the time is up, not up to nine hours later.
    delay = min(delay, GIVE_UP_AGE - age)
    return max(delay, retry_after or 0.0)
