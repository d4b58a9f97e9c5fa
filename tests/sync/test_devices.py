"""Phones bound by their key: renewed by it, wiped, logged out and revoked by the office; old apps; old rows."""

import base64
import gzip
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, select, update

from fieldops.agents.models import Agent
from fieldops.audit import Actor, AuditEntry
from fieldops.auth.models import UserAccount
from fieldops.auth.tokens import REFRESH
from fieldops.demo.client import ApiError
from fieldops.sync import devices, jobs, keys, retention, rules
from fieldops.sync.models import AgentFeed, Device, PushReceipt, Quarantine
from tests.sync.acts import agent_id_of, all_of, cancel, case_ids_of, count, report_result, scope_of, sync
from tests.sync.test_service import asked, refused
from tests.visits.makers_of_visits import supervisor


def now(road):
    return road.house.clock.now()


def office(road, phone, what, *, role="SUPERVISOR", reason="手机遗失"):
    return road.client_as(role).post(f"/api/v1/devices/{phone.device_id}/{what}", json={"reason": reason})


def renewal_refused(road, phone, **changes):
    phone._api.bearer("")
    path, signed = f"/mobile/devices/{phone.device_id}/token", phone._binding.renewal(now(road)) | changes
    with pytest.raises(ApiError) as problem:
        phone._api.post(path, signed)
    return problem.value.status, problem.value.problem["code"]


def test_the_same_key_again_is_the_same_phone_and_ends_the_tokens_before(road):
    (phone, api), _ = road.phones()
    before = api.client.environ_base["HTTP_AUTHORIZATION"]
    with road.house.transaction() as session:
        account = session.scalars(select(UserAccount).filter_by(agent_id=agent_id_of(road, phone))).one()
    api.bearer(road.app.tokens.issue(account.id))
    known = phone.device_id
    phone.register()
    assert phone.device_id == known
    assert sync(road, phone) == {}
    api.client.environ_base["HTTP_AUTHORIZATION"] = before
    with pytest.raises(ApiError) as ended:
        phone.gate([str(road.visit_id)])
    assert (ended.value.status, ended.value.problem["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("key", ["k", "!!!", base64.b64encode(b"x" * 44).decode()])
def test_what_is_no_public_key_is_refused(road, key):
    (_, api), _ = road.phones()
    body = {"public_key": key, "app_version": "1", "schema_version": 1}
    answer = api.client.post("/api/v1/mobile/devices", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "PUBLIC_KEY_UNREADABLE")


def test_a_phone_renews_its_tokens_with_its_key(road):
    (phone, api), _ = road.phones()
    api.bearer("broken")
    assert sync(road, phone) == {}
    assert api.client.environ_base["HTTP_AUTHORIZATION"] != "Bearer broken"


def test_a_key_of_the_kind_phones_keep_in_hardware_renews_too(road):
    key = ec.generate_private_key(ec.SECP256R1())
    spki = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    signed = keys.signed_text(uuid4(), "t", now(road).isoformat())
    signature = base64.b64encode(key.sign(signed, ec.ECDSA(SHA256()))).decode()
    keys.require_key(spki)
    keys.require_signature(spki, signed, signature, signed_at=now(road).isoformat(), now=now(road))


@pytest.mark.parametrize("hours", [25, -25])
def test_a_phone_whose_clock_is_wrong_signs_by_the_servers_time(road, hours):
    (phone, api), _ = road.phones()
    phone.clock_off = timedelta(hours=hours)
    api.bearer("broken")
    assert sync(road, phone) == {}


def test_a_stolen_refresh_token_is_worth_nothing_without_the_key(road):
    (phone, _), (partner, _) = road.phones()
    stolen = phone._binding.renewal(now(road))["refresh_token"]
    signed_at = now(road).isoformat()
    wrong_key = partner._binding._key.sign(keys.signed_text(phone.device_id, stolen, signed_at))
    forged = {"refresh_token": stolen, "signed_at": signed_at, "signature": base64.b64encode(wrong_key).decode()}
    assert renewal_refused(road, phone, **forged) == (401, "SIGNATURE_WRONG")
    assert renewal_refused(road, partner, **forged) == (401, "TOKEN_INVALID")


def test_a_signature_of_yesterday_renews_nothing(road):
    (phone, _), _ = road.phones()
    old = phone._binding.renewal(now(road))
    road.house.clock.advance(days=1)
    assert renewal_refused(road, phone, **old) == (401, "SIGNED_AT_OFF")


def test_a_refresh_token_does_not_speak_and_a_speaking_one_does_not_renew(road):
    (phone, api), _ = road.phones()
    token = api.client.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    assert renewal_refused(road, phone, refresh_token=token) == (401, "TOKEN_INVALID")
    api.bearer(phone._binding.renewal(now(road))["refresh_token"])
    assert refused(api, asked(road, phone)) == (401, "TOKEN_INVALID")


def test_an_account_that_is_closed_renews_nothing(road):
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        session.execute(update(UserAccount).filter_by(agent_id=agent_id_of(road, phone)).values(active=False))
    assert renewal_refused(road, phone) == (401, "TOKEN_INVALID")


def test_an_expired_refresh_token_renews_nothing(road):
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        device = session.get_one(Device, phone.device_id)
        account = session.scalars(select(UserAccount).filter_by(agent_id=device.agent_id)).one()
    old = road.app.tokens.issue(
        account.id, device_id=device.id, session_no=device.session_no, use=REFRESH, lifetime=timedelta(seconds=-1)
    )
    assert renewal_refused(road, phone, refresh_token=old) == (401, "TOKEN_INVALID")


def test_a_revoked_phone_is_answered_nowhere(road):
    """I12, without waiting for the token to end."""
    (phone, api), (partner, _) = road.phones()
    report_result(road, phone, road.visit_id)
    assert office(road, phone, "revoke").status_code == 204
    assert refused(api, asked(road, phone)) == (403, "DEVICE_REVOKED")
    visit, path = str(road.visit_id), f"/mobile/devices/{phone.device_id}/ack"
    for call in (lambda: phone.gate([visit]), lambda: api.post(path, {"visit_ids": [visit]})):
        with pytest.raises(ApiError) as problem:
            call()
        assert problem.value.problem["code"] == "DEVICE_REVOKED"
    assert renewal_refused(road, phone) == (403, "DEVICE_REVOKED")
    assert (count(road, PushReceipt), road.status()[0]) == (0, "PLANNED")
    assert sync(road, partner) == {}
    with road.house.transaction() as session:
        row = session.scalars(select(AuditEntry).filter_by(action="devices.order")).one()
    assert (row.entity_id, row.reason, row.detail) == (
        phone.device_id,
        "手机遗失",
        {"was": "ACTIVE", "state": "REVOKED"},
    )


def test_a_revoked_key_cannot_be_registered_again(road):
    (phone, api), _ = road.phones()
    office(road, phone, "revoke")
    with road.house.transaction() as session:
        account = session.scalars(select(UserAccount).filter_by(agent_id=agent_id_of(road, phone))).one()
    api.bearer(road.app.tokens.issue(account.id))
    with pytest.raises(ApiError) as problem:
        phone.register()
    assert problem.value.problem["code"] == "DEVICE_REVOKED"


def test_a_phone_to_be_wiped_sends_first_and_is_then_bound_to_nobody(road):
    (phone, api), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    office(road, phone, "wipe")
    assert sync(road, phone) == {done: "APPLIED"}
    assert (phone.base, phone.unsent) == ({}, [])
    assert refused(api, asked(road, phone)) == (403, "DEVICE_REVOKED")


def test_an_order_to_wipe_can_be_taken_back_until_it_is_done(road):
    (phone, _), _ = road.phones()
    office(road, phone, "wipe")
    assert office(road, phone, "keep").status_code == 204
    sync(road, phone)
    assert phone.base == scope_of(road, phone) != {}


def test_nobody_is_wiped_who_was_not_asked_to(road):
    (phone, api), _ = road.phones()
    with pytest.raises(ApiError) as problem:
        api.post(f"/mobile/devices/{phone.device_id}/ack", {"wiped": True})
    assert (problem.value.status, problem.value.problem["code"]) == (409, "NO_WIPE_ORDERED")
    with pytest.raises(ApiError) as problem:
        api.post(f"/mobile/devices/{phone.device_id}/ack", {})
    assert problem.value.status == 422


def test_a_phone_that_is_logged_out_sends_what_it_holds_and_is_told_nothing_more(road):
    (phone, api), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    cancel(road, road.visits[road.crew.id][1])
    assert office(road, phone, "log-out").status_code == 204
    assert sync(road, phone) == {done: "APPLIED"}
    answer = json.loads(api.answers[-1])
    assert (answer["commands"], answer["ops"], answer["recalled"]) == (["LOGOUT"], [], [])
    assert phone.logged_out
    assert renewal_refused(road, phone) == (401, "TOKEN_INVALID")
    with road.house.transaction() as session:
        agent = session.get_one(Agent, agent_id_of(road, phone))
    with_password = road.client_as("FIELD_AGENT", name=f"agent {agent.code}", agent_id=agent.id)
    api.client.environ_base["HTTP_AUTHORIZATION"] = with_password.environ_base["HTTP_AUTHORIZATION"]
    phone.register()
    sync(road, phone)
    assert phone.base == scope_of(road, phone)


@pytest.mark.parametrize(
    ("first", "then"), [("revoke", "wipe"), ("revoke", "keep"), ("revoke", "log-out"), (None, "keep")]
)
def test_a_phone_goes_only_where_the_table_says(road, first, then):
    (phone, _), _ = road.phones()
    if first:
        office(road, phone, first)
    answer = office(road, phone, then)
    assert (answer.status_code, answer.json["code"]) == (409, "DEVICE_STATE")


@pytest.mark.parametrize("role", ["FIELD_AGENT", "PHONE_COLLECTOR", "QA", "BANK_VIEWER"])
def test_only_supervisors_and_administrators_order_phones(road, role):
    (phone, _), _ = road.phones()
    assert office(road, phone, "wipe", role=role).json["code"] == "ROLE_NOT_ALLOWED"


def test_an_order_needs_a_reason_and_a_phone(road):
    (phone, _), _ = road.phones()
    assert office(road, phone, "wipe", reason="").status_code == 422
    answer = road.client_as("SUPERVISOR").post(f"/api/v1/devices/{uuid4()}/wipe", json={"reason": "x"})
    assert (answer.status_code, answer.json["code"]) == (404, "DEVICE_UNKNOWN")


def test_the_office_sees_every_phone_the_silent_ones_first(road):
    (phone, _), (partner, _) = road.phones()
    road.house.clock.advance(minutes=10)
    cancel(road, road.visit_id)
    sync(road, phone)
    road.house.clock.advance(minutes=1)
    sync(road, phone)  # it says what it holds now
    listed = road.client_as("SUPERVISOR").get("/api/v1/devices").json
    assert [row["id"] for row in listed] == [partner.device_id, phone.device_id]
    assert [(row["behind"], row["recalls_unshown"], row["state"]) for row in listed] == [
        (4, 1, "ACTIVE"),
        (0, 1, "ACTIVE"),
    ]
    assert "public_key" not in listed[0]
    of_one = road.client_as("SUPERVISOR").get("/api/v1/devices", query_string={"agent_id": listed[0]["agent_id"]}).json
    assert [row["id"] for row in of_one] == [partner.device_id]


# -- old apps -----------------------------------------------------------------------------------------------------


def test_two_older_schemas_are_served_and_told_to_upgrade(road, monkeypatch):
    monkeypatch.setattr(rules, "NEWEST_SCHEMA", 4)
    (phone, _), _ = road.phones()
    assert phone.must_upgrade
    assert phone.base == scope_of(road, phone) != {}
    done = report_result(road, phone, road.visit_id)
    assert sync(road, phone) == {done: "APPLIED"}


def test_an_app_too_old_has_all_it_sends_kept_and_sends_it_again_when_it_is_new(road, monkeypatch):
    """A schema upgrade with a full outbox: the old rows go first, under the schema they were written in."""
    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    monkeypatch.setattr(rules, "NEWEST_SCHEMA", 5)
    cancel(road, road.visits[road.crew.id][1])
    with pytest.raises(ApiError) as problem:
        sync(road, phone)
    told = problem.value.problem
    assert (problem.value.status, told["code"]) == (426, "UPGRADE_REQUIRED")
    assert told["results"] == [
        {"id": done, "code": "SCHEMA_TOO_OLD", "version": None, "detail": told["results"][0]["detail"]}
    ]
    assert [each["visit_id"] for each in told["recalled"]] == [str(road.visits[road.crew.id][1])]
    (kept,) = all_of(road, Quarantine)
    opened = json.loads(road.house.vault.open(kept.body_sealed, row=kept.id, column="body"))
    assert (kept.code, opened["visit_id"]) == ("SCHEMA_TOO_OLD", str(road.visit_id))
    assert (phone.unsent, phone.must_upgrade, count(road, PushReceipt)) == ([done], True, 0)
    with pytest.raises(ApiError):
        sync(road, phone)
    assert count(road, Quarantine) == 1  # it asks every minute, and is kept once
    phone.schema = 5
    phone._db.execute("UPDATE outbox SET schema = 5")  # the new app has written its rows anew
    assert sync(road, phone) == {done: "APPLIED"}
    listed = {each["id"]: each["schema_version"] for each in road.client_as("SUPERVISOR").get("/api/v1/devices").json}
    assert listed[phone.device_id] == 5


@pytest.mark.parametrize("to", ["WIPE", "LOGOUT"])
def test_a_phone_whose_app_is_too_old_is_wiped_and_logged_out_as_any_other(road, monkeypatch, to):
    (phone, api), _ = road.phones()
    monkeypatch.setattr(rules, "NEWEST_SCHEMA", 5)
    done = report_result(road, phone, road.visit_id)
    cancel(road, road.visits[road.crew.id][1])
    with road.house.transaction() as session:
        if to == "WIPE":
            devices.order(session, supervisor(road.house), phone.device_id, to, reason="遗失")
        else:
            devices.log_out(session, supervisor(road.house), phone.device_id, reason="换人")
    assert sync(road, phone) == {done: "SCHEMA_TOO_OLD"}
    told = json.loads(api.answers[-1])
    assert (told["commands"], told["ops"], told["recalled"]) == ([to, "UPGRADE"], [], [])
    assert (phone.base == {}) is (to == "WIPE")
    assert (phone.unsent, count(road, Quarantine)) == ([done], 1)


def test_an_outbox_of_two_schemas_is_sent_oldest_first(road):
    (phone, api), _ = road.phones()
    phone.schema = 1
    old = report_result(road, phone, road.visit_id)
    phone.schema = 2
    new = report_result(road, phone, road.visits[road.crew.id][1])
    before = len(api.answers)
    assert sync(road, phone) == {old: "APPLIED", new: "APPLIED"}
    pushed = [[each["id"] for each in json.loads(raw)["results"]] for raw in api.answers[before:]]
    assert pushed[:2] == [[old], [new]]


def test_an_app_newer_than_the_server_loses_nothing(road):
    (phone, api), _ = road.phones()
    phone.schema = rules.NEWEST_SCHEMA + 1
    done = report_result(road, phone, road.visit_id)
    assert refused(api, phone._request(now(road), None, None, None)) == (503, "SERVER_OLDER")
    assert phone.unsent == [done]


# -- old rows -----------------------------------------------------------------------------------------------------


def test_rows_of_thirty_days_ago_are_forgotten_and_a_phone_that_slept_begins_anew(road):
    (phone, api), (partner, _) = road.phones()
    road.house.clock.advance(days=20)
    cancel(road, road.visit_id)
    sync(road, partner)
    road.house.clock.advance(days=11)
    jobs.forget_old_rows(road.house)
    with road.house.transaction() as session:
        assert session.scalars(select(AgentFeed.seq).where(AgentFeed.agent_id == agent_id_of(road, phone))).all() == [4]
    fresh = asked(road, phone)
    assert sync(road, phone) == {}  # its cursor is the last row that is gone: what follows is all there
    assert phone.base == scope_of(road, phone)
    assert refused(api, fresh | {"cursor": 2}) == (409, "RESYNC_REQUIRED")
    assert refused(api, fresh | {"cursor": 0}) == (409, "RESYNC_REQUIRED")
    phone._db.execute("UPDATE place SET cursor = 1")
    sync(road, phone)
    assert phone.base == scope_of(road, phone)


def test_a_new_epoch_makes_every_phone_begin_anew_and_is_on_record(road):
    (phone, api), _ = road.phones()
    short = report_result(road, phone, road.visit_id, summary="短")
    done = report_result(road, phone, road.visit_id, case_ids=case_ids_of(road, road.visit_id))
    assert sync(road, phone) == {done: "APPLIED", short: "REJECTED_VALIDATION"}
    with road.house.transaction() as session:
        epoch = retention.begin_epoch(session, Actor("cli", now(road)), reason="restored 已恢复")
    assert refused(api, asked(road, phone)) == (409, "RESYNC_REQUIRED")
    assert sync(road, phone) == {}
    assert (phone._place()["epoch"], phone.base) == (str(epoch), scope_of(road, phone))
    # A backup might not have held them: everything is sent once more, what was refused too.
    assert sync(road, phone) == {done: "DUPLICATE", short: "REJECTED_VALIDATION"}
    with road.house.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry).filter_by(action="sync.begin_epoch")) == 1


# -- compression --------------------------------------------------------------------------------------------------


def post_packed(api, data, encoding="gzip", **headers):
    told = {"Content-Encoding": encoding, **headers}
    return api.client.post("/api/v1/mobile/sync", data=data, content_type="application/json", headers=told)


def test_bodies_are_packed_both_ways(road):
    (phone, api), _ = road.phones()
    body = json.dumps(asked(road, phone, cursor=None)).encode()
    answer = post_packed(api, gzip.compress(body), **{"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    told = json.loads(gzip.decompress(answer.get_data()))
    assert {op["id"] for op in told["ops"]} == set(phone.base)
    plain = post_packed(api, body, "identity")
    assert plain.headers.get("Content-Encoding") is None
    assert plain.json["ops"] == told["ops"]


@pytest.mark.parametrize(
    ("data", "encoding", "status", "code"),
    [
        (gzip.compress(b" " * 200 * 1024 * 1024), "gzip", 413, "BODY_TOO_LARGE"),
        (gzip.compress(gzip.compress(b"{}")), "gzip", 400, None),
        (b"not gzip", "gzip", 422, "GZIP_BROKEN"),
        (gzip.compress(b"{}" * 100)[:-9], "gzip", 422, "GZIP_BROKEN"),
        (gzip.compress(b"{}") + b"more", "gzip", 422, "GZIP_BROKEN"),
        (b"{}", "br", 422, "ENCODING_UNKNOWN"),
    ],
    ids=["bomb", "twice", "not gzip", "cut", "more", "br"],
)
def test_a_body_that_unpacks_too_far_or_not_at_all_is_refused(road, data, encoding, status, code):
    (_, api), _ = road.phones()
    answer = post_packed(api, data, encoding)
    assert answer.status_code == status
    assert code is None or answer.json["code"] == code


def test_a_bomb_is_unpacked_no_further_than_the_limit(road, monkeypatch):
    import zlib

    grown = []
    real = zlib.decompressobj

    class Counted:
        def __init__(self, *args):
            self._real = real(*args)

        def decompress(self, data, most):
            plain = self._real.decompress(data, most)
            grown.append(len(plain))
            return plain

        def __getattr__(self, name):
            return getattr(self._real, name)

    monkeypatch.setattr("fieldops.sync.compression.zlib.decompressobj", Counted)
    (_, api), _ = road.phones()
    assert post_packed(api, gzip.compress(b" " * 50 * 1024 * 1024)).status_code == 413
    assert grown == [1024 * 1024 + 1]


def test_the_tokens_of_a_phone_are_kept_by_no_cache_and_no_key(road):
    (phone, _), _ = road.phones()
    path = f"/api/v1/mobile/devices/{phone.device_id}/token"
    answer = road.app.test_client().post(path, json=phone._binding.renewal(now(road)), headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
