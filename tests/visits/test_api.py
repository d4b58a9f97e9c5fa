"""Visits over HTTP."""

import pytest

from tests.makers import make_case
from tests.visits.makers_of_visits import WHY, make_good_case, make_waiting_visit


@pytest.fixture
def phone(client_as):
    return client_as("PHONE_COLLECTOR")


@pytest.fixture
def boss(client_as):
    return client_as("SUPERVISOR")


def _cases(house, count=1, **changes):
    with house.transaction() as session:
        return [make_good_case(session, **changes).case_no for _ in range(count)]


def _request(client, *case_nos, **more):
    return client.post("/api/v1/visits", json={"case_nos": case_nos, **WHY, **more})


def test_a_request_is_answered_with_its_why_card_in_two_languages(house, phone):
    (case_no,) = _cases(house, called=False)
    answer = _request(phone, case_no)
    assert (answer.status_code, answer.json["status"]) == (201, "REJECTED")
    finding = next(each for each in answer.json["decision"]["findings"] if each["code"] == "VR-010")
    assert finding["message_zh"].startswith("未经电话催收")
    assert finding["message_en"].startswith("No prior recorded phone call")
    assert finding["used"] is not None


def test_rules_that_are_off_are_on_the_card_with_their_reason(house, phone):
    card = _request(phone, *_cases(house)).json["decision"]
    off = {each["code"]: each["message_en"] for each in card["findings"] if each["outcome"] == "OFF"}
    assert "branches" in off["VR-039"]


def test_no_personal_number_is_on_a_visit(house, phone):
    answer = _request(phone, *_cases(house))
    assert answer.json["debtor_name"] == "张**"
    assert "1234" not in {str(value) for value in answer.json.values()}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": "THREATEN"}, "purpose"),
        ({"windows": [{"start": "12:00", "end": "11:00"}]}, "windows"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_request_nobody_can_mean_is_refused_by_field(house, phone, change, field):
    answer = _request(phone, *_cases(house), **change)
    assert answer.status_code == 422
    assert field in answer.json["errors"]["json"]


def test_a_request_names_at_least_one_case(phone):
    answer = phone.post("/api/v1/visits", json=WHY)
    assert (answer.status_code, "case_ids" in answer.json["errors"]["json"]) == (422, True)


def test_an_unknown_case_number_is_not_found(phone):
    assert _request(phone, "NOBODY").json["code"] == "CASE_UNKNOWN"


def test_windows_that_were_agreed_are_kept(house, phone):
    answer = _request(phone, *_cases(house), windows=[{"start": "18:00", "end": "20:00"}])
    assert answer.json["windows"] == [[64800, 72000]]


def test_the_queue_shows_the_most_urgent_first_and_pages_without_gap_or_repeat(house, boss):
    with house.transaction() as session:
        for fen in (600_000, 6_000_000, 2_500_000, 700_000, 6_100_000):
            make_waiting_visit(session, house, make_good_case(session, balance_fen=fen))
    seen, after = [], None
    while True:
        query = {"status": "PENDING_REVIEW", "limit": 2} | ({"after": after} if after else {})
        page = boss.get("/api/v1/visits", query_string=query).json
        seen += page["items"]
        after = page["after"]
        if after is None:
            break
    assert [each["priority"] for each in seen] == [3, 3, 2, 1, 1]
    assert len({each["id"] for each in seen}) == 5


def test_a_made_up_cursor_is_not_understood(boss):
    answer = boss.get("/api/v1/visits", query_string={"after": "xyz"})
    assert (answer.status_code, answer.json["code"]) == (422, "CURSOR_UNKNOWN")


def test_visits_are_found_by_case_number(house, phone, boss):
    one, _ = _cases(house, 2)
    _request(phone, one)
    found = boss.get("/api/v1/visits", query_string={"case_no": one}).json["items"]
    assert [each["case_nos"] for each in found] == [[one]]


def test_a_visit_goes_from_request_to_approval_by_two_people(house, phone, boss):
    visit = _request(phone, *_cases(house)).json
    assert phone.post(f"/api/v1/visits/{visit['id']}/approve", json={}).status_code == 403
    answer = boss.post(f"/api/v1/visits/{visit['id']}/approve", json={"version": visit["version"]})
    assert (answer.status_code, answer.json["status"], answer.json["approved_by"]) == (200, "APPROVED", "supervisor")
    decisions = boss.get(f"/api/v1/visits/{visit['id']}/decisions").json
    assert [each["stage"] for each in decisions] == ["SUBMIT", "APPROVE"]


def test_a_supervisor_who_requested_may_not_approve(house, boss):
    visit = _request(boss, *_cases(house)).json
    answer = boss.post(f"/api/v1/visits/{visit['id']}/approve", json={})
    assert (answer.status_code, answer.json["code"]) == (403, "SELF_APPROVAL")


def test_many_are_requested_and_approved_with_an_outcome_each(house, phone, boss):
    with house.transaction() as session:
        numbers = [make_good_case(session).case_no, make_case(session).case_no]
        numbers.append(make_good_case(session, called=False).case_no)
    rows = phone.post("/api/v1/visits/bulk", json={"case_nos": numbers, **WHY}).json["rows"]
    assert [(row["outcome"], row["verdict"]) for row in rows] == [
        ("PENDING_REVIEW", "PASS"),
        ("PENDING_REVIEW", "REVIEW"),
        ("REJECTED", "REJECT"),
    ]
    answer = boss.post("/api/v1/visits/approve", json={"rows": [{"visit_id": row["visit_id"]} for row in rows]})
    assert [(row["outcome"], (row["problem"] or {}).get("code")) for row in answer.json["rows"]] == [
        ("APPROVED", None),
        ("REFUSED", "COMMENT_MISSING"),
        ("REFUSED", "VISIT_NOT_WAITING"),
    ]


@pytest.mark.parametrize(("act", "status"), [("reject", "REJECTED"), ("return", "RETURNED"), ("cancel", "CANCELLED")])
def test_a_waiting_visit_is_rejected_returned_or_cancelled_with_a_reason(house, phone, boss, act, status):
    visit = _request(phone, *_cases(house)).json
    assert boss.post(f"/api/v1/visits/{visit['id']}/{act}", json={}).status_code == 422
    answer = boss.post(f"/api/v1/visits/{visit['id']}/{act}", json={"reason": "理由不充分"})
    assert (answer.json["status"], answer.json["status_reason"]) == (status, "理由不充分")


def test_a_request_repeated_with_its_key_makes_one_visit(house, phone, boss):
    body = {"case_nos": _cases(house), **WHY}
    first, again = (phone.post("/api/v1/visits", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json["id"] == again.json["id"]
    assert len(boss.get("/api/v1/visits").json["items"]) == 1


def test_a_field_agent_sees_no_queue(client_as):
    assert client_as("FIELD_AGENT").get("/api/v1/visits").status_code == 403
