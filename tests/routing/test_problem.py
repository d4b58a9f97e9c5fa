import math

import numpy as np
import pytest

from routing import Break, GreatCircle, Legs, Problem, RoadMatrix, Stop, Window
from routing.errors import (
    CrewWithoutStartError,
    DuplicateIdError,
    InvalidCoordinatesError,
    InvalidValueError,
    InvalidWindowError,
    MatrixShapeError,
    NegativeTravelError,
    UnknownModeError,
)
from tests.routing.days import DAY, crew, hours, stop


def test_an_inverted_window_is_refused():
    with pytest.raises(InvalidWindowError, match="inverted"):
        Window(10, 9)


def test_a_window_of_one_second_is_a_window():
    assert Window(5, 5).span_s == 0


def test_a_window_after_the_day_is_refused_and_names_its_stop():
    late = stop("late", windows=(Window(80_000, 86_401),))
    with pytest.raises(InvalidWindowError, match="late") as caught:
        Problem((late,), ())
    assert caught.value.subject_id == "late"
    assert Problem((stop("ok", windows=(Window(80_000, 86_400),)),), ()).stops


@pytest.mark.parametrize("value", [math.nan, math.inf, 91.0, None, "39.9"])
def test_a_latitude_that_is_no_place_is_refused(value):
    with pytest.raises(InvalidCoordinatesError, match="x"):
        Stop("x", value, 116.4, 1200, (DAY,))


def test_a_crew_without_start_is_refused():
    with pytest.raises(CrewWithoutStartError, match="start latitude"):
        type(crew("c"))("c", None, None, 39.9, 116.4, DAY)


def test_two_stops_of_one_id_are_refused():
    with pytest.raises(DuplicateIdError, match="two stops"):
        Problem((stop("a"), stop("a")), ())


def test_two_crews_of_one_id_are_refused():
    with pytest.raises(DuplicateIdError, match="two crews"):
        Problem((), (crew("c"), crew("c")))


@pytest.mark.parametrize("priority", [0, 6, None])
def test_a_priority_outside_one_to_five_is_refused(priority):
    with pytest.raises(InvalidValueError, match="priority"):
        stop("a", priority=priority)


def test_a_position_without_a_crew_is_refused():
    with pytest.raises(InvalidValueError, match="crew_lock"):
        stop("a", position=1)


def test_a_break_longer_than_its_window_is_refused():
    with pytest.raises(InvalidValueError, match="break"):
        Break(hours(12, 13), 3601)
    assert Break(hours(12, 13), 3600).duration_s == 3600


def test_a_time_lock_narrows_the_windows_and_windows_that_touch_are_one():
    one = stop("a", windows=(hours(14, 16), hours(9, 10), hours(10, 12)), time_lock=hours(11, 15))
    assert one.open_windows == (hours(11, 12), hours(14, 15))
    assert stop("b", windows=(hours(10, 12), hours(9, 10))).open_windows == (hours(9, 12),)


def square(size, fill=60):
    return np.full((size, size), fill, np.int64)


def test_a_matrix_of_another_shape_is_refused():
    with pytest.raises(MatrixShapeError, match=r"\(2, 2\)"):
        Problem((stop("a"),), (crew("c"),), RoadMatrix({"CAR": Legs(square(3), square(3))}, "test"))


def test_a_matrix_of_fractions_is_refused():
    with pytest.raises(MatrixShapeError, match="integer"):
        Problem((stop("a"),), (crew("c"),), RoadMatrix({"CAR": Legs(square(2) * 1.5, square(2))}, "test"))


def test_a_negative_entry_is_refused_and_named():
    seconds = square(2)
    seconds[1, 0] = -1
    with pytest.raises(NegativeTravelError, match=r"\[1, 0\]"):
        Problem((stop("a"),), (crew("c"),), RoadMatrix({"CAR": Legs(seconds, square(2))}, "test"))


def test_an_unknown_transport_mode_is_refused():
    with pytest.raises(UnknownModeError, match="use one of"):
        Problem((), (crew("c", mode="BALLOON"),))


def test_crews_at_one_place_share_a_point():
    assert len(Problem((stop("a"),), (crew("c"), crew("d"))).points) == 2


def test_the_great_circle_takes_the_detour_and_a_longer_way_is_never_quicker():
    travel = GreatCircle()
    points = [(0.0, 0.0)] + [(0.0, km / 111.195) for km in np.arange(0.1, 6, 0.1)]
    seconds, metres = travel.legs(points, np.array([0]), np.arange(len(points)), "CAR")
    assert metres[0, 10] == pytest.approx(1500, abs=2)  # 1 km × 1.5
    assert metres[0, 50] == pytest.approx(6750, abs=5)  # 5 km × 1.35
    assert seconds[0, 50] == pytest.approx(6750 * 3.6 / 24, abs=2)
    assert (np.diff(metres[0]) >= 0).all()
