"""What every view shares: one transaction, problems by name, a repeated POST answered once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from fieldops import audit
from fieldops.accounts import api as accounts_api
from fieldops.app import create_app
from fieldops.audit import AuditEntry
from fieldops.auth.models import IdempotencyKey, UserAccount
from fieldops.auth.service import create_account
from fieldops.web import actor, house, needs, session

NEW = {"name": "new", "display_name": "New", "password": "a long password", "roles": ["QA"]}


@pytest.fixture
def app(house):
    """An application of its own: these tests give it views."""
    return create_app(house)


def _accounts(of):
    with of.transaction() as opened:
        return set(opened.scalars(sa.select(UserAccount.name)))


def _serve(app, view, rule="/api/v1/tests"):
    app.add_url_rule(rule, view_func=view, methods=["POST"])


def test_what_nobody_serves_is_a_problem_document(app):
    answer = app.test_client().get("/api/v1/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["code"] == "NOT_FOUND"
    assert answer.json["type"] == "urn:fieldops:problem:NOT_FOUND"


def test_another_method_is_named_as_such(app):
    answer = app.test_client().delete("/api/v1/login")
    assert (answer.status_code, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_body_that_is_no_json_is_said_so(app):
    answer = app.test_client().post("/api/v1/login", data="{", content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_an_unknown_query_parameter_is_refused_by_name(client_as):
    answer = client_as("SUPERVISOR").get("/api/v1/visits?stauts=APPROVED")
    assert answer.status_code == 422
    assert answer.json["errors"]["query"] == {"stauts": ["Unknown field."]}


def test_a_body_over_the_limit_is_refused_before_it_is_read(app, client_as):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = client_as("SYSADMIN").post("/api/v1/accounts", data=b"x" * 1001, content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "TOKEN_MISSING"),
        ("Basic cWE6cGFzcw==", "TOKEN_MISSING"),
        ("Bearer", "TOKEN_MISSING"),
        ("Bearer x.y.z", "TOKEN_INVALID"),
    ],
)
def test_who_asks_must_be_known(app, header, code):
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, code)


def test_an_account_closed_meanwhile_is_nobody(app, house, client_as):
    client = client_as("QA")
    with house.transaction() as opened:
        opened.execute(sa.update(UserAccount).values(active=False))
    assert client.get("/api/v1/me").status_code == 401


def test_a_role_taken_away_counts_from_the_next_request(house, client_as):
    client = client_as("SYSADMIN")
    with house.transaction() as opened:
        opened.execute(sa.update(UserAccount).values(roles=["QA"]))
    assert client.post("/api/v1/accounts", json=NEW).status_code == 403


def test_a_token_of_another_installation_is_worth_nothing(app, house, client_as):
    from fieldops.auth.tokens import Tokens

    client_as("QA")
    with house.transaction() as opened:
        user_id = opened.scalar(sa.select(UserAccount.id))
    token = Tokens(b"another secret" * 3).issue(user_id)
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["code"]) == (401, "TOKEN_INVALID")


def test_an_old_token_is_refused(app, house, client_as):
    from datetime import timedelta

    client_as("QA")
    with house.transaction() as opened:
        user_id = opened.scalar(sa.select(UserAccount.id))
    token = app.tokens.issue(user_id, lifetime=timedelta(seconds=-1))
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["code"] == "TOKEN_INVALID"


def test_a_fault_of_ours_is_a_500_without_detail_and_undoes_the_change(app, client_as, house, caplog):
    @needs("accounts.manage")
    def stumble():
        create_account(session(), actor(), **NEW)
        raise RuntimeError("secret detail")

    _serve(app, stumble)
    answer = client_as("SYSADMIN").post("/api/v1/tests")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text
    assert "new" not in _accounts(house)


def test_a_constraint_that_fails_is_a_409_that_names_it_and_shows_no_values(app, client_as, house, caplog):
    @needs("accounts.manage")
    def twice():
        for _ in range(2):
            row = {"name": "same name", "display_name": "geheim", "password_hash": "", "roles": []}
            session().add(UserAccount(**row))
        return "made"

    _serve(app, twice)
    answer = client_as("SYSADMIN").post("/api/v1/tests")
    assert (answer.status_code, answer.json["code"]) == (409, "CONFLICT")
    assert answer.json["constraint"] == "uq_user_account_name"
    assert "geheim" not in answer.text + caplog.text


def test_a_constraint_that_fails_only_at_commit_is_never_a_201(app, client_as, house):
    with house.transaction() as opened:
        opened.execute(sa.text("CREATE TABLE scratch (x int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))

    @needs("accounts.manage")
    def late():
        session().execute(sa.text("INSERT INTO scratch VALUES (1), (1)"))
        return {"made": True}, 201

    _serve(app, late)
    assert client_as("SYSADMIN").post("/api/v1/tests").status_code == 409


def test_a_problem_undoes_what_came_before_it(app, client_as, house):
    from fieldops.errors import NotNow

    @needs("accounts.manage")
    def half_done():
        create_account(session(), actor(), **NEW)
        raise NotNow("NOT_YET", "Wait for tomorrow.", until="tomorrow")

    _serve(app, half_done)
    answer = client_as("SYSADMIN").post("/api/v1/tests")
    assert (answer.status_code, answer.json["until"]) == (409, "tomorrow")
    assert "new" not in _accounts(house)


def test_the_reply_leaves_after_the_commit(app, client_as):
    """Whoever reads the answer finds the thing: the next request sees what the last one made."""
    client = client_as("SYSADMIN")
    made = client.post("/api/v1/accounts", json=NEW)
    assert made.status_code == 201
    again = client.post("/api/v1/accounts", json=NEW)
    assert again.json["code"] == "ACCOUNT_EXISTS"


def test_a_change_over_http_is_audited_under_the_name_of_who_asked(client_as, house):
    client_as("SYSADMIN", name="root").post("/api/v1/accounts", json=NEW)
    with house.transaction() as opened:
        entry = opened.scalars(sa.select(AuditEntry).where(AuditEntry.actor == "root")).one()
    assert (entry.action, entry.at) == ("accounts.create", house.clock.now())


@pytest.fixture
def slow_to_open(monkeypatch):
    """Opening an account takes until told; ``begun`` says that one is at it."""
    begun, go = threading.Event(), threading.Event()
    real = accounts_api.service.create_account
    calls = []

    def slow(*args, **kwargs):
        calls.append(1)
        made = real(*args, **kwargs)
        begun.set()
        go.wait(10)
        return made

    monkeypatch.setattr(accounts_api.service, "create_account", slow)
    return begun, go, calls


def test_two_posts_with_one_key_at_once_do_the_work_once(app, client_as, house, slow_to_open):
    begun, go, calls = slow_to_open
    go.set()
    clients = [client_as("SYSADMIN") for _ in range(2)]
    go.clear()
    calls.clear()
    begun.clear()

    def post(client):
        return client.post("/api/v1/accounts", json=NEW, headers={"Idempotency-Key": "once"})

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post, clients[0])
        assert begun.wait(10)
        second = pool.submit(post, clients[1])
        threading.Timer(0.3, go.set).start()
        answers = [first.result(30), second.result(30)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert [answer.headers.get("Idempotent-Replay") for answer in answers] == [None, "true"]
    assert len(calls) == 1


def test_a_key_whose_first_use_failed_may_be_used_again(client_as):
    client = client_as("SYSADMIN")
    weak = client.post("/api/v1/accounts", json=NEW | {"password": "short"}, headers={"Idempotency-Key": "k"})
    assert weak.status_code == 422
    assert client.post("/api/v1/accounts", json=NEW, headers={"Idempotency-Key": "k"}).status_code == 201


def test_a_key_belongs_to_one_person(client_as):
    """Another user's key of the same text is another key: nobody is shown an answer meant for somebody else."""
    one, two = client_as("SYSADMIN", name="one"), client_as("SYSADMIN", name="two")
    assert one.post("/api/v1/accounts", json=NEW, headers={"Idempotency-Key": "k"}).status_code == 201
    other = two.post("/api/v1/accounts", json=NEW | {"name": "b"}, headers={"Idempotency-Key": "k"})
    assert other.status_code == 201
    assert other.json["name"] == "b"


def test_a_key_used_at_another_place_is_refused(client_as):
    client = client_as("SYSADMIN", "BUSINESS_DEPT")
    assert client.post("/api/v1/accounts", json=NEW, headers={"Idempotency-Key": "k"}).status_code == 201
    other = client.post("/api/v1/batches", json=NEW, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_the_house_of_a_request_is_the_one_the_application_was_made_with(app, client_as):
    @needs("accounts.self")
    def show():
        audit.record(session(), actor(), "tests.look", "house", 1)
        return {"home": str(house().settings.home)}

    _serve(app, show)
    assert client_as("QA").post("/api/v1/tests").json["home"] == str(app.house.settings.home)


def test_an_answer_with_a_token_is_kept_nowhere(client_as, house):
    client = client_as("SYSADMIN")
    login = {"name": "sysadmin", "password": "a long password"}
    answers = [client.post("/api/v1/login", json=login, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 2
    assert [answer.headers.get("Idempotent-Replay") for answer in answers] == [None, None]
    with house.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 0
