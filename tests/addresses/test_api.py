"""Addresses over HTTP."""

import pytest

from fieldops.addresses import service
from fieldops.addresses.models import Address
from fieldops.audit import Actor
from tests.makers import make_case, make_point


@pytest.fixture
def blocked(house):
    """An address on the register: its id and its block's."""
    with house.transaction() as session:
        case = make_case(session)
        address = make_point(session, case)
        block = service.invalidate_address(
            session,
            Actor("crew", house.clock.now()),
            address=session.get(Address, address.id),
            scope="EXACT",
            channel="ALL",
            reason="DEMOLISHED",
            code="A06",
            evidence_kind="VISIT_RESULT",
            evidence_id="r1",
        )
        return address.id, block.id


def test_an_address_shows_verdict_register_history_and_point(client_as, blocked):
    shown = client_as("QA").get(f"/api/v1/addresses/{blocked[0]}").json
    assert (shown["verdict"], shown["register_state"], shown["point"]["precision"]) == ("VALID", "INVALID", "ROOFTOP")
    assert (shown["point"]["datum"], shown["point"]["datum_given"]) == ("WGS84", "WGS84")
    assert (shown["visit"], shown["letter"], shown["codes"]) == ("BLOCK", "BLOCK", ["KNOWN_INVALID"])
    assert [(each["reason"], each["evidence_id"]) for each in shown["blocks"]] == [("DEMOLISHED", "r1")]
    assert [(each["kind"], each["code"]) for each in shown["events"]] == [("VISIT_FOUND", "A06")]


def test_any_text_is_judged_with_reasons_in_two_languages(client_as):
    answer = client_as("PHONE_COLLECTOR").post("/api/v1/addresses/check", json={"raw": "北京市房山区126号"})
    (finding,) = answer.json["findings"]
    assert (answer.json["verdict"], finding["code"]) == ("INCOMPLETE", "INC_DISTRICT_NUMBER")
    assert finding["message_zh"]
    assert finding["message_en"]


def test_only_a_supervisor_lifts_a_block_and_only_with_evidence(client_as, blocked):
    url = f"/api/v1/address-blocks/{blocked[1]}/lift"
    words = {"reason": "新照片证实房屋仍在", "evidence_kind": "VISIT_RESULT", "evidence_id": "r2"}
    assert client_as("MANAGER").post(url, json=words).status_code == 403
    boss = client_as("SUPERVISOR")
    assert boss.post(url, json={"reason": "误报"}).status_code == 422
    assert boss.post(url, json=words | {"evidence_id": "r1"}).json["code"] == "EVIDENCE_NOT_NEW"
    assert boss.post(url, json=words).status_code == 200
    assert boss.get(f"/api/v1/addresses/{blocked[0]}").json["register_state"] == "UNVERIFIED"


def test_an_unknown_address_is_not_found(client_as, blocked):
    answer = client_as("QA").get(f"/api/v1/addresses/{blocked[1]}")
    assert (answer.status_code, answer.json["code"]) == (404, "ADDRESS_UNKNOWN")


def test_a_field_agent_looks_up_no_address(client_as, blocked):
    assert client_as("FIELD_AGENT").get(f"/api/v1/addresses/{blocked[0]}").status_code == 403
