"""A supervisor looks at results: accepted, or returned to the crew, whose new version takes effect in their place."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from fieldops.addresses.queries import points_for
from fieldops.cases import queries as cases
from fieldops.db import uuid7
from fieldops.results.models import VisitResult
from fieldops.tasks.models import Task
from tests.sync.acts import all_of, case_ids_of, report_result, sync

NOTE = "照片不清晰，结果与录音不符"


class Reviewed:
    """A promise reported by a crew, and the supervisor who looks at it."""

    def __init__(self, road):
        self.road = road
        self.visit_id = road.visit_id
        (self.phone, self.api), (self.partner, _) = road.phones()
        self.cards = case_ids_of(road, road.visit_id)
        self.first = self.report("O03")

    def report(self, outcome="O03", *, phone=None, codes=("APPLIED",), **changes):
        told = {"case_ids": self.cards, "slots": []} | changes
        done = report_result(self.road, phone or self.phone, self.visit_id, outcome, **told)
        assert sync(self.road, phone or self.phone)[done] in codes, (phone or self.phone).answer_to(done)
        return done

    def ask(self, result_id, act, role="SUPERVISOR", **words):
        return self.road.client_as(role).post(f"/api/v1/results/{result_id}/{act}", json=words)

    def results(self):
        with self.road.house.transaction() as session:
            return {str(each.id): each for each in session.scalars(select(VisitResult))}

    def promises(self):
        with self.road.house.transaction() as session:
            found = cases.promises_by_case(session, self.cards)
            return [promise.amount_fen for each in found.values() for promise in each]


@pytest.fixture
def reviewed(road):
    return Reviewed(road)


def test_an_accepted_result_says_who_accepted_it_and_stays_as_it_is(reviewed):
    answer = reviewed.ask(reviewed.first, "accept")
    assert (answer.json["status"], answer.json["reviewed_by"]) == ("ACCEPTED", "supervisor")
    assert answer.json["bank_code"] == "中债"
    for act in ("accept", "return"):
        again = reviewed.ask(reviewed.first, act, note=NOTE)
        assert (again.status_code, again.json["code"]) == (409, "RESULT_STATE")


def test_a_good_fix_of_an_accepted_result_shows_where_the_building_is(road, reviewed):
    done = road.visits[road.crew.id][1]
    slots = [{"id": str(uuid7()), "kind": kind, "sha256": "0" * 64, "length": 9} for kind in ("AUDIO", "PHOTO_DOOR")]
    found = report_result(road, reviewed.phone, done, "O26", finding="A01", slots=slots)
    sync(road, reviewed.phone)
    assert reviewed.ask(found, "accept").json["score"] == 0
    with road.house.transaction() as session:
        from fieldops.addresses.queries import address_by_id
        from fieldops.visits.models import Visit

        address = address_by_id(session, session.get_one(Visit, done).address_id)
        point = points_for(session, [address])[address.id]
    assert (point.precision, point.lat, point.lon) == ("CONFIRMED", 39.7301, 116.14)


def test_only_who_may_review_reviews_and_a_return_says_why(reviewed):
    assert reviewed.ask(reviewed.first, "accept", role="PHONE_COLLECTOR").status_code == 403
    assert reviewed.ask(reviewed.first, "return").status_code == 422
    assert reviewed.ask(reviewed.first, "return", note="卡号6222028033561339212不对").status_code == 422
    assert reviewed.ask(uuid4(), "accept").status_code == 404


def test_a_returned_result_is_in_the_crews_receipt_book_with_the_reason(reviewed):
    assert reviewed.ask(reviewed.first, "return", note=NOTE).json["status"] == "RETURNED"
    (receipt,) = reviewed.api.client.get("/api/v1/mobile/uploads/mine").json["results"]
    assert (receipt["status"], receipt["review_note"]) == ("RETURNED", NOTE)


def test_a_new_version_takes_the_place_of_the_returned_one_and_corrects_its_promise(reviewed):
    before = reviewed.promises()
    reviewed.ask(reviewed.first, "return", note=NOTE)
    line = {"outcome": "O03", "promise_fen": 55_500, "promise_on": "2026-11-30"}
    second = reviewed.report(corrects=reviewed.first, lines=[{"case_id": each, **line} for each in reviewed.cards])
    results = reviewed.results()
    assert [(results[each].status, results[each].is_primary) for each in (reviewed.first, second)] == [
        ("CORRECTED", False),
        ("SUBMITTED", True),
    ]
    assert (str(results[second].corrects), results[second].number, results[second].flags) == (reviewed.first, 2, [])
    assert (before, reviewed.promises()) == ([100_000], [55_500])
    assert reviewed.road.status()[0] == "COMPLETED"


def test_a_new_version_may_be_returned_and_corrected_again(reviewed):
    earlier = reviewed.first
    for _ in range(2):
        reviewed.ask(earlier, "return", note=NOTE)
        earlier = reviewed.report(corrects=earlier)
    assert [each.status for each in reviewed.results().values()].count("CORRECTED") == 2
    assert reviewed.promises() == [100_000]


def test_what_a_new_version_no_longer_says_is_left_to_a_person_to_undo(reviewed):
    reviewed.ask(reviewed.first, "return", note=NOTE)
    second = reviewed.report("O26", corrects=reviewed.first)
    (task,) = [each for each in all_of(reviewed.road, Task) if each.kind == "UNDO_CONSEQUENCES"]
    assert (str(task.entity_id), task.role, task.detail["dropped"]) == (second, "SUPERVISOR", ["O03"])
    assert reviewed.promises() == [100_000]


def test_a_new_version_that_takes_back_a_letter_asks_a_person_what_became_of_it(reviewed):
    line = {"outcome": "O14", "letter_no": "示范催字〔2026〕第000001号"}
    earlier = reviewed.first
    for letter_no, dropped in (
        (line["letter_no"], ["O03"]),
        (line["letter_no"], None),
        ("示范催字〔2026〕第000002号", ["O14"]),
    ):
        reviewed.ask(earlier, "return", note=NOTE)
        said = [{"case_id": each, **line, "letter_no": letter_no} for each in reviewed.cards]
        earlier = reviewed.report(corrects=earlier, lines=said)
        tasks = [each for each in all_of(reviewed.road, Task) if str(each.entity_id) == earlier]
        found = [each.detail["dropped"] for each in tasks if each.kind == "UNDO_CONSEQUENCES"]
        assert found == ([] if dropped is None else [dropped])


@pytest.mark.parametrize("status", ["SUBMITTED", "ACCEPTED"])
def test_a_result_nobody_returned_is_not_corrected(reviewed, status):
    if status == "ACCEPTED":
        reviewed.ask(reviewed.first, "accept")
    refused = reviewed.report(corrects=reviewed.first, codes=("REJECTED_VALIDATION",))
    assert "only a returned one is corrected" in reviewed.phone.answer_to(refused)[1]
    assert len(reviewed.results()) == 1


def test_the_partner_does_not_correct_what_the_leader_has_sent_and_nobody_takes_back_a_visit(reviewed):
    reviewed.ask(reviewed.first, "return", note=NOTE)
    sync(reviewed.road, reviewed.partner)
    refused = reviewed.report(phone=reviewed.partner, corrects=reviewed.first, codes=("REJECTED_VALIDATION",))
    assert "that you have sent" in reviewed.partner.answer_to(refused)[1]
    nobody = {"finding": None, "person": "P00", "codes": ("REJECTED_VALIDATION",)}
    reviewed.report("O24", corrects=reviewed.first, **nobody)
    reviewed.report(corrects=str(uuid4()), codes=("REJECTED_VALIDATION",))
    assert len(reviewed.results()) == 1
