"""Instants are kept in UTC and decided in Shanghai; the demo clock is shared by processes and never runs back."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.clock import SHANGHAI, Clock, DemoClock, at_local, local, local_date

START = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)


def test_the_day_changes_at_midnight_in_shanghai():
    assert local_date(datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert local_date(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == date(2026, 11, 24)


def test_today_is_the_day_in_shanghai():
    class Evening(Clock):
        def now(self):
            return datetime(2026, 11, 23, 16, 30, tzinfo=UTC)

    assert Evening().today() == date(2026, 11, 24)


def test_the_wall_clock_tells_utc():
    assert Clock().now().tzinfo is UTC


@given(st.dates(date(1992, 1, 1), date(2099, 12, 31)), st.integers(0, 86_399))
def test_seconds_after_midnight_come_back_as_they_went(day, seconds):
    there = at_local(day, seconds)
    assert there.tzinfo is UTC
    assert (local_date(there), local(there).hour * 3600 + local(there).minute * 60 + local(there).second) == (
        day,
        seconds,
    )


@pytest.fixture
def clock(tmp_path):
    return DemoClock(tmp_path / "deep" / "clock.json", START)


def test_the_demo_clock_starts_where_it_is_told_and_ticks(clock):
    first = clock.now()
    second = clock.now()
    assert timedelta(0) <= first - START < timedelta(seconds=30)
    assert second >= first


def test_the_demo_clock_never_runs_back(clock):
    clock.move_to(START + timedelta(hours=3))
    with pytest.raises(ValueError, match="already past"):
        clock.move_to(START + timedelta(hours=2))
    assert clock.now() >= START + timedelta(hours=3)


def test_a_second_process_reads_the_moved_clock_and_does_not_start_it_anew(clock, tmp_path):
    clock.move_to(START + timedelta(days=1))
    code = (
        "import sys; from pathlib import Path; from datetime import datetime; from fieldops.clock import DemoClock; "
        "print(DemoClock(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])).now().isoformat())"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "deep/clock.json"), START.isoformat()]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    assert datetime.fromisoformat(told) >= START + timedelta(days=1)


def test_a_clock_that_is_read_while_it_moves_is_never_half_written(clock):
    from threading import Thread

    told = []
    reader = Thread(target=lambda: told.extend(clock.now() for _ in range(300)))
    reader.start()
    for minute in range(1, 100):
        clock.move_to(START + timedelta(minutes=minute))
    reader.join()
    assert told == sorted(told)
