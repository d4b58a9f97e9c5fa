"""Bad input is a named error when a problem is made, or a reason in the plan: never a crash, never an empty plan."""

import math
from dataclasses import replace

import numpy as np
import pytest

from routing import Crew, Legs, Problem, RoadMatrix, Window, plan, violations
from routing.errors import InvalidCoordinatesError, InvalidValueError, InvalidWindowError, MatrixShapeError
from routing.travel import UNREACHABLE_S, GreatCircle
from tests.routing.days import DAY, LAT, LON, crew, hours, stop, town

ENGINES = pytest.mark.parametrize("engine", ["default", "ortools"])


def planned(problem, engine):
    found = plan(problem, budget_s=20, seed=1, cores=1, engine=engine, limit=300 if engine == "default" else 5)
    assert violations(problem, found) == ()
    return found


def by_road(problem, change):
    """The problem with a road matrix of the great circle, changed."""
    rows = np.arange(len(problem.points))
    seconds, metres = GreatCircle().legs(problem.points, rows, rows, "CAR")
    change(seconds)
    return replace(problem, travel=RoadMatrix({"CAR": Legs(seconds, metres)}, "roads"))


@ENGINES
@pytest.mark.parametrize(
    "odd",
    [
        stop("odd", windows=(hours(20, 21),)),
        stop("odd", windows=(hours(1, 2), hours(22, 23))),
        stop("odd", time_lock=hours(3, 4)),
        stop("odd", service_s=80_000),
        stop("odd", 5000),
        stop("odd", skills=frozenset({"nobody's"})),
        stop("odd", crew_lock="nobody"),
        stop("odd", days={9: 0}),
    ],
    ids=lambda one: f"{one.windows}{one.time_lock or one.crew_lock or one.days or one.service_s}",
)
def test_one_bad_stop_is_left_out_with_its_reason_and_the_others_are_planned(engine, odd):
    problem = town(12, 2)
    found = planned(replace(problem, stops=(*problem.stops, odd)), engine)
    assert [left.stop_id for left in found.left_out] == ["odd"]
    assert found.left_out[0].detail["proof"] == "a"
    assert found.planned == 12


@ENGINES
def test_an_unreachable_point_is_left_out_and_the_others_are_planned(engine):
    def cut_off(seconds):
        seconds[3, :] = seconds[:, 3] = UNREACHABLE_S

    found = planned(by_road(town(12, 2), cut_off), engine)
    assert [(left.stop_id, left.reason) for left in found.left_out] == [("s003", "IMPOSSIBLE_ALONE")]


@ENGINES
def test_a_point_one_can_reach_and_never_leave_is_left_out(engine):
    def trap(seconds):
        seconds[3, :] = UNREACHABLE_S + 5

    found = planned(by_road(town(12, 2), trap), engine)
    assert [left.stop_id for left in found.left_out] == ["s003"]


@ENGINES
def test_a_crew_that_cannot_reach_anything_stays_at_home(engine):
    def alone(seconds):
        home = len(seconds) - 1
        seconds[home, :home] = seconds[:home, home] = UNREACHABLE_S

    base = town(12, 2)
    problem = replace(base, crews=(*base.crews, Crew("far", LAT + 1, LON, LAT + 1, LON, DAY)))
    found = planned(by_road(problem, alone), engine)
    assert "far" not in {route.crew_id for route in found.routes}
    assert found.planned == 12


@ENGINES
@pytest.mark.parametrize(("stops", "crews"), [(0, 0), (0, 2), (3, 0)])
def test_nobody_or_nothing_is_a_plan_of_reasons(engine, stops, crews):
    found = planned(town(stops, crews), engine)
    assert found.routes == ()
    assert [left.reason for left in found.left_out] == ["NO_CREW"] * stops


@ENGINES
@pytest.mark.parametrize("limits", [{"max_stops": 0}, {"max_duty_s": 0}, {"shift": Window(0, 0)}])
def test_crews_that_may_do_nothing_leave_everything_out_with_reasons(engine, limits):
    found = planned(town(4, 2, **limits), engine)
    assert len(found.left_out) == 4
    assert {left.detail["limit_code"] for left in found.left_out} <= {"MAX_STOPS", "DUTY", "SHIFT", "WINDOW"}


@ENGINES
def test_every_stop_at_one_place_is_a_day(engine):
    problem = Problem(tuple(stop(f"s{i}", 0, 0) for i in range(15)), (crew("c"), crew("d")))
    assert planned(problem, engine).planned == 15


@pytest.mark.parametrize("field", ["start_lat", "start_lon", "end_lat", "end_lon"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 181.0, "here"])
def test_a_crew_at_no_place_on_earth_is_refused_by_its_id(field, value):
    with pytest.raises(InvalidCoordinatesError, match="c1"):
        crew("c1").__class__(**{**_fields(crew("c1")), field: value})


@pytest.mark.parametrize("value", [math.nan, -math.inf, 180.5, None])
def test_a_longitude_that_is_no_place_is_refused_by_the_stop(value):
    with pytest.raises(InvalidCoordinatesError, match="s1: longitude"):
        replace(stop("s1"), lon=value)


@pytest.mark.parametrize("value", [-1, 90_000, 1.5, True, math.nan])
def test_a_service_that_is_no_span_is_refused(value):
    with pytest.raises(InvalidValueError, match="s1: service_s"):
        stop("s1", service_s=value)


@pytest.mark.parametrize("window", [(1.5, 7), (-1, 7), (7, 6), (math.nan, 7), (None, 7)])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(InvalidWindowError):
        Window(*window)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (4, 4, 1), (0, 0)])
def test_a_matrix_of_a_wrong_shape_is_refused(shape):
    one = np.zeros(shape, np.int64)
    with pytest.raises(MatrixShapeError, match=r"\(4, 4\)"):
        Problem((stop("a"), stop("b"), stop("e")), (crew("c"),), RoadMatrix({"CAR": Legs(one, one)}, "roads"))


def test_a_list_is_no_matrix():
    with pytest.raises(MatrixShapeError, match="numpy integer array"):
        Problem((), (crew("c"),), RoadMatrix({"CAR": Legs([[0]], [[0]])}, "roads"))


def _fields(one):
    return {name: getattr(one, name) for name in one.__slots__}
