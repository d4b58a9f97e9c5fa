from routing import Break, Problem
from routing.screen import screen
from tests.routing.days import crew, hours, stop

ONE_CREW = (crew("c"),)


def reasons(*stops, crews=ONE_CREW):
    problem = Problem(tuple(stops), tuple(crews))
    return {problem.stops[row].id: left for row, left in screen(problem).items()}


def test_a_stop_that_some_crew_can_have_passes():
    assert reasons(stop("a")) == {}


def test_without_a_crew_every_stop_says_so():
    found = reasons(stop("a"), stop("b"), crews=())
    assert {left.reason for left in found.values()} == {"NO_CREW"}


def test_a_stop_locked_to_an_absent_crew_names_it():
    left = reasons(stop("a", crew_lock="zz"))["a"]
    assert left.reason == "LOCKED_CREW_ABSENT"
    assert "zz" in left.message_zh
    assert "zz" in left.message_en


def test_a_missing_skill_is_named():
    left = reasons(stop("a", skills=frozenset({"law", "dialect"})))["a"]
    assert left.reason == "SKILL_MISSING"
    assert "dialect、law" in left.message_en


def test_a_time_lock_outside_the_windows_is_never_open():
    assert reasons(stop("a", windows=(hours(9, 10),), time_lock=hours(11, 12)))["a"].reason == "NEVER_OPEN"


def test_a_place_too_far_names_the_shift_and_how_much_longer_it_must_be():
    left = reasons(stop("a", 120))["a"]
    assert (left.reason, left.detail["limit_code"]) == ("IMPOSSIBLE_ALONE", "SHIFT")
    longer = reasons(stop("a", 120), crews=(crew("c", shift=hours(9, 18 + left.detail["by_min"] / 60)),))
    assert longer == {}
    assert "end the shift of crew c" in left.repair_en


def test_a_window_after_the_shift_names_the_shift():
    left = reasons(stop("a", windows=(hours(19, 20),)))["a"]
    assert left.detail["limit_code"] == "SHIFT"


def test_a_window_before_the_shift_names_the_window_and_the_repair_opens_it():
    left = reasons(stop("a", windows=(hours(7, 8),)))["a"]
    assert left.detail["limit_code"] == "WINDOW"
    assert left.repair_en == f"open a {left.detail['by_min']} min longer"


def test_a_service_that_leaves_no_room_for_the_break_is_screened():
    lunch = Break(hours(12, 13), 1800)
    left = reasons(stop("a", service_s=10800, windows=(hours(11, 11),)), crews=(crew("c", breaks=(lunch,)),))["a"]
    assert left.detail["limit_code"] == "BREAK"


def test_the_crew_that_misses_by_least_is_named():
    left = reasons(stop("a", 120), crews=(crew("c"), crew("late", shift=hours(9, 20))))
    assert left["a"].detail["crew"] == "late"


def test_a_load_above_every_vehicle_is_screened():
    assert reasons(stop("a", load=3), crews=(crew("c", max_load=2),))["a"].detail["limit_code"] == "LOAD"


def test_a_stop_whose_days_nobody_works_on_is_screened():
    assert reasons(stop("a", days={3: 0}))["a"].reason == "NO_CREW_THAT_DAY"
    assert reasons(stop("a", days={3: 0}), crews=(crew("c", day=3),)) == {}
