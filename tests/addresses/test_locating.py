"""Buildings asked of an online geocoder: what leaves the house, what is kept, and how often it may be asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from geopy.adapters import BaseSyncAdapter

from fieldops import jobs
from fieldops.addresses import locating, queries
from fieldops.addresses.intake import defer_judging
from fieldops.addresses.models import Address, AddressPoint, GeocodeAnswer, GeocoderDay
from fieldops.audit import AuditEntry
from fieldops.errors import SettingsError
from fieldops.geocoding import online_geocoder
from tests.conftest import make_settings
from tests.makers import make_case, make_point

HOME = "北京市房山区拱辰街道首开东里{}号楼2单元502室"


def amap_reply(**changes):
    place = {"formatted_address": "北京市房山区", "city": "北京市", "level": "门牌号", "location": "116.146,39.741"}
    return {"status": "1", "infocode": "10000", "info": "OK", "count": "1", "geocodes": [place | changes]}


class Office:
    """A house that asks Amap, and the wire it asks over."""

    def __init__(self, house, *, daily=100):
        settings = replace(house.settings, geocoder="amap", geocoder_key="key", geocoder_daily_calls=daily)
        self.house = replace(house, settings=settings)
        self.asked, self.waited = [], []

    def geocode(self, *replies):
        left, asked = list(replies), self.asked

        class Wire(BaseSyncAdapter):
            def get_json(self, url, *, timeout, headers):
                asked.append(parse_qs(urlsplit(url).query))
                return left.pop(0) if len(left) > 1 else left[0]

            def get_text(self, url, *, timeout, headers):
                raise AssertionError("these services are asked for JSON")

        geocoder = online_geocoder("amap", "key", adapter_factory=Wire)
        return locating.geocode_pending(self.house, geocoder=geocoder, wait=self.waited.append)

    def point(self, raw):
        with self.house.transaction() as session:
            address = session.scalars(sa.select(Address).filter_by(raw=raw)).one()
            return queries.points_for(session, [address])[address.id]

    def answers(self):
        with self.house.transaction() as session:
            return [row.outcome for row in session.scalars(sa.select(GeocodeAnswer).order_by(GeocodeAnswer.asked_at))]


@pytest.fixture
def office(house):
    with house.transaction() as session:
        make_case(session, addresses={"HOME": HOME.format(7)})
    return Office(house)


def test_only_the_address_up_to_the_building_leaves_the_house(office):
    assert office.geocode(amap_reply()) == 1
    (asked,) = office.asked
    assert asked == {
        "key": ["key"],
        "output": ["JSON"],
        "address": ["北京市房山区拱辰街道首开东里7号楼"],
        "city": ["北京市"],
    }


def test_an_answer_becomes_the_point_of_every_flat_of_the_building(office):
    with office.house.transaction() as session:
        make_case(session, addresses={"HOME": HOME.format(7).replace("502", "503")})
    assert office.geocode(amap_reply()) == 1
    for flat in ("502", "503"):
        point = office.point(HOME.format(7).replace("502", flat))
        assert (point.precision, point.source, point.codes, point.datum_given) == ("ROOFTOP", "AMAP", (), "GCJ02")
        assert (round(point.lat, 2), round(point.lon, 2)) == (39.74, 116.14)


def test_each_call_is_on_the_audit_log_without_the_address(office):
    office.geocode(amap_reply())
    with office.house.transaction() as session:
        (entry,) = session.scalars(sa.select(AuditEntry).filter_by(action="addresses.geocode"))
        assert (entry.actor, entry.detail) == ("geocoding", {"provider": "amap"})


def test_a_building_with_a_point_of_its_own_is_not_asked_for(office):
    with office.house.transaction() as session:
        address = session.scalars(sa.select(Address)).one()
        values = {"lat": 39.7, "lon": 116.1, "precision": "STREET", "datum_given": "WGS84"}
        session.add(
            AddressPoint(site_key=address.site_key, source="GAZETTEER", recorded_at=office.house.clock.now(), **values)
        )
    assert office.geocode(amap_reply()) == 0


def test_an_address_that_is_not_valid_never_leaves_the_house(house):
    with house.transaction() as session:
        make_case(session, addresses={"HOME": "北京市房山区126号", "WORK": "北京市海淀区理工大学"})
    office = Office(house)
    assert office.geocode(amap_reply()) == 0
    assert office.asked == []


def test_an_answer_is_asked_for_again_only_when_it_has_expired(office):
    office.geocode(amap_reply())
    assert office.geocode(amap_reply()) == 0
    office.house.clock.advance(days=179, hours=23)
    assert office.geocode(amap_reply()) == 0
    office.house.clock.advance(hours=1)
    assert office.point(HOME.format(7)).source == "centre"
    assert office.geocode(amap_reply()) == 1


@pytest.mark.parametrize("level", ["区县", "市", "省", "未知", []])
def test_an_answer_no_better_than_a_district_is_no_answer(office, level):
    office.geocode(amap_reply(level=level))
    assert office.answers() == ["UNKNOWN"]
    assert office.point(HOME.format(7)).precision == "DISTRICT"


@pytest.mark.parametrize("elsewhere", [{"city": "上海市"}, {"city": [], "location": "121.47,31.23"}])
def test_a_point_in_another_city_is_refused_and_a_person_hears_of_it(office, elsewhere):
    office.geocode(amap_reply(**elsewhere))
    point = office.point(HOME.format(7))
    assert (office.answers(), point.source, point.codes) == (["CITY_MISMATCH"], "centre", ("GEO_CITY_MISMATCH",))


def test_a_point_of_our_own_overrules_a_doubt(office):
    office.geocode(amap_reply(city="上海市"))
    with office.house.transaction() as session:
        case = make_case(session, addresses={"HOME": HOME.format(7)})
        make_point(session, case)
    with office.house.transaction() as session:
        addresses = list(session.scalars(sa.select(Address)))
        assert {found.codes for found in queries.points_for(session, addresses).values()} == {()}


def test_a_failed_call_is_put_off_an_hour_and_says_so(office):
    assert office.geocode({"status": "0", "infocode": "30001", "info": "ENGINE_RESPONSE_DATA_ERROR"}) == 1
    assert office.point(HOME.format(7)).codes == ("GEO_DEFERRED",)
    office.house.clock.advance(minutes=59)
    assert office.geocode(amap_reply()) == 0
    office.house.clock.advance(minutes=1)
    assert office.geocode(amap_reply()) == 1
    assert office.point(HOME.format(7)).codes == ()


def test_a_place_the_service_does_not_know_is_an_answer_too(office):
    office.geocode({"status": "1", "infocode": "10000", "info": "OK", "count": "0", "geocodes": []})
    assert office.answers() == ["UNKNOWN"]
    assert office.geocode(amap_reply()) == 0


def test_a_used_up_quota_ends_the_day_for_every_process(office):
    with office.house.transaction() as session:
        make_case(session, addresses={"HOME": HOME.format(8)})
    used_up = {"status": "0", "infocode": "10044", "info": "USER_DAILY_QUERY_OVER_LIMIT"}
    assert office.geocode(used_up) == 1
    assert office.geocode(amap_reply()) == 0
    with office.house.transaction() as session:
        (day,) = session.scalars(sa.select(GeocoderDay))
        assert "10044" in day.refused
    office.house.clock.advance(days=1)
    assert office.geocode(amap_reply()) == 2


def test_no_more_calls_a_day_than_the_house_allows(house):
    with house.transaction() as session:
        for number in range(3):
            make_case(session, addresses={"HOME": HOME.format(number + 1)})
    office = Office(house, daily=2)
    assert office.geocode(amap_reply()) == 2
    assert office.geocode(amap_reply()) == 0
    house.clock.advance(days=1)
    assert office.geocode(amap_reply()) == 1


def test_calls_keep_their_distance_across_processes(house):
    with house.transaction() as session:
        for number in range(3):
            make_case(session, addresses={"HOME": HOME.format(number + 1)})
    office = Office(house)
    office.geocode(amap_reply())
    apart = locating.CALLS_APART.total_seconds()
    assert office.waited == pytest.approx([0, apart, 2 * apart])


def test_two_processes_at_once_ask_for_each_building_once(house):
    with house.transaction() as session:
        for number in range(6):
            make_case(session, addresses={"HOME": HOME.format(number + 1)})
    office = Office(house)
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda _: office.geocode(amap_reply()), range(2)))
    assert sum(done) == 6
    assert len({asked["address"][0] for asked in office.asked}) == len(office.asked) == 6


def test_a_call_whose_process_died_is_made_again(office, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(locating, "_ask", killed)
    with pytest.raises(KeyboardInterrupt):
        office.geocode(amap_reply())
    monkeypatch.undo()
    assert (office.answers(), office.point(HOME.format(7)).codes) == (["ASKED"], ("GEO_DEFERRED",))
    assert office.geocode(amap_reply()) == 0
    office.house.clock.advance(seconds=locating.IN_DOUBT_FOR.total_seconds())
    assert office.geocode(amap_reply()) == 1


def test_the_offline_geocoder_makes_no_call(house):
    with house.transaction() as session:
        make_case(session)
    assert locating.geocode_pending(house, wait=pytest.fail) == 0


def test_judged_addresses_are_located_by_a_job_only_where_a_service_is_set_up(office, house, monkeypatch):
    seen = []
    monkeypatch.setattr(locating, "geocode_pending", lambda opened: seen.append(opened.settings.geocoder))
    for opened in (house, office.house):
        with opened.transaction() as session:
            defer_judging(session)
        jobs.work(opened, until_empty=True)
    assert seen == ["amap"]


@pytest.mark.parametrize("said", [{"FIELDOPS_GEOCODER": "google"}, {"FIELDOPS_GEOCODER": "amap"}])
def test_a_geocoder_nobody_knows_or_without_a_key_is_refused_by_name(tmp_path, said):
    with pytest.raises(SettingsError, match="FIELDOPS_GEOCODER"):
        make_settings(tmp_path, **said)
