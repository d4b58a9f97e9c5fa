"""A day that has begun is planned from now on: no crew is sent into the past, and who is out is not planned anew."""

from fieldops import jobs
from fieldops.clock import at_local
from fieldops.planning.asking import what_is_asked
from fieldops.planning.models import CrewRoute, DayPlan, LeftOutVisit, RouteStop
from tests.planning.makers_of_plans import NINE, TOMORROW
from tests.planning.test_solving import all_of, asked_plan, the_plan
from tests.sync.acts import check_in, sync

TWO = 14 * 3600


def test_a_plan_for_today_sends_nobody_before_now(house, app):
    house.clock.instant = at_local(TOMORROW, TWO)
    plan_id = asked_plan(house, 3, crews=1)
    jobs.work(house, until_empty=True)
    assert the_plan(house, plan_id).totals["planned"] == 3
    assert min(stop.arrives_at for stop in all_of(house, RouteStop)) >= at_local(TOMORROW, TWO)
    assert all(route.starts_at >= at_local(TOMORROW, TWO) for route in all_of(house, CrewRoute))


def test_a_crew_whose_shift_is_over_today_is_named_and_sent_nowhere(house, app):
    house.clock.instant = at_local(TOMORROW, TWO)
    plan_id = asked_plan(house, 2, crews=1, shift_end_s=13 * 3600)
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.totals["planned"]) == ("OPTIMISED", 0)
    assert any("C001" in note and "over" in note for note in plan.engine["notes"])
    assert {row.reason for row in all_of(house, LeftOutVisit)} == {"NO_CREW"}


def test_the_days_ahead_of_a_plan_for_today_begin_in_the_morning(house, app):
    house.clock.instant = at_local(TOMORROW, TWO)
    asked_plan(house, 1, crews=1)
    with house.transaction() as session:
        plan = DayPlan(on_date=TOMORROW, number=9, status="WAITING", budget_s=1, seed=1, made_by="x", asked={"days": 2})
        crews = what_is_asked(session, plan, house.clock.now()).problem.crews
    assert [(crew.day, crew.shift.start_s) for crew in crews] == [(0, TWO), (1, NINE)]


def test_a_day_that_crews_have_begun_is_planned_on_from_its_plan(road):
    boss = road.client_as("SUPERVISOR")
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    answer = boss.post("/api/v1/plans", json={"on_date": TOMORROW.isoformat(), "budget_s": 1})
    assert (answer.status_code, answer.json["code"], answer.json["plan"]) == (409, "DAY_BEGUN", str(road.plan_id))
    assert f"POST /plans/{road.plan_id}/replan" in answer.json["detail"]
