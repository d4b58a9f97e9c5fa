"""Batches over HTTP."""

from fieldops.visits.queries import visit_by_id
from tests.makers import make_case
from tests.visits.makers_of_visits import make_approved_visit


def _approved(house, count=1):
    with house.transaction() as session:
        return [make_approved_visit(session, house).id for _ in range(count)]


def test_a_day_is_gathered_shown_and_given_back(house, client_as):
    (visit_id,) = _approved(house)
    boss = client_as("SUPERVISOR")
    made = boss.post("/api/v1/batches", json={"on_date": "2026-11-24"})
    assert (made.status_code, made.json["batched"], made.json["unrouted"], made.json["left"]) == (201, 1, [], [])
    (batch,) = boss.get("/api/v1/batches", query_string={"on_date": "2026-11-24"}).json
    shown = boss.get(f"/api/v1/batches/{batch['id']}").json
    assert [item["id"] for item in shown["items"]] == [str(visit_id)]
    back = boss.post(f"/api/v1/batches/{batch['id']}/unbatch", json={"reason": "改期"})
    assert (back.status_code, back.json["status"], back.json["items"]) == (200, "CANCELLED", [])
    with house.transaction() as session:
        assert visit_by_id(session, visit_id).status == "APPROVED"


def test_what_is_left_out_says_why_in_two_languages(house, client_as):
    with house.transaction() as session:
        number = make_case(session).case_no
    why = {"purpose": "COLLECT", "reason": "EVASIVE", "goal": "当面核实"}
    visit = client_as("PHONE_COLLECTOR").post("/api/v1/visits", json={"case_nos": [number], **why}).json
    boss = client_as("SUPERVISOR")
    boss.post(f"/api/v1/visits/{visit['id']}/approve", json={"comment": "已核"})
    (row,) = boss.post("/api/v1/batches", json={"on_date": "2026-11-24"}).json["unrouted"]
    assert (row["no"], row["reason"], row["message_zh"]) == (visit["no"], "NOT_LOCATED", "地址未定位，无法排程")
    assert row["message_en"]


def test_an_unknown_batch_is_not_found_and_a_phone_collector_makes_none(house, client_as):
    (visit_id,) = _approved(house)
    assert client_as("QA").get(f"/api/v1/batches/{visit_id}").status_code == 404
    assert client_as("PHONE_COLLECTOR").post("/api/v1/batches", json={"on_date": "2026-11-24"}).status_code == 403
