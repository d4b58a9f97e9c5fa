"""Phones and their agents, the gate, acknowledgements, limits and refusals over HTTP."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from fieldops.audit import AuditEntry
from fieldops.auth.models import UserAccount
from fieldops.clock import at_local
from fieldops.demo.client import ApiError
from fieldops.sync import api as mobile
from fieldops.sync import queries, recalls
from fieldops.sync.models import Device, Quarantine, Recall, ScopeEntry
from fieldops.vault import Vault, VaultError
from tests.planning.makers_of_plans import TOMORROW
from tests.sync.acts import all_of, cancel, case_ids_of, pay_in_full, report_result, sync


def set_state(road, phone, state):
    with road.house.transaction() as session:
        session.execute(update(Device).where(Device.id == phone.device_id).values(state=state))


def asked(road, phone, **changes):
    """A sync as a phone sends it."""
    return phone._request(road.house.clock.now(), phone._place()["epoch"], phone.cursor, None) | changes


def refused(api, body):
    """Status and code of a sync the server refuses."""
    with pytest.raises(ApiError) as problem:
        api.post("/mobile/sync", body)
    return problem.value.status, problem.value.problem["code"]


def test_a_phone_is_bound_to_the_agent_who_logs_in(road):
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        device = session.get_one(Device, phone.device_id)
        assert device.state == "ACTIVE"
        row = session.scalars(select(AuditEntry).filter_by(action="mobile.register", entity_id=phone.device_id)).one()
    assert row.detail == {"agent": str(device.agent_id)}


def test_an_account_without_an_agent_registers_no_phone(road):
    client = road.client_as("FIELD_AGENT", name="nobody")
    body = {"public_key": "k", "app_version": "1", "schema_version": 1}
    answer = client.post("/api/v1/mobile/devices", json=body)
    assert (answer.status_code, answer.json["code"]) == (403, "NO_AGENT")


@pytest.mark.parametrize("role", ["SUPERVISOR", "SYSADMIN", "BANK_VIEWER", "PHONE_COLLECTOR"])
def test_only_field_agents_sync(road, role):
    (phone, api), _ = road.phones()
    with road.house.transaction() as session:
        agent_id = session.scalars(select(Device.agent_id).filter_by(id=phone.device_id)).one()
        session.execute(update(UserAccount).filter_by(agent_id=agent_id).values(roles=[role]))
    assert refused(api, asked(road, phone)) == (403, "ROLE_NOT_ALLOWED")


def test_the_token_of_a_person_does_not_sync_and_that_of_a_phone_opens_nothing_else(road):
    (phone, api), _ = road.phones()
    person = road.client_as("FIELD_AGENT", name="somebody", agent_id=uuid4())
    answer = person.post("/api/v1/mobile/sync", json=asked(road, phone))
    assert (answer.status_code, answer.json["code"]) == (403, "PHONE_TOKEN_NEEDED")
    answer = api.client.get("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (403, "PHONE_TOKEN")


def test_without_a_token_nothing_is_synced(road):
    (phone, _), _ = road.phones()
    answer = road.app.test_client().post("/api/v1/mobile/sync", json=asked(road, phone))
    assert (answer.status_code, answer.json["code"]) == (401, "TOKEN_MISSING")


def test_anothers_phone_and_an_unknown_one_are_refused(road):
    (phone, _), (_, partner_api) = road.phones()
    assert refused(partner_api, asked(road, phone)) == (403, "DEVICE_UNKNOWN")
    assert refused(partner_api, asked(road, phone, device_id=str(uuid4()))) == (403, "DEVICE_UNKNOWN")


def test_a_revoked_phone_is_refused_and_pushes_nothing(road):
    (phone, api), _ = road.phones()
    report_result(road, phone, road.visit_id)
    set_state(road, phone, "REVOKED")
    assert refused(api, asked(road, phone)) == (403, "DEVICE_REVOKED")
    assert road.status()[0] == "PLANNED"


def test_a_phone_that_must_be_wiped_sends_its_outbox_and_is_told_nothing_more(road):
    (phone, api), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    set_state(road, phone, "WIPE")
    assert sync(road, phone) == {done: "APPLIED"}
    answer = json.loads(api.answers[-2])
    assert (answer["commands"], answer["ops"], answer["recalled"]) == (["WIPE"], [], [])
    assert (phone.base, phone.unsent) == ({}, [])
    assert refused(api, asked(road, phone)) == (403, "DEVICE_REVOKED")  # it has said that it is empty


def test_a_wipe_never_takes_an_unsent_outbox_with_it(road):
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id)
    phone._wipe()
    assert (phone.base, len(phone.unsent)) == ({}, 1)


def test_the_gate_lets_pass_what_is_planned_and_stops_what_is_not_mine(road):
    (phone, _), _ = road.phones()
    mine, strange = str(road.visit_id), str(road.visits[road.crews[1].id][0])
    nowhere = str(uuid4())
    assert phone.gate([mine, strange, nowhere]) == {strange: "NOT_YOURS", nowhere: "NOT_YOURS"}


def test_the_gate_knows_of_a_recall_before_the_phone_has_synced(road):
    (phone, _), _ = road.phones()
    pay_in_full(road, road.visit_id)
    assert str(road.visit_id) in phone.base
    assert "repayment 还款" in phone.gate([str(road.visit_id)])[str(road.visit_id)]


def test_the_gate_stops_what_has_been_reported(road):
    (phone, _), (partner, _) = road.phones()
    report_result(road, phone, road.visit_id)
    sync(road, phone)
    assert partner.gate([str(road.visit_id)]) == {str(road.visit_id): "NOT_YOURS"}


@pytest.mark.parametrize(
    ("seconds", "stops"), [(8 * 3600 - 1, True), (8 * 3600, False), (21 * 3600, False), (21 * 3600 + 1, True)]
)
def test_the_gate_keeps_lawful_hours(road, seconds, stops):
    (phone, _), _ = road.phones()
    road.house.clock.instant = at_local(TOMORROW, seconds)
    expected = {str(road.visit_id): "OUTSIDE_LAWFUL_HOURS"} if stops else {}
    assert phone.gate([str(road.visit_id)]) == expected


@pytest.mark.parametrize("days", [-1, 1])
def test_the_gate_stops_on_the_day_before_the_plan_and_on_the_day_after(road, days):
    (phone, _), _ = road.phones()
    road.house.clock.advance(days=days)
    assert phone.gate([str(road.visit_id)]) == {str(road.visit_id): "NOT_TODAY"}


@pytest.mark.parametrize(
    "held", ["", "x", f"{uuid4()},x", ",".join([str(uuid4())] * 51)], ids=["none", "x", "one bad", "51"]
)
def test_the_gate_refuses_what_are_no_visits(road, held):
    (_, api), _ = road.phones()
    with pytest.raises(ApiError) as problem:
        api.get("/mobile/recalls", held=held)
    assert problem.value.status == 422


def test_permission_to_visit_offline_ends_with_the_hours_of_the_last_sync(road):
    (phone, _), _ = road.phones()
    now = road.house.clock.now()
    visit = str(road.visit_id)
    assert phone.may_visit_offline(visit, now)
    assert phone.may_visit_offline(visit, now + timedelta(hours=4))
    assert not phone.may_visit_offline(visit, now + timedelta(hours=4, seconds=1))
    road.house.clock.advance(hours=3)
    sync(road, phone)
    assert phone.may_visit_offline(visit, now + timedelta(hours=7))


def test_permission_to_visit_offline_ends_with_the_lawful_day(road):
    (phone, _), _ = road.phones()
    road.house.clock.instant = at_local(TOMORROW, 20 * 3600)
    sync(road, phone)
    assert phone.may_visit_offline(str(road.visit_id), at_local(TOMORROW, 21 * 3600))
    assert not phone.may_visit_offline(str(road.visit_id), at_local(TOMORROW, 21 * 3600 + 1))


def test_a_recalled_visit_may_not_be_made_offline_either(road):
    (phone, _), _ = road.phones()
    pay_in_full(road, road.visit_id)
    sync(road, phone)
    assert not phone.may_visit_offline(str(road.visit_id), road.house.clock.now())


def test_the_lag_of_a_recall_ends_when_a_phone_has_shown_it(road):
    (phone, _), (partner, _) = road.phones()
    begun = road.house.clock.now()
    cancel(road, road.visit_id)
    road.house.clock.advance(seconds=40)
    sync(road, phone)
    assert phone.acknowledge() == [str(road.visit_id)]
    assert phone.acknowledge() == []
    with road.house.transaction() as session:
        assert queries.recall_lags_s(session, since=begun) == [40.0]
    assert sorted(recall.acked_at is None for recall in all_of(road, Recall)) == [False, True]
    sync(road, partner)
    partner.acknowledge()
    with road.house.transaction() as session:
        assert queries.recall_lags_s(session, since=begun) == [40.0, 40.0]


def test_a_recall_no_phone_has_shown_is_listed_while_its_visit_is_soon_due(road):
    (phone, _), _ = road.phones()
    last = road.visits[road.crew.id][-1]  # due at half past eleven

    def listed():
        with road.house.transaction() as session:
            waits = {"waited": timedelta(minutes=5), "due_within": timedelta(minutes=60)}
            return [row["visit_id"] for row in queries.recalls_unconfirmed(session, road.house.clock.now(), **waits)]

    road.house.clock.advance(minutes=61)
    cancel(road, last)
    assert listed() == []
    road.house.clock.advance(minutes=5)
    assert listed() == [last, last]
    sync(road, phone)
    phone.acknowledge()
    assert listed() == [last]
    road.house.clock.advance(minutes=60)
    assert listed() == [last]  # a crew that is late may still be on its way
    road.house.clock.instant = at_local(TOMORROW, 21 * 3600 + 1)  # nobody may be visited any more
    assert listed() == []


def test_a_recall_is_unconfirmed_no_longer_once_its_visit_is_reported_or_may_be_made_again(road):
    road.house.clock.advance(minutes=55)
    first, second, _ = road.visits[road.crew.id]  # due at half past nine and at half past ten
    phones, case_ids = [made for made, _ in road.phones()], case_ids_of(road, first)
    for visit_id in (first, second):
        cancel(road, visit_id)
    road.house.clock.advance(minutes=6)

    def listed():
        with road.house.transaction() as session:
            return sorted(str(row["visit_id"]) for row in recalls.recalls_unconfirmed(session, road.house.clock.now()))

    assert listed() == sorted(map(str, [first, first, second, second]))
    report_result(road, phones[0], first, case_ids=case_ids)
    sync(road, phones[0])
    assert listed() == [str(second)] * 2
    with road.house.transaction() as session:
        session.execute(update(ScopeEntry).where(ScopeEntry.visit_id == second).values(version=2, left_reason=None))
    assert listed() == []


def test_a_repeated_acknowledgement_with_its_key_gets_the_first_answer(road):
    (phone, api), _ = road.phones()
    path = f"/api/v1/mobile/devices/{phone.device_id}/ack"
    answers = [
        api.client.post(path, json={"visit_ids": [str(road.visit_id)]}, headers={"Idempotency-Key": "k1"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [204, 204]


def test_an_acknowledgement_for_anothers_phone_is_refused(road):
    (phone, _), (_, partner_api) = road.phones()
    with pytest.raises(ApiError) as problem:
        partner_api.post(f"/mobile/devices/{phone.device_id}/ack", {"visit_ids": [str(road.visit_id)]})
    assert problem.value.problem["code"] == "DEVICE_UNKNOWN"


def a_cheap_mutation():
    return {
        "id": str(uuid4()), "type": "x", "entity_id": str(uuid4()), "device_time": "2026-11-24T09:30:00+08:00",
        "body_sha256": "0" * 64, "body": {},
    }  # fmt: skip


def test_a_hundred_mutations_are_taken_and_one_more_is_over_the_limit(road):
    (phone, api), _ = road.phones()
    hundred = [a_cheap_mutation() for _ in range(100)]
    answer = api.post("/mobile/sync", asked(road, phone, mutations=hundred))
    assert {result["code"] for result in answer["results"]} == {"REJECTED_VALIDATION"}
    with pytest.raises(ApiError) as problem:
        api.post("/mobile/sync", asked(road, phone, mutations=[*hundred, a_cheap_mutation()]))
    assert (problem.value.status, problem.value.problem["limit"]) == (413, 100)


@pytest.mark.parametrize("says_length", [True, False])
def test_a_body_over_a_mebibyte_is_refused_with_the_limit(road, says_length):
    (phone, api), _ = road.phones()
    body = json.dumps(asked(road, phone)).encode()
    limit = mobile.MAX_SYNC_BYTES
    fits, over = body.ljust(limit if says_length else limit - 1), body.ljust(limit + 1)

    def send(data):
        unsaid = {} if says_length else {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
        return api.client.post(
            "/api/v1/mobile/sync", data=data, content_type="application/json", environ_overrides=unsaid
        )

    assert send(fits).status_code == 200
    answer = send(over)
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (413, "BODY_TOO_LARGE", 1024 * 1024)


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": 2},
        {"device_id": "x"},
        {"cursor": -1},
        {"cursor": 2**80},
        {"epoch": "x"},
        {"client_time": "2026-11-24T09:30:00"},
        {"client_time": "0001-01-01T00:00:00+14:00"},
        {"mutations": {}},
        {"mutations": [{"id": "x"}]},
        {"colour": "red"},
    ],
)
def test_an_envelope_that_cannot_be_read_is_refused_as_a_whole(road, change):
    (phone, api), _ = road.phones()
    answer = api.client.post("/api/v1/mobile/sync", json=asked(road, phone) | change)
    assert answer.status_code == 422
    assert road.status()[0] == "PLANNED"


def test_quarantined_bodies_open_only_with_the_secret_of_the_house(road):
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id, summary="短")
    sync(road, phone)
    (kept,) = all_of(road, Quarantine)
    with pytest.raises(VaultError):
        Vault(b"another secret of thirty-two bytes").open(kept.body_sealed, row=kept.id, column="body")
