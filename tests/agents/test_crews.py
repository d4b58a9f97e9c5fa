"""Crew lists into crews, agents and members; who goes out on a day."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from fieldops.agents import places, queries
from fieldops.agents.models import Agent, Crew, CrewMember, PastMember
from fieldops.clock import local_date
from fieldops.datum import distance_m, from_wgs84
from fieldops.imports.service import error_file
from tests.bank_files import take_in

CREW = {
    "小组编号": "C001",
    "成员一": "袁轩",
    "成员二": "孙轩",
    "出发经度": "116.424341",
    "出发纬度": "39.832028",
    "坐标系": "GCJ02",
    "上班": "09:00",
    "下班": "19:00",
    "交通方式": "汽车",
    "录音设备": "DV0001",
}


LUNCH = {"休息最早": "11:30", "休息最晚": "13:30", "休息分钟": "45"}
DEPOT = {"收工经度": "116.391275", "收工纬度": "39.907217"}


def only(house, table):
    with house.transaction() as session:
        return session.scalars(sa.select(table)).one()


def members(house, code="C001"):
    with house.transaction() as session:
        crew = session.scalars(sa.select(Crew).filter_by(code=code)).one()
        return [(agent.code, agent.name) for agent in queries.members_by_crew(session, [crew.id])[crew.id]]


def counts(summary):
    return summary.created, summary.changed, summary.unchanged, summary.errors


def test_a_crew_starts_at_its_point_in_wgs84(house):
    assert counts(take_in(house, "crews", [CREW])) == (1, 0, 0, 0)
    crew = only(house, Crew)
    lat, lon = from_wgs84(crew.start_lat, crew.start_lon, "GCJ02")
    assert distance_m(lat, lon, 39.832028, 116.424341) < 0.01
    assert distance_m(crew.start_lat, crew.start_lon, 39.832028, 116.424341) > 200
    assert (crew.shift_start_s, crew.shift_end_s, crew.mode, crew.recorder_serial) == (32_400, 68_400, "CAR", "DV0001")


def test_an_agent_is_a_place_in_a_crew_since_names_repeat(house):
    take_in(house, "crews", [CREW, {**CREW, "小组编号": "C002", "成员二": None, "录音设备": None}])
    assert members(house) == [("C001-1", "袁轩"), ("C001-2", "孙轩")]
    assert members(house, "C002") == [("C002-1", "袁轩")]


def test_the_same_list_twice_changes_nothing_and_a_changed_row_changes_its_crew(house):
    take_in(house, "crews", [CREW])
    first = only(house, Crew)
    assert counts(take_in(house, "crews", [CREW])) == (0, 0, 1, 0)
    assert only(house, Crew).version == 1
    assert counts(take_in(house, "crews", [{**CREW, "下班": "20:00"}])) == (0, 1, 0, 0)
    assert counts(take_in(house, "crews", [{**CREW, "下班": "20:00", "成员二": "唐子"}])) == (0, 1, 0, 0)
    crew = only(house, Crew)
    assert (crew.id, crew.version, crew.shift_end_s) == (first.id, 3, 72_000)
    assert members(house) == [("C001-1", "袁轩"), ("C001-2", "唐子")]


def test_a_member_who_leaves_stays_on_record_inactive_and_may_come_back(house):
    take_in(house, "crews", [CREW])
    take_in(house, "crews", [{**CREW, "成员二": None}])
    assert members(house) == [("C001-1", "袁轩")]
    with house.transaction() as session:
        assert dict(session.execute(sa.select(Agent.code, Agent.active)).all()) == {"C001-1": True, "C001-2": False}
    take_in(house, "crews", [CREW])
    assert members(house) == [("C001-1", "袁轩"), ("C001-2", "孙轩")]
    with house.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CrewMember)) == 2
        assert all(session.scalars(sa.select(Agent.active)))


def test_a_crew_may_have_a_break_in_its_day_and_end_it_elsewhere(house):
    assert counts(take_in(house, "crews", [{**CREW, **LUNCH, **DEPOT}])) == (1, 0, 0, 0)
    crew = only(house, Crew)
    assert (crew.break_from_s, crew.break_until_s, crew.break_s) == (41_400, 48_600, 2_700)
    lat, lon = from_wgs84(crew.end_lat, crew.end_lon, "GCJ02")
    assert distance_m(lat, lon, 39.907217, 116.391275) < 0.01
    assert counts(take_in(house, "crews", [{**CREW, **LUNCH, **DEPOT}])) == (0, 0, 1, 0)
    assert counts(take_in(house, "crews", [{**CREW, **LUNCH}])) == (0, 1, 0, 0)
    assert counts(take_in(house, "crews", [{**CREW, **LUNCH, "休息分钟": "60"}])) == (0, 1, 0, 0)
    crew = only(house, Crew)
    assert (crew.end_lat, crew.end_lon, crew.break_s) == (None, None, 3_600)
    assert counts(take_in(house, "crews", [CREW])) == (0, 1, 0, 0)
    crew = only(house, Crew)
    assert (crew.break_from_s, crew.break_until_s, crew.break_s) == (None, None, None)


def test_a_break_may_fill_its_window_and_touch_both_ends_of_the_shift(house):
    whole_shift = {"休息最早": "09:00", "休息最晚": "19:00", "休息分钟": "600"}
    assert counts(take_in(house, "crews", [{**CREW, **whole_shift}])) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"end_lat": 39.9},
        {"break_s": 60},
        {"break_from_s": 40_000, "break_until_s": 41_000, "break_s": 1_001},
        {"break_from_s": 40_000, "break_until_s": 41_000, "break_s": 0},
        {"break_from_s": 32_399, "break_until_s": 41_000, "break_s": 60},
        {"break_from_s": 40_000, "break_until_s": 68_401, "break_s": 60},
    ],
)
def test_the_record_itself_holds_no_day_that_cannot_be_meant(house, changes):
    take_in(house, "crews", [CREW])
    with pytest.raises(IntegrityError), house.transaction() as session:
        session.execute(sa.update(Crew).values(**changes))


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"收工经度": "39.90", "收工纬度": "116.39"}, "swapped"),
        ({"收工经度": "116.39"}, "give 收工经度 and 收工纬度, or neither"),
        ({"收工纬度": "39.90"}, "give 收工经度 and 收工纬度, or neither"),
        ({**LUNCH, "休息分钟": None}, "give 休息最早, 休息最晚 and 休息分钟, or none"),
        ({"休息分钟": "45"}, "give 休息最早, 休息最晚 and 休息分钟, or none"),
        ({**LUNCH, "休息分钟": "-45"}, "not a whole number of 0 or more"),
        ({**LUNCH, "休息分钟": "45.5"}, "not a whole number of 0 or more"),
        ({**LUNCH, "休息分钟": "0"}, "give at least 1"),
        ({**LUNCH, "休息分钟": "121"}, "shorten 休息分钟 or widen"),
        ({**LUNCH, "休息最晚": "11:30"}, "not after 休息最早"),
        ({**LUNCH, "休息最早": "午后"}, "not a time of day"),
        ({**LUNCH, "休息最早": "08:30"}, "between 上班 and 下班"),
        ({**LUNCH, "休息最晚": "19:30"}, "between 上班 and 下班"),
        ({**LUNCH, "上班": "14:00"}, "between 上班 and 下班"),
        ({"出发经度": "39.83", "出发纬度": "116.42"}, "swapped"),
        ({"坐标系": "CGCS"}, "use one of WGS84"),
        ({"下班": "09:00"}, "not after"),
        ({"上班": "25:00"}, "not a time of day"),
        ({"交通方式": "飞机"}, "use one of 汽车"),
        ({"成员一": None}, "is blank"),
    ],
)
def test_a_crew_that_cannot_be_meant_is_listed(house, change, mend):
    summary = take_in(house, "crews", [{**CREW, **change}, {**CREW, "小组编号": "C002"}])
    assert counts(summary) == (1, 0, 0, 1)
    assert mend in error_file(house, summary.import_id)


def test_the_crews_of_a_day_are_those_whose_time_it_is(house):
    bounds = [(None, None), ("2026-11-24", None), (None, "2026-11-23"), ("2026-11-24", "2026-11-24")]
    rows = [{**CREW, "小组编号": f"C{n}", "启用日期": start, "停用日期": end} for n, (start, end) in enumerate(bounds)]
    take_in(house, "crews", rows)
    with house.transaction() as session:
        session.add(Crew(code="C9", start_lat=1, start_lon=1, shift_start_s=0, shift_end_s=1, mode="CAR", active=False))
        session.flush()
        on = {day: [crew.code for crew in queries.crews_on(session, date(2026, 11, day))] for day in (23, 24, 25)}
    assert on == {23: ["C0", "C2"], 24: ["C0", "C1", "C3"], 25: ["C0", "C1"]}


def test_crews_are_listed_over_http_with_their_members(house, client_as):
    take_in(house, "crews", [{**CREW, **LUNCH}, {**CREW, "小组编号": "C002", "停用日期": "2026-11-01"}])
    supervisor = client_as("SUPERVISOR")
    assert [crew["code"] for crew in supervisor.get("/api/v1/crews").json] == ["C001", "C002"]
    (crew,) = supervisor.get("/api/v1/crews?on_date=2026-11-24").json
    assert [(member["code"], member["name"]) for member in crew["members"]] == [("C001-1", "袁轩"), ("C001-2", "孙轩")]
    assert (crew["break_from_s"], crew["break_until_s"], crew["break_s"]) == (41_400, 48_600, 2_700)
    assert (crew["end_lat"], crew["end_lon"]) == (None, None)
    assert client_as("FIELD_AGENT").get("/api/v1/crews").status_code == 403


def test_a_crew_and_an_agent_are_found_by_each_other(house):
    take_in(house, "crews", [CREW])
    with house.transaction() as session:
        (agent,) = session.scalars(sa.select(Agent).filter_by(code="C001-2"))
        crew = queries.crew_of_agent(session, agent.id)
        assert queries.crew_by_id(session, crew.id).code == "C001"


def test_who_has_left_a_crew_stays_on_record_with_the_days_they_were_of_it(house):
    take_in(house, "crews", [CREW])
    joined_at = house.clock.now()
    house.clock.advance(days=2)
    take_in(house, "crews", [{**CREW, "成员二": None}])
    left = only(house, PastMember)
    assert (left.since_at, left.left_at) == (joined_at, house.clock.now())
    with house.transaction() as session:
        (leader,) = session.scalars(sa.select(CrewMember.agent_id))
        beside = {
            days: places.crewmates_on(session, leader, local_date(joined_at + timedelta(days=days)))
            for days in (-1, 0, 2, 3)
        }
    both = frozenset({leader, left.agent_id})
    assert beside == {-1: frozenset({leader}), 0: both, 2: both, 3: frozenset({leader})}
