"""The one source of now. Instants are kept in UTC and decided in Asia/Shanghai."""

from __future__ import annotations

import json
import os
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pathlib import Path

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
"""Days anybody here can mean; what lies outside is a slip of the pen, or an end that is none."""


class Clock:
    """The clock on the wall."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The present day in Asia/Shanghai."""
        return local_date(self.now())


class DemoClock(Clock):
    """A clock that starts where it is told, ticks, and can be moved forward.

    Server, worker and demo driver are separate processes, so the offset lives in a small file they share.
    """

    def __init__(self, path: Path, start: datetime) -> None:
        self._path = path
        if not path.exists():
            self._write(start)

    def now(self) -> datetime:
        """The present demo instant, in UTC."""
        offset_s = json.loads(self._path.read_text())["offset_s"]
        return datetime.now(UTC) + timedelta(seconds=offset_s)

    def move_to(self, instant: datetime) -> None:
        """Move the clock to a later instant.

        Raises: ValueError when the instant lies in the clock's past: time never runs back.
        """
        if instant < self.now():
            msg = f"the demo clock is already past {instant.isoformat()}"
            raise ValueError(msg)
        self._write(instant)

    def _write(self, instant: datetime) -> None:
        offset_s = (instant - datetime.now(UTC)).total_seconds()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        fresh.write_text(json.dumps({"offset_s": offset_s}))
        fresh.replace(self._path)


def local(instant: datetime) -> datetime:
    """The same instant on a Shanghai clock."""
    return instant.astimezone(SHANGHAI)


def local_date(instant: datetime) -> date:
    """The Shanghai day an instant falls on."""
    return local(instant).date()


def at_local(day: date, seconds: int) -> datetime:
    """The instant ``seconds`` after Shanghai midnight of ``day``, in UTC."""
    midnight = datetime.combine(day, time(), SHANGHAI)
    return (midnight + timedelta(seconds=seconds)).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The day of the same number so many months on, the last of a shorter month.

    Example:
        >>> months_later(date(2026, 1, 31), 1).isoformat(), months_later(date(2026, 12, 5), 2).isoformat()
        ('2026-02-28', '2027-02-05')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def years_later(day: date, years: int) -> date:
    """The same day so many years on; of the 29th of February, where there is none, the 28th."""
    return months_later(day, 12 * years)
