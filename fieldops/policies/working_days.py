"""Working days by the calendars in force: a notice activated here counts as soon as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fieldops.clock import local
from fieldops.policies.calendar import FRIDAY
from fieldops.policies.service import calendar_of

if TYPE_CHECKING:
    from datetime import date, datetime, time

    from sqlalchemy.orm import Session

    from fieldops.policies.calendar import Calendar


class WorkingDays:
    """Which days offices and post are at work, weekend days worked in exchange (调休) among them.

    In a year no calendar holds, Monday to Friday are taken to be worked. Cost: one statement a year asked about.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._calendars: dict[int, Calendar | None] = {}

    def is_worked(self, day: date) -> bool:
        """Whether people work that day."""
        calendar = self._of(day.year)
        return calendar.is_worked(day) if calendar else day.isoweekday() <= FRIDAY

    def after(self, day: date, count: int = 1) -> date:
        """The ``count``-th working day after a day; with 0 the day itself, or the first one worked after it."""
        left = count
        while left or not self.is_worked(day):
            day += timedelta(days=1)
            left -= bool(left) and self.is_worked(day)
        return day

    def of(self, instant: datetime, cut_off: time) -> date:
        """The working day on which what came in at an instant is done: that day until its cut-off, else the next."""
        there = local(instant)
        late = there.time() > cut_off
        return self.after(there.date(), int(late and self.is_worked(there.date())))

    def edition_for(self, day: date) -> str | None:
        """The edition of the calendar that says whether a day is worked, None where none holds its year."""
        calendar = self._of(day.year)
        return calendar.edition if calendar else None

    def _of(self, year: int) -> Calendar | None:
        if year not in self._calendars:
            self._calendars[year] = calendar_of(self._session, year)
        return self._calendars[year]
