"""Time counted in a company's working hours: all datetimes are in UTC, without a time zone."""

from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    def _get_leave_domain(self):
        """Domain of the days off that count for this company."""
        return [("time_type", "=", "leave"), ("company_id", "in", [False, self.id])]

    def _add_working_minutes(self, start, minutes):
        """The datetime ``minutes`` of working time after ``start``; False if it never comes."""
        calendar = self.sudo().resource_calendar_id
        if not calendar:
            return start + timedelta(minutes=minutes)
        # Half a second less: hours are fractions, and time that is up when work ends would be up at
        # the next opening. Odoo also ends a day's last interval a microsecond before midnight.
        end = calendar.plan_hours(
            (minutes * 60 - 0.5) / 3600,
            utc.localize(start),
            compute_leaves=True,
            domain=self._get_leave_domain(),
        )
        return end and (end + timedelta(seconds=0.75)).replace(microsecond=0, tzinfo=None)

    def _count_working_minutes(self, start, end):
        """Minutes (float) of working time between two datetimes."""
        calendar = self.sudo().resource_calendar_id
        if not calendar:
            return max(end - start, timedelta()).total_seconds() / 60
        hours = calendar.get_work_hours_count(start, end, domain=self._get_leave_domain())
        return round(hours * 3600) / 60

    def _get_working_day(self, date):
        """The first day from ``date`` on with working time; ``date`` itself if there is none."""
        calendar = self.sudo().resource_calendar_id
        if not calendar:
            return date
        midnight = timezone(calendar.tz).localize(datetime.combine(date, time.min))
        found = calendar.plan_days(
            1, midnight, compute_leaves=True, domain=self._get_leave_domain()
        )
        return found.date() if found else date
