import unittest

from ..bpo.retry import GIVE_UP_AGE, HOUR, MINUTE, next_delay


class TestBpoSchedule(unittest.TestCase):
    @staticmethod
    def middle():
        return 0.5

    def test_delays(self):
        hours = [next_delay(attempt, 0.0, None, self.middle) / HOUR for attempt in range(1, 13)]
        minutes = [0, 1, 2, 5, 15, 30, 60, 120, 240, 360, 360, 360]
        self.assertEqual([round(hour * 60, 6) for hour in hours], minutes)

    def test_jitter_is_half_up_and_down(self):
        self.assertEqual(next_delay(3, 0.0, None, lambda: 0.0), 1 * MINUTE)
        self.assertAlmostEqual(next_delay(3, 0.0, None, lambda: 1 - 1e-12), 3 * MINUTE)

    def test_retry_after_is_never_undercut(self):
        self.assertEqual(next_delay(1, 0.0, 90.0, self.middle), 90.0)
        self.assertEqual(next_delay(10, 0.0, 90.0, self.middle), 6 * HOUR)
        self.assertEqual(next_delay(12, GIVE_UP_AGE - 60, 24 * HOUR, self.middle), 24 * HOUR)

    def test_gives_up_after_96_hours(self):
        self.assertIsNone(next_delay(1, 96 * HOUR, None, self.middle))
        self.assertIsNone(next_delay(40, 200 * HOUR, 60.0, self.middle))
        self.assertIsNotNone(next_delay(40, 96 * HOUR - 1, None, self.middle))

    def test_the_last_try_is_when_the_time_is_up(self):
        self.assertEqual(next_delay(20, 95 * HOUR, None, self.middle), HOUR)

    def test_a_whole_life(self):
        age, tries = 0.0, 0
        while (delay := next_delay(tries + 1, age, None, self.middle)) is not None:
            age += delay
            tries += 1
        self.assertEqual(age, GIVE_UP_AGE)
        # Nine attempts in the first 7 h 53 min, then one every 6 h, the last when the time is up.
        self.assertEqual(tries, 9 + 14 + 1)

    def test_no_attempt_counts_as_the_first(self):
        self.assertEqual(next_delay(0, 0.0, None, self.middle), 0.0)
