"""Evidence that is kept: who looks at it and why, what forbids destroying it, the receipt book, the reminder list."""

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from fieldops.audit import AuditEntry
from fieldops.cases.models import Case, Debtor
from fieldops.clock import local_date
from fieldops.evidence import jobs
from fieldops.evidence.models import EvidenceFile, Upload, UploadPart
from fieldops.evidence.rules import OVERDUE
from fieldops.jobs import work
from fieldops.results.models import EvidenceSlot, VisitResult
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit, VisitCase
from fieldops.visits.queries import cards_of
from tests.evidence.conftest import Reported
from tests.evidence.recordings import jpeg
from tests.makers import ask_otherwise, make_case
from tests.sync.acts import all_of, report_result, sync


@pytest.fixture
def kept(reported):
    """A photo that has arrived."""
    assert reported.tus.send(reported.slot, reported.data).status_code == 204
    return reported


def ask(made, role, method, path, **words):
    client = made.road.client_as(role)
    where = f"/api/v1/evidence/{made.slot['id']}{path}"
    told = {"query_string": words} if method == "get" else {"json": words}
    return getattr(client, method)(where, **told)


def trail(made, action):
    """What the audit says of this piece."""
    with made.road.house.transaction() as session:
        query = sa.select(AuditEntry).filter_by(entity_id=made.slot["id"], action=action).order_by(AuditEntry.id)
        return [(entry.actor, entry.reason, entry.detail) for entry in session.scalars(query)]


def test_who_looks_and_what_for_is_on_record(kept):
    answer = ask(kept, "QA", "get", "/content", purpose="质检抽查第3号")
    assert (answer.data, answer.mimetype) == (kept.data, "image/jpeg")
    assert answer.headers["Content-Disposition"] == "attachment"
    ((who, why, _),) = trail(kept, "evidence.view")
    assert (who, why) == ("qa", "质检抽查第3号")


def test_nobody_looks_without_a_purpose_or_the_right(kept):
    assert ask(kept, "QA", "get", "/content").status_code == 422
    assert ask(kept, "PHONE_COLLECTOR", "get", "/content", purpose="看看").status_code == 403
    assert trail(kept, "evidence.view") == []


def test_to_borrow_needs_the_banks_authorisation_and_that_is_on_record(kept):
    answer = ask(kept, "SUPERVISOR", "get", "/content", act="BORROW", purpose="法院调取")
    assert (answer.status_code, answer.json["code"]) == (422, "AUTHORISATION_MISSING")
    words = {"act": "BORROW", "purpose": "法院调取", "authorisation_no": "示范银行授〔2026〕12号"}
    assert ask(kept, "SUPERVISOR", "get", "/content", **words).data == kept.data
    ((_, why, detail),) = trail(kept, "evidence.borrow")
    assert (why, detail["authorisation_no"]) == ("法院调取", "示范银行授〔2026〕12号")


def test_what_has_not_arrived_cannot_be_looked_at(reported):
    answer = ask(reported, "QA", "get", "/content", purpose="质检抽查")
    assert (answer.status_code, answer.json["code"]) == (404, "EVIDENCE_NOT_HERE")


def test_the_list_of_a_visit_tells_what_is_declared_and_what_is_here(kept):
    listed = kept.road.client_as("QA").get(f"/api/v1/evidence/of-visit/{kept.road.visit_id}").json
    (mine,) = [each for each in listed if each["id"] == kept.slot["id"]]
    assert (mine["media_type"], mine["width_px"], mine["retain_until"][:4]) == ("image/jpeg", 64, "2031")
    nowhere = kept.road.client_as("QA").get(f"/api/v1/evidence/of-visit/{uuid.UUID(int=1)}")
    assert nowhere.status_code == 404


def cases_end(made, *, status="CLOSED", **terms):
    with made.road.house.transaction() as session:
        ids = cards_of(session, [made.road.visit_id])[made.road.visit_id]
        session.execute(sa.update(Case).where(Case.id.in_(ids)).values(status=status, **terms))


def test_evidence_is_destroyed_only_when_nothing_forbids_it_and_on_the_banks_word(kept, monkeypatch):
    destroy = lambda: ask(kept, "MANAGER", "post", "/destroy", instruction_no="销〔2032〕1号")  # noqa: E731
    assert ask(kept, "SUPERVISOR", "post", "/destroy", instruction_no="x").status_code == 403
    assert ask(kept, "MANAGER", "post", "/hold", reason="诉讼保全").json["held_reason"] == "诉讼保全"
    assert destroy().json["code"] == "EVIDENCE_HELD"
    assert ask(kept, "MANAGER", "post", "/release", reason="结案").json["held_at"] is None
    assert ask(kept, "MANAGER", "post", "/release", reason="结案").json["code"] == "NOT_HELD"
    for status in ("ACTIVE", "PAUSED", "EXPIRED", "KEPT"):
        cases_end(kept, status=status)
        assert destroy().json["code"] == "CASE_OPEN"
    cases_end(kept)
    assert destroy().json["code"] == "EVIDENCE_RETAINED"
    with kept.road.house.transaction() as session:
        file = session.get_one(EvidenceFile, uuid.UUID(kept.slot["id"]))
        names = list(session.scalars(sa.select(UploadPart.object_sha256).filter_by(slot_id=file.slot_id)))
    clock = kept.road.house.clock
    monkeypatch.setattr(clock, "instant", clock.instant + timedelta(days=2000))
    cases_end(kept, extension_until=date(2027, 11, 20))
    assert destroy().json["retain_until"] == "2032-11-20"  # the case was extended after its evidence had come
    cases_end(kept, extension_until=None)
    assert destroy().status_code == 204
    store = kept.road.house.settings.home / "store"
    assert names
    work(kept.road.house, until_empty=True)
    assert not any((store / name[:2] / name).exists() for name in names)
    assert destroy().json["code"] == "EVIDENCE_DESTROYED"
    assert ask(kept, "QA", "get", "/content", purpose="质检抽查").json["code"] == "EVIDENCE_DESTROYED"
    assert ask(kept, "MANAGER", "post", "/hold", reason="诉讼保全").json["code"] == "EVIDENCE_DESTROYED"
    ((who, why, _),) = trail(kept, "evidence.destroy")
    assert (who, why) == ("manager", "销〔2032〕1号")


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2026, 11, 24), "2031-11-24"),
        (date(2026, 12, 31), "2031-12-31"),
        (date(2028, 2, 29), "2033-02-28"),
    ],
)
def test_evidence_is_kept_for_the_years_of_the_policy(road, today, until):
    made = Reported(road)
    made.report()
    with road.house.transaction() as session:
        ids = cards_of(session, [road.visit_id])[road.visit_id]
        session.execute(sa.update(Case).where(Case.id.in_(ids)).values(expiry_on=date(2026, 11, 20)))
    road.house.clock.instant += today - local_date(road.house.clock.now())
    made.phone.renew(road.house.clock.now())
    made.tus.send(made.slot, made.data)
    (file,) = all_of(road, EvidenceFile)
    assert file.retain_until.isoformat() == until


def test_evidence_of_cards_of_several_products_is_kept_for_the_longest_of_their_times(road):
    made = Reported(road)
    made.report()
    with road.house.transaction() as session:
        ask_otherwise(session, road.house, {"evidence": {"retention_years": 9}}, product="车贷")
        visit = session.get_one(Visit, road.visit_id)
        other = make_case(session, debtor=session.get_one(Debtor, visit.debtor_id), product="车贷")
        session.add(VisitCase(visit_id=visit.id, case_id=other.id))
        session.execute(sa.update(Case).values(expiry_on=date(2026, 11, 20)))
    made.tus.send(made.slot, made.data)
    (file,) = all_of(road, EvidenceFile)
    assert file.retain_until.isoformat() == "2035-11-24"


# -- the receipt book and the reminder list -----------------------------------------------------------------------


def book(made):
    return made.api.client.get("/api/v1/mobile/uploads/mine").json


def test_a_phone_sends_again_what_the_book_says_is_not_there_after_all(road):
    """A backup was restored: the server has the result and not the photo the phone had sent."""
    (phone, _), _ = road.phones()
    photo = phone.evidence.keep("PHOTO_DOOR", jpeg(), str(road.visit_id), road.house.clock.now())
    done = report_result(road, phone, road.visit_id, slots=[photo])
    sync(road, phone)
    (red,) = phone.evidence.look_at_book()
    assert (red["id"], red["slots_arrived"], phone.evidence.waiting) == (done, 0, [photo["id"]])
    assert phone.evidence.red == [red]
    assert phone.evidence.send() == [photo["id"]]
    assert phone.evidence.red == []  # it has read the book again, unasked
    assert (phone.evidence.look_at_book(), phone.evidence.waiting) == ([], [])
    with road.house.transaction() as session:
        for table in (EvidenceFile, UploadPart, Upload):
            session.execute(sa.delete(table))
        session.execute(sa.update(EvidenceSlot).values(arrived_at=None))
        session.execute(sa.update(VisitResult).values(complete_at=None))
    assert [each["id"] for each in phone.evidence.look_at_book()] == [done]
    assert phone.evidence.send() == [photo["id"]]
    assert phone.evidence.look_at_book() == []
    returned = road.client_as("QA").post(f"/api/v1/results/{done}/return", json={"note": "照片不清晰"})
    assert returned.status_code == 200
    assert [each["review_note"] for each in phone.evidence.look_at_book()] == ["照片不清晰"]


def test_the_receipt_book_says_what_the_server_holds_of_my_results(reported):
    reported.tus.create(reported.slot)
    reported.tus.patch(reported.slot, 0, reported.data[:100])
    (receipt,) = book(reported)["results"]
    (mine,) = receipt["slots"]
    assert (receipt["slots_declared"], receipt["slots_arrived"], receipt["complete_at"]) == (1, 0, None)
    assert (mine["received"], mine["sha256"], mine["arrived_at"]) == (100, reported.slot["sha256"], None)
    reported.tus.patch(reported.slot, 100, reported.data[100:])
    (receipt,) = book(reported)["results"]
    assert (receipt["slots_arrived"], receipt["complete_at"] is not None) == (1, True)
    assert receipt["slots"][0]["received"] == len(reported.data)


def test_the_receipt_book_of_another_agent_is_not_mine(reported):
    assert reported.partner_tus.client.get("/api/v1/mobile/uploads/mine").json["results"] == []


def test_evidence_that_is_missing_after_two_days_is_on_the_list_and_asked_for_once(road):
    made = Reported(road)
    made.report()
    overdue = lambda: road.client_as("SUPERVISOR").get("/api/v1/evidence/overdue").json  # noqa: E731
    road.house.clock.instant += OVERDUE - timedelta(seconds=1)
    jobs.remind_of_evidence(road.house)
    assert (overdue(), [each.kind for each in all_of(road, Task)].count("EVIDENCE_OVERDUE")) == ([], 0)
    road.house.clock.advance(seconds=1)
    jobs.remind_of_evidence(road.house)
    jobs.remind_of_evidence(road.house)
    ((result,), (late,)) = all_of(road, VisitResult), overdue()
    assert (late["result_id"], late["missing"]) == (str(result.id), 1)
    (task,) = [each for each in all_of(road, Task) if each.kind == "EVIDENCE_OVERDUE"]
    assert (task.role, task.entity_id) == ("SUPERVISOR", result.id)
    made.phone.renew(road.house.clock.now())
    made.tus.send(made.slot, made.data)
    assert overdue() == []


def test_a_phone_that_was_revoked_uploads_nothing_and_one_that_was_logged_out_still_does(road):
    made = Reported(road)
    made.report()
    supervisor = road.client_as("SUPERVISOR")
    where = f"/api/v1/devices/{made.phone.device_id}"
    assert supervisor.post(f"{where}/log-out", json={"reason": "换班"}).status_code == 204
    assert made.tus.create(made.slot).status_code == 201
    assert supervisor.post(f"{where}/revoke", json={"reason": "遗失"}).status_code == 204
    for answer in (made.tus.create(made.slot), made.tus.patch(made.slot, 0, made.data)):
        assert (answer.status_code, answer.json["code"]) == (403, "DEVICE_REVOKED")
