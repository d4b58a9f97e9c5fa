"""Use cases of planning: ask for a plan, follow its making, publish it, follow its stops through the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops import audit, events, jobs
from fieldops.agents import queries as agents
from fieldops.auth import service as accounts
from fieldops.clock import local, local_date
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.house import house_of
from fieldops.planning import queries, states
from fieldops.planning.events import PlanPublished, StopsTaken
from fieldops.planning.models import DayPlan, LeftOutVisit, RouteStop
from fieldops.planning.recheck import ON_PLAN, Checked, Remedy, TakenOff, ask_before_publishing
from fieldops.rows import update_rows
from fieldops.visits import effects, execution
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

OVERDUE_S: Final = 600
"""Beside its searches, how long a caller that solves a plan itself may take before a worker makes it instead."""

CATCHES_UP: Final = timedelta(hours=1)
"""How late a plan may be published for its first visit: crews make up for no more than that on the road."""


def ask_for_plan(
    session: Session, actor: Actor, *, on_date: date, budget_s: int, seed: int, days: int = 1, queue: bool = True
) -> DayPlan:
    """Open the next version of a day's plan and queue its solving.

    With ``queue`` False the caller solves it; the job only waits until that must be over, as the caller may be killed.
    With ``days`` it is made in sight of so many days, itself included; visits better made later are left for then.

    Raises: NotUnderstood for a day that is over, NotNow when nothing is batched or crews have begun the day.
    """
    refuse_day_over(actor, on_date)
    refuse_day_begun(session, on_date)
    if not queries.visits_to_plan(session, on_date):
        raise NotNow("NOTHING_BATCHED", f"No visit is batched for {on_date}; make batches first (POST /batches).")
    asked: dict[str, Any] = {"days": days} if days > 1 else {}
    plan = new_version(session, actor, on_date, budget_s=budget_s, seed=seed, asked=asked)
    audit.record(session, actor, "plans.ask", "day_plan", plan.id, on_date=str(on_date), number=plan.number, **asked)
    after_s = 0 if queue else states.MOST_TRIES * budget_s + OVERDUE_S
    jobs.defer(session, "planning.solve", after_s=after_s, id=str(plan.id))
    return plan


def new_version(
    session: Session,
    actor: Actor,
    on_date: date,
    *,
    budget_s: int,
    seed: int,
    base_id: uuid.UUID | None = None,
    asked: dict[str, Any] | None = None,
) -> DayPlan:
    """The next version of a day's plan, still to be made; ``base_id`` and ``asked`` when it is made from another."""
    newest = session.scalar(sa.select(sa.func.max(DayPlan.number)).where(DayPlan.on_date == on_date))
    plan = DayPlan(
        on_date=on_date,
        number=(newest or 0) + 1,
        base_id=base_id,
        asked=asked or {},
        status=states.WAITING,
        budget_s=budget_s,
        seed=seed,
        made_by=actor.name,
        created_at=actor.at,
    )
    session.add(plan)
    session.flush()
    return plan


def refuse_day_over(actor: Actor, on_date: date) -> None:
    """Raises: NotUnderstood for a day that is over."""
    today = local_date(actor.at)
    if on_date < today:
        raise NotUnderstood("DAY_OVER", f"{on_date} is over; plan {today} or later.")


def refuse_day_begun(session: Session, on_date: date) -> None:
    """Raises: NotNow for a day that crews have begun: it can only go on from where they are."""
    running = queries.published_plan(session, on_date)
    if running is not None and queries.stops_begun_on(session, on_date):
        raise NotNow(
            "DAY_BEGUN",
            f"Crews have begun {on_date}; plan the rest of it with POST /plans/{running.id}/replan.",
            plan=str(running.id),
        )


@dataclass(frozen=True, slots=True)
class Published:
    """A published plan, and the visits the re-asked rules took off it."""

    plan: DayPlan
    withdrawn: tuple[dict[str, Any], ...]


def publish_plan(session: Session, actor: Actor, plan_id: uuid.UUID) -> Published:
    """Make a plan the plan of its day, after asking every rule again with crew and hour.

    A visit that no longer passes is taken off with its findings; a crew that may not go stops the publishing. What
    the plan before this one held and this one does not waits in its batch again.
    Raises: NotNow for a plan that is not OPTIMISED, or naming the crews and their findings, or the visits whose hours
    are past; NotAllowed for who would publish a day of their own.
    """
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status != states.OPTIMISED:
        raise NotNow("PLAN_NOT_READY", f"The plan is {plan.status}; only an OPTIMISED plan can be published.")
    refuse_day_over(actor, plan.on_date)
    previous = queries.published_plan(session, plan.on_date, lock=True)
    stops, former = queries.stops_of(session, plan.id), queries.pending_visits_of(session, previous)
    _refuse_own_day(session, actor, {stop.crew_id for stop in stops})
    visits = visit_queries.lock_visits(session, {stop.visit_id for stop in stops} | former)
    checked = ask_before_publishing(session, actor, plan.on_date, stops, visits)
    if checked.barred:
        raise NotNow(
            "CREW_NOT_ELIGIBLE",
            f"These crews may not go: {_named(checked)}; mend what the findings name, or plan without them.",
            crews=sorted(checked.barred.values(), key=lambda each: str(each["crew"])),
        )
    _refuse_hours_past(session, actor, checked.standing, previous)
    _take_off(session, actor, plan, checked)
    if previous is not None:
        previous.status, previous.version = states.SUPERSEDED, previous.version + 1
        session.flush()
    plan.status, plan.published_by, plan.published_at = states.PUBLISHED, actor.name, actor.at
    plan.version += 1
    session.flush()
    standing = {stop.visit_id for stop in checked.standing}
    execution.mark_planned(session, actor, standing)
    execution.unplan(session, actor, former - standing, reason=f"plan 计划 {plan.on_date} v{plan.number}")
    audit.record(session, actor, "plans.publish", "day_plan", plan.id, taken_off=len(checked.taken_off))
    supersedes = previous.id if previous else None
    relieved = frozenset(crew.id for crew in agents.crews(session) if crew.code in plan.asked.get("stand_ins", {}))
    dropped = frozenset(former - standing)
    events.announce(session, PlanPublished(plan.id, plan.on_date, supersedes, dropped, actor, relieved))
    return Published(plan, tuple(each.to_json() for each in checked.taken_off))


def move_stops(
    session: Session, to: Mapping[uuid.UUID, str], *, live: Iterable[tuple[uuid.UUID, uuid.UUID, str]] | None = None
) -> None:
    """Let the stop of each visit follow what has happened there; one that has ended stays as it ended.

    ``live`` are the live stops of these visits where they have been read: stop, visit and state of each.
    Cost: two statements at most, however many.
    """
    at = house_of(session).clock.now()
    moved = [
        {"id": stop_id, "status": to[visit_id], "status_at": at}
        for stop_id, visit_id, status in (queries.states_of_live_stops(session, to) if live is None else live)
        if states.stop_may_become(status, to[visit_id])
    ]
    update_rows(session, RouteStop, moved)


def take_stops_of(session: Session, actor: Actor, *, agent_id: uuid.UUID, bank_id: uuid.UUID, reason: str) -> None:
    """Take what an agent's crew is still to do for a bank off the published plans; the visits wait in their batches."""
    stops = {stop.visit_id: stop for stop in queries.pending_stops_with(session, agent_id=agent_id, bank_id=bank_id)}
    if stops:
        take_stops(session, actor, stops, reason=reason)


def take_stops(session: Session, actor: Actor, stops: Mapping[uuid.UUID, RouteStop], *, reason: str) -> None:
    """Take these stops off the published plan, by visit, and off the phones; the visits wait in their batches."""
    execution.unplan(session, actor, stops, reason=reason)
    for stop in stops.values():
        stop.status = states.CANCELLED
    session.flush()
    events.announce(session, StopsTaken(frozenset(stops), reason, actor))


def summary_of(session: Session, plan_id: uuid.UUID) -> dict[str, Any]:
    """A plan in a few words, for the command line."""
    plan = queries.plan_by_id(session, plan_id)
    left_out = [f"{row['visit_no']}: {row['message_en']}" for row in queries.left_out_of(session, plan.id)]
    return {
        "plan": str(plan.id),
        "status": plan.status,
        "failure": plan.failure,
        **plan.totals,
        "left_out_visits": left_out,
    }


def _refuse_own_day(session: Session, actor: Actor, crew_ids: Collection[uuid.UUID]) -> None:
    """Four eyes 四眼原则: nobody sends themselves to a debtor's door."""
    publisher = accounts.agent_id_of(session, actor.user_id)
    crews = agents.members_by_crew(session, crew_ids).values() if publisher else ()
    if any(member.id == publisher for members in crews for member in members):
        raise NotAllowed("PLAN_OF_OWN", "You are of a crew on this plan; let another supervisor publish it.")


def _refuse_hours_past(session: Session, actor: Actor, stops: Iterable[RouteStop], previous: DayPlan | None) -> None:
    """Raises: NotNow for visits that should have begun long ago, but those their crew already has and is late for."""
    past = [stop for stop in stops if stop.begins_at < actor.at - CATCHES_UP]
    had = (
        {(stop.visit_id, stop.crew_id) for stop in queries.stops_of(session, previous.id)} if past and previous else ()
    )
    late = sorted((s for s in past if (s.visit_id, s.crew_id) not in had), key=lambda stop: (stop.begins_at, stop.id))
    if not late:
        return
    numbers = queries.visit_nos(session, [stop.visit_id for stop in late])
    mend = (
        f"re-plan the day with POST /plans/{previous.id}/replan" if previous else "plan the day anew with POST /plans"
    )
    raise NotNow(
        "HOURS_PAST",
        f"The hours of {len(late)} of its visits are past, the first {numbers[late[0].visit_id]} at "
        f"{local(late[0].begins_at):%H:%M}; {mend}, which begins now.",
        visits=[numbers[stop.visit_id] for stop in late],
    )


def _named(checked: Checked) -> str:
    return "; ".join(
        f"{each['crew']} {', '.join(each['codes'])} ({'; '.join(each['messages_en'])})"
        for each in sorted(checked.barred.values(), key=lambda each: str(each["crew"]))
    )


def _take_off(session: Session, actor: Actor, plan: DayPlan, checked: Checked) -> None:
    """Take off what does not stand: an event's table settles what it knows, the rest is stopped or waits."""
    stopped = [each for each in checked.taken_off if each.remedy is Remedy.STOP]
    for each in checked.taken_off:
        each.stop.status = states.CANCELLED
        session.add(_taken_off_row(plan, each))
    session.flush()
    effects.reconsider(session, actor, dict.fromkeys((each.visit.id for each in stopped), "publishing 发布"))
    for each in stopped:
        if each.decision is not None and each.visit.status in ON_PLAN:
            execution.withdraw_at_gate(session, actor, each.visit, each.decision)


def _taken_off_row(plan: DayPlan, taken: TakenOff) -> LeftOutVisit:
    return LeftOutVisit(
        plan_id=plan.id,
        visit_id=taken.visit.id,
        reason="STOPPED_MEANWHILE" if taken.remedy is Remedy.GONE else "RULES",
        message_zh=taken.message_zh,
        message_en=taken.message_en,
        detail={"codes": list(taken.codes)},
    )
