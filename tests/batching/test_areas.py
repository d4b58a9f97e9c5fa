"""Visits into areas, in values."""

from collections import Counter
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldops.batching.areas import NOWHERE, CrewStart, Located, areas_of

CENTRES = {"110105": (39.92, 116.44), "110108": (39.96, 116.30), "110111": (39.75, 116.14)}


def _visits(count, *codes):
    codes = codes or tuple(CENTRES)
    made = []
    for number in range(count):
        code = codes[number % len(codes)]
        lat, lon = CENTRES.get(code, (39.9, 116.4))
        spread = (number * 37 % 100) / 2000
        made.append(Located(UUID(int=number + 1), lat + spread, lon - spread, code, 1200))
    return made


def _crews(count):
    return [CrewStart(UUID(int=1000 + n), 39.9, 116.4 + n / 500, 12) for n in range(count)]


def test_nothing_to_visit_makes_no_area():
    assert areas_of([], _crews(3)) == []


def test_a_few_visits_are_one_area_named_after_their_county():
    (area,) = areas_of(_visits(20, "110111", "110111", "110105"), _crews(4))
    assert (area.name, len(area.visit_ids)) == ("房山区", 20)


def test_a_large_day_is_cut_into_areas_of_the_size_a_search_can_hold():
    areas = areas_of(_visits(500), _crews(60))
    assert all(75 <= len(area.visit_ids) <= 110 for area in areas), [len(area.visit_ids) for area in areas]
    assert len({area.name for area in areas}) == len(areas)


def test_without_crews_everything_is_one_area():
    assert [len(area.visit_ids) for area in areas_of(_visits(200), [])] == [200]


def test_an_area_of_unknown_county_still_has_a_name():
    (area,) = areas_of([Located(UUID(int=1), 39.9, 116.4, None, 1200)], [])
    assert area.name == NOWHERE


@settings(max_examples=15)
@given(st.integers(1, 400), st.integers(0, 40))
def test_every_visit_is_in_exactly_one_area(count, crews):
    visits = _visits(count)
    held = Counter(visit_id for area in areas_of(visits, _crews(crews)) for visit_id in area.visit_ids)
    assert held == Counter(visit.visit_id for visit in visits)
