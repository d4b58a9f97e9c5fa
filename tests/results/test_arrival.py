"""The rules at the door: kept with their facts, flagged, never refusing what happened."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.clock import at_local
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit, VisitDecision
from tests.conftest import a_house
from tests.planning.makers_of_plans import NINE, TOMORROW
from tests.results.sent import check_in
from tests.road import Road

METRES_PER_DEGREE = 111_195


@pytest.fixture(scope="module")
def module_road(postgres, road_database, shared_app, tmp_path_factory):
    with a_house(postgres, tmp_path_factory.mktemp("arrival"), template=road_database) as opened:
        yield Road(opened, shared_app)


@pytest.fixture
def house(module_road):
    module_road.house.clock.instant = at_local(TOMORROW, NINE + 3600)
    return module_road.house


@pytest.fixture
def day(house, module_road):
    """A visit on a published plan, on the morning of its day; nothing of it is kept."""
    session = Session(house.database.engine, expire_on_commit=False)
    session.info["house"] = house
    yield session, session.get_one(Visit, module_road.visit_id)
    session.close()


def at_metres(visit, metres, accuracy_m=10.0):
    return {"lat": visit.lat + metres / METRES_PER_DEGREE, "lon": visit.lon, "accuracy_m": accuracy_m}


def decided(session, visit):
    session.flush()
    kept = session.scalars(select(VisitDecision).filter_by(visit_id=visit.id, stage="CHECK_IN")).all()
    return kept, {each["code"]: each for each in kept[-1].findings}


@pytest.mark.parametrize(("metres", "weighs"), [(250, "PASS"), (500, "WARN"), (1500, "REVIEW")])
def test_a_check_in_is_weighed_by_its_distance_and_kept(house, day, metres, weighs):
    session, visit = day
    flags = check_in(session, house, visit, position=at_metres(visit, metres))
    kept, found = decided(session, visit)
    assert (len(kept), found["VR-084"]["severity"]) == (1, weighs)
    assert flags == (["VR-084"] if weighs == "REVIEW" else [])
    tasks = session.scalars(select(Task).filter_by(kind="REVIEW_CHECK_IN")).all()
    assert len(tasks) == len(flags)
    assert visit.status == "IN_PROGRESS"


def test_a_phone_that_knows_its_place_badly_is_believed_that_far(house, day):
    session, visit = day
    assert check_in(session, house, visit, position=at_metres(visit, 1500, 600.0)) == []
    assert decided(session, visit)[1]["VR-084"]["outcome"] == "PASSED"


def test_a_check_in_without_a_position_goes_to_a_person(house, day):
    session, visit = day
    assert check_in(session, house, visit) == ["VR-084"]
    assert decided(session, visit)[1]["VR-084"]["outcome"] == "UNKNOWN"


def test_a_check_in_at_night_is_stored_and_flagged_not_refused(house, day):
    session, visit = day
    night = at_local(TOMORROW, 21 * 3600) + timedelta(seconds=1)
    flags = check_in(session, house, visit, arrived_at=night, position=at_metres(visit, 5))
    assert flags == ["VR-070"]
    assert visit.status == "IN_PROGRESS"
    (task,) = session.scalars(select(Task).filter_by(kind="REVIEW_CHECK_IN")).all()
    assert (task.role, task.detail["codes"]) == ("SUPERVISOR", ["VR-070"])


def test_the_last_minute_of_the_window_is_lawful_at_the_door(house, day):
    session, visit = day
    last = at_local(TOMORROW, 21 * 3600)
    assert check_in(session, house, visit, arrived_at=last, position=at_metres(visit, 5)) == []


def test_every_rule_of_check_in_is_asked_with_crew_hour_day_and_place(house, day):
    session, visit = day
    check_in(session, house, visit, position=at_metres(visit, 5))
    (kept,), found = decided(session, visit)
    assert {"VR-020", "VR-050", "VR-070", "VR-071", "VR-080", "VR-081", "VR-082", "VR-084", "VR-085"} <= found.keys()
    assert {each["outcome"] for each in found.values()} <= {"PASSED", "OFF"}
    assert kept.facts["crew"]["recorder"]
    assert kept.facts["position"]["distance_m"] == pytest.approx(5, abs=0.2)
