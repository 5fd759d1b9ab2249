"""The retry schedule of deliveries."""

from collections.abc import Callable

MINUTE = 60.0
HOUR = 60 * MINUTE
# Seconds to wait after the first failed attempt, the second, and so on; the last one repeats.
DELAYS = tuple(minutes * MINUTE for minutes in (0, 1, 2, 5, 15, 30, 60, 120, 240, 360))
GIVE_UP_AGE = 96 * HOUR
# Seconds between two probes of a held connection.
PROBE_EVERY = 300


def next_delay(
    attempt: int, age: float, retry_after: float | None, rand: Callable[[], float]
) -> float | None:
    """Return in how many seconds to retry, or None to give up (park the row).

    :param attempt: attempts made so far, including the one that just failed (1 or more)
    :param age: seconds since the first attempt
    :param retry_after: seconds that the BPO asked to wait, if any; it is never called earlier
    :param rand: returns a number in [0, 1), like ``random.random``; spreads each delay by ±50 %, so
        that rows that failed together are not retried together
    """
    if age >= GIVE_UP_AGE:
        return None
    delay = DELAYS[min(max(attempt, 1), len(DELAYS)) - 1] * (0.5 + rand())
    # Make the last attempt when the time is up, not up to nine hours later.
    delay = min(delay, GIVE_UP_AGE - age)
    return max(delay, retry_after or 0.0)
