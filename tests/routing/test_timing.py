from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import Break, Problem, violations
from routing.arrays import arrays_of
from routing.finish import Making, plan_of
from routing.timing import Broken, labels_of, shortfall_s, time_route
from tests.routing.days import HOUR, crew, hours, stop


def day_of(stops, **limits):
    problem = Problem(tuple(stops), (crew("c", **limits),))
    return arrays_of(problem, range(len(stops)), [0])


def test_a_crew_leaves_just_in_time_for_an_appointment():
    day = day_of([stop("a", windows=(hours(14, 15),))])
    timing = time_route(day, 0, [0])
    assert timing.begin_s == timing.arrive_s == (14 * HOUR,)
    assert timing.start_s == 14 * HOUR - day.travel[0, 1, 0]


def test_the_second_window_serves_who_misses_the_first():
    day = day_of([stop("a", windows=(hours(9, 9.01), hours(15, 16)))])
    assert time_route(day, 0, [0]).begin_s == (15 * HOUR,)


def test_missing_the_last_window_says_by_how_much():
    day = day_of([stop("a", windows=(hours(9, 9.01),))])
    late = 9 * HOUR + int(day.travel[0, 1, 0]) - int(9.01 * HOUR)
    assert time_route(day, 0, [0]) == Broken("WINDOW", late, 0)


def test_a_shift_may_be_filled_to_the_second_and_not_beyond():
    way = int(day_of([stop("a")]).travel[0, 1, 0])
    long = 9 * HOUR - 2 * way
    assert time_route(day_of([stop("a", service_s=long)]), 0, [0]).end_s == 18 * HOUR
    assert time_route(day_of([stop("a", service_s=long + 1)]), 0, [0]) == Broken("SHIFT", 1)


def test_duty_counts_from_leaving_so_a_late_start_keeps_it():
    stops = [stop("a"), stop("b", windows=(hours(15, 16),))]
    free = time_route(day_of(stops), 0, [0, 1])
    assert free.end_s - free.start_s > 3 * HOUR
    kept = time_route(day_of(stops, max_duty_s=3 * HOUR), 0, [0, 1])
    assert kept.end_s - kept.start_s <= 3 * HOUR
    assert kept.end_s == free.end_s
    assert isinstance(time_route(day_of(stops, max_duty_s=HOUR // 2), 0, [0, 1]), Broken)


def test_a_break_lies_between_services_and_may_interrupt_a_drive():
    lunch = Break(hours(12, 13), 1800)
    stops = [stop("a", service_s=3 * HOUR, windows=(hours(9.5, 9.5),)), stop("b", 30, windows=(hours(9, 18),))]
    timing = time_route(day_of(stops, breaks=(lunch,)), 0, [0, 1])
    way = int(day_of(stops).travel[0, 0, 1])
    assert timing.rests == ((int(12.5 * HOUR), 13 * HOUR),)
    assert timing.arrive_s[1] == 13 * HOUR + way


def test_a_service_across_the_whole_break_window_breaks_it():
    lunch = Break(hours(12, 13), 1800)
    stops = [stop("a", service_s=3 * HOUR, windows=(hours(11, 11),))]
    assert time_route(day_of(stops, breaks=(lunch,)), 0, [0]).limit == "BREAK"


def test_free_time_before_or_after_the_route_is_rest():
    lunch = Break(hours(12, 13), 1800)
    assert time_route(day_of([stop("a", windows=(hours(9, 10),))], breaks=(lunch,)), 0, [0]).rests == ()
    assert time_route(day_of([stop("a", windows=(hours(15, 16),))], breaks=(lunch,)), 0, [0]).rests == ()


def test_limits_that_are_counted_come_first():
    stops = [stop("a", load=2), stop("b", load=2), stop("c", skills=frozenset({"law"}))]
    assert time_route(day_of(stops, max_stops=1), 0, [0, 1]) == Broken("MAX_STOPS", 1)
    assert time_route(day_of(stops, max_load=3), 0, [0, 1]) == Broken("LOAD", 1)
    assert time_route(day_of(stops), 0, [2]) == Broken("CREW", 0, 2)


def test_locked_positions_keep_their_order():
    stops = [stop("a", crew_lock="c", position=2), stop("b", crew_lock="c", position=1)]
    day = day_of(stops)
    assert time_route(day, 0, [0, 1]).limit == "POSITION"
    assert not isinstance(time_route(day, 0, [1, 0]), Broken)


windows = st.lists(st.tuples(st.integers(0, 36), st.integers(0, 8)), min_size=1, max_size=3)
spots = st.tuples(st.integers(-12, 12), st.integers(-12, 12), windows, st.integers(1, 10))


def drawn(points):
    return [
        stop(
            f"s{i}",
            east,
            north,
            service_s=600 * length,
            windows=tuple(hours(9 + a / 4, 9 + (a + b) / 4) for a, b in wins),
        )
        for i, (east, north, wins, length) in enumerate(points)
    ]


breaks = st.sampled_from(
    [(), (Break(hours(12, 13), 1800),), (Break(hours(11, 13), 3600), Break(hours(15, 16.5), 1200))]
)


@given(st.lists(spots, min_size=1, max_size=4), breaks)
def test_whatever_timing_calls_holding_the_judge_accepts(points, pauses):
    problem = Problem(tuple(drawn(points)), (crew("c", breaks=pauses),))
    day = arrays_of(problem, range(len(points)), [0])
    order = list(range(len(points)))
    if isinstance(time_route(day, 0, order), Broken):
        return
    plan = plan_of(problem, day, [order], {}, Making("test", 1, 1.0, (), cancelled=False))
    assert violations(problem, plan) == ()


@given(st.lists(spots, min_size=2, max_size=4), breaks)
def test_a_place_fits_by_labels_exactly_when_the_whole_route_holds(points, pauses):
    day = day_of(drawn(points), breaks=pauses)
    extra, order = len(points) - 1, list(range(len(points) - 1))
    if isinstance(time_route(day, 0, order), Broken):
        return
    labels = labels_of(day, 0, order)
    for place in range(len(order) + 1):
        whole = time_route(day, 0, [*order[:place], extra, *order[place:]])
        assert (shortfall_s(day, 0, labels, extra, place) <= 0) == (not isinstance(whole, Broken))


def slow_end(day, order):
    """Earliest end of a route by trying every leg for the one break: the plain meaning of the rule."""
    best = None
    nodes = [int(day.start_node[0]), *order, int(day.end_node[0])]
    first, length, last = (int(x) for x in (day.break_start[0, 0], day.break_length[0, 0], day.rest_cap[0, 0, 1]))
    for leg in range(-1, len(nodes)):
        now = int(day.shift_start[0])
        if leg == -1:
            now = max(now, first + length)
        ok = True
        for k in range(len(nodes) - 1):
            way = int(day.travel[0, nodes[k], nodes[k + 1]])
            if k == leg:
                rest = max(now, first)
                ok &= rest <= last
                now = rest + length + max(0, way - (rest - now))
            else:
                now += way
            if k < len(order):
                fits = [
                    max(now, int(o)) for o, s in zip(day.opens[order[k]], day.shuts[order[k]], strict=True) if now <= s
                ]
                if not fits:
                    ok = False
                    break
                now = min(fits) + int(day.service[order[k]])
        if leg == len(nodes) - 1:
            ok &= max(now, first) <= last
        if ok and now <= day.shift_end[0]:
            best = now if best is None else min(best, now)
    return best


@given(st.lists(spots, min_size=1, max_size=4))
def test_the_end_is_the_earliest_of_all_ways_to_place_the_break(points):
    day = day_of(drawn(points), breaks=(Break(hours(12, 13.5), 2700),))
    order = list(range(len(points)))
    found = time_route(day, 0, order)
    expected = slow_end(day, order)
    assert (None if isinstance(found, Broken) else found.end_s) == expected


@pytest.mark.parametrize(("east", "pause"), list(product([1, 5, 20], [600, 3600])))
def test_a_break_never_shortens_a_route(east, pause):
    stops = [stop("a", east, windows=(hours(9, 18),)), stop("b", -east, windows=(hours(9, 18),))]
    plain = time_route(day_of(stops), 0, [0, 1])
    rested = time_route(day_of(stops, breaks=(Break(hours(9, 18), pause),)), 0, [0, 1])
    assert rested.end_s >= plain.end_s
