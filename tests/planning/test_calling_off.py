"""A day called off before any crew has begun it: the plan ends, its visits wait, the phones lose it, another may follow."""

from datetime import date

import pytest
from sqlalchemy import select

from fieldops import jobs
from fieldops.audit import AuditEntry
from fieldops.batching.models import BatchedVisit
from fieldops.clock import at_local
from fieldops.planning import calling_off, service
from fieldops.planning.models import DayPlan, RouteStop
from fieldops.planning.solving import solve
from fieldops.sync.models import Recall, ScopeEntry
from fieldops.sync.scope import keep_days
from fieldops.visits.models import Visit
from tests.planning.makers_of_plans import TOMORROW, make_plan
from tests.planning.test_races import at_once
from tests.planning.test_replanning import REPLAN
from tests.planning.test_solving import all_of, asked_plan, the_plan
from tests.sync.acts import check_in, report_result, republish, scope_of, sync
from tests.visits.makers_of_visits import supervisor

STORM = {"reason": "台风红色预警"}


def call_off(road, plan_id=None, role="SUPERVISOR", body=STORM):
    return road.client_as(role).post(f"/api/v1/plans/{plan_id or road.plan_id}/call-off", json=body)


def every_visit(road):
    return {visit for visits in road.visits.values() for visit in visits}


def statuses(house, model):
    return {row.status for row in all_of(house, model)}


def on_phones(house):
    return {row.visit_id for row in all_of(house, ScopeEntry) if row.left_reason is None}


def test_a_published_day_is_called_off_with_who_when_and_why(road):
    answer = call_off(road)
    assert (answer.status_code, answer.json["status"]) == (200, "CANCELLED")
    assert (answer.json["called_off_by"], answer.json["called_off_reason"]) == ("supervisor", STORM["reason"])
    assert answer.json["called_off_at"].startswith("2026-11-24T")
    assert statuses(road.house, RouteStop) == {"CANCELLED"}
    with road.house.transaction() as session:
        act = session.scalars(select(AuditEntry).filter_by(action="plans.call_off")).one()
        moved = session.scalars(select(AuditEntry.reason).filter_by(action="visits.unplan")).all()
    assert (act.reason, act.detail) == (STORM["reason"], {"was": "PUBLISHED", "given_back": 6})
    assert len(moved) == 6
    assert all(STORM["reason"] in reason for reason in moved)


def test_the_phones_lose_the_day_at_their_next_sync_and_the_gate_says_why(road):
    phones = [phone for crew in road.crews for phone, _ in road.phones(crew)]
    assert [len(phone.stops) for phone in phones] == [3] * 4
    assert call_off(road).status_code == 200
    for phone in phones:
        sync(road, phone)
        assert (phone.stops, phone.base, scope_of(road, phone)) == ([], {}, {})
    recalls = all_of(road.house, Recall)
    assert {one.visit_id for one in recalls} == every_visit(road)
    assert len(recalls) == 12
    assert all(STORM["reason"] in one.reason for one in recalls)


def test_its_visits_can_be_planned_again_and_come_back_to_the_phones(road):
    (phone, _), _ = road.phones()
    assert call_off(road).status_code == 200
    sync(road, phone)
    boss = road.client_as("SUPERVISOR")
    asked = boss.post("/api/v1/plans", json={"on_date": TOMORROW.isoformat(), "budget_s": 1})
    assert asked.status_code == 202
    jobs.work(road.house, until_empty=True)
    published = boss.post(f"/api/v1/plans/{asked.json['id']}/publish")
    assert (published.status_code, published.json["plan"]["status"], published.json["withdrawn"]) == (
        200,
        "PUBLISHED",
        [],
    )
    assert statuses(road.house, Visit) == {"PLANNED"}
    assert boss.get(f"/api/v1/plans/{road.plan_id}").json["status"] == "CANCELLED"
    assert on_phones(road.house) == every_visit(road)
    sync(road, phone)
    assert {stop["id"] for stop in phone.stops} == set(scope_of(road, phone))
    first = phone.stops[0]["id"]
    done = report_result(road, phone, first)
    assert sync(road, phone) == {done: "APPLIED"}, "the recall is lifted by the newer card"


def test_a_planned_visit_is_unbatched_once_its_day_is_called_off(road):
    boss = road.client_as("SUPERVISOR")
    with road.house.transaction() as session:
        batch_id = session.scalars(select(BatchedVisit.batch_id).filter_by(visit_id=road.visit_id)).one()
    path, body = f"/api/v1/batches/{batch_id}/unbatch", {"visit_ids": [str(road.visit_id)], "reason": "台风"}
    refused = boss.post(path, json=body)
    assert (refused.status_code, refused.json["code"]) == (409, "VISIT_PLANNED")
    assert "POST /plans/{id}/call-off" in refused.json["detail"]
    assert call_off(road).status_code == 200
    assert boss.post(path, json=body).status_code == 200
    assert road.status()[0] == "APPROVED"


@pytest.mark.parametrize("report", [check_in, report_result])
def test_a_day_that_a_crew_has_begun_is_refused_and_the_re_plan_named(road, report):
    (phone, _), _ = road.phones()
    report(road, phone, road.visit_id)
    sync(road, phone)
    before = road.status()
    answer = call_off(road)
    assert (answer.status_code, answer.json["code"]) == (409, "DAY_BEGUN")
    assert f"POST /plans/{road.plan_id}/replan" in answer.json["detail"]
    assert (road.status(), the_plan(road.house, road.plan_id).status) == (before, "PUBLISHED")
    assert all_of(road.house, Recall) == []


def test_a_day_begun_on_the_plan_before_is_begun(road):
    (phone, _), _ = road.phones()
    first, *rest = road.visits[road.crew.id]
    check_in(road, phone, first)
    sync(road, phone)
    republish(road, {road.crew: rest})
    newest = max(all_of(road.house, DayPlan), key=lambda plan: plan.number)
    answer = call_off(road, newest.id)
    assert (newest.status, answer.status_code, answer.json["code"]) == ("PUBLISHED", 409, "DAY_BEGUN")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}])
def test_without_a_reason_no_day_is_called_off(road, body):
    assert call_off(road, body=body).status_code == 422
    assert the_plan(road.house, road.plan_id).status == "PUBLISHED"


@pytest.mark.parametrize("role", ["BUSINESS_DEPT", "MANAGER", "PHONE_COLLECTOR"])
def test_only_a_supervisor_calls_a_day_off(road, role):
    assert call_off(road, role=role).status_code == 403


@pytest.mark.parametrize("status", ["WAITING", "SOLVING", "OPTIMISED"])
def test_a_plan_nobody_works_by_is_called_off_and_the_published_one_stands(road, status):
    with road.house.transaction() as session:
        draft = DayPlan(on_date=TOMORROW, number=2, status=status, budget_s=1, seed=1, made_by="x")
        session.add(draft)
        session.flush()
        draft_id = draft.id
    assert call_off(road, draft_id).json["status"] == "CANCELLED"
    assert (the_plan(road.house, road.plan_id).status, road.status()) == ("PUBLISHED", ("PLANNED", "PENDING"))
    assert all_of(road.house, Recall) == []


@pytest.mark.parametrize("status", ["FAILED", "SUPERSEDED", "COMPLETED", "CANCELLED"])
def test_a_plan_that_has_ended_is_not_called_off(road, status):
    with road.house.transaction() as session:
        session.get_one(DayPlan, road.plan_id).status = status
    answer = call_off(road)
    assert (answer.status_code, answer.json["code"]) == (409, "PLAN_ENDED")


def test_a_day_that_is_over_is_not_called_off(road):
    road.house.clock.advance(days=1)
    assert (call_off(road).status_code, call_off(road).json["code"]) == (422, "DAY_OVER")


def test_a_search_of_a_plan_that_was_called_off_keeps_nothing(house, app):
    plan_id = asked_plan(house)
    with house.transaction() as session:
        calling_off.call_off(session, supervisor(house), plan_id, reason="台风")
    solve(house, id=str(plan_id))
    assert (the_plan(house, plan_id).status, all_of(house, RouteStop)) == ("CANCELLED", [])


def test_a_re_plan_asked_before_sends_nobody_out_by_itself_after_the_day_is_called_off(road):
    boss = road.client_as("SUPERVISOR")
    asked = boss.post(f"/api/v1/plans/{road.plan_id}/replan", json=REPLAN | {"publish": True})
    road.house.clock.advance(minutes=1)
    assert (asked.status_code, call_off(road).status_code) == (202, 200)
    jobs.work(road.house, until_empty=True)
    path = f"/api/v1/plans/{asked.json['id']}"
    plan = boss.get(path).json
    assert (plan["status"], "has been called off" in plan["failure"]) == ("OPTIMISED", True)
    assert (statuses(road.house, Visit), on_phones(road.house)) == ({"BATCHED"}, set())
    assert boss.post(f"{path}/publish").status_code == 200, "a person may"
    assert on_phones(road.house) == every_visit(road)


def calling(road, plan_id=None):
    def act():
        with road.house.transaction() as session:
            calling_off.call_off(session, supervisor(road.house), plan_id or road.plan_id, reason="台风")

    return act


def sending(road, plan_id):
    def act():
        with road.house.transaction() as session:
            service.publish_plan(session, supervisor(road.house), plan_id)

    return act


@pytest.mark.parametrize("round_", [0, 1, pytest.param(2, marks=pytest.mark.long)])
def test_calling_off_against_a_check_in(road, round_):
    """Either the crew has begun, and nothing is called off; or the day is, and the check-in is only on record."""
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    acts = [calling(road), lambda: sync(road, phone)]
    at_once(*acts[:: 1 if round_ % 2 else -1])
    plan, status = the_plan(road.house, road.plan_id).status, road.status()
    assert (plan, status) in {
        ("PUBLISHED", ("IN_PROGRESS", "CHECKED_IN")),
        ("CANCELLED", ("BATCHED", "CANCELLED")),
    }
    assert on_phones(road.house) == (every_visit(road) if plan == "PUBLISHED" else set())


@pytest.mark.parametrize("round_", range(2))
def test_calling_off_against_publishing_the_next_version(road, round_):
    """Either the next version is the day's plan already; or the day was called off first, and a person sends them out."""
    with road.house.transaction() as session:
        routes = {crew: [session.get_one(Visit, each) for each in road.visits[crew.id]] for crew in road.crews}
        second_id = make_plan(session, routes, number=2).id
    acts = [calling(road), sending(road, second_id)]
    at_once(*acts[:: 1 if round_ % 2 else -1])
    first, second = sorted(all_of(road.house, DayPlan), key=lambda plan: plan.number)
    assert (first.status in {"SUPERSEDED", "CANCELLED"}, second.status) == (True, "PUBLISHED")
    assert statuses(road.house, Visit) == {"PLANNED"}
    assert on_phones(road.house) == every_visit(road)


@pytest.mark.parametrize("round_", range(2))
def test_calling_off_against_the_publishing_of_the_same_plan(road, round_):
    """Published first or not at all: it ends called off, and no phone holds the day."""
    assert call_off(road).status_code == 200
    with road.house.transaction() as session:
        plan = session.get_one(DayPlan, road.plan_id)
        plan.status, plan.published_at = "OPTIMISED", None
        for stop in session.scalars(select(RouteStop)):
            stop.status = "PENDING"

    acts = [calling(road), sending(road, road.plan_id)]
    at_once(*acts[:: 1 if round_ % 2 else -1])
    assert the_plan(road.house, road.plan_id).status == "CANCELLED"
    assert (statuses(road.house, Visit), on_phones(road.house)) == ({"BATCHED"}, set())


def test_calling_off_against_the_night_that_brings_the_day_to_the_phones(road):
    road.house.clock.instant = at_local(date(2026, 11, 23), 23 * 3600)

    def night():
        with road.house.transaction() as session:
            keep_days(session, road.house.clock.now())

    at_once(calling(road), night)
    assert (the_plan(road.house, road.plan_id).status, on_phones(road.house)) == ("CANCELLED", set())
