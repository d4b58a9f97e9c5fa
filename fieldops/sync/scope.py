"""What each agent's phone should hold, and the feed rows that bring it there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops.agents import queries as agents
from fieldops.clock import at_local, local_date
from fieldops.planning import queries as planning
from fieldops.planning import states as stop_states
from fieldops.sync import queries
from fieldops.sync.cards import StopNow, refresh_cards
from fieldops.sync.feed import PUT, REMOVE, Change, take_off, tell
from fieldops.sync.models import Recall
from fieldops.sync.rules import DAY_OVER, NOT_EXECUTED, REASSIGNED, REPORTED, SUBSTITUTED, UNPLANNED
from fieldops.visits import queries as visits
from fieldops.visits.queries import open_visits_with_debtors
from fieldops.visits.states import STOPPED

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.cases.events import ThirdPartiesChanged
    from fieldops.correspondence.events import LetterToHandChanged
    from fieldops.planning.events import DayClosed, PlanPublished, StopsTaken
    from fieldops.results.events import ResultRecorded
    from fieldops.sync.queries import OnPhone
    from fieldops.visits.events import VisitAdjusted, VisitStopped

NEAR: Final = timedelta(days=1)


def follow_plan(session: Session, event: PlanPublished) -> None:
    """A published plan: put what is new or changed on each phone, remove what another crew has or nobody makes."""
    relieved = agents.members_by_crew(session, event.relieved)
    bring_plan(
        session,
        event.plan_id,
        event.on_date,
        event.actor.at,
        dropped=event.dropped,
        relieved=frozenset(agent.id for some in relieved.values() for agent in some),
    )


def bring_plan(
    session: Session,
    plan_id: uuid.UUID,
    on_date: date,
    at: datetime,
    *,
    dropped: frozenset[uuid.UUID] = frozenset(),
    relieved: frozenset[uuid.UUID] = frozenset(),
) -> None:
    """Bring a plan to the phones of its crews, if its day is near; a plan of later days waits for the night before.

    What leaves the phones of ``relieved`` agents, or of somebody whose place in a crew a substitute has, is recalled.
    """
    near = on_date <= local_date(at) + NEAR
    stops = planning.stops_of(session, plan_id) if near else []
    stops = [stop for stop in stops if stop.status == stop_states.PENDING]
    versions = refresh_cards(session, on_date, stops)
    members = agents.members_by_crew(session, {stop.crew_id for stop in stops})
    wanted = {(agent.id, stop.visit_id) for stop in stops for agent in members.get(stop.crew_id, [])}
    held = {(each.agent_id, each.visit_id): each.version for each in queries.holders_of(session, {*versions, *dropped})}
    leaving = sorted(held.keys() - wanted)
    fresh = sorted(key for key in wanted if held.get(key) != versions[key[1]])
    recalled = relieved | {agent for agent in {of for of, _ in leaving} if agents.membership_of(session, agent) is None}
    session.add_all(
        Recall(visit_id=visit, agent_id=agent, version=held[agent, visit], reason=SUBSTITUTED, recalled_at=at)
        for agent, visit in leaving
        if agent in recalled
    )
    tell(
        session,
        [
            Change(agent, REMOVE, visit, held[agent, visit], at, _why(visit, versions), urgent=agent in recalled)
            for agent, visit in leaving
        ],
    )
    tell(session, [Change(agent, PUT, visit, versions[visit], at) for agent, visit in fresh])


def recall_visit(session: Session, event: VisitStopped) -> None:
    """A visit that must not be made: a recall the gate will find, and word to every phone that holds it.

    It leaves the phone, urgently; a crew that is at the door keeps its card, which now says to stop, until it reports.
    """
    holders = queries.holders_of(session, [event.visit_id])
    if event.status in STOPPED:
        told = [_removal(each, event.actor.at, event.reason, urgent=True) for each in holders]
    else:
        version = _refreshed(session, event.visit_id, StopNow(event.reason, event.actor.at))
        told = [
            Change(
                each.agent_id, PUT, each.visit_id, version or each.version, event.actor.at, event.reason, urgent=True
            )
            for each in holders
        ]
    _recall(session, told)


def adjust_visit(session: Session, event: VisitAdjusted) -> None:
    """A visit that asks for another amount: a new card on every phone that holds it."""
    _bring_up_to_date(session, event.visit_id, event.actor.at)


def warn_crews(session: Session, event: ThirdPartiesChanged | LetterToHandChanged) -> None:
    """Whom a crew must not approach any more, or may again, stands on the card, and which letters it hands over."""
    for visit_id in open_visits_with_debtors(session, [event.debtor_id]).get(event.debtor_id, ()):
        _bring_up_to_date(session, visit_id, event.actor.at)


def finish_visits(session: Session, happened: Sequence[ResultRecorded]) -> None:
    """Visits their crews have reported: off the phones of everybody who holds them."""
    reasons = {event.visit_id: REPORTED if event.executed else NOT_EXECUTED for event in happened}
    if happened:
        take_off(session, happened[0].actor.at, reasons)


def take_stops(session: Session, event: StopsTaken) -> None:
    """Stops that lost their crew or their day leave the phones at once, and the gate says so."""
    holders = queries.holders_of(session, event.visit_ids)
    _recall(session, [_removal(each, event.actor.at, event.reason, urgent=True) for each in holders])


def close_day(session: Session, event: DayClosed) -> None:
    """A day that is over: what nobody made leaves the phones; a report that is on its way still counts."""
    take_off(session, event.actor.at, dict.fromkeys(event.given_back, DAY_OVER))


def _bring_up_to_date(session: Session, visit_id: uuid.UUID, at: datetime) -> None:
    """A new card on every phone that holds another one of this visit."""
    holders = queries.holders_of(session, [visit_id])
    version = _refreshed(session, visit_id) if holders else None
    if version is not None:
        changed = [each for each in holders if each.version != version]
        tell(session, [Change(each.agent_id, PUT, each.visit_id, version, at) for each in changed])


def keep_days(session: Session, at: datetime) -> int:
    """Phones hold the day before, the day and the day after: take what lies behind off, bring the plans that are near.

    Return how many stops left.
    """
    today = local_date(at)
    plans = [plan for plan in (planning.published_plan(session, day) for day in (today, today + NEAR)) if plan]
    of_plans = {stop.visit_id for plan in plans for stop in planning.stops_of(session, plan.id)}
    old = queries.holders_of_days(session, before=at_local(today - NEAR, 0))
    visits.lock_visits(session, of_plans | {each.visit_id for each in old})
    session.expire_all()  # a plan may have been replaced or called off before its visits were ours
    behind = queries.holders_of_days(session, before=at_local(today - NEAR, 0))
    tell(session, [_removal(each, at, DAY_OVER) for each in behind])
    for plan in (each for each in plans if each.status == stop_states.PUBLISHED):
        bring_plan(session, plan.id, plan.on_date, at)
    return len(behind)


def _why(visit_id: uuid.UUID, on_plan: dict[uuid.UUID, int]) -> str:
    return REASSIGNED if visit_id in on_plan else UNPLANNED


def _removal(holder: OnPhone, at: datetime, reason: str, *, urgent: bool = False) -> Change:
    return Change(holder.agent_id, REMOVE, holder.visit_id, holder.version, at, reason, urgent=urgent)


def _recall(session: Session, told: Sequence[Change]) -> None:
    """Tell phones of visits that must not be made, and let the gate find it."""
    session.add_all(
        Recall(visit_id=one.visit_id, agent_id=one.agent_id, version=one.version, reason=one.reason, recalled_at=one.at)
        for one in told
    )
    tell(session, told)


def _refreshed(session: Session, visit_id: uuid.UUID, stop_now: StopNow | None = None) -> int | None:
    """The version of a visit's card brought up to date; None when it is on no route."""
    stop = planning.live_stop_of(session, visit_id)
    if stop is None:
        return None
    on_date = planning.plan_by_id(session, stop.plan_id).on_date
    return refresh_cards(session, on_date, [stop], stop_now=stop_now)[visit_id]
