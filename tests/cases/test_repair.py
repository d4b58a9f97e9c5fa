"""Addresses learned after the case's file: where they may come from, and what a call confirms."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldops.addresses import service as addresses
from fieldops.addresses.models import Address
from fieldops.audit import Actor, AuditEntry
from fieldops.cases.models import Case, CaseAddress
from fieldops.visits.models import Visit
from tests.makers import CALLED_AT, HOME, make_address, make_call, make_case

FOUND = "北京市房山区拱辰街道良乡中路28号院3号楼1单元201室"
WORK = "北京市房山区拱辰街道月华大街{}号2号楼305室"
SAID = {"raw": FOUND, "kind": "HOME", "source": "FIELD_FOUND", "belongs_to": "DEBTOR", "evidence": "visit WF-1"}
LAWFUL = ["CONTRACT", "RESERVED", "AUTHORISED", "PUBLIC_LAWFUL", "TOLD_BY_CONTACT", "CREDIT_BUREAU", "FIELD_FOUND"]


@pytest.fixture
def case(house):
    """A case with a home and a workplace: its id and theirs."""
    with house.transaction() as session:
        made = make_case(session, addresses={"HOME": HOME.format(901), "WORK": WORK.format(8)})
        links = session.scalars(sa.select(CaseAddress).filter_by(case_id=made.id))
        return made.id, {link.kind: link.address_id for link in links}


@pytest.fixture
def collector(client_as):
    return client_as("PHONE_COLLECTOR")


def _enter(client, case_id, **changes):
    said = {name: value for name, value in (SAID | changes).items() if value is not None}
    return client.post(f"/api/v1/cases/{case_id}/addresses", json=said)


def _call(house, case_id, **changes):
    with house.transaction() as session:
        return make_call(session, session.get_one(Case, case_id), **changes).id


def _confirm(client, case_id, address_id, call_id):
    url = f"/api/v1/cases/{case_id}/addresses/{address_id}/confirm"
    return client.post(url, json={"call_id": str(call_id)})


def _codes(client, case_id, address_id):
    asked = {"purpose": "COLLECT", "reason": "LOST", "goal": "了解情况", "case_ids": [str(case_id)]}
    return client.post("/api/v1/visits", json=asked | {"address_id": str(address_id)}).json["codes"]


@pytest.mark.parametrize("source", LAWFUL)
def test_an_address_learned_lawfully_enters_unverified_and_judged(house, collector, case, source):
    answer = _enter(collector, case[0], source=source)
    shown = answer.json
    assert (answer.status_code, shown["verdict"], shown["register_state"]) == (201, "VALID", "UNVERIFIED")
    assert (shown["source"], shown["bank_provided"], shown["kind"]) == (source, False, "HOME")
    assert [(each["kind"], each["code"], each["evidence_id"]) for each in shown["events"]] == [
        ("ENTERED", source, "visit WF-1")
    ]
    with house.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 0
        assert session.scalars(sa.select(AuditEntry).filter_by(action="addresses.enter")).one().entity_id == shown["id"]


@pytest.mark.parametrize(
    ("source", "code"), [("UNKNOWN", "SOURCE_UNLAWFUL"), ("BOUGHT", "SOURCE_UNLAWFUL"), (None, "SOURCE_MISSING")]
)
def test_an_unlawful_or_missing_source_is_refused_by_name_and_nothing_is_kept(house, collector, case, source, code):
    answer = _enter(collector, case[0], source=source)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert (source or "FIELD_FOUND") in answer.json["detail"]
    with house.transaction() as session:
        assert session.scalar(sa.select(Address).filter_by(raw=FOUND)) is None


@pytest.mark.parametrize("missing", ["raw", "kind", "belongs_to", "evidence"])
def test_what_an_address_is_and_how_it_was_learned_must_be_said(collector, case, missing):
    assert _enter(collector, case[0], **{missing: None}).status_code == 422


def test_blanks_are_no_address(collector, case):
    assert _enter(collector, case[0], raw="   ").json["code"] == "ADDRESS_EMPTY"


def test_the_same_wording_twice_is_one_address_with_one_history(collector, case):
    first, second = _enter(collector, case[0]).json, _enter(collector, case[0]).json
    assert (first["id"], len(second["events"])) == (second["id"], 1)


def test_another_wording_of_the_same_flat_is_suggested_and_not_merged(collector, case):
    first = _enter(collector, case[0]).json
    second = _enter(collector, case[0], raw=FOUND.removesuffix("室")).json
    assert first["id"] != second["id"]
    assert (first["same_place"], second["same_place"]) == ([], [first["id"]])


def test_an_address_found_anew_that_is_known_to_be_dead_is_dead(house, collector, case):
    with house.transaction() as session:
        known = make_address(session, make_case(session), "OTHER", FOUND)
        addresses.judge_some(session, only=[known.id])
        session.refresh(known)
        addresses.invalidate_address(
            session, Actor("crew", house.clock.now()), address=known, scope="SITE", channel="ALL",
            reason="DEMOLISHED", code="A06", evidence_kind="VISIT_RESULT", evidence_id="r1",
        )  # fmt: skip
    assert _enter(collector, case[0]).json["register_state"] == "INVALID"


def test_an_address_entered_is_listed_with_its_case(collector, case):
    found = _enter(collector, case[0]).json["id"]
    listed = collector.get(f"/api/v1/cases/{case[0]}").json["addresses"]
    assert found in [each["address_id"] for each in listed]


def test_who_may_not_repair_enters_nothing(client_as, case):
    assert _enter(client_as("QA"), case[0]).status_code == 403


def test_an_address_confirmed_by_phone_comes_before_a_better_kind(house, collector, case):
    case_id, given = case
    assert "VR-037" in _codes(collector, case_id, given["WORK"])
    assert (
        _confirm(
            collector, case_id, given["WORK"], _call(house, case_id, started_at=CALLED_AT + timedelta(hours=5))
        ).status_code
        == 200
    )
    with house.transaction() as session:
        session.execute(sa.update(Visit).values(status="CANCELLED"))
    assert "VR-037" not in _codes(collector, case_id, given["WORK"])


def test_the_newest_call_counts_and_a_call_is_noted_once(house, collector, case):
    case_id, given = case
    newer = _call(house, case_id, started_at=CALLED_AT + timedelta(days=1), recording_id="REC2")
    older = _call(house, case_id, started_at=CALLED_AT - timedelta(days=1), recording_id="REC0")
    for call_id in (newer, older, older):
        shown = _confirm(collector, case_id, given["WORK"], call_id).json
    assert shown["phone_confirmed_at"].startswith((CALLED_AT + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    assert [each["evidence_id"] for each in shown["events"]] == [str(newer), str(older)]
    assert shown["register_state"] == "UNVERIFIED"


@pytest.mark.parametrize(
    "changes", [{"connected": False}, {"connected": None}, {"recording_id": None}, {"callee": "THIRD"}]
)
def test_a_call_that_nobody_answered_or_recorded_or_a_third_party_took_confirms_nothing(
    house, collector, case, changes
):
    case_id, given = case
    call_id = _call(house, case_id, started_at=CALLED_AT + timedelta(hours=1), **changes)
    assert _confirm(collector, case_id, given["WORK"], call_id).json["code"] == "CALL_PROVES_NOTHING"


def test_calls_and_addresses_of_somebody_else_are_not_found(house, collector, case):
    case_id, given = case
    with house.transaction() as session:
        other = make_case(session)
        theirs = session.scalars(sa.select(CaseAddress.address_id).filter_by(case_id=other.id)).one()
        other_id = other.id
    call = _call(house, case_id, started_at=CALLED_AT + timedelta(hours=2))
    their_call = _call(house, other_id, started_at=CALLED_AT + timedelta(hours=2))
    answers = [
        _confirm(collector, case_id, theirs, call),
        _confirm(collector, case_id, given["WORK"], their_call),
        _confirm(collector, case_id, given["WORK"], uuid.uuid4()),
    ]
    assert [(each.status_code, each.json["code"]) for each in answers] == [
        (404, "ADDRESS_UNKNOWN"),
        (404, "CALL_UNKNOWN"),
        (404, "CALL_UNKNOWN"),
    ]
