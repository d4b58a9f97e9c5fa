"""Statutory holidays, from dated calendars: the State Council publishes one each autumn for the year to come."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from fieldops.policies.edition import PolicyError
from fieldops.policies.records import RecordError, from_plain

FRIDAY = 5


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """One holiday, both days belonging to it."""

    name: str
    first_on: date
    last_on: date

    def __post_init__(self) -> None:
        """Refuse a holiday that ends before it begins."""
        if self.last_on < self.first_on:
            raise RecordError("last_on", f"must not be earlier than first_on ({self.first_on})")

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it."""
        count = (self.last_on - self.first_on).days + 1
        return tuple(self.first_on + timedelta(days=each) for each in range(count))


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The calendar of one year: its holidays, and the weekend days worked in exchange (调休)."""

    edition: str
    year: int
    source: str
    holidays: tuple[Holiday, ...]
    worked_weekends: tuple[date, ...]

    def __post_init__(self) -> None:
        """Refuse days of another year, and days that are both worked and free."""
        free = [day for holiday in self.holidays for day in holiday.days]
        if len(free) != len(set(free)):
            raise RecordError("holidays", "must not overlap")
        for day in (*free, *self.worked_weekends):
            if day.year != self.year:
                raise RecordError("year", f"is {self.year}, but {day} is listed; it belongs to another calendar")
        for day in set(free) & set(self.worked_weekends):
            raise RecordError("worked_weekends", f"{day} is also a holiday; it cannot be both")

    def holiday_on(self, day: date) -> str | None:
        """The name of the holiday a day belongs to, "" for a plain day, None for a year this calendar does not hold."""
        if day.year != self.year:
            return None
        return next((each.name for each in self.holidays if each.first_on <= day <= each.last_on), "")

    def is_worked(self, day: date) -> bool:
        """Whether people work that day: no holiday, and no weekend unless it is worked in exchange."""
        return not self.holiday_on(day) and (day.isoweekday() <= FRIDAY or day in self.worked_weekends)


def read_calendar(text: str) -> Calendar:
    """The calendar a TOML text describes. Raises: PolicyError naming the key and the mend."""
    try:
        return calendar_from_plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("calendar", f"is not readable as TOML: {error}") from error


def calendar_from_plain(data: Any) -> Calendar:
    """The calendar plain values describe. Raises: PolicyError naming the key and the mend."""
    try:
        return from_plain(Calendar, data)
    except RecordError as error:
        raise PolicyError(error.key, error.mend) from error


@cache
def shipped_calendars() -> Mapping[int, Calendar]:
    """The calendars that come with the product, by year."""
    folder = files("fieldops.policies") / "calendars"
    read = [read_calendar(each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".toml")]
    return {calendar.year: calendar for calendar in read}
