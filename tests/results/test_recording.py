"""What a result brings about, on the tables of the house."""

from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.addresses.queries import address_by_id, events_of, register_states, standing_blocks
from fieldops.audit import AuditEntry
from fieldops.cases import queries as cases
from fieldops.cases import service as by_hand
from fieldops.clock import SHANGHAI, at_local
from fieldops.db import uuid7
from fieldops.planning.models import RouteStop
from fieldops.results import service
from fieldops.results.codes import FINDINGS, OUTCOMES, PERSONS
from fieldops.results.models import ResultLine, VisitResult
from fieldops.results.queries import ground_of
from fieldops.results.reporting import report_of
from fieldops.results.rules import faults
from fieldops.results.schemas import ResultIn
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.conftest import a_house
from tests.makers import make_case, make_debtor, make_point
from tests.planning.makers_of_plans import (
    NINE,
    TOMORROW,
    make_batched_visits,
    make_crew,
    make_plan,
    publish,
)
from tests.results.sent import NotSound, a_body, check_in, crew_actor, record, record_body
from tests.road import Road


@pytest.fixture(scope="module")
def module_road(postgres, road_database, shared_app, tmp_path_factory):
    with a_house(postgres, tmp_path_factory.mktemp("results"), template=road_database) as opened:
        yield Road(opened, shared_app)


@pytest.fixture
def house(module_road):
    """The clock is set back to the morning: what a test does to the tables is rolled back as well."""
    module_road.house.clock.instant = at_local(TOMORROW, NINE + 3600)
    return module_road.house


@pytest.fixture
def day(house, module_road):
    """A visit on a published plan, on the morning of its day; nothing of it is kept."""
    session = Session(house.database.engine, expire_on_commit=False)
    session.info["house"] = house
    yield session, session.get_one(Visit, module_road.visit_id)
    session.close()


def stop_of(session, visit):
    return session.scalars(select(RouteStop).filter_by(visit_id=visit.id)).one()


def blocks_of(session, visit):
    return standing_blocks(session, [address_by_id(session, visit.address_id)]).get(visit.address_id, ())


def learned_of(session, visit):
    return events_of(session, [address_by_id(session, visit.address_id)])[visit.address_id]


def state_of(session, visit):
    address = address_by_id(session, visit.address_id)
    return register_states(session, [address], standing_blocks(session, [address]))[address.id]


def a_slot(kind):
    return {"id": str(uuid7()), "kind": kind, "sha256": "0" * 64, "length": 1000}


def tasks_of(session):
    return {task.kind: task for task in session.scalars(select(Task))}


def the_case(session, visit):
    (case_id,) = cards_of(session, [visit.id])[visit.id]
    return case_id


def test_a_check_in_begins_the_visit_and_its_stop(house, day):
    session, visit = day
    check_in(session, house, visit)
    assert (visit.status, stop_of(session, visit).status) == ("IN_PROGRESS", "CHECKED_IN")


def test_a_result_completes_the_visit_and_its_stop(house, day):
    session, visit = day
    result = record(session, house, visit, "O26")
    assert (visit.status, visit.done_at, stop_of(session, visit).status) == ("COMPLETED", house.clock.now(), "DONE")
    assert (result.is_primary, result.number, result.flags, result.distance_m) == (True, 1, [], 11)


def test_a_result_leaves_its_audit_row(house, day):
    session, visit = day
    result = record(session, house, visit)
    rows = session.scalars(select(AuditEntry).filter_by(action="results.record", entity_id=str(visit.id))).all()
    assert [row.detail["result"] for row in rows] == [str(result.id)]


def test_a_visit_nobody_made_goes_back_to_its_batch(house, day):
    session, visit = day
    check_in(session, house, visit)
    result = record(session, house, visit, "O24", finding=None, person="P00")
    assert (visit.status, visit.done_at, stop_of(session, visit).status) == ("BATCHED", None, "SKIPPED")
    assert result.is_primary is False


def test_what_nobody_found_out_teaches_the_address_nothing(house, day):
    session, visit = day
    record(session, house, visit, "O24", finding=None, person="P00")
    assert learned_of(session, visit) == []


def test_a_visit_made_after_an_attempt_that_was_not_is_completed(house, day):
    session, visit = day
    record(session, house, visit, "O24", finding=None, person="P00")
    made = record(session, house, visit, "O26")
    assert (made.is_primary, made.number, visit.status) == (True, 2, "COMPLETED")


def test_a_visit_the_office_broke_off_ends_with_an_aborted_stop(house, day):
    session, visit = day
    check_in(session, house, visit)
    record(session, house, visit, "O25", finding=None)
    assert (visit.status, stop_of(session, visit).status) == ("COMPLETED", "ABORTED")


def test_a_second_result_is_kept_and_changes_nothing(house, day):
    session, visit = day
    record(session, house, visit, "O26")
    second = record(session, house, visit, "O03")
    assert (second.is_primary, second.number, second.flags) == (False, 2, ["SECOND_RESULT"])
    assert cases.promises_by_case(session, [the_case(session, visit)])[the_case(session, visit)] == []
    assert tasks_of(session)["REVIEW_RESULT"].entity_id == second.id


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_REVIEW", "BATCHED", "APPROVED"])
def test_a_visit_made_after_it_was_stopped_is_completed_so_that_nobody_goes_twice(house, day, state):
    session, visit = day
    visit.status = state
    record(session, house, visit, "O26", flags=["AFTER_RECALL"])
    assert (visit.status, visit.done_at) == ("COMPLETED", house.clock.now())


def test_a_visit_made_after_it_was_cancelled_stays_cancelled_and_its_result_is_kept(house, day):
    session, visit = day
    visit.status = "CANCELLED"
    stop_of(session, visit).status = "CANCELLED"
    result = record(session, house, visit, "O26", flags=["AFTER_RECALL"])
    assert (visit.status, stop_of(session, visit).status, result.is_primary) == ("CANCELLED", "CANCELLED", True)
    assert tasks_of(session)["REVIEW_RESULT"].detail["flags"] == ["AFTER_RECALL"]


def test_a_result_of_yesterday_is_late(house, day):
    session, visit = day
    house.clock.instant = at_local(TOMORROW, 24 * 3600 - 1)
    assert record(session, house, visit).flags == []
    house.clock.instant = at_local(TOMORROW, 24 * 3600)
    assert "LATE" in record(session, house, visit).flags


@pytest.mark.parametrize("code", [row.code for row in FINDINGS.values() if row.invalid and not row.photo])
def test_a_dead_address_is_put_on_the_register_with_the_visit_as_its_proof(house, day, code):
    session, visit = day
    person = next(each for each in ("P08", *PERSONS) if each in FINDINGS[code].persons)
    result = record(session, house, visit, "O26", finding=code, person=person)
    (block,) = blocks_of(session, visit)
    assert (block.scope, block.channel, block.reason) == (FINDINGS[code].scope, "ALL", FINDINGS[code].invalid)
    assert (block.evidence_kind, block.evidence_id) == ("VISIT_RESULT", str(result.id))
    assert visit.status == "COMPLETED"


@pytest.mark.parametrize("code", [row.code for row in FINDINGS.values() if row.photo])
def test_a_dead_address_that_a_photo_must_prove_is_on_the_register_when_the_photo_has_come(house, day, code):
    session, visit = day
    result = record(session, house, visit, "O26", finding=code, person="P08")
    assert blocks_of(session, visit) == ()
    assert state_of(session, visit) == "DOUBTFUL"
    service.take_evidence(session, crew_actor(house), UUID(result.slots[0]["id"]))
    (block,) = blocks_of(session, visit)
    assert (block.scope, block.channel, block.reason) == (FINDINGS[code].scope, "ALL", FINDINGS[code].invalid)
    assert (block.evidence_kind, block.evidence_id) == ("VISIT_RESULT", str(result.id))
    assert (state_of(session, visit), result.complete_at) == ("INVALID", house.clock.now())


def test_a_recording_does_not_prove_what_a_photo_must(house, day):
    session, visit = day
    sound, photo = a_slot("AUDIO"), a_slot("PHOTO_DOOR")
    result = record(session, house, visit, "O26", finding="A06", person="P08", slots=[sound, photo])
    service.take_evidence(session, crew_actor(house), UUID(sound["id"]))
    assert (blocks_of(session, visit), result.complete_at) == ((), None)
    service.take_evidence(session, crew_actor(house), UUID(photo["id"]))
    assert (len(blocks_of(session, visit)), result.complete_at) == (1, house.clock.now())


def test_a_photo_that_comes_twice_proves_once(house, day):
    session, visit = day
    photos = [a_slot("PHOTO_DOOR"), a_slot("PHOTO_SURROUND")]
    record(session, house, visit, "O26", finding="A06", person="P08", slots=photos)
    for photo in [*photos, *photos]:
        service.take_evidence(session, crew_actor(house), UUID(photo["id"]))
    assert len(blocks_of(session, visit)) == 1


def test_a_result_that_declares_nothing_is_whole_at_once(house, day):
    session, visit = day
    assert record(session, house, visit, slots=[]).complete_at == house.clock.now()


def test_a_slot_that_stands_for_other_evidence_is_not_declared_again(house, day):
    session, visit = day
    photo = a_slot("PHOTO_DOOR")
    mine = record(session, house, visit, slots=[photo]).agent_id
    for other in (photo | {"sha256": "1" * 64}, photo | {"length": 7}, photo | {"kind": "DOC"}):
        with pytest.raises(NotSound, match="stands for other evidence"):
            record(session, house, visit, slots=[other], agent_id=mine)
    with pytest.raises(NotSound, match="stands for other evidence"):
        record(session, house, visit, slots=[photo])
    assert record(session, house, visit, slots=[photo], agent_id=mine).number == 2


@pytest.mark.parametrize("code", [row.code for row in FINDINGS.values() if not row.invalid])
def test_another_finding_is_kept_without_a_block(house, day, code):
    session, visit = day
    person = next(each for each in ("P08", *PERSONS) if each in FINDINGS[code].persons)
    record(session, house, visit, "O26", finding=code, person=person)
    assert blocks_of(session, visit) == ()
    assert [(event.code, event.kind == "CONFIRMED") for event in learned_of(session, visit)] == [
        (code, FINDINGS[code].confirms)
    ]


@pytest.mark.parametrize("code", [row.code for row in OUTCOMES.values() if row.promises])
def test_a_promise_is_on_record_with_its_day_and_amount(house, day, code):
    session, visit = day
    result = record(session, house, visit, code, person=OUTCOMES[code].persons[0])
    (promise,) = cases.promises_by_case(session, [the_case(session, visit)])[the_case(session, visit)]
    assert (promise.amount_fen, promise.due_on, promise.source_id) == (100_000, date(2026, 11, 30), result.id)
    assert tasks_of(session)["FOLLOW_UP_CALL"].due_at == datetime(2026, 11, 30, 21, tzinfo=SHANGHAI)


@pytest.mark.parametrize("code", [row.code for row in OUTCOMES.values() if row.hold])
def test_an_outcome_that_pauses_opens_its_hold(house, day, code):
    session, visit = day
    person = next(each for each in ("P01", *PERSONS) if each in OUTCOMES[code].persons)
    record(session, house, visit, code, person=person)
    (hold,) = cases.holds_by_case(session, [the_case(session, visit)])[the_case(session, visit)]
    assert (hold.kind, hold.from_on) == (OUTCOMES[code].hold, TOMORROW)
    assert hold.until_on == (date(2026, 11, 27) if code == "O02" else None)
    assert visit.status == "COMPLETED"


@pytest.mark.parametrize("code", [row.code for row in OUTCOMES.values() if row.status])
def test_a_special_status_is_claimed_without_proof(house, day, code):
    session, visit = day
    record(session, house, visit, code)
    (status,) = cases.special_statuses_by_debtor(session, [visit.debtor_id])[visit.debtor_id]
    assert (status.kind, status.proof) == (OUTCOMES[code].status, "CLAIMED")


def test_a_complaint_at_the_door_is_on_record(house, day):
    session, visit = day
    record(session, house, visit, "O19")
    (complaint,) = cases.complaints_by_debtor(session, [visit.debtor_id])[visit.debtor_id]
    assert (complaint.grade, complaint.received_on) == ("ORDINARY", TOMORROW)


@pytest.mark.parametrize("code", [row.code for row in OUTCOMES.values() if row.follow == "BANK"])
def test_the_bank_hears_of_it_the_same_day(house, day, code):
    session, visit = day
    person = next(each for each in ("P01", *PERSONS) if each in OUTCOMES[code].persons)
    record(session, house, visit, code, person=person)
    task = tasks_of(session)["REPORT_TO_BANK"]
    assert (task.role, task.due_at) == ("BUSINESS_DEPT", datetime(2026, 11, 24, 21, tzinfo=SHANGHAI))
    assert task.detail["cards"] == [{"case_id": str(the_case(session, visit)), "outcome": code}]


def test_what_is_on_record_already_does_not_keep_a_result_out(house, day):
    """A hold and a complaint of the same day were imported from the bank before the crew reported."""
    session, visit = day
    case_id = the_case(session, visit)
    by_hand.open_hold(session, crew_actor(house), case_id=case_id, kind="DISPUTE", from_on=TOMORROW)
    record(session, house, visit, "O08")
    assert len(cases.holds_by_case(session, [case_id])[case_id]) == 1


def test_two_cards_of_one_visit_have_each_their_own_outcome(house, day):
    session, _ = day
    debtor = make_debtor(session)
    both = [
        make_case(session, debtor=debtor, addresses={"HOME": "北京市房山区拱辰街道首开东里901号楼2单元502室"})
        for _ in range(2)
    ]
    make_point(session, both[0])
    (visit,) = make_batched_visits(session, house, cases=[both])
    publish(session, house, make_plan(session, {make_crew(session, "C009"): [visit]}, number=2))
    body = a_body(visit.id, [case.id for case in both], "O03")
    body["lines"][1] = {"case_id": str(both[1].id), "outcome": "O06", "reason": "拒绝"}
    record_body(session, house, ResultIn().load(body))
    outcomes = {line.case_id: line.outcome for line in session.scalars(select(ResultLine))}
    assert outcomes == {both[0].id: "O03", both[1].id: "O06"}
    assert len(cases.promises_by_case(session, [both[0].id])[both[0].id]) == 1


def test_an_unsound_result_is_refused_with_every_fault_and_writes_nothing(house, day):
    session, visit = day
    with pytest.raises(NotSound) as refused:
        record(session, house, visit, "O03", person="P07", summary="短")
    assert refused.value.codes == {
        "PERSON_DOES_NOT_FIT",
        "SUMMARY_SHORT",
        "IDENTITY_NOT_VERIFIED",
    }
    assert session.scalar(select(func.count()).select_from(VisitResult)) == 0
    assert visit.status == "PLANNED"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    outcome=st.sampled_from(list(OUTCOMES)),
    finding=st.sampled_from([None, *FINDINGS]),
    person=st.sampled_from(list(PERSONS)),
    verified=st.booleans(),
    summary=st.sampled_from(["按地址上门，出示证件，情况已如实记录。", "短", "证件 110105 19491231 002X 已核对无误"]),
    without=st.sets(st.sampled_from(["promise_fen", "promise_on", "reason", "proof", "detail"])),
)
def test_no_result_with_a_fault_is_ever_stored(house, day, outcome, finding, person, verified, summary, without):
    session, visit = day
    body = a_body(visit.id, [the_case(session, visit)], outcome, finding=finding, person=person, summary=summary)
    body["identity_verified"] = verified
    body["lines"] = [{name: value for name, value in line.items() if name not in without} for line in body["lines"]]
    sent = ResultIn().load(body)
    found = faults(report_of(service.Sent(uuid7(), sent, uuid7()), ground_of(session, [visit.id])[visit.id], {}))
    savepoint = session.begin_nested()
    try:
        record_body(session, house, sent)
        refused = False
    except NotSound:
        refused = True
    stored = session.scalar(select(func.count()).select_from(VisitResult))
    savepoint.rollback()
    assert (refused, stored) == ((True, 0) if found else (False, 1))
