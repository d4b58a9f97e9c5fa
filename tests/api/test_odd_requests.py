"""Requests no client of ours sends: each gets an answer by name, none is a fault of ours."""

import pytest

ACCOUNT = {"name": "new", "display_name": "New", "password": "a long password", "roles": ["QA"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/login", {"name": "a\0b", "password": "x"}),
        ("/api/v1/accounts", ACCOUNT | {"name": "a\0b"}),
        ("/api/v1/accounts", ACCOUNT | {"display_name": "\ud800"}),
        ("/api/v1/addresses/check", {"raw": "上海\0"}),
        ("/api/v1/visits/bulk", {"case_ids": [], "purpose": "\0", "reason": "\0", "goal": "\0"}),
    ],
)
def test_text_no_database_can_hold_is_no_fault_of_ours(client_as, path, body):
    assert client_as("SYSADMIN", "SUPERVISOR").post(path, json=body).status_code in {200, 401, 422}


@pytest.mark.parametrize(
    "path",
    [
        "/cases?case_no=%00",
        "/visits?case_no=%00",
        "/cases?case_no=%ed%a0%80",
        "/letter-senders/%00",
        "/letter-senders/%ff",
        "/cases?after=x",
        "/visits?after=x",
        "/letters?after=x",
        "/register?after=x",
        "/visits?limit=99999999999999999999",
        "/visits?limit=0",
        "/register?year=99999999999999999999",
        "/batches?on_date=0001-01-01",
        "/batches?on_date=9999-12-31",
        "/crews?on_date=9999-12-31",
        "/plans?on_date=yesterday",
    ],
)
def test_a_query_nobody_means_is_answered(client_as, path):
    answer = client_as("SUPERVISOR").get(f"/api/v1{path}")
    assert answer.status_code in {200, 404, 422}, answer.text


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b""])
def test_a_body_that_is_no_object_is_refused(client_as, body):
    answer = client_as("SYSADMIN").post("/api/v1/accounts", data=body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"


def test_another_media_type_is_refused(client_as):
    answer = client_as("SYSADMIN").post("/api/v1/accounts", data="name=new", content_type="text/plain")
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["k" * 5000, "键", "a b"])
def test_any_text_may_be_a_key_against_repeats(client_as, key):
    answer = client_as("SYSADMIN").post("/api/v1/accounts", json=ACCOUNT, headers={"Idempotency-Key": key})
    assert answer.status_code in {201, 422}


def test_a_file_where_json_is_meant_is_refused(client_as):
    import io

    data = {"file": (io.BytesIO(b"x"), "x.csv")}
    assert client_as("SYSADMIN").post("/api/v1/accounts", data=data).status_code == 422


def test_an_upload_without_a_file_is_refused_by_its_field(client_as):
    answer = client_as("BUSINESS_DEPT").post("/api/v1/imports/cases", data={"dry_run": "true"})
    assert answer.status_code == 422
    assert "file" in str(answer.json["errors"])


def test_an_upload_with_a_field_nobody_knows_is_refused_by_name(client_as):
    import io

    data = {"file": (io.BytesIO(b"x"), "x.csv"), "dryrun": "true"}
    answer = client_as("BUSINESS_DEPT").post("/api/v1/imports/cases", data=data)
    assert answer.status_code == 422
    assert "dryrun" in str(answer.json["errors"])
