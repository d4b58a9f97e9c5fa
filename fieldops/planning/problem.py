"""A day's visits and crews as a problem of the routing engine, and the engine's plan as rows: pure translation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from routing.objective import Objective
from routing.problem import Break, Crew, LeftOut, Problem, Stop, Window
from routing.travel import KMH, NEAR_DETOUR, GreatCircle

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, time

    from fieldops.agents.models import Crew as CrewRow
    from fieldops.planning.queries import VisitToPlan
    from fieldops.planning.who_may import Barred
    from fieldops.policies.edition import Policy

WEIGHTS: Final = Objective(balance_s=120, other_crew_s=60)
"""After priority and travel: a visit above a crew's even share is worth two minutes of road, a crew that has been at
the door before is worth one. What a re-plan may change is asked each time.
"""
DELIVER_LETTER: Final = "DELIVER_LETTER"
_NOBODY: Final[Mapping[uuid.UUID, Barred]] = {}
_SAID_AT_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Day:
    """What the engine is asked, and the visits it cannot be asked about, with their reason.

    The engine calls visits by their number and crews by their code, so that its reasons can be read by people; the
    two mappings lead back to the rows. ``ahead`` are the days after it that the problem holds as well,
    ``notes`` the crews that are not sent, with the reason; ``barred`` those that may not make a visit, by its number.
    """

    problem: Problem
    unasked: tuple[LeftOut, ...]
    visit_ids: Mapping[str, uuid.UUID]
    crew_ids: Mapping[str, uuid.UUID]
    ahead: tuple[date, ...] = ()
    notes: tuple[str, ...] = ()
    barred: Mapping[str, Barred] = field(default_factory=dict)


def day_problem(
    visits: Sequence[VisitToPlan],
    crews: Sequence[CrewRow],
    policy: Policy,
    barred: Mapping[uuid.UUID, Barred] = _NOBODY,
) -> Day:
    """The routing problem of a day by this policy; a visit that no crew may lawfully make is left out beforehand.

    Hours and time at the door are those of each visit's bank; roads, shifts and loads are of crews, who go for all.
    ``barred`` are the crews that may not make a visit: to be another crew than these is a skill it asks for.
    """
    stops = [(visit, _stop(visit, policy.for_bank(visit.bank, visit.product))) for visit in visits]
    asked = [_for_whom(visit, stop, barred.get(visit.id, {}), len(crews)) for visit, stop in stops]
    apart = {code for some in barred.values() for code in some}
    hard = _span(policy.visit.hard_window.opens, policy.visit.hard_window.closes)
    driven_kmh = policy.routing.speed_kmh
    detour = policy.routing.detour_factor
    travel = GreatCircle(
        detour=detour,
        near_detour=max(detour, NEAR_DETOUR),
        kmh={**KMH, "CAR": driven_kmh, "MOTORBIKE": driven_kmh},
    )
    sent = [_crew(crew, hard, travel, policy, apart) for crew in crews]
    problem = Problem(
        stops=tuple(made for made in asked if isinstance(made, Stop)),
        crews=tuple(made for made in sent if isinstance(made, Crew)),
        travel=travel,
        objective=WEIGHTS,
    )
    return Day(
        problem=problem,
        unasked=tuple(made for made in asked if isinstance(made, LeftOut)),
        visit_ids={visit.no: visit.id for visit in visits},
        crew_ids={crew.code: crew.id for crew in crews},
        notes=tuple(made for made in sent if isinstance(made, str)),
        barred={visit.no: barred[visit.id] for visit in visits if visit.id in barred},
    )


def _stop(visit: VisitToPlan, policy: Policy) -> Stop | LeftOut:
    if visit.lat is None or visit.lon is None or not _is_place(visit.lat, visit.lon):
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
        last_crew=visit.last_crew,
    )


def _for_whom(visit: VisitToPlan, stop: Stop | LeftOut, barred: Barred, crews: int) -> Stop | LeftOut:
    """The stop kept away from the crews that may not make it; left out when that is its own, or all there are."""
    if isinstance(stop, LeftOut) or not barred:
        return stop
    if len(barred) < crews and visit.crew_lock not in barred:
        return replace(stop, skills=frozenset(map(_other_than, barred)))
    why = dict.fromkeys((each.code, each.message_zh, each.message_en) for some in barred.values() for each in some)
    said = list(why)[:_SAID_AT_MOST]
    return LeftOut(
        visit.no,
        "CREW_MAY_NOT_GO",
        "没有可派出的小组：" + "；".join(f"{code} {zh}" for code, zh, _ in said),
        "No crew may go: " + "; ".join(f"{code} {en}" for code, _, en in said),
        {"proof": "a", "crews": sorted(barred), "codes": sorted({code for code, _, _ in why})},
        "更换人员（B角）或另派小组",
        "send the substitute (B角), or another crew",
    )


def _other_than(crew: str) -> str:
    return f"非{crew} not {crew}"


def _lawful_starts(agreed: tuple[tuple[int, int], ...], service_s: int, policy: Policy) -> tuple[Window, ...]:
    """When the visit may begin so that it also ends within the law; the planning window where nothing is agreed."""
    hard = _span(policy.visit.hard_window.opens, policy.visit.hard_window.closes)
    planned = _span(policy.visit.plan_window.opens, policy.visit.plan_window.closes)
    lawful = Window(hard.start_s, hard.end_s - service_s)
    spans = [_span_of(*span) for span in agreed] or [Window(planned.start_s, planned.end_s - service_s)]
    return tuple(cut for window in spans if window is not None and (cut := window.overlap(lawful)) is not None)


def _crew(crew: CrewRow, hard: Window, travel: GreatCircle, policy: Policy, apart: Collection[str]) -> Crew | str:
    """The crew, or why it is not sent: one that is wrongly entered costs the others no plan."""
    if not _is_place(crew.start_lat, crew.start_lon):
        return f"crew {crew.code} is not sent: it has no start point 未登记出发地"
    if crew.mode not in travel.kmh:
        return f"crew {crew.code} is not sent: no travel times for {crew.mode} 出行方式未知"
    end_lat, end_lon = crew.start_lat, crew.start_lon
    if crew.end_lat is not None and crew.end_lon is not None:
        end_lat, end_lon = crew.end_lat, crew.end_lon
    if not _is_place(end_lat, end_lon):
        return f"crew {crew.code} is not sent: its end point is no place on earth 收工地点有误"
    shift = _span_of(crew.shift_start_s, crew.shift_end_s)
    shift = shift and shift.overlap(hard)
    if shift is None:
        return f"crew {crew.code} is not sent: its shift lies outside lawful hours 班次不在允许时段内"
    return Crew(
        id=crew.code,
        start_lat=crew.start_lat,
        start_lon=crew.start_lon,
        end_lat=end_lat,
        end_lon=end_lon,
        shift=shift,
        breaks=_breaks(crew),
        skills=frozenset(_other_than(code) for code in apart if code != crew.code),
        mode=crew.mode,
        max_stops=policy.routing.max_stops,
        max_duty_s=policy.routing.max_shift_s,
    )


def _breaks(crew: CrewRow) -> tuple[Break, ...]:
    """The break of a crew's day; a crew has all three of its values or none."""
    if crew.break_from_s is None or crew.break_until_s is None or crew.break_s is None:
        return ()
    return (Break(Window(crew.break_from_s, crew.break_until_s), crew.break_s),)


def _is_place(lat: float | None, lon: float | None) -> bool:
    """Whether these are degrees on earth; a number that is none is none."""
    return lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180  # noqa: PLR2004


def _span_of(start_s: int, end_s: int) -> Window | None:
    """The span of these seconds, None where they are in no order."""
    return Window(start_s, end_s) if 0 <= start_s <= end_s else None


def _service_kind(visit: VisitToPlan) -> str:
    if visit.purpose == DELIVER_LETTER:
        return "LETTER"
    return "WORK" if visit.address_kind == "WORK" else "HOME"


def _span(opens: time, closes: time) -> Window:
    return Window(opens.hour * 3600 + opens.minute * 60, closes.hour * 3600 + closes.minute * 60)


def _unasked(visit_no: str, reason: str, message_zh: str, message_en: str) -> LeftOut:
    return LeftOut(visit_no, reason, message_zh, message_en, {})
