"""Visits nobody made (O24): they wait in their batches again, and only those that the crew has spoken of."""

from datetime import timedelta

from fieldops.results.models import VisitResult
from fieldops.sync.models import VisitEvent
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit
from tests.planning.makers_of_plans import TOMORROW, make_plan, publish
from tests.sync.acts import all_of, count, pay_in_full, report_result, republish, sync


def test_a_visit_nobody_made_leaves_the_phones_and_waits_in_its_batch(road):
    (phone, _), (partner, _) = road.phones()
    done = report_result(road, phone, road.visit_id, "O24", finding=None, person="P00")
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status() == ("BATCHED", "SKIPPED")
    (told,) = road.client_as("SUPERVISOR").get(f"/api/v1/results/of-visit/{road.visit_id}").json
    assert (told["person_met"], told["bank_code"]) == ("P00", None)
    sync(road, partner)
    assert str(road.visit_id) not in {**phone.base, **partner.base}


def test_a_recalled_visit_that_nobody_made_is_no_visit_after_a_recall(road):
    (phone, _), _ = road.phones()
    pay_in_full(road, road.visit_id)
    done = report_result(road, phone, road.visit_id, "O24", finding=None, person="P00")
    assert sync(road, phone) == {done: "APPLIED"}
    assert [(event.flags, event.kind) for event in all_of(road, VisitEvent)] == [([], "result")]
    assert "REVIEW_RESULT" not in {task.kind for task in all_of(road, Task)}


def test_that_nobody_went_says_nothing_of_a_visit_that_another_crew_has_now(road):
    (phone, _), _ = road.phones()
    (other, _), _ = road.phones(road.crews[1])
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    done = report_result(road, phone, mine[0], "O24", finding=None, person="P00")
    republish(road, {road.crew: mine[1:], road.crews[1]: [*theirs, mine[0]]})
    assert sync(road, phone) == {done: "ACCEPTED_OUT_OF_SCOPE"}
    sync(road, other)
    assert road.status(mine[0])[::2] == ("PLANNED", "PENDING")
    assert str(mine[0]) in other.base
    assert count(road, VisitResult) == 1


def test_that_nobody_went_yesterday_does_not_take_the_visit_off_todays_plan(road):
    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id, "O24", finding=None, person="P00")
    road.house.clock.advance(days=1)
    with road.house.transaction() as session:
        visits = [session.get_one(Visit, each) for each in road.visits[road.crew.id]]
        publish(session, road.house, make_plan(session, {road.crew: visits}, on_date=TOMORROW + timedelta(days=1)))
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status()[::2] == ("PLANNED", "PENDING")
    sync(road, phone)
    assert str(road.visit_id) in phone.base


def test_a_visit_nobody_made_can_be_planned_and_made_another_time(road):
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id, "O24", finding=None, person="P00")
    sync(road, phone)
    with road.house.transaction() as session:
        visits = [session.get_one(Visit, each) for each in road.visits[road.crew.id]]
        publish(session, road.house, make_plan(session, {road.crew: visits}, on_date=TOMORROW, number=2))
    sync(road, phone)
    done = report_result(road, phone, road.visit_id)
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status()[0] == "COMPLETED"
