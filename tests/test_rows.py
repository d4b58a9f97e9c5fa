"""Many rows in one statement: they are there, objects follow, and what belongs together is sent together."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from fieldops.audit import Act, Actor, AuditEntry, record_all, record_new
from fieldops.contacts.models import ContactEvent
from fieldops.db import uuid7
from fieldops.rows import insert_rows, together, update_rows
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
def statements(session):
    sent = []
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", lambda *told: sent.append(told[2]))
    return sent


def test_rows_are_what_they_were(session, statements):
    rows = [task(), task("LETTER")]
    insert_rows(session, Task, rows)
    assert len(statements) == 1
    found = {each.id: each for each in session.scalars(sa.select(Task))}
    assert [{name: getattr(found[row["id"]], name) for name in row} for row in rows] == rows


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
