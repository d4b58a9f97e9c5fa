"""When a visit may begin: appointments are hard, workplaces keep office hours, everything else the planning hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, time

    from fieldops.policies.sections import VisitPolicy, Window

Span = tuple[int, int]
"""Seconds since local midnight, both ends belonging to it."""

WORK: Final = "WORK"
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-—–~～至到]+\s*(\d{1,2})[:：](\d{2})")
_MINUTES_PER_DAY: Final = 1440


def appointed_spans(appointment: str | None) -> tuple[Span, ...]:
    """The spans an appointment 预约时段 names; text without any, or that runs backwards, names none.

    Example: ``appointed_spans("11:30-13:30")`` is ``((41400, 48600),)``.
    """
    found = []
    for match in _SPAN.finditer(appointment or ""):
        start_h, start_m, end_h, end_m = map(int, match.groups())
        start, end = start_h * 60 + start_m, end_h * 60 + end_m
        if start <= end < _MINUTES_PER_DAY:
            found.append((start * 60, end * 60))
    return tuple(sorted(set(found)))


def visit_windows(kind: str, asked: Iterable[Span], policy: VisitPolicy) -> tuple[Span, ...]:
    """The windows of a visit to an address of this kind: what was asked for within lawful hours, else the usual ones.

    What was asked for at a workplace is cut to office hours.
    """
    usual = policy.work_window if kind == WORK else policy.plan_window
    bounds = policy.work_window if kind == WORK else policy.hard_window
    cut = [overlap for span in asked if (overlap := _overlap(span, _span(bounds))) is not None]
    return tuple(cut) or (_span(usual),)


def day_suits(kind: str, day: date, policy: VisitPolicy) -> bool:
    """Whether an address of this kind is visited on that weekday at all."""
    return kind != WORK or day.isoweekday() in policy.work_window.days


def _span(window: Window) -> Span:
    return _seconds(window.opens), _seconds(window.closes)


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _overlap(one: Span, other: Span) -> Span | None:
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None
