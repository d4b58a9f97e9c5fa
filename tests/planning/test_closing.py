"""The end of a day: nothing stays planned for yesterday, and what was done yesterday still counts."""

import pytest
from sqlalchemy import select

from fieldops import jobs
from fieldops.clock import at_local
from fieldops.planning.closing import close_day, close_past_days
from fieldops.planning.models import DayPlan
from fieldops.results.models import VisitResult
from fieldops.tasks.models import Task
from tests.planning.makers_of_plans import TOMORROW
from tests.sync.acts import case_ids_of, check_in, mismatches, report_result, scope_of, sync
from tests.visits.makers_of_visits import supervisor

MIDNIGHT = 24 * 3600


def plan_status(road):
    with road.house.transaction() as session:
        return session.scalars(select(DayPlan.status)).all()


def end_the_day(road):
    road.house.clock.instant = at_local(TOMORROW, MIDNIGHT)
    close_past_days(road.house)


@pytest.mark.parametrize(("seconds", "status"), [(MIDNIGHT - 1, "PUBLISHED"), (MIDNIGHT, "COMPLETED")])
def test_a_day_is_closed_when_it_is_over_and_not_before(road, seconds, status):
    road.house.clock.instant = at_local(TOMORROW, seconds)
    close_past_days(road.house)
    assert plan_status(road) == [status]


def test_what_nobody_visited_waits_for_another_day_and_leaves_the_phones(road):
    (phone, _), (partner, _) = road.phones()
    end_the_day(road)
    assert road.status() == ("BATCHED", "SKIPPED")
    for each in (phone, partner):
        sync(road, each)
        assert (each.base, each.recalled) == ({}, {})
        assert each.base == scope_of(road, each)
    assert mismatches(road) == 0


def test_what_was_reported_stays_as_it_was(road):
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id)
    sync(road, phone)
    end_the_day(road)
    assert road.status() == ("COMPLETED", "DONE")


def test_what_was_begun_and_not_reported_is_asked_after_and_stays_on_the_phone(road):
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    end_the_day(road)
    assert road.status() == ("IN_PROGRESS", "CHECKED_IN")
    with road.house.transaction() as session:
        (task,) = session.scalars(select(Task)).all()
    assert (task.kind, task.role, task.entity_id) == ("RESULT_MISSING", "SUPERVISOR", road.visit_id)
    sync(road, phone)
    done = report_result(road, phone, road.visit_id)
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status() == ("COMPLETED", "DONE")


def test_a_result_that_arrives_the_next_morning_counts_and_is_late(road):
    """The crew was there, out of reach of any network until it came home."""
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    done = report_result(road, phone, road.visit_id, case_ids=case_ids)
    end_the_day(road)
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status()[0] == "COMPLETED"
    with road.house.transaction() as session:
        assert session.scalars(select(VisitResult.flags)).all() == [["LATE"]]


def test_a_day_that_is_not_over_cannot_be_closed_by_name_either(road):
    with road.house.transaction() as session:
        close_day(session, supervisor(road.house), TOMORROW)
    assert (plan_status(road), road.status()) == (["PUBLISHED"], ("PLANNED", "PENDING"))


def test_closing_twice_changes_nothing(road):
    end_the_day(road)
    before = road.status()
    close_past_days(road.house)
    assert road.status() == before


def test_the_clock_closes_days_without_being_asked():
    (periodic,) = [
        task for task in jobs.queue.periodic_registry.periodic_tasks.values() if task.task.name == "planning.close_days"
    ]
    assert periodic.cron == "10 16 * * *"
