"""The audit row stands beside the change it tells of, and nobody alters it."""

import pytest
import sqlalchemy as sa

from fieldops import audit
from fieldops.audit import Actor, AuditEntry
from fieldops.auth.models import UserAccount
from fieldops.auth.service import create_account

FOR_EVER = {
    "address_event", "audit_entry", "case_version", "letter_decision", "push_quarantine", "register_entry",
    "result_line", "visit_decision", "visit_event",
}  # fmt: skip


@pytest.fixture
def actor(house):
    return Actor("somebody", house.clock.now())


def _break_off():
    raise RuntimeError


def _rows(house, model):
    with house.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def _open_account(session, actor):
    create_account(session, actor, name="qa", display_name="QA", password="a long password", roles=["QA"])


def test_a_change_and_its_audit_row_come_together(house, actor):
    with house.transaction() as session:
        _open_account(session, actor)
    assert (_rows(house, UserAccount), _rows(house, AuditEntry)) == (1, 1)


def test_a_change_undone_takes_its_audit_row_with_it(house, actor):
    with pytest.raises(RuntimeError), house.transaction() as session:
        _open_account(session, actor) or _break_off()
    assert (_rows(house, UserAccount), _rows(house, AuditEntry)) == (0, 0)


def test_the_row_tells_who_what_when_and_why(house, actor):
    with house.transaction() as session:
        audit.record(session, actor, "visits.cancel", "visit", 7, reason="paid", count=2)
    with house.transaction() as session:
        row = session.scalars(sa.select(AuditEntry)).one()
    assert (row.actor, row.at, row.action, row.entity, row.entity_id) == (
        "somebody", actor.at, "visits.cancel", "visit", "7",
    )  # fmt: skip
    assert (row.reason, row.detail) == ("paid", {"count": 2})


def test_every_table_meant_to_last_has_its_trigger(house):
    with house.transaction() as session:
        guarded = session.scalars(
            sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled = 'O'")
        )
        assert set(guarded) >= FOR_EVER


@pytest.mark.parametrize("table", sorted(FOR_EVER))
@pytest.mark.parametrize("change", ["UPDATE {} SET {column} = {column}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_rows_of_an_append_only_table_are_never_altered(house, table, change):
    with house.transaction() as session:
        column = session.scalar(
            sa.text("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum = 1"),
            {"table": table},
        )
        refused = pytest.raises(sa.exc.IntegrityError, match=f"{table} is append-only: write a new row instead")
        with refused, session.begin_nested():
            session.execute(sa.text(change.format(table, column=column)))


def test_audit_rows_are_kept_in_the_order_they_were_written(house, actor):
    for number in range(20):
        with house.transaction() as session:
            audit.record(session, actor, "count", "number", number)
    with house.transaction() as session:
        kept = session.scalars(sa.select(AuditEntry.entity_id).order_by(AuditEntry.id)).all()
    assert [int(one) for one in kept] == sorted(int(one) for one in kept)
