"""Many rows in one statement: they are there, objects follow, and what belongs together is sent together."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from fieldops import rows
from fieldops.audit import Act, Actor, AuditEntry, record_all, record_new
from fieldops.contacts.models import ContactEvent
from fieldops.db import uuid7
from fieldops.rows import insert_rows, read_rows, together, update_rows
from fieldops.tasks.models import Task

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ACTOR = Actor("somebody", NOON)


def task(kind="CALL", **changes):
    told = {
        "role": "QA",
        "entity": "visit",
        "entity_id": uuid7(),
        "detail": {"说": ["甲", None]},
        "opened_at": NOON,
        "due_at": NOON,
    }
    return {"id": uuid7(), "kind": kind, **told, **changes}


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def statements(monkeypatch):
    sent, ask = [], rows._ask
    monkeypatch.setattr(rows, "_ask", lambda session, query, told: sent.append(query) or ask(session, query, told))
    return sent


def test_rows_are_what_they_were(session, statements):
    rows = [task(), task("LETTER")]
    insert_rows(session, Task, rows)
    assert len(statements) == 1
    found = {each.id: each for each in session.scalars(sa.select(Task))}
    assert [{name: getattr(found[row["id"]], name) for name in row} for row in rows] == rows


def test_what_is_the_same_in_all_rows_is_told_once(session):
    made = [task(), task("LETTER")]
    shared = ("role", "opened_at", "detail")
    same = {name: made[0][name] for name in shared}
    insert_rows(session, Task, [{n: v for n, v in row.items() if n not in shared} for row in made], same=same)
    found = {each.id: each for each in session.scalars(sa.select(Task))}
    assert [{name: getattr(found[row["id"]], name) for name in row} for row in made] == made


def test_what_the_session_holds_is_there_for_who_asks_the_driver(session):
    session.add(Task(**task(kind="WRITTEN LATER")))
    assert read_rows(session, "SELECT kind FROM task WHERE role = %(role)s", {"role": "QA"}) == [("WRITTEN LATER",)]


def test_an_error_of_the_driver_has_the_name_the_session_gives_it_and_does_not_show_the_row(session):
    secret = task(kind="6222021234567890123")
    insert_rows(session, Task, [secret])
    with pytest.raises(sa.exc.IntegrityError) as refused:
        insert_rows(session, Task, [{**secret, "id": uuid7()}])
    assert "6222021234567890123" not in str(refused.value)


def test_nothing_to_write_sends_nothing(session, statements):
    insert_rows(session, Task, [])
    update_rows(session, Task, [])
    record_all(session, ACTOR, [])
    with together(session):
        pass
    assert statements == []


def test_what_is_updated_reaches_the_objects_that_are_held(session):
    first, second = task(), task("LETTER")
    insert_rows(session, Task, [first, second])
    held = session.get_one(Task, first["id"])
    update_rows(session, Task, [{"id": row["id"], "done_by": "QA", "done_at": NOON} for row in (first, second)])
    assert (held.done_by, held.done_at, list(session.dirty)) == ("QA", NOON, [])
    assert session.scalars(sa.select(Task.done_by)).all() == ["QA", "QA"]


def test_what_the_session_has_not_written_yet_is_written_first(session):
    pending = Task(**task())
    session.add(pending)
    update_rows(session, Task, [{"id": pending.id, "done_by": "QA"}])
    session.expire_all()
    assert session.get_one(Task, pending.id).done_by == "QA"


def test_only_of_what_was_not_there_is_told(session):
    known, fresh = task(), task()
    insert_rows(session, Task, [known])
    again = {**known, "id": uuid7()}
    record_new(session, ACTOR, Task, [again, fresh], [Act("tasks.open", "task", row["id"]) for row in (again, fresh)])
    assert session.scalars(sa.select(AuditEntry.entity_id)).all() == [str(fresh["id"])]


def test_what_belongs_together_is_one_statement(session, statements):
    row = task()
    with together(session):
        insert_rows(session, Task, [row])
        record_all(
            session, ACTOR, [Act("x.y", "task", row["id"]), Act("x.z", "task", row["id"], "warum 100 %", {"a": "{}"})]
        )
        assert statements == []
    assert len(statements) == 1
    assert session.scalars(sa.select(AuditEntry.reason).order_by(AuditEntry.id)).all() == [None, "warum 100 %"]


def test_rows_of_one_table_are_one_part_of_what_is_sent_together(session, statements):
    known = task()
    insert_rows(session, Task, [known])
    statements.clear()
    with together(session):
        insert_rows(session, Task, [task()])
        update_rows(session, Task, [{"id": known["id"], "done_by": "QA"}])
        record_all(session, ACTOR, [Act("x.y", "task", 1)])
        record_all(session, ACTOR, [Act("x.z", "task", 2)])
        record_all(session, Actor("another", NOON), [Act("x.z", "task", 3)])
        insert_rows(session, Task, [task()])
    assert [each.count("INSERT") + each.count("UPDATE") for each in statements] == [4]
    assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 3
    told = session.execute(sa.select(AuditEntry.actor, AuditEntry.entity_id).order_by(AuditEntry.entity_id)).all()
    assert told == [("somebody", "1"), ("somebody", "2"), ("another", "3")]


def test_a_savepoint_takes_back_what_was_written_in_it(session):
    kept, lost, later = task(), task(), task()
    insert_rows(session, Task, [kept])
    with suppress(RuntimeError), session.begin_nested():
        insert_rows(session, Task, [lost])
        raise RuntimeError
    insert_rows(session, Task, [later])
    assert set(session.scalars(sa.select(Task.id))) == {kept["id"], later["id"]}


def test_what_breaks_within_leaves_nothing_behind(session, statements):
    with suppress(RuntimeError), together(session):
        insert_rows(session, Task, [task()])
        raise RuntimeError
    assert statements == []
    insert_rows(session, Task, [task()])
    assert len(statements) == 1


def test_what_the_database_refuses_is_refused_as_everywhere(session):
    row = {"id": uuid7(), "debtor_id": None, "channel": "VISIT", "at": NOON, "effective": None, "source_id": uuid7()}
    with pytest.raises(sa.exc.IntegrityError):
        insert_rows(session, ContactEvent, [row])
