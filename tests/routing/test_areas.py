from routing import Problem
from routing.areas import divide
from tests.routing.days import crew, stop


def spread(stops, crews, **limits):
    made = tuple(stop(f"s{i:04d}", i * 37 % 301 / 10, i * 53 % 199 / 10) for i in range(stops))
    homes = tuple(crew(f"c{i:03d}", **limits) for i in range(crews))
    return Problem(made, homes)


def areas(problem):
    return divide(problem, range(len(problem.stops)))


def test_a_small_day_is_one_area():
    assert len(areas(spread(110, 12))) == 1
    assert len(areas(spread(111, 12))) > 1


def test_every_stop_and_every_crew_is_in_exactly_one_area():
    problem = spread(700, 66, max_stops=12)
    found = areas(problem)
    assert sorted(row for area in found for row in area.stop_rows) == list(range(700))
    assert sorted(row for area in found for row in area.crew_rows) == list(range(66))


def test_areas_hold_75_to_110_visits():
    for count in (330, 660, 700, 1000):
        assert all(75 <= len(area.stop_rows) <= 110 for area in areas(spread(count, 90, max_stops=12)))


def test_every_area_has_the_crews_its_visits_need():
    for area in areas(spread(700, 66, max_stops=12)):
        assert len(area.crew_rows) * 12 >= len(area.stop_rows)


def test_too_few_crews_are_shared_by_the_work():
    found = areas(spread(660, 20, max_stops=12))
    assert {len(area.crew_rows) for area in found} <= {2, 3, 4}


def test_the_same_day_is_divided_the_same_way():
    assert areas(spread(400, 40)) == areas(spread(400, 40))


def test_a_locked_stop_goes_where_its_crew_is():
    plain = spread(300, 30)
    crews = tuple(crew(f"c{i:03d}") for i in range(30))
    stops = (*plain.stops, stop("locked", 0, 0, crew_lock="c017"), stop("skilled", 30, 19, skills=frozenset({"law"})))
    lawyer = crew("lawyer", skills=frozenset({"law"}))
    problem = Problem(stops, (*crews, lawyer))
    for area in areas(problem):
        assert (300 in area.stop_rows) == (17 in area.crew_rows)
        assert (301 in area.stop_rows) == (30 in area.crew_rows)


def test_one_crew_is_one_area():
    assert len(areas(spread(300, 1))) == 1
