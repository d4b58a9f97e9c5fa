"""Geocoding: offline in its order, online in the real shape of the replies, errors and quota included."""

import pytest
from geopy.adapters import BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeocoderTimedOut, GeocoderUnavailable
from geopy.geocoders.base import Geocoder

from fieldops.datum import distance_m, from_wgs84
from fieldops.geocoding import (
    AmapGeocoder,
    BaiduGeocoder,
    CityMismatchError,
    GeocodingError,
    GeoPoint,
    OfflineGeocoder,
    Precision,
    QuotaError,
    locate,
)
from fieldops.policies.sections import PRECISIONS

SITE = "330106|||文三路|||398|东方明珠花园|5"
DOOR = GeoPoint(30.28, 120.13, Precision.CONFIRMED, "check-in")
LISTED = GeoPoint(30.281, 120.131, Precision.ROOFTOP, "gazetteer", "GCJ02")
CENTRES = {"330106": (30.26, 120.12), "330100": (30.27, 120.15)}


class Replies(BaseSyncAdapter):
    """An adapter that gives its one reply, or fails, and keeps what was asked."""

    failing = None

    def __init__(self, *, proxies, ssl_context):
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self.asked = []

    def get_json(self, url, *, timeout, headers):
        self.asked.append(url)
        if self.failing is not None:
            raise self.failing
        return self.reply

    get_text = get_json  # geopy wants both; the geocoders ask for JSON only


def answering(reply):
    return type("Answering", (Replies,), {"reply": reply})


def amap(reply):
    return AmapGeocoder("key", adapter_factory=answering(reply))


def amap_place(**changes):
    place = {
        "formatted_address": "浙江省杭州市西湖区文三路398号",
        "country": "中国",
        "province": "浙江省",
        "citycode": "0571",
        "city": "杭州市",
        "district": "西湖区",
        "township": [],
        "neighborhood": {"name": [], "type": []},
        "building": {"name": [], "type": []},
        "adcode": "330106",
        "street": "文三路",
        "number": "398号",
        "location": "120.129721,30.276170",
        "level": "门牌号",
    } | changes
    return {"status": "1", "info": "OK", "infocode": "10000", "count": "1", "geocodes": [place]}


def baidu(reply):
    return BaiduGeocoder("key", adapter_factory=answering(reply))


def baidu_place(level="门址", confidence=80, precise=1):
    place = {
        "location": {"lng": 120.136, "lat": 30.282},
        "precise": precise,
        "confidence": confidence,
        "comprehension": 100,
        "level": level,
    }
    return {"status": 0, "result": place}


def offline(confirmed=None, gazetteer=None):
    return OfflineGeocoder(confirmed or {}, gazetteer or {}, CENTRES)


def test_a_confirmed_point_beats_the_gazetteer():
    assert offline({SITE: DOOR}, {SITE: LISTED}).point(SITE, region_code="330106") == DOOR


def test_the_gazetteer_beats_the_centre_of_the_county():
    assert offline(gazetteer={SITE: LISTED}).point(SITE, region_code="330106") == LISTED


def test_without_a_point_the_county_centre_is_only_a_district():
    point = offline().point(SITE, region_code="330106", city_code="330100")
    assert (point.lat, point.lon) == CENTRES["330106"]
    assert point.precision is Precision.DISTRICT


def test_without_a_county_the_city_centre_is_only_a_city():
    assert offline().point(SITE, region_code="330199", city_code="330100").precision is Precision.CITY
    assert offline().point(SITE, region_code="330100").precision is Precision.CITY


def test_a_similar_building_is_never_guessed():
    neighbour = SITE.replace("|5", "|6")
    assert offline(gazetteer={neighbour: LISTED}).point(SITE) is None


def test_an_empty_key_finds_nothing_even_if_the_list_has_one():
    assert offline(gazetteer={"": LISTED}).point("") is None


def test_the_offline_geocoder_is_a_geocoder_of_geopy():
    geocoder = offline({SITE: DOOR})
    assert isinstance(geocoder, Geocoder)
    location = geocoder.geocode({"site_key": SITE})
    assert (location.latitude, location.longitude) == (DOOR.lat, DOOR.lon)
    assert location.raw["point"] == DOOR
    assert geocoder.geocode({"site_key": SITE}, exactly_one=False)[0].raw["point"] == DOOR
    assert geocoder.geocode({"site_key": "other"}) is None


def test_precisions_are_ordered_and_measured_and_the_words_of_the_policies():
    assert tuple(p.name for p in Precision) == PRECISIONS
    assert [p.radius_m for p in Precision] == [30, 50, 200, 300, 1500, 4000, 10000, None, None]
    assert Precision.STREET.is_at_least(Precision.POI)
    assert Precision.POI.is_at_least(Precision.POI)
    assert not Precision.VILLAGE.is_at_least(Precision.POI)


def test_a_point_in_gcj02_is_kept_in_wgs84_with_its_datum():
    given = from_wgs84(30.28, 120.13, "GCJ02")
    point = GeoPoint.given(*given, "GCJ02", Precision.ROOFTOP, "gazetteer")
    assert point.datum_given == "GCJ02"
    assert distance_m(point.lat, point.lon, 30.28, 120.13) < 1e-6


def test_longitude_before_latitude_is_refused():
    with pytest.raises(ValueError, match="latitude, then longitude"):
        GeoPoint(120.13, 30.28, Precision.ROOFTOP, "gazetteer")


def test_amap_answers_in_gcj02():
    point = locate(amap(amap_place()), "浙江省杭州市西湖区文三路398号", city="杭州市")
    assert point.precision is Precision.ROOFTOP
    assert point.datum_given == "GCJ02"
    assert distance_m(point.lat, point.lon, 30.276170, 120.129721) > 300


def test_baidu_answers_in_bd09():
    point = locate(baidu(baidu_place()), "浙江省杭州市西湖区文三路398号", city="杭州市")
    assert point.precision is Precision.ROOFTOP
    assert point.datum_given == "BD09"
    assert distance_m(point.lat, point.lon, 30.282, 120.136) > 700


def test_a_call_carries_the_address_the_city_and_the_key():
    geocoder = amap(amap_place())
    locate(geocoder, "文三路398号", city="杭州市")
    (url,) = geocoder.adapter.asked
    assert url.startswith("https://restapi.amap.com/v3/geocode/geo?")
    assert "city=%E6%9D%AD%E5%B7%9E%E5%B8%82" in url
    assert "key=key" in url
    geocoder = baidu(baidu_place())
    locate(geocoder, "文三路398号", city="杭州市")
    (url,) = geocoder.adapter.asked
    assert "/geocoding/v3/" in url
    assert "city=" in url


@pytest.mark.parametrize(
    ("level", "precision"),
    [
        ("门牌号", Precision.ROOFTOP),
        ("道路", Precision.STREET),
        ("兴趣点", Precision.POI),
        ("村庄", Precision.VILLAGE),
        ("乡镇", Precision.TOWN),
        ("区县", Precision.DISTRICT),
        ("市", Precision.CITY),
        ("省", Precision.NONE),
        ([], Precision.NONE),
        ("从未见过", Precision.NONE),
    ],
)
def test_amap_is_believed_as_far_as_its_level_goes(level, precision):
    assert locate(amap(amap_place(level=level)), "文三路398号", city="杭州市").precision is precision


@pytest.mark.parametrize(
    ("level", "confidence", "precise", "precision"),
    [
        ("门址", 70, 0, Precision.ROOFTOP),
        ("门址", 69, 1, Precision.ROOFTOP),
        ("门址", 69, 0, Precision.STREET),
        ("地产小区", 80, 1, Precision.POI),
        ("区县", 80, 0, Precision.DISTRICT),
        ("UNKNOWN", 80, 1, Precision.NONE),
        ("", 80, 1, Precision.NONE),
    ],
)
def test_baidu_is_believed_as_far_as_its_level_and_confidence_go(level, confidence, precise, precision):
    assert locate(baidu(baidu_place(level, confidence, precise)), "文三路398号", city="杭州市").precision is precision


def test_a_point_in_another_city_is_refused():
    with pytest.raises(CityMismatchError, match="宁波市"):
        locate(amap(amap_place(city="宁波市")), "文三路398号", city="杭州市")


def test_an_empty_city_in_the_reply_is_no_contradiction():
    assert locate(amap(amap_place(city=[])), "文三路398号", city="北京市")


def test_a_city_without_its_suffix_is_the_same_city():
    assert locate(amap(amap_place(city="杭州")), "文三路398号", city="杭州市")


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "1", "info": "OK", "infocode": "10000", "count": "0", "geocodes": []},
        amap_place(location=[]),
    ],
)
def test_amap_without_a_place_is_no_point(reply):
    assert locate(amap(reply), "文三路398号", city="杭州市") is None


def test_baidu_without_a_place_is_no_point():
    assert locate(baidu({"status": 0, "result": []}), "文三路398号", city="杭州市") is None


@pytest.mark.parametrize("infocode", ["10003", "10044", "10001", "10009"])
def test_a_used_up_quota_or_refused_key_of_amap_stops_the_day(infocode):
    with pytest.raises(QuotaError, match=infocode):
        locate(amap({"status": "0", "info": "SOME_REASON", "infocode": infocode}), "文三路398号", city="杭州市")


@pytest.mark.parametrize("status", [4, 200, 302])
def test_a_used_up_quota_or_refused_key_of_baidu_stops_the_day(status):
    with pytest.raises(QuotaError):
        locate(baidu({"status": status, "message": "no"}), "文三路398号", city="杭州市")


@pytest.mark.parametrize("infocode", ["20000", "30001"])
def test_other_errors_of_amap_may_be_tried_again(infocode):
    with pytest.raises(GeocodingError, match="asked again") as caught:
        locate(amap({"status": "0", "info": "ENGINE", "infocode": infocode}), "文三路398号", city="杭州市")
    assert not isinstance(caught.value, QuotaError)


@pytest.mark.parametrize(
    "reply",
    [[], "busy", {"status": "1", "geocodes": [{"location": "here"}]}, amap_place(location="200.0,100.0")],
)
def test_a_reply_of_another_shape_from_amap_is_an_error_that_may_pass(reply):
    with pytest.raises(GeocodingError, match="shape"):
        locate(amap(reply), "文三路398号", city="杭州市")


@pytest.mark.parametrize(
    "reply",
    [[], {"status": 0, "result": {"location": {}}}, {"status": 0, "result": {"location": {"lng": "a", "lat": "b"}}}],
)
def test_a_reply_of_another_shape_from_baidu_is_an_error_that_may_pass(reply):
    with pytest.raises(GeocodingError, match="shape"):
        locate(baidu(reply), "文三路398号", city="杭州市")


@pytest.mark.parametrize("geocoder", [amap, baidu])
@pytest.mark.parametrize("error", [GeocoderTimedOut("slow"), GeocoderUnavailable("down"), GeocoderParseError("html")])
def test_a_service_that_cannot_be_reached_may_be_asked_again(geocoder, error):
    broken = geocoder({})
    broken.adapter.failing = error
    with pytest.raises(GeocodingError, match="asked again"):
        locate(broken, "文三路398号", city="杭州市")


def test_several_places_come_back_as_a_list_if_asked():
    reply = amap_place()
    reply["geocodes"] *= 2
    assert len(amap(reply).geocode("文三路398号", exactly_one=False)) == 2
    assert len(baidu(baidu_place()).geocode("文三路398号", exactly_one=False)) == 1
