"""Policies over HTTP: read by the desks, drafted by one, activated by another."""

import pytest

from fieldops.audit import Actor
from fieldops.cases.models import Bank
from fieldops.db import uuid7
from fieldops.policies import service

DRAFT = {
    "document": {
        "based_on": "2026-11",
        "edition": "2026-12",
        "valid_from": "2026-12-01",
        "visit": {"min_balance_fen": 600_000},
    },
    "reason": "letter of the bank of 20 November",
}


def test_a_policy_is_drafted_by_the_business_department_and_activated_by_a_manager(client_as):
    business, manager = client_as("BUSINESS_DEPT"), client_as("MANAGER")
    made = business.post("/api/v1/policies", json=DRAFT)
    assert made.status_code == 201
    assert made.json["changes"] == [{"key": "visit.min_balance_fen", "was": 500_000, "now": 600_000}]
    assert business.post("/api/v1/policies/2026-12/activate").status_code == 403
    assert manager.post("/api/v1/policies/2026-12/activate").json["status"] == "ACTIVE"
    listed = business.get("/api/v1/policies").json
    assert listed["in_force"] == "2026-11"
    assert [(each["name"], each["status"]) for each in listed["items"]] == [
        ("2026-11", "SHIPPED"),
        ("2026-12", "ACTIVE"),
    ]
    assert business.get("/api/v1/policies/2026-12").json["document"]["visit"]["min_balance_fen"] == 600_000
    assert business.get("/api/v1/policies/2026-11").json["document"]["visit"]["min_balance_fen"] == 500_000


def test_a_manager_does_not_activate_what_they_drafted(client_as):
    manager = client_as("MANAGER")
    assert manager.post("/api/v1/policies", json=DRAFT).status_code == 201
    refused = manager.post("/api/v1/policies/2026-12/activate")
    assert (refused.status_code, refused.json["code"]) == (403, "FOUR_EYES")
    taken_back = manager.post("/api/v1/policies/2026-12/withdraw", json={"reason": "drafted by mistake"})
    assert taken_back.json["withdrawn_because"] == "drafted by mistake"


def test_a_refused_draft_names_key_and_mend(client_as):
    loose = {**DRAFT, "document": DRAFT["document"] | {"visit": {"adult_age_years": 16}}}
    refused = client_as("BUSINESS_DEPT").post("/api/v1/policies", json=loose)
    assert (refused.status_code, refused.json["code"], refused.json["key"]) == (
        422,
        "POLICY_TOO_LOOSE",
        "visit.adult_age_years",
    )
    assert refused.json["mend"].startswith("must be at least 18")


@pytest.mark.parametrize("name", ["policies", "calendars"])
def test_an_edition_nobody_drafted_is_not_found(client_as, name):
    told = client_as("MANAGER").get(f"/api/v1/{name}/1999-1")
    assert (told.status_code, told.json["code"]) == (404, "EDITION_UNKNOWN")
    assert client_as("MANAGER").post(f"/api/v1/{name}/1999-1/activate").status_code == 404


def test_a_calendar_is_drafted_activated_and_withdrawn_before_its_year(client_as, house):
    document = {"edition": "2027-1", "year": 2027, "source": "notice", "holidays": [], "worked_weekends": []}
    business, manager = client_as("BUSINESS_DEPT"), client_as("MANAGER")
    assert business.post("/api/v1/calendars", json={"document": document, "reason": "the notice"}).status_code == 201
    assert manager.post("/api/v1/calendars/2027-1/activate").json["status"] == "ACTIVE"
    assert business.get("/api/v1/calendars/2026-1").json["document"]["year"] == 2026
    assert [each["name"] for each in business.get("/api/v1/calendars").json["items"]] == ["2026-1", "2027-1"]
    withdrawn = business.post("/api/v1/calendars/2027-1/withdraw", json={"reason": "not yet published"})
    assert withdrawn.json["status"] == "WITHDRAWN"
    with house.transaction() as session:
        assert service.calendar_of(session, 2027) is None


def test_what_is_decided_carries_the_edition_in_force_that_day(client_as, house):
    author, manager = (Actor(name, house.clock.now()) for name in ("author", "boss"))
    document = DRAFT["document"] | {"valid_from": "2026-11-23", "edition": "now"}
    with house.transaction() as session:
        service.draft_policy(session, author, document=document, reason="at once")
        service.activate_edition(session, manager, "POLICY", "now")
    from tests.makers import make_case

    with house.transaction() as session:
        case_no = make_case(session, balance_fen=550_000).case_no
    asked = {"case_nos": [case_no], "purpose": "COLLECT", "reason": "EVASIVE", "goal": "见面"}
    visit = client_as("PHONE_COLLECTOR").post("/api/v1/visits", json=asked).json
    assert (visit["status"], visit["policy_edition"]) == ("REJECTED", "now")
    (finding,) = [each for each in visit["decision"]["findings"] if each["code"] == "VR-020"]
    assert finding["limits"]["visit.min_balance_fen"] == 600_000


def test_a_bank_nobody_has_is_named_at_drafting_and_activation_until_its_first_file_brings_it(client_as, house):
    """A code written wrong would never apply; terms of a bank to come must stand before its first file."""
    stricter = [{"bank": code, "reason": "合同", "change": {"visit": {"min_balance_fen": 1_000_000}}} for code in "AZ"]
    with house.transaction() as session:
        session.add(Bank(id=uuid7(), code="A", name="甲银行"))
    draft = {**DRAFT, "document": DRAFT["document"] | {"overrides": stricter}}
    made = client_as("BUSINESS_DEPT").post("/api/v1/policies", json=draft)
    assert (made.status_code, made.json["unknown_banks"]) == (201, ["Z"])
    manager = client_as("MANAGER")
    assert manager.post("/api/v1/policies/2026-12/activate").json["unknown_banks"] == ["Z"]
    with house.transaction() as session:
        session.add(Bank(id=uuid7(), code="Z", name="末银行"))
    assert manager.get("/api/v1/policies/2026-12").json["unknown_banks"] == []
    assert manager.get("/api/v1/policies/2026-11").json["unknown_banks"] == []
