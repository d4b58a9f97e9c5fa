"""Where an address is: which point is believed, and which is doubted."""

from fieldops.addresses.divisions import divisions
from fieldops.addresses.points import geocoder, is_of_another_city, located
from fieldops.geocoding import GeoPoint, Precision

FANGSHAN, HUANGPU = "110111", "310101"
SITE = "a building"


def _point(lat, lon, source="GAZETTEER"):
    return GeoPoint(lat, lon, Precision.ROOFTOP, source)


def test_a_confirmed_point_is_believed_before_the_gazetteer():
    known = geocoder({SITE: _point(39.74, 116.14, "CONFIRMED")}, {SITE: _point(39.75, 116.15)})
    assert located(known, SITE, FANGSHAN).source == "CONFIRMED"


def test_without_a_point_the_centre_of_the_county_is_good_for_its_district_only():
    found = located(geocoder({}, {}), SITE, FANGSHAN)
    assert (found.precision, round(found.lat), round(found.lon)) == ("DISTRICT", 40, 116)


def test_a_point_says_in_which_datum_it_was_given():
    given = GeoPoint.given(39.74, 116.14, "BD09", Precision.ROOFTOP, "GAZETTEER")
    found = located(geocoder({}, {SITE: given}), SITE, FANGSHAN)
    assert (found.lat, found.lon, found.datum_given) == (given.lat, given.lon, "BD09")


def test_the_centre_of_a_county_is_given_as_it_is_kept():
    found = located(geocoder({}, {}), SITE, FANGSHAN)
    assert (found.lat, found.lon) == divisions().centre(FANGSHAN)


def test_a_doubt_about_the_building_is_heard_only_where_no_point_of_its_own_is_known():
    assert located(geocoder({}, {}), SITE, FANGSHAN, "GEO_DEFERRED").codes == ("GEO_DEFERRED",)
    assert located(geocoder({}, {SITE: _point(39.74, 116.14)}), SITE, FANGSHAN, "GEO_DEFERRED").codes == ()


def test_an_address_without_county_and_point_is_nowhere():
    assert located(geocoder({}, {}), SITE, None) is None


def test_a_point_in_another_city_is_doubted_not_dropped():
    known = geocoder({}, {SITE: _point(31.23, 121.48)})
    assert located(known, SITE, FANGSHAN).codes == ("GEO_CITY_MISMATCH",)
    assert located(known, SITE, HUANGPU).codes == ()


def test_a_far_corner_of_a_large_county_is_still_of_its_city():
    labagoumen = (40.90, 116.60)  # the north of 怀柔, 60 km from its centre and near 河北
    assert not is_of_another_city(*labagoumen, "110116")


def test_a_county_nobody_knows_is_not_doubted():
    assert not is_of_another_city(31.23, 121.48, "999999")
