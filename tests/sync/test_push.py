"""What phones report: each thing has one effect, and nothing that happened is lost."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from fieldops.audit import AuditEntry
from fieldops.cases import third_parties
from fieldops.db import uuid7
from fieldops.errors import NotUnderstood
from fieldops.results import service as results
from fieldops.results.models import VisitResult
from fieldops.sync import taking
from fieldops.sync.models import PushReceipt, Quarantine, VisitEvent
from fieldops.sync.taking import canonical_sha256
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit
from tests.planning.makers_of_plans import make_plan, publish
from tests.results.sent import a_body
from tests.sync.acts import (
    all_of,
    card,
    case_ids_of,
    check_in,
    count,
    crew_actor,
    pay_in_full,
    report_result,
    sync,
)


def test_a_visit_is_checked_in_and_reported(road):
    (phone, _), _ = road.phones()
    arrived = check_in(road, phone, road.visit_id)
    assert sync(road, phone) == {arrived: "APPLIED"}
    assert road.status() == ("IN_PROGRESS", "CHECKED_IN")
    done = report_result(road, phone, road.visit_id)
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status() == ("COMPLETED", "DONE")
    assert str(road.visit_id) not in phone.base


def test_check_in_and_result_pushed_together_are_done_in_their_order(road):
    (phone, _), _ = road.phones()
    arrived = check_in(road, phone, road.visit_id)
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id), arrived=road.house.clock.now())
    done = phone.report("result", str(road.visit_id), body, road.house.clock.now(), depends_on=arrived)
    assert sync(road, phone) == {arrived: "APPLIED", done: "APPLIED"}
    assert [event.kind for event in all_of(road, VisitEvent)] == ["check_in", "result"]


def test_a_lost_answer_is_repaired_by_sending_again(road):
    """The server dies between effect and response, as far as the phone can tell."""
    (phone, api), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    api.lose_answer = True
    with pytest.raises(OSError, match="lost"):
        sync(road, phone)
    assert phone.unsent == [done]
    assert count(road, VisitResult) == 1
    assert sync(road, phone) == {done: "DUPLICATE"}
    assert (count(road, VisitResult), count(road, PushReceipt), phone.unsent) == (1, 1, [])


def test_a_lost_request_leaves_the_outbox_as_it_was(road):
    (phone, api), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    api.lose_request = True
    with pytest.raises(OSError, match="lost"):
        sync(road, phone)
    assert (phone.unsent, count(road, VisitResult)) == ([done], 0)
    assert sync(road, phone) == {done: "APPLIED"}


def test_the_same_id_always_gets_the_same_stored_result(road):
    (phone, api), _ = road.phones()
    done = report_result(road, phone, road.visit_id, summary="短")
    first = sync(road, phone)[done], json.loads(api.answers[-1])["results"]
    again = phone.sync(road.house.clock.now(), again=done)[done], json.loads(api.answers[-1])["results"]
    assert first == again
    assert first[0] == "REJECTED_VALIDATION"
    assert count(road, Quarantine) == 1


def push_raw(road, api, phone, *mutations):
    """Push mutations as they are, past the rules of the reference phone."""
    answer = api.post(
        "/mobile/sync",
        {
            "protocol": 1, "schema": 1, "device_id": phone.device_id, "epoch": None, "cursor": None,
            "client_time": road.house.clock.now().isoformat(), "mutations": list(mutations),
        },
    )  # fmt: skip
    return [result["code"] for result in answer["results"]]


def a_mutation(road, visit_id, body, *, kind="result", mutation_id=None, **changes):
    return {
        "id": str(mutation_id or uuid7()),
        "type": kind,
        "entity_id": str(visit_id),
        "device_time": road.house.clock.now().isoformat(),
        "body_sha256": canonical_sha256(body),
        "body": body,
        **changes,
    }


def test_the_same_id_with_another_body_is_a_mismatch_and_on_record(road):
    (phone, api), _ = road.phones()
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id))
    first = a_mutation(road, road.visit_id, body)
    other = a_mutation(road, road.visit_id, body | {"next_step": "别的"}, mutation_id=first["id"])
    assert push_raw(road, api, phone, first) == ["APPLIED"]
    assert push_raw(road, api, phone, other) == ["IDEMPOTENCY_MISMATCH"]
    assert count(road, VisitResult) == 1
    with road.house.transaction() as session:
        (row,) = session.scalars(select(AuditEntry).filter_by(action="mobile.mismatch")).all()
    assert row.detail == {"mutation": first["id"]}


def test_a_receipt_is_shown_to_its_own_phone_only(road):
    (leader, api), (partner, partner_api) = road.phones()
    mutation = a_mutation(road, road.visit_id, a_body(road.visit_id, case_ids_of(road, road.visit_id)))
    assert push_raw(road, api, leader, mutation) == ["APPLIED"]
    assert push_raw(road, partner_api, partner, mutation) == ["IDEMPOTENCY_MISMATCH"]


def test_the_same_mutation_twice_in_one_batch_is_done_once(road):
    (phone, api), _ = road.phones()
    mutation = a_mutation(road, road.visit_id, a_body(road.visit_id, case_ids_of(road, road.visit_id)))
    assert push_raw(road, api, phone, mutation, mutation) == ["APPLIED", "DUPLICATE"]


def test_the_partners_result_is_kept_beside_the_first_and_a_person_decides(road):
    (leader, _), (partner, _) = road.phones()
    first, second = report_result(road, leader, road.visit_id), report_result(road, partner, road.visit_id)
    assert sync(road, leader) == {first: "APPLIED"}
    assert sync(road, partner) == {second: "CONFLICT_ALREADY_COMPLETED"}
    stored = {str(row.id): row for row in all_of(road, VisitResult)}
    assert (stored[first].is_primary, stored[second].is_primary) == (True, False)
    assert stored[second].flags == ["SECOND_RESULT"]
    (task,) = [task for task in all_of(road, Task) if task.kind == "REVIEW_RESULT"]
    assert str(task.entity_id) == second


def test_two_results_of_one_visit_in_one_batch_are_one_primary_and_one_kept(road):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    first, second = (report_result(road, phone, road.visit_id, case_ids=case_ids) for _ in range(2))
    assert sync(road, phone) == {first: "APPLIED", second: "CONFLICT_ALREADY_COMPLETED"}
    assert [row.is_primary for row in all_of(road, VisitResult)] == [True, False]


def test_the_partners_check_in_after_the_result_changes_nothing(road):
    (leader, _), (partner, _) = road.phones()
    report_result(road, leader, road.visit_id)
    late = check_in(road, partner, road.visit_id)
    sync(road, leader)
    assert sync(road, partner) == {late: "APPLIED"}
    assert road.status() == ("COMPLETED", "DONE")


def test_a_result_after_a_recall_is_kept_flagged_and_reviewed_with_its_times(road):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    road.house.clock.advance(minutes=1)
    recalled_at = road.house.clock.now()
    pay_in_full(road, road.visit_id)
    road.house.clock.advance(minutes=30)
    done = report_result(road, phone, road.visit_id, case_ids=case_ids)
    assert sync(road, phone) == {done: "ACCEPTED_AFTER_RECALL"}
    assert road.status() == ("CANCELLED", "CANCELLED")
    (row,) = all_of(road, VisitResult)
    assert row.flags == ["AFTER_RECALL"]
    (task,) = [task for task in all_of(road, Task) if task.kind == "REVIEW_RESULT"]
    assert task.detail["recalled_at"] == recalled_at.isoformat()
    assert task.detail["knowledge"] == "COULD_NOT_KNOW"


def test_a_crew_whose_phone_had_shown_the_recall_knew(road):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    pay_in_full(road, road.visit_id)
    sync(road, phone)
    assert phone.acknowledge() == [str(road.visit_id)]
    road.house.clock.advance(minutes=30)
    report_result(road, phone, road.visit_id, case_ids=case_ids)
    sync(road, phone)
    (task,) = [task for task in all_of(road, Task) if task.kind == "REVIEW_RESULT"]
    assert task.detail["knowledge"] == "KNEW"


def test_a_crew_that_had_synced_after_the_recall_could_have_known(road):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    pay_in_full(road, road.visit_id)
    road.house.clock.advance(minutes=1)
    sync(road, phone)
    road.house.clock.advance(minutes=30)
    report_result(road, phone, road.visit_id, case_ids=case_ids)
    sync(road, phone)
    (task,) = [task for task in all_of(road, Task) if task.kind == "REVIEW_RESULT"]
    assert task.detail["knowledge"] == "COULD_HAVE_KNOWN"


def test_a_phone_with_a_wrong_clock_is_not_judged_by_it(road):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    pay_in_full(road, road.visit_id)
    report_result(road, phone, road.visit_id, case_ids=case_ids)
    phone.clock_off = timedelta(hours=25)
    sync(road, phone)
    (task,) = [task for task in all_of(road, Task) if task.kind == "REVIEW_RESULT"]
    assert task.detail["knowledge"] == "CLOCK_IN_DOUBT"
    (row,) = all_of(road, VisitResult)
    assert row.flags == ["AFTER_RECALL", "CLOCK_OFF", "CLOCK_JUMP"]


def test_a_payment_while_the_crew_is_at_the_door_ends_as_aborted_by_the_office(road):
    (phone, _), (partner, _) = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    pay_in_full(road, road.visit_id)
    sync(road, phone)
    shown = card(phone, road.visit_id)
    assert "repayment 还款" in shown["stop_now"]["reason"]
    assert "repayment 还款" in phone.recalled[str(road.visit_id)]
    assert str(road.visit_id) in phone.gate([str(road.visit_id)])
    done = report_result(road, phone, road.visit_id, "O25", finding=None)
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status() == ("COMPLETED", "ABORTED")
    sync(road, partner)
    assert str(road.visit_id) not in {**phone.base, **partner.base}
    assert not [task for task in all_of(road, Task) if task.kind == "REVIEW_RESULT"]


def test_a_crew_told_to_leave_stays_told_whatever_else_changes_on_its_card(road):
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    pay_in_full(road, road.visit_id)
    (case_id,) = case_ids_of(road, road.visit_id)
    with road.house.transaction() as session:
        told = {"relation": "NEIGHBOUR", "source_kind": "CALL", "source_id": "REC1"}
        third_parties.record_refusal(session, crew_actor(road.house), case_id=case_id, **told)
    sync(road, phone)
    shown = card(phone, road.visit_id)
    assert [each["relation"] for each in shown["do_not_contact"]] == ["NEIGHBOUR"]
    assert "repayment 还款" in shown["stop_now"]["reason"]


def test_a_crew_that_goes_on_after_being_told_to_stop_is_flagged(road):
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    pay_in_full(road, road.visit_id)
    sync(road, phone)
    done = report_result(road, phone, road.visit_id, "O26")
    assert sync(road, phone) == {done: "ACCEPTED_AFTER_RECALL"}
    assert road.status() == ("COMPLETED", "DONE")


def test_a_visit_given_to_another_crew_meanwhile_is_kept_and_completed(road):
    (phone, _), _ = road.phones()
    (other, _), _ = road.phones(road.crews[1])
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    with road.house.transaction() as session:
        visits = {each: session.get_one(Visit, each) for each in (*mine, *theirs)}
        routes = {
            road.crew: [visits[each] for each in mine[1:]],
            road.crews[1]: [visits[each] for each in (*theirs, mine[0])],
        }
        publish(session, road.house, make_plan(session, routes, number=2))
    done = report_result(road, phone, mine[0])
    assert sync(road, phone) == {done: "ACCEPTED_OUT_OF_SCOPE"}
    assert road.status(mine[0])[0] == "COMPLETED"
    sync(road, other)
    assert str(mine[0]) not in other.base
    (row,) = all_of(road, VisitResult)
    assert row.flags == ["OUT_OF_SCOPE"]


def test_a_visit_that_was_never_mine_is_refused_and_its_body_kept_sealed(road):
    (phone, _), _ = road.phones()
    strange = road.visits[road.crews[1].id][0]
    done = report_result(road, phone, strange, case_ids=case_ids_of(road, strange))
    assert sync(road, phone) == {done: "REJECTED_FORBIDDEN"}
    assert road.status(strange)[0] == "PLANNED"
    (kept,) = all_of(road, Quarantine)
    assert str(strange).encode() not in kept.body_sealed
    opened = json.loads(road.house.vault.open(kept.body_sealed, row=kept.id, column="body"))
    assert opened["visit_id"] == str(strange)
    assert count(road, VisitEvent) == 0


def test_a_visit_nobody_knows_is_refused(road):
    (phone, _), _ = road.phones()
    nowhere = uuid4()
    done = phone.report("result", str(nowhere), a_body(nowhere, [uuid4()]), road.house.clock.now())
    assert sync(road, phone) == {done: "REJECTED_UNKNOWN_ENTITY"}


def test_what_depends_on_a_refused_thing_is_blocked_and_the_others_go_on(road):
    (phone, _), _ = road.phones()
    refused = report_result(road, phone, road.visit_id, summary="短", case_ids=case_ids_of(road, road.visit_id))
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id), arrived=road.house.clock.now())
    blocked = phone.report("result", str(road.visit_id), body, road.house.clock.now(), depends_on=refused)
    free = report_result(road, phone, road.visits[road.crew.id][1])
    codes = sync(road, phone)
    assert codes == {refused: "REJECTED_VALIDATION", blocked: "BLOCKED", free: "APPLIED"}


def test_blocked_is_no_receipt_and_can_still_be_done(road):
    (phone, api), _ = road.phones()
    arrival, body = uuid7(), a_body(road.visit_id, case_ids_of(road, road.visit_id))
    waiting = a_mutation(road, road.visit_id, body, depends_on=str(arrival))
    assert push_raw(road, api, phone, waiting) == ["BLOCKED"]
    assert count(road, PushReceipt) == 0
    first = a_mutation(road, road.visit_id, {"visit_id": str(road.visit_id)}, kind="check_in", mutation_id=arrival)
    assert push_raw(road, api, phone, first, waiting) == ["APPLIED", "APPLIED"]


def test_what_depends_on_an_earlier_push_is_done(road):
    (phone, _), _ = road.phones()
    arrived = check_in(road, phone, road.visit_id)
    sync(road, phone)
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id), arrived=road.house.clock.now())
    done = phone.report("result", str(road.visit_id), body, road.house.clock.now(), depends_on=arrived)
    assert sync(road, phone) == {done: "APPLIED"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "photo"}, "unknown"),
        ({"body_sha256": "0" * 64}, "not the hash"),
        ({"entity_id": str(uuid4())}, "two visits"),
        ({"body": {"visit_id": "x"}}, "hash"),
    ],
)
def test_a_mutation_that_cannot_be_understood_says_why_and_keeps_none_of_the_others(road, change, says):
    (phone, api), _ = road.phones()
    bad = a_mutation(road, road.visit_id, a_body(road.visit_id, case_ids_of(road, road.visit_id))) | change
    other = road.visits[road.crew.id][1]
    good = a_mutation(road, other, a_body(other, case_ids_of(road, other)))
    assert push_raw(road, api, phone, bad, good) == ["REJECTED_VALIDATION", "APPLIED"]
    assert says in json.loads(api.answers[-1])["results"][0]["detail"]


@pytest.mark.parametrize("text", ["有\x00字符", "半个\ud800字", "x" * 2001], ids=["NUL", "surrogate", "long"])
def test_a_text_no_database_can_hold_is_refused_not_an_error(road, text):
    (phone, api), _ = road.phones()
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id), summary=text)
    assert push_raw(road, api, phone, a_mutation(road, road.visit_id, body)) == ["REJECTED_VALIDATION"]


def test_a_number_no_database_can_hold_is_refused_not_an_error(road):
    (phone, api), _ = road.phones()
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id), "O03")
    body["lines"][0]["promise_fen"] = 10**40
    assert push_raw(road, api, phone, a_mutation(road, road.visit_id, body)) == ["REJECTED_VALIDATION"]


def test_a_personal_number_in_a_result_is_refused_and_nowhere_in_the_open(road):
    (phone, api), _ = road.phones()
    number = "11010519491231002X"
    done = report_result(road, phone, road.visit_id, summary=f"本人证件 {number} 已核对")
    assert sync(road, phone) == {done: "REJECTED_VALIDATION"}
    assert "number out of the text" in phone.answer_to(done)[1]
    assert number.encode() not in b"".join(api.answers)
    assert all(number not in json.dumps(receipt.result) for receipt in all_of(road, PushReceipt))
    assert all(number.encode() not in kept.body_sealed for kept in all_of(road, Quarantine))


@pytest.mark.parametrize("fault", [RuntimeError("a fault of ours"), NotUnderstood("HOLD_ENDS_FIRST", "a consequence")])
def test_a_fault_of_ours_keeps_the_item_in_the_outbox_and_lets_the_others_pass(road, monkeypatch, fault):
    (phone, _), _ = road.phones()
    mine = road.visits[road.crew.id]
    broken, sound = report_result(road, phone, mine[0]), report_result(road, phone, mine[1])
    real = results.record_results

    def failing(session, actor, sent, *rest):
        if any(each.body["visit_id"] == mine[0] for each in sent):
            session.execute(update(Visit).where(Visit.id == mine[0]).values(status="LOST"))
            raise fault
        return real(session, actor, sent, *rest)

    monkeypatch.setattr(results, "record_results", failing)
    assert sync(road, phone) == {broken: "RETRY_LATER", sound: "APPLIED"}
    assert (phone.unsent, count(road, Quarantine)) == ([broken], 0)
    assert road.status(mine[0])[0] == "PLANNED"
    monkeypatch.setattr(results, "record_results", real)
    assert sync(road, phone) == {broken: "APPLIED"}


def test_nothing_follows_what_the_database_refuses_at_the_last_moment(road, monkeypatch):
    (phone, api), _ = road.phones()
    arrival, body = uuid7(), a_body(road.visit_id, case_ids_of(road, road.visit_id))
    first = a_mutation(road, road.visit_id, {"visit_id": str(road.visit_id)}, kind="check_in", mutation_id=arrival)
    waiting = a_mutation(road, road.visit_id, body, depends_on=str(arrival))
    real = taking.insert_rows

    def spoiled(session, table, rows):
        real(session, table, [row | ({"received_at": None} if row["id"] == arrival else {}) for row in rows])

    monkeypatch.setattr(taking, "insert_rows", spoiled)
    assert push_raw(road, api, phone, first, first, waiting) == ["RETRY_LATER", "RETRY_LATER", "BLOCKED"]
    monkeypatch.setattr(taking, "insert_rows", real)
    assert push_raw(road, api, phone, first, waiting) == ["APPLIED", "APPLIED"]


def test_two_results_of_one_push_cannot_declare_the_same_evidence(road):
    (phone, _), _ = road.phones()
    first, second = road.visits[road.crew.id][:2]
    slots = [{"id": str(uuid7()), "kind": "PHOTO_DOOR", "sha256": "0" * 64, "length": 1000}]
    mine, other = (report_result(road, phone, each, slots=slots) for each in (first, second))
    assert sync(road, phone) == {mine: "APPLIED", other: "REJECTED_VALIDATION"}
    assert "stands for other evidence" in phone.answer_to(other)[1]


def test_a_result_of_a_card_paid_off_meanwhile_is_taken(road):
    """Two cards share the visit; one is paid while the crew is out of reach."""
    (phone, _), _ = road.phones()
    shown = card(phone, road.visit_id)
    case_ids = [each["case_id"] for each in shown["cards"]]
    assert case_ids == case_ids_of(road, road.visit_id)
    done = report_result(road, phone, road.visit_id, case_ids=case_ids)
    assert sync(road, phone) == {done: "APPLIED"}
