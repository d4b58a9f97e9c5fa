"""What the engine is asked for a plan: a day from its morning, or what is left of one that has begun."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import routing
from fieldops.agents import queries as agents
from fieldops.clock import local_date
from fieldops.planning import days_ahead, queries, states
from fieldops.planning.problem import Day, day_problem
from fieldops.planning.stored import plan_as_made, second_of
from fieldops.planning.who_may import crews_barred
from fieldops.policies import service as policies
from fieldops.roads.matrices import kept_matrices, road_matrices

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.house import House
    from fieldops.planning.models import DayPlan, LeftOutVisit, RouteStop

REPLAN: Final = "REPLAN"
MOVE: Final = "MOVE"
NOT_TO_MAKE: Final = (states.CANCELLED, states.SKIPPED)
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True)
class Asked:
    """The day, and, for a plan made from another, that plan and how far the day has come."""

    day: Day
    before: routing.Plan | None = None
    standing: routing.Standing | None = None

    @cached_property
    def rest(self) -> routing.Rest | None:
        """What is left of a day that has begun."""
        if self.before is None or self.standing is None:
            return None
        return routing.rest_of_day(self.day.problem, self.before, self.standing)

    @property
    def behind(self) -> frozenset[str]:
        """Visits that are done or under way."""
        return frozenset() if self.standing is None else frozenset(self.standing.behind)

    @property
    def problem(self) -> routing.Problem:
        """What is to be planned."""
        return self.day.problem if self.rest is None else self.rest.problem

    @property
    def start(self) -> routing.Plan | None:
        """The plan to go on from."""
        return None if self.rest is None else self.rest.start

    def whole(self, found: routing.Plan) -> routing.Plan:
        """The plan of the whole day, and of no other."""
        return days_ahead.first_day(self.day, found) if self.rest is None else routing.joined(self.rest, found)


def what_is_asked(session: Session, plan: DayPlan, at: datetime) -> Asked:
    """What the engine is asked for this plan at this instant."""
    if plan.base_id is None:
        return Asked(_with_days_ahead(session, plan.on_date, at, plan.asked.get("days", 1)))
    return rest_asked(session, queries.plan_by_id(session, plan.base_id), at, plan.asked)


def rest_asked(session: Session, base: DayPlan, at: datetime, asked: Mapping[str, Any] = _NOTHING) -> Asked:
    """What is left of the day of ``base`` at an instant; ``asked`` says how much may change.

    Visits that wait for a later day wait on, but for one that is moved by hand, ``asked["visit"]``.
    """
    begun = {stop.visit_id: stop for stop in queries.stops_begun_on(session, base.on_date)}
    waits = queries.left_out_rows(session, base.id, days_ahead.LATER_DAY)
    day = _day(session, base.on_date, at, also=begun, waiting=waits, moved=asked.get("visit"))
    no_of = {visit_id: no for no, visit_id in day.visit_ids.items()}
    before = plan_as_made(session, base, without=NOT_TO_MAKE, also=list(begun.values()))
    at_s = second_of(base.on_date, at) if local_date(at) == base.on_date else 0
    service_s = {stop.id: stop.service_s for stop in day.problem.stops}
    behind = {no_of[v]: _free_s(base.on_date, stop, at_s, service_s.get(no_of[v], 0)) for v, stop in begun.items()}
    standing = routing.Standing(
        at_s=at_s,
        behind=behind,
        freeze_s=asked.get("freeze_min", 0) * 60,
        keep=routing.Keep(asked.get("keep", routing.Keep.NOTHING)),
        stand_ins=asked.get("stand_ins", {}),
        crews=_near(day, before, behind, asked),
        change_s=asked.get("change_min", 15) * 60,
    )
    return Asked(day, before, standing)


def by_road(house: House, asked: Asked, *, ask: bool) -> Asked:
    """The same with travel by road, where a road service is set up; without ``ask`` only by legs that are kept."""
    problem = asked.day.problem
    assert isinstance(problem.travel, routing.GreatCircle)
    modes = sorted({crew.mode for crew in problem.crews})
    matrices = (road_matrices if ask else kept_matrices)(house, problem.points, modes, problem.travel)
    if matrices is None:
        return asked
    return replace(asked, day=replace(asked.day, problem=replace(problem, travel=matrices)))


def _day(
    session: Session,
    on_date: date,
    at: datetime,
    *,
    also: Iterable[uuid.UUID] = (),
    waiting: Sequence[LeftOutVisit] = (),
    moved: str | None = None,
) -> Day:
    """A day as a problem; visits ``waiting`` for another day stay left out as they are, the one ``moved`` does not."""
    policy = policies.policy_on(session, on_date)
    visits = queries.visits_to_plan(session, on_date, also=list(also))
    reasons = {row.visit_id: row for row in waiting}
    wait = [visit for visit in visits if visit.id in reasons and visit.no != moved]
    here = [visit for visit in visits if visit.id not in reasons or visit.no == moved]
    barred = crews_barred(session, on_date, at, here)
    day = day_problem(here, agents.crews_on(session, on_date), policy, barred)
    return replace(
        day,
        unasked=(*day.unasked, *(_as_told(visit.no, reasons[visit.id]) for visit in wait)),
        visit_ids={**day.visit_ids, **{visit.no: visit.id for visit in wait}},
    )


def _from_now_on(day: Day, on_date: date, at: datetime) -> Day:
    """Today's crews set out now at the earliest; one whose shift is over is named, and costs the others no plan."""
    if local_date(at) != on_date:
        return day
    now_s = second_of(on_date, at)
    left = [crew for crew in day.problem.crews if crew.shift.end_s > now_s]
    over = [crew.id for crew in day.problem.crews if crew.shift.end_s <= now_s]
    crews = (replace(crew, shift=routing.Window(max(crew.shift.start_s, now_s), crew.shift.end_s)) for crew in left)
    notes = (f"crew {code} is not sent: its shift is over 班次已结束" for code in over)
    return replace(day, problem=replace(day.problem, crews=tuple(crews)), notes=(*day.notes, *notes))


def _as_told(visit_no: str, row: LeftOutVisit) -> routing.LeftOut:
    detail = dict(row.detail)
    repairs = detail.pop("repair_zh", ""), detail.pop("repair_en", "")
    return routing.LeftOut(visit_no, row.reason, row.message_zh, row.message_en, detail, *repairs)


def _with_days_ahead(session: Session, on_date: date, at: datetime, count: int) -> Day:
    """The day, in sight of the days after it: its visits may be left for one of these."""
    days = days_ahead.days_from(on_date, count)
    found = {day: _from_now_on(_day(session, day, at), day, at) for day in days}
    if count == 1:
        return found[on_date]
    visits = queries.visits_to_plan(session, on_date)
    return days_ahead.joined_days(found, days_ahead.may_wait(session, visits, days))


def _free_s(on_date: date, stop: RouteStop, at_s: int, service_s: int) -> int:
    """When the crew of a stop that has begun is, or was, free again."""
    since_s = second_of(on_date, stop.status_at) if stop.status_at else second_of(on_date, stop.leaves_at)
    if stop.status == states.CHECKED_IN:
        return max(at_s, since_s + service_s)
    return min(at_s, since_s)


def _near(day: Day, before: routing.Plan, behind: Mapping[str, int], asked: Mapping[str, Any]) -> frozenset[str] | None:
    """Crews whose days are looked at again: those of the areas something happened in; None for all of them."""
    if not asked.get("only_near"):
        return None
    wanted = {stop.id for stop in day.problem.stops}
    known = {visit.stop_id for route in before.routes for visit in route.visits}
    if wanted - known - behind.keys() - {left.stop_id for left in before.left_out}:
        return None  # a new visit may go anywhere
    working = {crew.id for crew in day.problem.crews}
    away = {route.crew_id for route in before.routes} - working
    stand_ins = asked.get("stand_ins", {})
    return routing.near_to(before, known - wanted, away | set(stand_ins) | set(stand_ins.values())) or None
