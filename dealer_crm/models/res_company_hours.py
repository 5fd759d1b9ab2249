"""Time counted in a company's working hours: all datetimes are in UTC, without a time zone."""

from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import models
from odoo.tools.intervals import Intervals

# The calendar is read in parts of so many days, up to so many parts.
PART = timedelta(days=14)
PARTS = 100
# Odoo ends a day's last interval a microsecond before midnight.
ROUNDING = timedelta(seconds=1)


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    def _get_working_intervals(self, start, end):
        """List of (start, end) of the working time in between, sorted and without overlaps.

        Without a calendar, all time is working time.
        """
        calendar = self.sudo().resource_calendar_id
        if not calendar:
            return [(start, end)] if start < end else []
        intervals = calendar._work_intervals_batch(
            utc.localize(start),
            utc.localize(end),
            domain=[("time_type", "=", "leave"), ("company_id", "in", [False, self.id])],
            tz=timezone(calendar.tz),
        )[False]
        # Two intervals that end and start while the clocks change can overlap: merge them.
        merged = Intervals((begin, finish, calendar) for begin, finish, _hours in intervals)
        return [
            (
                begin.astimezone(utc).replace(tzinfo=None),
                finish.astimezone(utc).replace(tzinfo=None),
            )
            for begin, finish, _calendar in merged
        ]

    def _add_working_minutes(self, start, minutes):
        """The datetime ``minutes`` of working time after ``start``; False if it never comes."""
        left = timedelta(minutes=minutes)
        for part in range(PARTS):
            begin = start + part * PART
            for opens, closes in self._get_working_intervals(begin, begin + PART):
                if left < closes - opens + ROUNDING:
                    return (opens + left).replace(microsecond=0)
                left -= closes - opens
        return False

    def _count_working_minutes(self, start, end):
        """Minutes (float) of working time between two datetimes."""
        intervals = self._get_working_intervals(start, end)
        total = sum((closes - opens for opens, closes in intervals), timedelta())
        return round(total.total_seconds()) / 60

    def _get_working_day(self, date):
        """The first day from ``date`` on with working time; ``date`` itself if there is none."""
        zone = timezone(self.sudo().resource_calendar_id.tz or "UTC")
        midnight = zone.localize(datetime.combine(date, time.min)).astimezone(utc)
        start = midnight.replace(tzinfo=None)
        for opens, _closes in self._get_working_intervals(start, start + PART):
            return utc.localize(opens).astimezone(zone).date()
        return date
