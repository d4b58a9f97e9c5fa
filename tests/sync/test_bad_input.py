"""Whatever is sent to the phone's door is answered by name: never a fault of ours, never somebody else's data."""

import gzip
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from fieldops.db import uuid7
from fieldops.demo.client import ApiError
from tests.results.sent import a_body
from tests.sync.acts import agent_id_of, case_ids_of, report_result, sync
from tests.sync.test_push import a_mutation, push_raw
from tests.sync.test_service import asked, refused

JUNK = [
    None,
    True,
    0,
    -1,
    2**70,
    1e308,
    "",
    "x",
    "\x00",
    "\ud800",
    "9" * 5000,
    [],
    [[]],
    {},
    {"a": {"b": []}},
    "2026-13-45T99:99:99Z",
]
FIELDS = [
    "protocol",
    "schema",
    "device_id",
    "epoch",
    "cursor",
    "base_hash",
    "client_time",
    "boot_id",
    "elapsed_ms",
    "mutations",
]
OF_MUTATION = [
    "id",
    "depends_on",
    "type",
    "entity_id",
    "base_version",
    "device_time",
    "boot_id",
    "elapsed_ms",
    "body_sha256",
    "body",
]


def post(api, path, body):
    return api.client.post(f"/api/v1{path}", data=json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("field", FIELDS)
def test_any_field_of_the_envelope_may_be_anything(road, field):
    (phone, api), _ = road.phones()
    for junk in JUNK:
        answer = post(api, "/mobile/sync", asked(road, phone) | {field: junk})
        assert answer.status_code in {200, 400, 403, 409, 422, 426, 503}, (field, junk, answer.text[:200])
        assert answer.status_code != 503 or answer.json["code"] == "SERVER_OLDER"


@pytest.mark.parametrize("field", OF_MUTATION)
def test_any_field_of_a_mutation_may_be_anything(road, field):
    (phone, api), _ = road.phones()
    body = a_body(road.visit_id, case_ids_of(road, road.visit_id))
    for junk in JUNK:
        mutation = a_mutation(road, road.visit_id, body) | {field: junk}
        answer = post(api, "/mobile/sync", asked(road, phone, mutations=[mutation]))
        assert answer.status_code in {200, 400, 422}, (field, junk, answer.text[:200])
        if answer.status_code == 200:
            (result,) = answer.json["results"]
            assert result["code"] != "RETRY_LATER", (field, junk, result)


NO_ENVELOPE = {
    "none": b"",
    "cut": b"{",
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "bytes": b"\xff\xfe",
    "deep list": b"[" * 60_000,
    "deep object": b'{"a":' * 12_000,
    "nan": b"NaN",
    "twice": b'{"protocol":1,"protocol":1}',
}


@pytest.mark.parametrize(
    "path",
    [
        "/mobile/sync",
        "/mobile/positions",
        "/mobile/devices",
        "/mobile/chain",
        "/mobile/devices/{device_id}/ack",
        "/mobile/devices/{device_id}/token",
    ],
)
def test_a_body_that_is_no_envelope_is_refused_by_name(road, path):
    (phone, api), _ = road.phones()
    for name, raw in NO_ENVELOPE.items():
        where = f"/api/v1{path.format(device_id=phone.device_id)}"
        answer = api.client.post(where, data=raw, content_type="application/json")
        assert answer.status_code in {400, 422}, (name, answer.text[:200])
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_a_body_of_another_kind_is_not_read_as_something_else(road, kind):
    (phone, api), _ = road.phones()
    answer = api.client.post("/api/v1/mobile/sync", data=b"<x/>", content_type=kind)
    assert answer.status_code in {400, 422}
    assert phone.base


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_body_over_the_limit_of_its_door_is_refused_with_the_limit_and_unpacked_no_further(road, packed):
    (phone, api), _ = road.phones()
    limits = {
        "positions": 256 * 1024,
        "chain": 1024 * 1024,
        "devices": 64 * 1024,
        f"devices/{phone.device_id}/ack": 64 * 1024,
        f"devices/{phone.device_id}/token": 64 * 1024,
    }
    for path, limit in limits.items():
        for size, code in ((limit, {400, 422}), (limit + 1, {413}), (30 * limit, {413})):
            body, headers = b" " * size, {"Content-Encoding": "gzip"} if packed else {}
            sent = gzip.compress(body) if packed else body
            told = {"content_type": "application/json", "headers": headers}
            answer = api.client.post(f"/api/v1/mobile/{path}", data=sent, **told)
            assert answer.status_code in code, (path, size, answer.text[:200])
            if answer.status_code == 413:
                assert (answer.json["code"], answer.json["limit"]) == ("BODY_TOO_LARGE", limit)


@pytest.mark.parametrize("change", ["foreign visit", "foreign card", "partner's mutation", "partner's phone"])
def test_with_the_ids_of_others_nothing_of_theirs_is_reached(road, change):
    (phone, api), (partner, partner_api) = road.phones()
    strange = road.visits[road.crews[1].id][0]
    if change == "partner's phone":
        assert refused(api, asked(road, phone, device_id=partner.device_id)) == (403, "DEVICE_UNKNOWN")
        for path, body in ((f"/mobile/devices/{partner.device_id}/ack", {"visit_ids": [str(road.visit_id)]}),):
            with pytest.raises(ApiError) as problem:
                api.post(path, body)
            assert problem.value.problem["code"] == "DEVICE_UNKNOWN"
        return
    if change == "partner's mutation":
        body = a_body(road.visit_id, case_ids_of(road, road.visit_id))
        mutation = a_mutation(road, road.visit_id, body)
        assert push_raw(road, partner_api, partner, mutation) == ["APPLIED"]
        assert push_raw(road, api, phone, mutation) == ["IDEMPOTENCY_MISMATCH"]
        return
    if change == "foreign visit":
        mutation = a_mutation(road, strange, a_body(strange, case_ids_of(road, strange)))
        assert push_raw(road, api, phone, mutation) == ["REJECTED_FORBIDDEN"]
    else:
        mutation = a_mutation(road, road.visit_id, a_body(road.visit_id, case_ids_of(road, strange)))
        assert push_raw(road, api, phone, mutation) == ["REJECTED_VALIDATION"]
    assert phone.gate([str(strange)]) == {str(strange): "NOT_YOURS"}
    assert road.status(strange)[0] == "PLANNED"


def test_a_token_that_is_replayed_after_its_session_has_ended_opens_nothing(road):
    (phone, api), _ = road.phones()
    stolen = api.client.environ_base["HTTP_AUTHORIZATION"]
    road.client_as("SUPERVISOR").post(f"/api/v1/devices/{phone.device_id}/log-out", json={"reason": "换人"})
    api.client.environ_base["HTTP_AUTHORIZATION"] = stolen
    answer = post(api, "/mobile/sync", asked(road, phone, cursor=None, epoch=None))
    assert (answer.json["ops"], answer.json["recalled"], answer.json["commands"]) == ([], [], ["LOGOUT"])
    for path, query in (("/mobile/recalls", {"held": str(road.visit_id)}),):
        assert api.client.get(f"/api/v1{path}", query_string=query).status_code == 401
    assert (
        post(
            api,
            "/mobile/positions",
            {"points": [{"at": "2026-11-24T09:31:00+08:00", "lat": 39, "lon": 116, "accuracy_m": 1}]},
        ).status_code
        == 401
    )


def test_a_token_of_one_phone_does_not_speak_for_another_of_the_same_agent(road):
    from fieldops.agents.models import Agent
    from tests.phone import phone_of

    (phone, api), _ = road.phones()
    with road.house.transaction() as session:
        agent = session.get_one(Agent, agent_id_of(road, phone))
    second, _ = phone_of(road.client_as, agent)
    assert refused(api, asked(road, phone, device_id=second.device_id)) == (403, "DEVICE_UNKNOWN")


@pytest.mark.parametrize("hours", [25, -25])
def test_a_phone_a_day_off_is_served_and_marked(road, hours):
    (phone, api), _ = road.phones()
    phone.clock_off = timedelta(hours=hours)
    done = report_result(road, phone, road.visit_id, arrived=road.house.clock.now() + phone.clock_off)
    assert sync(road, phone) in ({done: "APPLIED"}, {done: "REJECTED_VALIDATION"})
    listed = road.client_as("SUPERVISOR").get("/api/v1/devices").json
    off = next(row["clock_off_ms"] for row in listed if row["id"] == phone.device_id)
    assert off == hours * 3_600_000
    assert json.loads(api.answers[-1])["server_time"].startswith("2026-11-24")


def test_a_hundred_results_of_junk_are_each_answered(road):
    (phone, api), _ = road.phones()
    visits = [road.visit_id, uuid4(), road.visits[road.crews[1].id][0]]
    mutations = [
        a_mutation(road, visits[n % 3], {"visit_id": str(visits[n % 3]), "junk": JUNK[n % 12]}, mutation_id=uuid7())
        for n in range(100)
        if not isinstance(JUNK[n % 12], str) or "\ud800" not in JUNK[n % 12]
    ]
    codes = push_raw(road, api, phone, *mutations)
    assert set(codes) == {"REJECTED_VALIDATION"}
    assert len(codes) == len(mutations)
