"""Logging in and opening accounts, over HTTP."""

import pytest


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(app, client_as):
    client_as("QA")
    answers = [
        app.test_client().post("/api/v1/login", json={"name": name, "password": "wrong password"})
        for name in ("qa", "nobody")
    ]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].json == answers[1].json


def test_who_has_logged_in_can_ask_who_they_are(app, client_as):
    client_as("QA")
    token = app.test_client().post("/api/v1/login", json={"name": "qa", "password": "a long password"}).json["token"]
    me = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json["roles"] == ["QA"]


def test_without_a_token_nothing_is_shown(app):
    answer = app.test_client().get("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (401, "TOKEN_MISSING")


def test_only_the_system_administrator_opens_accounts(client_as):
    body = {"name": "new", "display_name": "New", "password": "a long password", "roles": ["QA"]}
    assert client_as("MANAGER").post("/api/v1/accounts", json=body).status_code == 403
    assert client_as("SYSADMIN").post("/api/v1/accounts", json=body).status_code == 201


def test_an_unknown_field_is_refused_by_name(client_as):
    answer = client_as("SYSADMIN").post("/api/v1/accounts", json={"name": "new", "colour": "red"})
    assert answer.status_code == 422
    assert answer.json["errors"]["json"]["colour"] == ["Unknown field."]


def test_a_repeated_post_with_its_key_gets_the_first_answer_and_does_nothing(client_as):
    body = {"name": "new", "display_name": "New", "password": "a long password", "roles": ["QA"]}
    client = client_as("SYSADMIN")
    first, again = (client.post("/api/v1/accounts", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotent-Replay"] == "true"


def test_a_key_used_for_another_body_is_refused(client_as):
    body = {"name": "new", "display_name": "New", "password": "a long password", "roles": ["QA"]}
    client = client_as("SYSADMIN")
    client.post("/api/v1/accounts", json=body, headers={"Idempotency-Key": "k1"})
    other = client.post("/api/v1/accounts", json=body | {"name": "other"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_key_longer_than_any_index_holds_is_refused(client_as):
    body = {"name": "new", "display_name": "New", "password": "a long password", "roles": ["QA"]}
    answers = [
        client_as("SYSADMIN").post("/api/v1/accounts", json=body, headers={"Idempotency-Key": "k" * length})
        for length in (201, 200)
    ]
    assert [answer.status_code for answer in answers] == [422, 201]
    assert answers[0].json["code"] == "IDEMPOTENCY_KEY_LONG"


@pytest.mark.parametrize("name", ["a\\u0000b", "a\\ud800b"])
def test_a_text_no_database_holds_is_refused_and_is_no_fault(client_as, name):
    body = f'{{"name": "{name}", "display_name": "x", "password": "a long password", "roles": ["QA"]}}'
    answer = client_as("SYSADMIN").post("/api/v1/accounts", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (422, "VALUE_UNWRITABLE")
    words = f'{{"name": "{name}", "password": "{name}"}}'
    answer = client_as("SYSADMIN").post("/api/v1/login", data=words, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (422, "VALUE_UNWRITABLE")


def test_a_closed_account_is_refused_with_the_token_it_holds_and_may_be_opened_again(client_as):
    admin, leaver = client_as("SYSADMIN"), client_as("SUPERVISOR", name="leaver")
    account = leaver.get("/api/v1/me").json
    closed = admin.post(f"/api/v1/accounts/{account['id']}/close", json={"reason": "离职"})
    assert (closed.status_code, closed.json["active"]) == (200, False)
    assert leaver.get("/api/v1/me").status_code == 401
    words = {"name": "leaver", "password": "a long password"}
    assert leaver.post("/api/v1/login", json=words).json["code"] == "LOGIN_REFUSED"
    assert {each["name"]: each["active"] for each in admin.get("/api/v1/accounts").json}["leaver"] is False
    admin.post(f"/api/v1/accounts/{account['id']}/open", json={"reason": "复职"})
    assert leaver.get("/api/v1/me").status_code == 200


def test_nobody_closes_their_own_account_or_one_that_is_not_there(client_as):
    admin = client_as("SYSADMIN")
    own = admin.get("/api/v1/me").json["id"]
    answer = admin.post(f"/api/v1/accounts/{own}/close", json={"reason": "误操作"})
    assert (answer.status_code, answer.json["code"]) == (409, "ACCOUNT_OWN")
    nobody = "01a20517-0000-7000-8000-000000000000"
    assert admin.post(f"/api/v1/accounts/{nobody}/close", json={"reason": "离职"}).json["code"] == "ACCOUNT_UNKNOWN"
    assert client_as("MANAGER").get("/api/v1/accounts").status_code == 403


@pytest.mark.parametrize("number", ["6222 0280 3356 1339 212", "11010519491231002X"])
def test_a_personal_number_in_free_text_is_refused_and_not_repeated(client_as, number):
    admin = client_as("SYSADMIN")
    own = admin.get("/api/v1/me").json["id"]
    answer = admin.post(f"/api/v1/accounts/{own}/close", json={"reason": f"证件{number}"})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["reason"])
    assert number not in answer.text
