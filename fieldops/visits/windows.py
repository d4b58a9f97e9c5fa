"""When a visit may begin: appointments are hard, workplaces keep office hours, the rest is left to planning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, time

    from fieldops.policies.edition import Policy
    from fieldops.policies.sections import Window

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


def visit_windows(kind: str, asked: Iterable[Span], policy: Policy) -> tuple[Span, ...]:
    """When a visit to an address of this kind may begin, as far as anything is agreed or the place has hours.

    What was asked for is cut to lawful hours, or to office hours at a workplace, where the visit must end in them as
    well. () leaves the hour to planning.
    """
    at_work = kind == WORK
    bounds = _span(policy.visit.work_window if at_work else policy.visit.hard_window)
    if at_work:
        bounds = (bounds[0], bounds[1] - policy.routing.service_s[WORK])
    cut = tuple(overlap for span in asked if (overlap := _overlap(span, bounds)) is not None)
    return cut or ((bounds,) if at_work else ())


def day_suits(kind: str, day: date, policy: Policy) -> bool:
    """Whether an address of this kind is visited on that weekday at all."""
    return kind != WORK or day.isoweekday() in policy.visit.work_window.days


def _span(window: Window) -> Span:
    return _seconds(window.opens), _seconds(window.closes)


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _overlap(one: Span, other: Span) -> Span | None:
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None
