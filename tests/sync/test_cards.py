"""What a crew's phone shows of a stop: all it needs, and no number or name it must not hold."""

import json
import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from fieldops.addresses.models import Address
from fieldops.agents.models import Crew
from fieldops.audit import Actor
from fieldops.cases.models import Bank, CallRecord, Case
from fieldops.clock import at_local, local
from fieldops.correspondence.models import Letter
from fieldops.datum import distance_m, to_wgs84
from fieldops.personal import HIDDEN
from fieldops.planning.models import DayPlan
from fieldops.policies import service as policies
from fieldops.sync import jobs
from fieldops.sync.cards import MAY_SAY, map_links
from fieldops.sync.rules import OUTSIDE_HOURS
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.planning.makers_of_plans import TOMORROW, make_plan, publish
from tests.sync.acts import card, pay_in_part, report_result, republish, scope_of, sync


def query_of(link):
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


@pytest.mark.parametrize("mode", ["CAR", "EBIKE", "MOTORBIKE", "BIKE", "TRANSIT", "WALK"])
def test_each_map_is_given_the_point_in_its_own_datum(mode):
    lat, lon = 31.2304, 121.4737
    links = map_links(lat, lon, "WF1", mode)
    amap = query_of(links["amap"])
    amap_lon, amap_lat, _ = amap["to"].split(",")
    assert distance_m(lat, lon, *to_wgs84(float(amap_lat), float(amap_lon), "GCJ02")) < 0.2
    baidu = query_of(links["baidu"])
    baidu_lat, baidu_lon = re.match(r"latlng:([\d.]+),([\d.]+)\|", baidu["destination"]).groups()
    assert distance_m(lat, lon, *to_wgs84(float(baidu_lat), float(baidu_lon), "BD09")) < 0.2
    assert (amap["coordinate"], baidu["coord_type"]) == ("gaode", "bd09ll")
    assert distance_m(lat, lon, float(amap_lat), float(amap_lon)) > 200  # unshifted it would lead to another street


def test_a_stop_without_a_point_has_no_links():
    assert map_links(None, None, "WF1", "CAR") == {}


def test_a_card_says_whom_one_may_meet_what_may_be_said_and_when(road):
    (phone, _), _ = road.phones()
    shown = card(phone, road.visit_id)
    assert set(shown["may_meet"]) < set(MAY_SAY) == set(shown["may_say"])
    assert "欠" not in shown["may_say"]["OTHERS"]
    hours = shown["lawful_hours"]
    assert (hours["opens_at"], hours["closes_at"]) == ("2026-11-24T08:00:00+08:00", "2026-11-24T21:00:00+08:00")
    assert hours["planned_within"] is True
    assert query_of(shown["address"]["links"]["amap"])["to"].endswith(shown["no"])


BESIDE_AN_ADDRESS = {  # what a bank has written there, and what of it goes out; None: nothing of the whole text
    " 13812345678": " ****5678",
    "（卡号6222028033561339212）": "（卡号****9212）",
    " 6222 0280 3356 1339 212": " **** 212",
    " 张示范收": " 张**收",
    " 身份证11010519491231002X": " 身份证****002X",
    " 身份证110105 1949 1231 002X": None,
    " 卡号六二二二零二八零三三五六一三三九二一二": None,
}


def test_what_a_bank_has_written_beside_an_address_is_masked_on_the_card(road):
    (phone, _), _ = road.phones()
    door = card(phone, road.visit_id)["address"]["text"]
    for number, (noise, shown) in enumerate(BESIDE_AN_ADDRESS.items(), start=2):
        with road.house.transaction() as session:
            address = session.get_one(Address, session.get_one(Visit, road.visit_id).address_id)
            address.raw = f"{door}{noise}"
        republish(road, {crew: road.visits[crew.id] for crew in road.crews}, number=number)
        sync(road, phone)
        told = card(phone, road.visit_id)["address"]["text"]
        assert told == (HIDDEN if shown is None else f"{door}{shown}")


def test_a_card_tells_of_calls_visits_and_letters_before_without_a_number(road):
    (phone, api), _ = road.phones()
    other = road.visits[road.crew.id][1]
    report_result(road, phone, other)
    sync(road, phone)
    with road.house.transaction() as session:
        (case_id,) = cards_of(session, [road.visit_id])[road.visit_id]
        for minutes, connected in ((30, True), (20, False)):
            session.add(
                CallRecord(
                    case_id=case_id, started_at=road.house.clock.now() - timedelta(minutes=minutes), outbound=True,
                    callee="SELF", connected=connected, result="13800000000 说周五还", row_sha256=bytes(32),
                )
            )  # fmt: skip
    pay_in_part(road, road.visit_id)  # which brings a new card
    sync(road, phone)
    calls = [row for row in card(phone, road.visit_id)["history"] if row["kind"] == "CALL"][:2]
    assert [(row["who"], row["what"]) for row in calls] == [("SELF", "NO_ANSWER"), ("SELF", "CONNECTED")]
    assert "13800000000" not in b"".join(api.answers).decode()


def test_a_visit_made_before_is_in_the_history_of_the_next(road):
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id, "O24", finding=None, person="P00")
    sync(road, phone)
    with road.house.transaction() as session:
        visit = session.get_one(Visit, road.visit_id)
        publish(session, road.house, make_plan(session, {road.crew: [visit]}, number=2))
    sync(road, phone)
    assert all(row["kind"] != "VISIT" for row in card(phone, road.visit_id)["history"])  # a stop not executed is none


@pytest.mark.parametrize(
    ("delivery", "status", "held", "shown"),
    [
        ("HAND_BY_VISIT", "ISSUED_TO_CREW", None, True),
        ("HAND_BY_VISIT", "SEALED", None, True),
        ("HAND_BY_VISIT", "SEALED", "停催", False),
        ("HAND_BY_VISIT", "PRINTED", None, False),
        ("REGISTERED_MAIL", "SEALED", None, False),
    ],
)
def test_letters_to_be_handed_over_are_on_the_card(road, monkeypatch, delivery, status, held, shown):
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        visit = session.get_one(Visit, road.visit_id)
        (case_id,) = cards_of(session, [visit.id])[visit.id]
        session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")  # its template is not here
        session.add(
            Letter(
                letter_no="示范催字第1号", case_id=case_id, debtor_id=visit.debtor_id, bank_id=visit.bank_id,
                address_id=visit.address_id, address_key=visit.address_key, site_key=visit.site_key, template_id=visit.id,
                kind="DUNNING", delivery=delivery, reason="x", status=status, held_reason=held, verdict="PASS",
                policy_edition="x", requested_by="x", requested_at=road.house.clock.now(),
            )
        )  # fmt: skip
    republish(road, {crew: road.visits[crew.id] for crew in road.crews})
    sync(road, phone)
    told = card(phone, road.visit_id)["letters_to_hand"]
    assert told == ([{"letter_no": "示范催字第1号", "kind": "DUNNING"}] if shown else [])


def test_a_letter_that_says_the_old_amount_leaves_the_card_while_its_visit_goes_on(road, monkeypatch):
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        visit = session.get_one(Visit, road.visit_id)
        (case_id,) = cards_of(session, [visit.id])[visit.id]
        session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")  # its template is not here
        letter = Letter(
            letter_no="示范催字第1号", case_id=case_id, debtor_id=visit.debtor_id, bank_id=visit.bank_id,
            address_id=visit.address_id, address_key=visit.address_key, site_key=visit.site_key, template_id=visit.id,
            kind="DUNNING", delivery="HAND_BY_VISIT", reason="x", status="ISSUED_TO_CREW", verdict="PASS",
            policy_edition="x", requested_by="x", requested_at=road.house.clock.now(),
            figures={"balance_fen": visit.amount_fen},
        )  # fmt: skip
        session.add(letter)
    republish(road, {crew: road.visits[crew.id] for crew in road.crews})
    sync(road, phone)
    assert card(phone, road.visit_id)["letters_to_hand"]
    pay_in_part(road, road.visit_id)
    sync(road, phone)
    assert card(phone, road.visit_id)["letters_to_hand"] == []
    with road.house.transaction() as session:
        assert session.get_one(Letter, letter.id).held_reason == "BRING_BACK LR-022"


@pytest.mark.parametrize("of_product", [False, True], ids=["bank", "product"])
def test_the_hours_on_a_card_and_at_the_gate_are_those_of_its_bank_or_its_product(road, of_product):
    (phone, _), _ = road.phones()
    change = {"visit": {"hard_window": {"opens": "08:30", "closes": "19:00"}, "plan_window": {"closes": "19:00"}}}
    with road.house.transaction() as session:
        bank = session.get_one(Bank, session.get_one(Visit, road.visit_id).bank_id)
        own = {"bank": bank.code, "reason": "合同", "change": change}
        if of_product:
            (case_id,) = cards_of(session, [road.visit_id])[road.visit_id]
            own["product"] = session.get_one(Case, case_id).product
        document = {"based_on": "2026-11", "edition": "own", "valid_from": str(TOMORROW), "overrides": [own]}
        policies.draft_policy(session, Actor("a", road.house.clock.now()), document=document, reason="合同")
        policies.activate_edition(session, Actor("b", road.house.clock.now()), "POLICY", "own")
    republish(road, {crew: road.visits[crew.id] for crew in road.crews})
    sync(road, phone)
    hours = card(phone, road.visit_id)["lawful_hours"]
    assert (hours["opens"], hours["closes"], hours["closes_at"][11:16]) == ("08:30", "19:00", "19:00")
    found = []
    for minutes in (19 * 60, 19 * 60 + 1):
        road.house.clock.instant = at_local(TOMORROW, minutes * 60)
        found.append(phone.gate([str(road.visit_id)]))
    assert found == [{}, {str(road.visit_id): OUTSIDE_HOURS}]


def test_a_plan_of_later_days_reaches_the_phones_the_night_before(road):
    (phone, _), _ = road.phones()
    later = TOMORROW + timedelta(days=3)
    with road.house.transaction() as session:
        visits = [session.get_one(Visit, each) for each in road.visits[road.crew.id]]
        session.execute(update(DayPlan).values(status="COMPLETED"))
        publish(session, road.house, make_plan(session, {road.crew: visits}, on_date=later, number=2))
    sync(road, phone)
    assert {stop["on_date"] for stop in phone.stops} <= {str(TOMORROW)}
    road.house.clock.instant = at_local(later - timedelta(days=1), 1200)
    jobs.keep_days(road.house)
    sync(road, phone)
    assert {stop["on_date"] for stop in phone.stops} == {str(later)}
    assert len(phone.stops) == 3
    jobs.keep_days(road.house)  # nothing new
    before = phone.cursor
    sync(road, phone)
    assert (phone.cursor, phone.base) == (before, scope_of(road, phone))


def test_what_lies_two_days_behind_leaves_the_phones_by_an_explicit_remove(road):
    (phone, api), _ = road.phones()
    road.house.clock.instant = at_local(TOMORROW + timedelta(days=1), 1200)
    jobs.keep_days(road.house)
    sync(road, phone)
    assert len(phone.base) == 3
    road.house.clock.instant = at_local(TOMORROW + timedelta(days=2), 1200)
    jobs.keep_days(road.house)
    before = len(api.answers)
    sync(road, phone)
    ops = [op for raw in api.answers[before:] for op in json.loads(raw)["ops"]]
    assert {(op["op"], op["reason"]) for op in ops} == {("remove", "DAY_OVER")}
    assert phone.base == {} == scope_of(road, phone)
    assert local(road.house.clock.now()).date() > date(2026, 11, 24)
    with road.house.transaction() as session:
        assert session.scalars(select(Crew)).all()
