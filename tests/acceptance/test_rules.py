"""The acceptance scenarios that are about rules, by their number in the domain reference (§9)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from fieldops.addresses import queries as addresses
from fieldops.addresses import service as registers
from fieldops.app import register_handlers
from fieldops.batching.service import make_batches
from fieldops.cases.models import SpecialStatus
from fieldops.correspondence.facts import ExaminedFact
from fieldops.datum import distance_m, to_wgs84
from fieldops.errors import NotAllowed
from fieldops.policies.catalogue import Stage
from fieldops.visits.approval import approve_visit
from fieldops.visits.facts import PositionFact
from fieldops.visits.files import read_files
from fieldops.visits.models import VisitDecision
from tests.correspondence.fact_makers import a_letter, a_template, letter_facts
from tests.correspondence.fact_makers import weigh as weigh_letter
from tests.makers import make_call, make_case, make_debtor, make_point
from tests.visits.fact_makers import (
    PASSED,
    RECORDED,
    REJECTED,
    REVIEWED,
    WARNED,
    a_call,
    a_case,
    a_crew,
    a_member,
    a_slot,
    an_address,
    at,
    calls_policy_with,
    policy_with,
    visit_facts,
    weigh,
)
from tests.visits.makers_of_visits import ask_for, make_approved_visit, make_good_case, requester, supervisor

TOMORROW = date(2026, 11, 24)


@pytest.fixture
def session(house):
    register_handlers()
    with house.transaction() as opened:
        yield opened


def findings(session, outcome):
    """The findings of a request by code."""
    kept = session.scalars(select(VisitDecision).filter_by(visit_id=outcome.visit_id)).all()
    return {each["code"]: each for each in kept[-1].findings}


def address_of(session, raw, house):
    """What the rules look at of an address as a case file gives it."""
    case = make_case(session, addresses={"HOME": raw})
    (found,) = read_files(session, [case.id], at=house.clock.now()).addresses[case.id]
    return found.fact


def test_1_a_recorded_call_comes_before_a_request(session, house):
    never = make_good_case(session, called=False)
    assert "VR-010" in ask_for(session, house, never).codes

    unrecorded = make_good_case(session, called=False)
    make_call(session, unrecorded, recording_id=None)
    assert ask_for(session, house, unrecorded).status == "REJECTED"

    too_late = make_good_case(session, called=False)
    make_call(session, too_late, started_at=house.clock.now() + timedelta(seconds=1))
    assert ask_for(session, house, too_late).status == "REJECTED"

    unanswered = make_good_case(session, called=False)
    make_call(session, unanswered, connected=False)
    outcome = ask_for(session, house, unanswered)
    assert (outcome.status, outcome.verdict, outcome.codes) == ("PENDING_REVIEW", "PASS", ["VR-011"])

    facts = visit_facts(calls=(a_call(connected=False),))
    assert weigh("VR-010", facts, calls_policy_with(must_connect=True)) == REJECTED


def test_2_balances_at_the_edges(session, house):
    for fen, status in ((499_999, "REJECTED"), (500_000, "PENDING_REVIEW"), (500_001, "PENDING_REVIEW")):
        outcome = ask_for(session, house, make_good_case(session, balance_fen=fen))
        assert (outcome.status, "VR-020" in outcome.codes) == (status, status == "REJECTED"), fen
    for fen, by_mail in ((99_999, REJECTED), (100_000, REJECTED), (100_001, PASSED)):
        facts = letter_facts(cases=(a_case(balance_fen=fen),))
        assert weigh_letter("LR-020", facts) == by_mail
    by_hand = letter_facts(cases=(a_case(balance_fen=100_000),), letter=a_letter(delivery="HAND_BY_VISIT"))
    assert weigh_letter("LR-020", by_hand) == PASSED


def test_3_two_cards_count_together_where_the_policy_says_so(session, house):
    debtor = make_debtor(session)
    home = {"HOME": "北京市房山区拱辰街道首开东里77号楼2单元502室"}
    one, two = (make_good_case(session, debtor=debtor, addresses=home, balance_fen=fen) for fen in (300_000, 250_000))
    outcome = ask_for(session, house, one, two)
    assert (outcome.status, outcome.verdict) == ("PENDING_REVIEW", "PASS")
    cards = (a_case("case/1", balance_fen=300_000), a_case("case/2", balance_fen=250_000))
    calls = (a_call(), a_call("call/2", case_ref="case/2"))
    assert weigh("VR-020", visit_facts(cases=cards, calls=calls)) == PASSED
    assert weigh("VR-020", visit_facts(cases=cards, calls=calls), policy_with(sum_cards=False)) == REJECTED


def test_4_an_address_proved_dead_in_an_older_case_stops_the_same_flat_written_otherwise(session, house):
    debtor = make_debtor(session)
    old = make_good_case(session, debtor=debtor, addresses={"HOME": "北京市房山区拱辰街道首开东里13号楼4单元1002室"})
    given = read_files(session, [old.id], at=house.clock.now()).addresses[old.id][0]
    registers.invalidate_address(
        session, supervisor(house), address=addresses.address_by_id(session, given.id), scope="DEBTOR", channel="ALL",
        reason="NO_SUCH_PERSON", code="A08", evidence_kind="VISIT_RESULT", evidence_id="WF20260000001",
    )  # fmt: skip
    session.flush()
    new = make_case(session, debtor=debtor, addresses={"HOME": "北京市房山区拱辰街道首开东里１３号楼４单元１００２室"})
    outcome = ask_for(session, house, new)
    assert outcome.status == "REJECTED"
    said = findings(session, outcome)["VR-030"]
    assert "VISIT_RESULT:WF20260000001" in said["message_en"]
    assert said["used"][1]["ref"].startswith("address_block:")


def test_5_broad_and_sensitive_places(session, house):
    broad, whole = (
        address_of(session, raw, house)
        for raw in ("上海市徐汇区交通大学", "上海市徐汇区华山路1954号交通大学3号宿舍楼502室")
    )
    assert weigh("VR-031", visit_facts(address=broad)) == REJECTED
    assert weigh_letter("LR-033", letter_facts(address=broad)) == REJECTED
    assert weigh("VR-031", visit_facts(address=whole)) == PASSED
    assert weigh("VR-031", visit_facts(address=address_of(session, "上海市人才中心", house))) == REJECTED

    road, court, home = (
        address_of(session, raw, house)
        for raw in ("上海市徐汇区法院路12号", "上海市徐汇区人民法院", "上海市徐汇区漕溪路20号法院家属院3栋501室")
    )
    assert weigh_letter("LR-034", letter_facts(address=road)) == PASSED
    assert weigh_letter("LR-034", letter_facts(address=court)) == REJECTED
    assert weigh("VR-033", visit_facts(address=court)) == REVIEWED
    assert weigh_letter("LR-034", letter_facts(address=home)) == PASSED
    assert weigh("VR-033", visit_facts(address=home)) == PASSED


@pytest.mark.parametrize("raw", ["上海市徐汇区12号", "上海市徐汇区人民路502室"])
def test_6_an_address_with_a_part_missing_takes_no_letter_and_a_visit_needs_a_person(session, house, raw):
    address = address_of(session, raw, house)
    assert weigh_letter("LR-030", letter_facts(address=address)) == REJECTED
    assert weigh("VR-032", visit_facts(address=address)) == REVIEWED


@pytest.mark.parametrize(("proof", "status"), [("COMPLETE", "REJECTED"), ("CLAIMED", "PENDING_REVIEW")])
def test_7_fraud_proven_rejects_and_fraud_claimed_goes_to_a_person(session, house, proof, status):
    case = make_good_case(session)
    told = {"kind": "FRAUD", "proof": proof, "from_on": date(2026, 11, 1)}
    session.add(SpecialStatus(debtor_id=case.debtor_id, case_id=case.id, **told))
    session.flush()
    outcome = ask_for(session, house, case)
    assert (outcome.status, outcome.codes) == (status, ["VR-040" if proof == "COMPLETE" else "VR-041"])


def test_10_a_case_that_ends_tomorrow_is_not_planned_for_the_day_after(session, house):
    visit = make_approved_visit(session, house, make_good_case(session, expiry_on=TOMORROW))
    left = make_batches(session, supervisor(house), on_date=TOMORROW + timedelta(days=1))["left"]
    assert [(each.reason, each.codes) for each in left] == [("OUT_OF_TIME", ("VR-002",))]
    assert visit.status == "APPROVED"
    assert make_batches(session, supervisor(house), on_date=TOMORROW)["batched"] == 1


def test_12_the_home_comes_before_the_workplace_unless_the_workplace_was_confirmed_by_phone(session, house):
    places = {"HOME": "北京市房山区拱辰街道首开东里5号楼2单元502室", "WORK": "北京市海淀区学院路5号3号楼202室"}
    case = make_case(session, addresses=places)
    make_point(session, case, "HOME")
    work = make_point(session, case, "WORK", lat=39.99, lon=116.35)
    outcome = ask_for(session, house, case, address_id=work.id)
    assert (outcome.verdict, "VR-037" in outcome.codes) == ("REVIEW", True)
    assert findings(session, outcome)["VR-037"]["message_en"].startswith("Visit the HOME address first")

    sure = make_case(session, addresses=places)
    make_point(session, sure, "HOME")
    work = make_point(session, sure, "WORK", lat=39.99, lon=116.35)
    work.phone_confirmed_at = datetime(2026, 11, 20, tzinfo=UTC)
    session.flush()
    outcome = ask_for(session, house, sure, address_id=work.id)
    assert (outcome.verdict, "VR-037" in outcome.codes) == ("PASS", False)


def test_13_crew_recorder_and_hour_before_publishing():
    alone = visit_facts(crew=a_crew(a_member()))
    assert weigh("VR-080", alone, stage=Stage.PUBLISH) == REJECTED
    unregistered = visit_facts(crew=a_crew(registered=False))
    assert weigh("VR-082", unregistered, stage=Stage.PUBLISH) == REJECTED
    late = visit_facts(slot=a_slot(at(24, 21, 5), at(24, 21, 25)))
    assert weigh("VR-070", late, stage=Stage.PUBLISH) == REJECTED
    exactly = visit_facts(slot=a_slot(at(24, 20, 40), at(24, 21)))
    assert weigh("VR-070", exactly, stage=Stage.PUBLISH) == PASSED


def test_14_a_check_in_is_compared_in_one_datum():
    address_gcj02, phone_wgs84 = (39.915, 116.404), to_wgs84(39.915, 116.404, "GCJ02")
    naive = distance_m(*address_gcj02, *phone_wgs84)
    converted = distance_m(*to_wgs84(*address_gcj02, "GCJ02"), *phone_wgs84)
    assert (naive > 300, converted) == (True, pytest.approx(0, abs=0.1))
    for metres, found in ((250, PASSED), (300, PASSED), (301, WARNED), (500, WARNED), (1000, WARNED), (1500, REVIEWED)):
        position = PositionFact(ref="p", recorded_at=RECORDED, distance_m=metres, accuracy_m=10, precision_m=50)
        assert weigh("VR-084", visit_facts(position=position), stage=Stage.CHECK_IN) == found, metres


def test_18_a_template_without_a_way_to_object_or_with_a_whole_number_writes_no_letter():
    def examined(code):
        return letter_facts(template=a_template(findings=(ExaminedFact(code=code, text="x", needs_person=False),)))

    assert weigh_letter("LR-041", examined("DISCLOSURE_OBJECT")) == REJECTED
    whole_number = letter_facts(letter=a_letter(full_numbers=1))
    assert weigh_letter("LR-043", whole_number, stage=Stage.PRINT) == REJECTED


def test_22_nobody_approves_their_own_request(session, house):
    case = make_good_case(session)
    both = replace(requester(house), roles=frozenset({"SUPERVISOR", "PHONE_COLLECTOR"}))
    outcome = ask_for(session, house, case)
    with pytest.raises(NotAllowed) as refused:
        approve_visit(session, both, outcome.visit_id)
    assert refused.value.code == "SELF_APPROVAL"
    assert approve_visit(session, supervisor(house), outcome.visit_id)["status"] == "APPROVED"


def test_24_letters_never_go_to_courts_third_parties_or_returned_cases(session, house):
    for raw in ("上海市徐汇区人民法院", "上海市公安局徐汇分局", "上海市静安区上海广播电视台"):
        place = address_of(session, raw, house)
        assert weigh_letter("LR-034", letter_facts(address=place)) == REJECTED, raw
    assert weigh_letter("LR-035", letter_facts(letter=a_letter(recipient="THIRD"))) == REJECTED
    assert weigh_letter("LR-035", letter_facts(address=an_address(belongs_to="THIRD"))) == REJECTED
    assert weigh_letter("LR-001", letter_facts(cases=(a_case(status="RETURNED"),))) == REJECTED


def test_25_an_approval_of_more_than_fifteen_days_cannot_be_batched(session, house):
    fresh, stale = (make_approved_visit(session, house) for _ in range(2))
    fresh.approved_at, stale.approved_at = (house.clock.now() - timedelta(days=days) for days in (14, 15))
    session.flush()
    gathered = make_batches(session, supervisor(house), on_date=TOMORROW)  # the day of the visit counts
    assert gathered["batched"] == 1
    assert [each.codes for each in gathered["left"]] == [("VR-085",)]
    assert (fresh.status, stale.status) == ("BATCHED", "APPROVED")
