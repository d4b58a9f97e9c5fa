"""A crew gives a stop back before making it: off the plan and the phones, to a supervisor, and counted against the address."""

import pytest
from sqlalchemy import select

from fieldops.addresses.models import AddressEvent
from fieldops.audit import AuditEntry
from fieldops.sync.models import VisitEvent
from fieldops.sync.rules import OBJECTIONS
from tests.sync.acts import all_of, check_in, pay_in_full, report_result, sync


def objection(road, phone, reason="UNSAFE", **changes):
    body = {"visit_id": str(road.visit_id), "reason": reason} | changes
    return phone.report("objection", str(road.visit_id), body, road.house.clock.now())


@pytest.mark.parametrize("reason", [*OBJECTIONS])
def test_a_stop_that_is_given_back_waits_for_a_supervisor(road, reason):
    (phone, _), (partner, _) = road.phones()
    given = objection(road, phone, reason, detail="楼道有人持械")
    assert sync(road, phone) == {given: "APPLIED"}
    assert road.status() == ("PENDING_REVIEW", "CANCELLED")
    sync(road, partner)
    assert str(road.visit_id) not in {**phone.base, **partner.base}
    assert str(road.visit_id) in partner.recalled
    queue = road.client_as("SUPERVISOR").get("/api/v1/visits", query_string={"status": "PENDING_REVIEW"}).json["items"]
    assert [row["status_reason"] for row in queue] == [f"objection 异议: {OBJECTIONS[reason].zh}"]
    with road.house.transaction() as session:
        assert session.scalars(select(AuditEntry).filter_by(action="visits.objection")).one().reason == reason


@pytest.mark.parametrize("reason", [*OBJECTIONS])
def test_only_what_is_said_of_the_address_is_held_against_it(road, reason):
    (phone, _), _ = road.phones()
    objection(road, phone, reason)
    sync(road, phone)
    events = [(row.kind, row.code) for row in all_of(road, AddressEvent) if row.evidence_kind == "CREW_OBJECTION"]
    assert events == ([("CREW_OBJECTED", reason)] if OBJECTIONS[reason].of_address else [])
    shown = road.client_as("SUPERVISOR").get(f"/api/v1/visits/{road.visit_id}").json
    address = road.client_as("SUPERVISOR").get(f"/api/v1/addresses/{shown['address_id']}").json
    assert (address["register_state"] == "DOUBTFUL") is (reason == "WRONG_ADDRESS")
    assert ("SENS_REPORTED" in address["codes"]) is (reason == "SENSITIVE_PLACE")


def test_a_visit_that_has_begun_is_reported_not_objected_to(road):
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    late = objection(road, phone)
    assert sync(road, phone)[late] == "REJECTED_VALIDATION"
    assert road.status()[0] == "IN_PROGRESS"


def test_an_objection_to_what_is_off_already_is_kept_and_changes_nothing(road):
    (phone, _), (partner, _) = road.phones()
    pay_in_full(road, road.visit_id)
    late = objection(road, phone)
    assert sync(road, phone) == {late: "APPLIED"}
    assert road.status()[0] == "CANCELLED"
    both = objection(road, partner)
    assert sync(road, partner) == {both: "APPLIED"}
    assert [row.kind for row in all_of(road, VisitEvent)] == ["objection", "objection"]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one push", "in two"])
@pytest.mark.parametrize(
    "told", [{}, {"outcome": "O24", "finding": None, "person": "P00", "slots": []}], ids=["made", "not made"]
)
def test_an_objection_after_the_report_is_kept_and_flagged_and_nothing_follows(road, told, at_once):
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id, **told)
    if not at_once:
        held = phone.base
        sync(road, phone)
        assert held != phone.base
    late = objection(road, phone, "WRONG_ADDRESS")
    status = None if at_once else road.status()
    assert sync(road, phone)[late] == "CONFLICT_ALREADY_COMPLETED"
    assert status in (None, road.status())
    assert [row for row in all_of(road, AddressEvent) if row.evidence_kind == "CREW_OBJECTION"] == []
    assert [row.flags for row in all_of(road, VisitEvent) if row.kind == "objection"] == [["AFTER_REPORT"]]


def test_a_result_that_is_on_its_way_when_the_partner_objects_is_kept(road):
    (phone, _), (partner, _) = road.phones()
    done = report_result(road, partner, road.visit_id)
    objection(road, phone)
    sync(road, phone)
    assert sync(road, partner) == {done: "ACCEPTED_AFTER_RECALL"}


@pytest.mark.parametrize(
    "change", [{"reason": "BORED"}, {"reason": None}, {"detail": "证件 11010519491231002X"}, {"colour": "red"}]
)
def test_an_objection_that_cannot_be_read_is_refused(road, change):
    (phone, _), _ = road.phones()
    given = objection(road, phone, **change)
    assert sync(road, phone) == {given: "REJECTED_VALIDATION"}
    assert road.status()[0] == "PLANNED"


def test_a_crews_own_objection_is_no_recall_whose_lag_is_measured(road):
    (phone, _), (partner, _) = road.phones()
    objection(road, phone)
    sync(road, phone)
    road.house.clock.advance(hours=1)
    sync(road, partner)
    assert phone.acknowledge() or partner.acknowledge()
    figures = road.client_as("SUPERVISOR").get("/api/v1/recalls/figures").json
    assert (figures["recalls"], figures["acknowledged"], figures["unconfirmed"], figures["p95_s"]) == (0, 0, 0, None)
