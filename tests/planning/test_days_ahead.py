"""A day planned in sight of the next: what is better made later waits, is named, and is asked about again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from fieldops import jobs
from fieldops.agents.models import Crew
from fieldops.cases.models import Case
from fieldops.clock import at_local
from fieldops.planning import queries
from fieldops.planning.asking import what_is_asked
from fieldops.planning.days_ahead import days_from, joined_days, may_wait
from fieldops.planning.models import DayPlan, RouteStop, VisitLock
from fieldops.planning.problem import Day
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from routing import Problem
from tests.makers import ask_otherwise
from tests.planning.makers_of_plans import TOMORROW, make_batched_visits, make_crew, make_plan
from tests.routing.days import crew, stop

AFTER = TOMORROW + timedelta(days=1)
FAR = 39.8


@pytest.fixture
def two_days(house, app):
    """A crew; tomorrow a visit near its home and one far away, the day after one at that far place: their ids."""
    with house.transaction() as session:
        make_crew(session)
        near, far = make_batched_visits(session, house, 2)
        (there,) = make_batched_visits(session, house, 1, on_date=AFTER)
        far.lat = there.lat = FAR
        return near.id, far.id, there.id


def planned(boss, house, **asked):
    answer = boss.post("/api/v1/plans", json={"on_date": TOMORROW.isoformat(), "budget_s": 1} | asked)
    assert answer.status_code == 202, answer.text
    jobs.work(house, until_empty=True)
    return boss.get(f"/api/v1/plans/{answer.json['id']}").json


def on_plan(boss, plan):
    path = f"/api/v1/plans/{plan['id']}"
    stops = [stop["visit_id"] for stop in boss.get(f"{path}/stops").json]
    return stops, {row["visit_id"]: row for row in boss.get(f"{path}/left-out").json}


def test_a_visit_better_made_another_day_waits_for_it_by_name_and_goes_today_by_hand(house, two_days, client_as):
    near, far, _ = map(str, two_days)
    boss = client_as("SUPERVISOR")
    plan = planned(boss, house, days=2)
    stops, left = on_plan(boss, plan)
    assert (plan["status"], plan["asked"], stops) == ("OPTIMISED", {"days": 2}, [near])
    assert [plan["totals"][name] for name in ("asked", "planned", "left_out", "crews")] == [2, 1, 1, 1]
    assert (left.keys(), left[far]["reason"]) == ({far}, "LATER_DAY")
    assert (left[far]["detail"]["on"], left[far]["detail"]["crew"]) == (str(AFTER), "C001")
    assert f"{AFTER}由小组C001" in left[far]["message_zh"]
    again = boss.post(f"/api/v1/plans/{plan['id']}/replan", json={"budget_s": 1})
    jobs.work(house, until_empty=True)
    stops, left = on_plan(boss, again.json)
    assert (stops, left[far]["reason"]) == ([near], "LATER_DAY")
    with house.transaction() as session:
        crew = queries.stops_of(session, plan["id"])[0].crew_id
    body = {"visit_id": far, "crew_id": str(crew), "reason": "客户要求"}
    moved = boss.post(f"/api/v1/plans/{again.json['id']}/moves", json=body)
    assert moved.status_code == 201, moved.text
    stops, left = on_plan(boss, moved.json)
    assert (set(stops), left) == ({near, far}, {})


def test_a_visit_that_waits_for_another_day_waits_on_when_another_one_is_moved(house, two_days, client_as):
    near, far, _ = map(str, two_days)
    boss = client_as("SUPERVISOR")
    plan = planned(boss, house, days=2)
    with house.transaction() as session:
        crew = queries.stops_of(session, plan["id"])[0].crew_id
    body = {
        "visit_id": near,
        "crew_id": str(crew),
        "begins_from": "10:00",
        "begins_until": "11:00",
        "reason": "客户要求",
    }
    moved = boss.post(f"/api/v1/plans/{plan['id']}/moves", json=body).json
    stops, left = on_plan(boss, moved)
    assert (stops, left[far]["reason"]) == ([near], "LATER_DAY")
    assert (moved["totals"]["asked"], moved["totals"]["left_out"]) == (2, 1)


def test_alone_the_day_takes_all_its_visits(house, two_days, client_as):
    boss = client_as("SUPERVISOR")
    stops, left = on_plan(boss, planned(boss, house))
    assert (len(stops), left) == (2, {})


def problem_of(house, days=2):
    with house.transaction() as session:
        asked = {"days": days}
        plan = DayPlan(on_date=TOMORROW, number=9, status="WAITING", budget_s=1, seed=1, made_by="x", asked=asked)
        return what_is_asked(session, plan, house.clock.now()).problem


def test_crews_and_visits_of_the_days_ahead_are_part_of_the_problem(house, two_days):
    problem = problem_of(house)
    assert [(crew.id, crew.day) for crew in problem.crews] == [("C001", 0), (f"C001@{AFTER}", 1)]
    assert sorted(sorted(stop.days) for stop in problem.stops) == [[0, 1], [0, 1], [1]]


def test_the_crew_of_last_time_is_liked_on_a_day_ahead_too():
    here = Problem((stop("a", last_crew="C001"),), (crew("C001"), crew("C002")))
    there = replace(here, stops=(stop("b", last_crew="C002"), stop("c")))
    both = joined_days({on: Day(problem, (), {}, {}) for on, problem in ((TOMORROW, here), (AFTER, there))}, {})
    assert [each.last_crew for each in both.problem.stops] == ["C001", f"C002@{AFTER}", None]
    assert both.problem.stops[1].last_crew in {each.id for each in both.problem.crews}


def test_the_crew_that_was_last_at_an_address_is_known_and_one_that_did_not_get_there_is_not(house, app):
    with house.transaction() as session:
        crews = [make_crew(session, code, names=(f"{code}甲", f"{code}乙")) for code in ("C001", "C002", "C003")]
        earlier = make_batched_visits(session, house, 3)
        plan = make_plan(session, {crew: [visit] for crew, visit in zip(crews, earlier, strict=True)})
        again, elsewhere = make_batched_visits(session, house, 2, on_date=AFTER)
        for hour, stop in enumerate(session.scalars(select(RouteStop).filter_by(plan_id=plan.id)).all()):
            visit = session.get(Visit, stop.visit_id)
            visit.address_id = again.address_id
            code = session.get(Crew, stop.crew_id).code
            stop.status = "SKIPPED" if code == "C003" else "DONE"
            stop.status_at = at_local(TOMORROW, (20 if code == "C001" else 10 + hour % 2) * 3600)
        session.flush()
        known = {visit.no: visit.last_crew for visit in queries.visits_to_plan(session, AFTER)}
    assert known == {again.no: "C001", elsewhere.no: None}


@pytest.mark.parametrize("limit", ["approval", "entrustment", "lock"])
def test_a_visit_waits_for_no_day_it_may_not_be_made_on(house, two_days, limit, client_as):
    far = two_days[1]
    with house.transaction() as session:
        visit = session.get_one(Visit, far)
        if limit == "approval":
            visit.valid_until_on = TOMORROW
        elif limit == "entrustment":
            session.get_one(Case, cards_of(session, [far])[far][0]).expiry_on = TOMORROW
        else:
            crew_id = session.scalars(select(Crew.id)).one()
            said = {"reason": "约定", "made_by": "supervisor", "made_at": house.clock.now()}
            session.add(VisitLock(on_date=TOMORROW, visit_id=far, crew_id=crew_id, **said))
        no = visit.no
    (stop,) = [stop for stop in problem_of(house).stops if stop.id == no]
    assert set(stop.days) == {0}


def test_a_visit_may_wait_as_long_as_an_approved_extension_lasts(house, two_days):
    far = two_days[1]
    with house.transaction() as session:
        case = session.get_one(Case, cards_of(session, [far])[far][0])
        case.expiry_on, case.extension_until = TOMORROW, AFTER
        no = session.get_one(Visit, far).no
    (stop,) = [stop for stop in problem_of(house).stops if stop.id == no]
    assert set(stop.days) == {0, 1}


def test_a_workplace_waits_for_no_weekend_and_nobody_for_a_holiday(house, two_days):
    with house.transaction() as session:
        visits = queries.visits_to_plan(session, TOMORROW)
        friday, new_year = date(2026, 11, 27), date(2026, 12, 31)
        session.get_one(Visit, visits[0].id).address_kind = "WORK"
        session.flush()
        work, home = queries.visits_to_plan(session, TOMORROW)
        free = [replace(visit, last_on=None) for visit in (work, home)]
        weekend = may_wait(session, free, days_from(friday, 4))
        holidays = may_wait(session, free, days_from(new_year, 2))
        ask_otherwise(session, house, {"visit": {"work_window": {"days": [1, 2, 3, 4, 5, 6]}}}, product=work.product)
        own = may_wait(session, free, days_from(friday, 4))
    assert (set(weekend[work.no]), set(weekend[home.no])) == ({0, 3}, {0, 1, 2, 3})
    assert set(own[work.no]) == {0, 1, 3}, "the offices of this product's debtors are open on Saturdays"
    assert weekend[home.no][2] == 2 * weekend[home.no][1] == 2 * 600 * home.priority
    assert [set(days) for days in holidays.values()] == [{0}, {0}]


@pytest.mark.parametrize("days", [0, 8, "soon"])
def test_days_that_mean_nothing_are_refused(house, two_days, client_as, days):
    body = {"on_date": TOMORROW.isoformat(), "days": days}
    assert client_as("SUPERVISOR").post("/api/v1/plans", json=body).status_code == 422
