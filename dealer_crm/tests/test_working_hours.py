"""Working time against a slow computation, which looks at each minute by itself."""

import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tests.common import TransactionCase

EXAMPLES = 120
# Zones, and the days on which they change their clocks; some only by half an hour, or at midnight.
ZONES = {
    "Europe/Berlin": ("2025-03-30", "2025-10-26"),
    "America/New_York": ("2025-03-09", "2025-11-02"),
    "Australia/Lord_Howe": ("2025-04-06", "2025-10-05"),
    "Africa/Cairo": ("2025-04-25", "2025-10-30"),
    "America/St_Johns": ("2025-03-09", "2025-11-02"),
    "Asia/Manila": ("2025-01-01", "2025-06-12"),
    "UTC": ("2025-03-30", "2025-12-31"),
}
# Hours at which work starts and ends; not those at which clocks change.
HOURS = (0, 5, 6, 7.5, 8, 9, 12, 12.5, 13, 16.75, 17, 18, 20, 22, 24)
MINUTE = timedelta(minutes=1)


class SlowHours:
    """Working time in plain Python.

    :param zone: name of the time zone
    :param shifts: set of (weekday, hour from, hour to) of local time
    :param leaves: list of (start, end) in UTC
    """

    def __init__(self, zone, shifts, leaves):
        self.zone = ZoneInfo(zone)
        self.shifts = shifts
        self.leaves = leaves

    def is_open(self, moment):
        local = moment.replace(tzinfo=timezone.utc).astimezone(self.zone)
        hour = local.hour + local.minute / 60
        return any(
            day == local.weekday() and start <= hour < end for day, start, end in self.shifts
        ) and not any(start <= moment < end for start, end in self.leaves)

    def add(self, moment, minutes):
        left = timedelta(minutes=minutes)
        while True:
            next_minute = moment.replace(second=0) + MINUTE
            if self.is_open(moment):
                if left <= next_minute - moment:
                    return moment + left
                left -= next_minute - moment
            moment = next_minute

    def count(self, moment, end):
        total = timedelta()
        while moment < end:
            next_minute = min(moment.replace(second=0) + MINUTE, end)
            if self.is_open(moment):
                total += next_minute - moment
            moment = next_minute
        return total.total_seconds() / 60


@tagged("post_install", "-at_install")
class TestWorkingHours(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Hours"})

    def set_hours(self, zone, shifts, leaves):
        """Give the company a calendar like this; return the slow computation."""
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Hours of the test",
                "tz": zone,
                "company_id": self.company.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Shift",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": "morning",
                        }
                    )
                    for day, start, end in sorted(shifts)
                ],
            }
        )
        self.env["resource.calendar.leaves"].create(
            [
                {
                    "calendar_id": calendar.id,
                    "company_id": self.company.id,
                    "date_from": start,
                    "date_to": end,
                }
                for start, end in leaves
            ]
        )
        self.company.resource_calendar_id = calendar
        return SlowHours(zone, shifts, leaves)

    def draw(self, draw):
        """A random calendar, an arrival near a change of the clocks or not, and a limit."""
        zone = draw.choice(list(ZONES))
        change = datetime.fromisoformat(draw.choice(ZONES[zone]))
        days = draw.sample(range(7), draw.randint(1, 7))
        shifts = set()
        for day in days:
            hours = sorted(draw.sample(HOURS, draw.choice((2, 4))))
            shifts.update(
                (day, start, end) for start, end in zip(hours[::2], hours[1::2], strict=False)
            )
        arrival = change + timedelta(seconds=draw.randint(-3 * 86_400, 2 * 86_400))
        leaves = []
        for _leave in range(draw.randint(0, 3)):
            start = arrival + timedelta(minutes=draw.randint(-2000, 4000))
            start = start.replace(second=0)
            leaves.append((start, start + timedelta(minutes=draw.randint(1, 3000))))
        return zone, shifts, leaves, arrival, draw.choice((1, 5, 15, 30, 60, 90, 240, 600))

    def test_against_the_slow_computation(self):
        draw = random.Random(13)
        for example in range(EXAMPLES):
            zone, shifts, leaves, arrival, minutes = case = self.draw(draw)
            slow = self.set_hours(zone, shifts, leaves)
            with self.subTest(example=example, case=case):
                deadline = self.company._add_working_minutes(arrival, minutes)
                self.assertEqual(deadline, slow.add(arrival, minutes))
                self.assertAlmostEqual(
                    self.company._count_working_minutes(arrival, deadline), minutes, 5
                )
                later = deadline + timedelta(seconds=draw.randint(0, 200_000))
                self.assertAlmostEqual(
                    self.company._count_working_minutes(arrival, later),
                    slow.count(arrival, later),
                    5,
                )

    def test_the_clocks_change(self):
        """A night shift has an hour less in spring and an hour more in autumn."""
        self.set_hours("Europe/Berlin", {(5, 22, 24), (6, 0, 6)}, [])
        for hours, *moments in (
            (7, "2025-03-29 21:00:00", "2025-03-30 04:00:00"),
            (9, "2025-10-25 20:00:00", "2025-10-26 05:00:00"),
        ):
            arrival, deadline = map(datetime.fromisoformat, moments)
            self.assertEqual(self.company._count_working_minutes(arrival, deadline), hours * 60)
            self.assertEqual(self.company._add_working_minutes(arrival, hours * 60), deadline)

    def test_the_end_of_a_day(self):
        """Time that is up when work ends is not up at the next opening."""
        self.set_hours("UTC", {(4, 9, 9 + 1 / 3), (4, 10, 10.5), (4, 12, 12 + 1 / 3)}, [])
        friday = datetime(2025, 3, 7)
        self.assertEqual(
            self.company._add_working_minutes(friday, 70), datetime(2025, 3, 7, 12, 20)
        )

    def test_other_companies_holidays(self):
        """A leave of another company, for all its calendars, does not count."""
        self.set_hours("UTC", {(0, 9, 17)}, [])
        other = self.env["res.company"].create({"name": "Other"})
        self.env["resource.calendar.leaves"].create(
            {
                "company_id": other.id,
                "calendar_id": False,
                "date_from": "2025-03-03 00:00:00",
                "date_to": "2025-03-04 00:00:00",
            }
        )
        monday = datetime(2025, 3, 3, 9)
        self.assertEqual(self.company._add_working_minutes(monday, 60), monday + timedelta(hours=1))

    def test_no_hours(self):
        """Without a calendar all time counts; with an empty one, no time ever does."""
        moment = datetime(2025, 3, 1)
        self.company.resource_calendar_id = False
        self.assertEqual(self.company._add_working_minutes(moment, 60), moment + timedelta(hours=1))
        self.assertEqual(self.company._count_working_minutes(moment, moment), 0)
        self.set_hours("UTC", set(), [])
        self.assertFalse(self.company._add_working_minutes(moment, 60))
        self.assertEqual(self.company._count_working_minutes(moment, moment + timedelta(days=9)), 0)

    def test_working_day(self):
        self.set_hours("Asia/Manila", {(0, 8, 17)}, [])
        saturday = datetime(2025, 3, 1).date()
        self.assertEqual(self.company._get_working_day(saturday), datetime(2025, 3, 3).date())
        self.set_hours("Asia/Manila", set(), [])
        self.assertEqual(self.company._get_working_day(saturday), saturday)
