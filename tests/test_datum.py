"""Datums: against the CC0 package prcoords, there and back, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.datum import distance_m, from_wgs84, to_wgs84

# WGS-84, GCJ-02 and BD-09 of seven places, computed with prcoords 1.0.2 (CC0).
PRCOORDS = [
    ((39.9087, 116.3975), (39.910103499, 116.403743573), (39.91644275, 116.410116586)),
    ((31.2304, 121.4737), (31.228457738, 121.478223059), (31.234310594, 121.484781469)),
    ((23.1291, 113.2644), (23.12642334, 113.269729592), (23.132711257, 113.276150752)),
    ((45.8038, 126.535), (45.805781525, 126.54104035), (45.811395823, 126.547659214)),
    ((43.8256, 87.6168), (43.826805393, 87.619649949), (43.832949795, 87.626099771)),
    ((29.6525, 91.1721), (29.64971061, 91.173567382), (29.655764414, 91.180060123)),
    ((20.0174, 110.3492), (20.015398148, 110.353609232), (20.021144214, 110.36013577)),
]
in_china = st.tuples(st.floats(18, 53), st.floats(74, 134))
shifted = st.sampled_from(["GCJ02", "BD09"])


@pytest.mark.parametrize(("wgs", "gcj", "bd"), PRCOORDS)
def test_the_shift_is_that_of_prcoords(wgs, gcj, bd):
    assert from_wgs84(*wgs, "GCJ02") == pytest.approx(gcj, abs=1e-9)
    assert from_wgs84(*wgs, "BD09") == pytest.approx(bd, abs=1e-9)


@given(in_china, shifted)
def test_there_and_back_is_within_a_micrometre(point, datum):
    assert distance_m(*to_wgs84(*from_wgs84(*point, datum), datum), *point) < 1e-6


@given(in_china)
def test_a_point_in_the_wrong_datum_is_hundreds_of_metres_off(point):
    assert 20 < distance_m(*point, *from_wgs84(*point, "GCJ02")) < 800
    assert 600 < distance_m(*point, *from_wgs84(*point, "BD09")) < 1700


@given(in_china)
def test_wgs84_stays_as_it_is(point):
    assert to_wgs84(*point, "WGS84") == point == from_wgs84(*point, "WGS84")


@given(in_china, in_china)
def test_distance_is_the_same_both_ways_and_zero_to_itself(a, b):
    assert distance_m(*a, *b) == distance_m(*b, *a) >= 0
    assert distance_m(*a, *a) == 0


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres():
    assert distance_m(30, 120, 31, 120) == pytest.approx(111_195, abs=1)


def test_antipodes_are_half_the_earth_apart():
    assert distance_m(0, 0, 0, 180) == pytest.approx(20_015_115, abs=1)


@pytest.mark.parametrize("convert", [to_wgs84, from_wgs84])
def test_an_unknown_datum_is_refused_with_the_known_ones(convert):
    with pytest.raises(ValueError, match="WGS84, GCJ02 or BD09"):
        convert(39.9, 116.4, "MARS")


@pytest.mark.parametrize("convert", [to_wgs84, from_wgs84])
@pytest.mark.parametrize("point", [(116.4, 39.9), (90.01, 0), (0, -180.01), (float("nan"), 116)])
def test_latitude_and_longitude_swapped_are_refused(convert, point):
    with pytest.raises(ValueError, match="latitude, then longitude"):
        convert(*point, "GCJ02")
