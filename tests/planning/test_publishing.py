"""Publishing asks again: what the rules take off, whom they bar, and what the plan before held."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from fieldops.agents.models import Agent, Crew, CrewMember
from fieldops.audit import AuditEntry
from fieldops.cases.models import Case
from fieldops.clock import at_local
from fieldops.db import uuid7
from fieldops.errors import NotFound, NotNow, NotUnderstood
from fieldops.planning import queries, service, states
from fieldops.planning.models import DayPlan, LeftOutVisit, RouteStop
from fieldops.visits.approval import cancel_visit
from fieldops.visits.models import Visit, VisitDecision
from fieldops.visits.queries import cards_of
from tests.planning.makers_of_plans import NINE, TOMORROW, make_batched_visits, make_crew, make_plan, publish
from tests.visits.makers_of_visits import supervisor


@pytest.fixture
def session(house, app):
    with house.transaction() as opened:
        yield opened


def planned(session, house, count=2, **changes):
    """A crew, its visits and their solved plan."""
    crew = make_crew(session)
    visits = make_batched_visits(session, house, count)
    return crew, visits, make_plan(session, {crew: visits}, **changes)


def stops(session, plan):
    return {stop.visit_id: stop.status for stop in queries.stops_of(session, plan.id)}


def left_out(session, plan):
    return {row.visit_id: row for row in session.scalars(select(LeftOutVisit).filter_by(plan_id=plan.id))}


def case_of(session, visit):
    (case_id,) = cards_of(session, [visit.id])[visit.id]
    return session.get_one(Case, case_id)


def test_a_plan_that_passes_is_published_and_its_visits_are_planned(session, house):
    _, visits, plan = planned(session, house)
    published = publish(session, house, plan)
    assert (plan.status, plan.published_by, published.withdrawn) == ("PUBLISHED", "boss", ())
    assert [visit.status for visit in visits] == ["PLANNED", "PLANNED"]
    audit = session.scalars(select(AuditEntry).filter_by(action="plans.publish", entity_id=str(plan.id))).one()
    assert audit.detail == {"taken_off": 0}


def test_every_decision_of_publishing_is_kept_with_crew_and_hour(session, house):
    _, visits, plan = planned(session, house, 1)
    publish(session, house, plan)
    decision = session.scalars(select(VisitDecision).filter_by(visit_id=visits[0].id, stage="PUBLISH")).one()
    assert {"VR-002", "VR-020", "VR-070", "VR-080", "VR-081", "VR-082", "VR-085"} <= {
        finding["code"] for finding in decision.findings
    }
    assert decision.facts["crew"]["recorder"] == "DV0001"
    assert decision.facts["day"]["holiday"] == ""


@pytest.mark.parametrize("status", [states.WAITING, states.SOLVING, states.PUBLISHED, states.SUPERSEDED, states.FAILED])
def test_only_a_solved_plan_can_be_published(session, house, status):
    _, _, plan = planned(session, house, 1)
    plan.status = status
    with pytest.raises(NotNow) as refused:
        publish(session, house, plan)
    assert refused.value.code == "PLAN_NOT_READY"


def test_a_plan_of_a_day_that_is_over_is_not_published(session, house):
    _, _, plan = planned(session, house, 1)
    house.clock.advance(days=2)
    with pytest.raises(NotUnderstood) as refused:
        publish(session, house, plan)
    assert refused.value.code == "DAY_OVER"


def test_a_plan_nobody_knows_is_not_found(session, house):
    with pytest.raises(NotFound):
        service.publish_plan(session, supervisor(house), uuid7())


@pytest.mark.parametrize(
    ("names", "recorder", "code"),
    [
        (("王一",), "DV1", "VR-080"),
        (("王一", "李二", "赵三", "钱四"), "DV1", "VR-080"),
        (("王一", "李二"), None, "VR-082"),
        (("王一", "李二"), "", "VR-082"),
    ],
)
def test_a_crew_that_may_not_go_is_barred_by_name_and_nothing_is_published(session, house, names, recorder, code):
    crew = make_crew(session, "C007", names=names, recorder=recorder)
    visits = make_batched_visits(session, house, 1)
    plan = make_plan(session, {crew: visits})
    with pytest.raises(NotNow) as refused:
        publish(session, house, plan)
    assert refused.value.code == "CREW_NOT_ELIGIBLE"
    assert f"C007 {code}" in refused.value.detail
    (barred,) = refused.value.extra["crews"]
    assert (barred["crew"], barred["codes"], barred["members"]) == ("C007", [code], list(names))


@pytest.mark.parametrize("size", [2, 3])
def test_a_crew_of_two_or_three_may_go(session, house, size):
    crew = make_crew(session, names=("王一", "李二", "赵三")[:size])
    plan = make_plan(session, {crew: make_batched_visits(session, house, 1)})
    publish(session, house, plan)
    assert plan.status == "PUBLISHED"


def test_a_member_who_is_no_longer_active_bars_the_crew_and_is_named(session, house):
    crew, _, plan = planned(session, house, 1)
    agent = session.scalars(
        select(Agent).join(CrewMember).where(CrewMember.crew_id == crew.id, CrewMember.place == 2)
    ).one()
    agent.active = False
    with pytest.raises(NotNow) as refused:
        publish(session, house, plan)
    assert refused.value.extra["crews"][0]["codes"] == ["VR-081"]
    assert agent.name in refused.value.detail


@pytest.mark.parametrize(
    "change", [{"active": False}, {"until_on": date(2026, 11, 23)}, {"from_on": date(2026, 11, 25)}]
)
def test_a_crew_that_is_off_duty_by_now_is_barred(session, house, change):
    crew, _, plan = planned(session, house, 1)
    for name, value in change.items():
        setattr(session.get_one(Crew, crew.id), name, value)
    session.flush()
    with pytest.raises(NotNow) as refused:
        publish(session, house, plan)
    assert refused.value.extra["crews"][0]["codes"] == ["CREW_OFF_DUTY"]


@pytest.mark.parametrize(
    ("leaves_s", "stands"),
    [(21 * 3600, True), (21 * 3600 + 1, False), (21 * 3600 + 25 * 60, False)],
)
def test_a_visit_must_be_left_by_nine_in_the_evening(session, house, leaves_s, stands):
    _, (visit,), plan = planned(session, house, 1, first_s=leaves_s - 20 * 60)
    published = publish(session, house, plan)
    if stands:
        assert (visit.status, published.withdrawn) == ("PLANNED", ())
    else:
        assert published.withdrawn[0]["codes"] == ["VR-070"]
        assert (visit.status, stops(session, plan)[visit.id]) == ("BATCHED", "CANCELLED")
        assert left_out(session, plan)[visit.id].detail == {"codes": ["VR-070"]}


@pytest.mark.parametrize(("days", "stands"), [(14, True), (15, False)])
def test_an_approval_must_still_stand_on_the_day(session, house, days, stands):
    """Approved on Monday: the fifteenth day after it is the last. Every balance is refreshed meanwhile."""
    on_date = TOMORROW + timedelta(days=days)
    crew = make_crew(session)
    (visit,) = make_batched_visits(session, house, 1)
    plan = make_plan(session, {crew: [visit]}, on_date=on_date)
    case = case_of(session, visit)
    case.balance_as_of, case.expiry_on = on_date, date(2027, 1, 31)
    house.clock.advance(days=days)
    published = publish(session, house, plan)
    codes = {code for each in published.withdrawn for code in each["codes"]}
    assert ("VR-085" not in codes) is stands, codes


def test_a_case_that_ends_before_the_day_is_taken_off(session, house):
    _, (visit,), plan = planned(session, house, 1)
    case_of(session, visit).expiry_on = date(2026, 11, 23)
    published = publish(session, house, plan)
    assert published.withdrawn[0]["codes"] == ["VR-002"]
    assert visit.status == "BATCHED"


def test_a_balance_that_has_grown_stale_goes_back_to_a_person(session, house):
    """Approved with a fresh balance; on the fourth day nobody has refreshed it."""
    _, (visit,), plan = planned(session, house, 1, on_date=date(2026, 11, 27))
    house.clock.advance(days=4)
    published = publish(session, house, plan)
    assert published.withdrawn[0]["codes"] == ["VR-021"]
    assert (visit.status, stops(session, plan)[visit.id]) == ("PENDING_REVIEW", "CANCELLED")


def test_what_the_rules_reject_by_now_is_cancelled(session, house):
    """The balance file of the morning says less than the minimum, and nobody announced it."""
    _, (stays, goes), plan = planned(session, house)
    case_of(session, goes).balance_fen = 499_999
    published = publish(session, house, plan)
    assert [each["visit_no"] for each in published.withdrawn] == [goes.no]
    assert (stays.status, goes.status) == ("PLANNED", "CANCELLED")
    row = left_out(session, plan)[goes.id]
    assert (row.reason, row.detail) == ("RULES", {"codes": ["VR-020"]})
    assert "4,999.99" in row.message_zh


@pytest.mark.parametrize("status", ["CANCELLED", "SUSPENDED", "PENDING_REVIEW", "EXPIRED"])
def test_a_visit_that_stopped_after_solving_is_taken_off_and_left_as_it_is(session, house, status):
    _, (stays, gone), plan = planned(session, house)
    gone.status, gone.status_reason = status, "还款"
    session.flush()
    published = publish(session, house, plan)
    assert (gone.status, stops(session, plan)[gone.id]) == (status, "CANCELLED")
    assert left_out(session, plan)[gone.id].reason == "STOPPED_MEANWHILE"
    assert "还款" in published.withdrawn[0]["message_zh"]
    assert stays.status == "PLANNED"


def test_a_waived_rejection_is_not_brought_up_again(session, house):
    _, (visit,), plan = planned(session, house, 1)
    case_of(session, visit).balance_fen = 499_999
    visit.waived = ["VR-020"]
    publish(session, house, plan)
    assert visit.status == "PLANNED"


def test_an_accepted_doubt_is_not_brought_up_again(session, house):
    _, (visit,), plan = planned(session, house, 1, on_date=date(2026, 11, 27))
    house.clock.advance(days=4)
    visit.accepted = ["VR-021"]
    publish(session, house, plan)
    assert visit.status == "PLANNED"


def test_the_plan_before_is_superseded_and_what_it_alone_held_waits_again(session, house):
    crew, (stays, dropped), plan = planned(session, house)
    publish(session, house, plan)
    again = make_plan(session, {crew: [stays]}, number=2)
    publish(session, house, again)
    assert (plan.status, again.status) == ("SUPERSEDED", "PUBLISHED")
    assert (stays.status, dropped.status) == ("PLANNED", "BATCHED")
    assert "v2" in dropped.status_reason
    assert queries.published_plan(session, TOMORROW) == again


def test_a_visit_a_new_plan_drops_for_its_hour_waits_again(session, house):
    """In the plan before it was at ten, in this one it would end after nine in the evening."""
    crew, (visit,), plan = planned(session, house, 1)
    publish(session, house, plan)
    publish(session, house, make_plan(session, {crew: [visit]}, number=2, first_s=21 * 3600))
    assert visit.status == "BATCHED"


def test_what_is_done_or_under_way_stays_with_the_plan_it_was_on(session, house):
    crew, (done, under_way, waits), plan = planned(session, house, 3)
    publish(session, house, plan)
    house.clock.instant = at_local(TOMORROW, NINE + 3600)
    for visit, stop_status, status in ((done, "DONE", "COMPLETED"), (under_way, "CHECKED_IN", "IN_PROGRESS")):
        service.move_stops(session, {visit.id: stop_status})
        visit.status = status
    session.flush()
    publish(session, house, make_plan(session, {crew: [waits]}, number=2, first_s=15 * 3600))
    assert [visit.status for visit in (done, under_way, waits)] == ["COMPLETED", "IN_PROGRESS", "PLANNED"]
    service.move_stops(session, {under_way.id: states.DONE})
    assert stops(session, plan)[under_way.id] == "DONE"


def test_a_plan_whose_hours_are_past_is_refused_with_what_to_do(session, house):
    """Made the evening before for half past nine; an hour's delay is caught up on the road, more is planned anew."""
    _, visits, plan = planned(session, house)
    begins = NINE + 1800
    house.clock.instant = at_local(TOMORROW, begins + 3601)
    with pytest.raises(NotNow) as late:
        publish(session, house, plan)
    assert (late.value.code, late.value.extra["visits"]) == ("HOURS_PAST", [visits[0].no])
    assert f"{visits[0].no} at 09:30" in str(late.value)
    assert "POST /plans, " in str(late.value)
    house.clock.instant = at_local(TOMORROW, begins + 3600)
    publish(session, house, plan)
    assert [visit.status for visit in visits] == ["PLANNED", "PLANNED"]


def test_a_visit_its_crew_already_has_and_is_late_for_does_not_hold_up_a_newer_plan(session, house):
    crew, (late, waits), plan = planned(session, house)
    other = make_crew(session, "C002", names=("赵六", "孙七"), recorder="DV0002")
    publish(session, house, plan)
    house.clock.instant = at_local(TOMORROW, 14 * 3600)
    taken_over = make_plan(session, {other: [late], crew: [waits]}, number=2)
    with pytest.raises(NotNow, match=f"POST /plans/{plan.id}/replan") as refused:
        publish(session, house, taken_over)
    assert refused.value.extra["visits"] == [late.no]
    calm = make_plan(session, {crew: [late]}, number=3)
    session.flush()
    publish(session, house, calm)
    assert (late.status, waits.status) == ("PLANNED", "BATCHED")


def test_a_plan_whose_late_visit_has_stopped_meanwhile_is_published(session, house):
    _, visits, plan = planned(session, house)
    cancel_visit(session, supervisor(house), visits[0].id, reason="撤回")
    house.clock.instant = at_local(TOMORROW, NINE + 1800 + 3601)
    assert [row["visit_no"] for row in publish(session, house, plan).withdrawn] == [visits[0].no]


def test_only_one_plan_of_a_day_is_published_at_a_time(session, house):
    crew, visits, _ = planned(session, house)
    for number in (2, 3):
        make_plan(session, {crew: visits}, number=number)
    for each in session.scalars(select(DayPlan).order_by(DayPlan.number)).all():
        publish(session, house, each)
    assert session.scalars(select(DayPlan.status).order_by(DayPlan.number)).all() == [
        "SUPERSEDED",
        "SUPERSEDED",
        "PUBLISHED",
    ]


def test_a_visit_that_stops_leaves_its_route(session, house):
    _, visits, plan = planned(session, house)
    publish(session, house, plan)
    cancel_visit(session, supervisor(house), visits[0].id, reason="撤回")
    assert list(stops(session, plan).values()) == ["CANCELLED", "PENDING"]


@pytest.mark.parametrize(
    "following", [states.CHECKED_IN, states.DONE, states.SKIPPED, states.CANCELLED, states.ABORTED]
)
def test_a_stop_that_has_ended_stays_as_it_ended(session, house, following):
    _, visits, plan = planned(session, house, 1)
    publish(session, house, plan)
    service.move_stops(session, {visits[0].id: states.SKIPPED})
    service.move_stops(session, {visits[0].id: following})
    assert list(stops(session, plan).values()) == ["SKIPPED"]


def test_a_visit_under_way_is_not_taken_off_its_route(session, house):
    _, visits, plan = planned(session, house, 1)
    publish(session, house, plan)
    service.move_stops(session, {visits[0].id: states.CHECKED_IN})
    service.move_stops(session, {visits[0].id: states.CANCELLED})
    assert list(stops(session, plan).values()) == ["CHECKED_IN"]


def test_a_visit_on_no_plan_has_no_stop_to_move(session, house):
    (visit,) = make_batched_visits(session, house, 1)
    service.move_stops(session, {visit.id: states.DONE})
    assert queries.live_stop_of(session, visit.id) is None


def test_stops_and_visits_are_counted_once(session, house):
    _, visits, plan = planned(session, house)
    publish(session, house, plan)
    assert session.scalars(select(RouteStop.visit_id)).all() == [visit.id for visit in visits]
    assert session.scalars(select(Visit.status)).all() == ["PLANNED", "PLANNED"]
