"""A day's visits and crews as a problem of the routing engine, and the engine's plan as rows: pure translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from routing.problem import Crew, LeftOut, Problem, Stop, Window
from routing.travel import KMH, GreatCircle

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence
    from datetime import time

    from fieldops.agents.models import Crew as CrewRow
    from fieldops.planning.queries import VisitToPlan
    from fieldops.policies.edition import Policy

DELIVER_LETTER: Final = "DELIVER_LETTER"


@dataclass(frozen=True, slots=True)
class Day:
    """What the engine is asked, and the visits it cannot be asked about, with their reason.

    The engine calls visits by their number and crews by their code, so that its reasons can be read by people; the
    two mappings lead back to the rows.
    """

    problem: Problem
    unasked: tuple[LeftOut, ...]
    visit_ids: Mapping[str, uuid.UUID]
    crew_ids: Mapping[str, uuid.UUID]


def day_problem(visits: Sequence[VisitToPlan], crews: Sequence[CrewRow], policy: Policy) -> Day:
    """The routing problem of a day by this policy; a visit that no crew may lawfully make is left out beforehand."""
    asked = [_stop(visit, policy) for visit in visits]
    hard = _span(policy.visit.hard_window.opens, policy.visit.hard_window.closes)
    driven_kmh = policy.routing.speed_kmh
    problem = Problem(
        stops=tuple(made for made in asked if isinstance(made, Stop)),
        crews=tuple(found for crew in crews if (found := _crew(crew, hard, policy)) is not None),
        travel=GreatCircle(
            detour=policy.routing.detour_factor, kmh={**KMH, "CAR": driven_kmh, "MOTORBIKE": driven_kmh}
        ),
    )
    return Day(
        problem=problem,
        unasked=tuple(made for made in asked if isinstance(made, LeftOut)),
        visit_ids={visit.no: visit.id for visit in visits},
        crew_ids={crew.code: crew.id for crew in crews},
    )


def _stop(visit: VisitToPlan, policy: Policy) -> Stop | LeftOut:
    if visit.lat is None or visit.lon is None:
        return _unasked(visit.no, "NOT_LOCATED", "地址未定位，无法排程", "The address has no point; confirm one first")
    service_s = policy.routing.service_s[_service_kind(visit)]
    windows = _lawful_starts(visit.windows_s, service_s, policy)
    if not windows:
        return _unasked(
            visit.no,
            "OUTSIDE_LAWFUL_HOURS",
            f"预约时段内无法在{policy.visit.hard_window.closes:%H:%M}前完成外访",
            f"No visit in the agreed hours can end by {policy.visit.hard_window.closes:%H:%M}; agree on other hours",
        )
    return Stop(
        id=visit.no,
        lat=visit.lat,
        lon=visit.lon,
        service_s=service_s,
        windows=windows,
        priority=visit.priority,
        debtor=str(visit.debtor_id),
        crew_lock=visit.crew_lock,
        position=visit.position,
        time_lock=None if visit.begins_s is None else Window(*visit.begins_s),
    )


def _lawful_starts(agreed: tuple[tuple[int, int], ...], service_s: int, policy: Policy) -> tuple[Window, ...]:
    """When the visit may begin so that it also ends within the law; the planning window where nothing is agreed."""
    hard = _span(policy.visit.hard_window.opens, policy.visit.hard_window.closes)
    planned = _span(policy.visit.plan_window.opens, policy.visit.plan_window.closes)
    lawful = Window(hard.start_s, hard.end_s - service_s)
    wanted = [Window(*span) for span in agreed] or [Window(planned.start_s, planned.end_s - service_s)]
    return tuple(cut for window in wanted if (cut := window.overlap(lawful)) is not None)


def _crew(crew: CrewRow, hard: Window, policy: Policy) -> Crew | None:
    shift = Window(crew.shift_start_s, crew.shift_end_s).overlap(hard)
    if shift is None:
        return None
    return Crew(
        id=crew.code,
        start_lat=crew.start_lat,
        start_lon=crew.start_lon,
        end_lat=crew.start_lat,
        end_lon=crew.start_lon,
        shift=shift,
        mode=crew.mode,
        max_stops=policy.routing.max_stops,
        max_duty_s=policy.routing.max_shift_s,
    )


def _service_kind(visit: VisitToPlan) -> str:
    if visit.purpose == DELIVER_LETTER:
        return "LETTER"
    return "WORK" if visit.address_kind == "WORK" else "HOME"


def _span(opens: time, closes: time) -> Window:
    return Window(opens.hour * 3600 + opens.minute * 60, closes.hour * 3600 + closes.minute * 60)


def _unasked(visit_no: str, reason: str, message_zh: str, message_en: str) -> LeftOut:
    return LeftOut(visit_no, reason, message_zh, message_en, {})
