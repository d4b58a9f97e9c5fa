"""The register in the database: append-only, gapless, chained; a correction is a line of its own."""

import threading

import pytest
import sqlalchemy as sa

from fieldops.correspondence import queries, register
from fieldops.correspondence.models import RegisterEntry
from fieldops.errors import NotFound, NotNow
from letters.register import EntryKind


@pytest.fixture
def letter_id(office):
    return office.approved()[0]


def enter(office, letter_id, count=1, kind=EntryKind.POSTED):
    with office.house.transaction() as session:
        letter = queries.letter_by_id(session, letter_id)
        lines = [register.Line(kind, letter, tracking_no="XA00000000001")] * count
        return [line.number for line in register.enter(session, office.actor("admin_clerk"), lines)]


def faults(office):
    with office.house.transaction() as session:
        return [(one.number, one.code) for one in register.verify_register(session)]


@pytest.mark.parametrize(
    "change",
    ["UPDATE register_entry SET actor = 'x'", "DELETE FROM register_entry", "TRUNCATE register_entry"],
)
def test_a_line_cannot_be_changed_or_removed(office, letter_id, change):
    enter(office, letter_id)
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), office.house.transaction() as session:
        session.execute(sa.text(change))


def tamper(office, change):
    """What somebody with the keys of the server could do."""
    with office.house.transaction() as session:
        session.execute(sa.text("ALTER TABLE register_entry DISABLE TRIGGER append_only"))
        session.execute(sa.text(change))
        session.execute(sa.text("ALTER TABLE register_entry ENABLE TRIGGER append_only"))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE register_entry SET tracking_no = 'XA00000000009' WHERE number = 2", (2, "ALTERED")),
        ('UPDATE register_entry SET body = body || \'{"outcome": "x"}\' WHERE number = 2', (2, "ALTERED")),
        ("DELETE FROM register_entry WHERE number = 2", (3, "GAP")),
        ("DELETE FROM register_entry WHERE number = 3", (3, "CUT_OFF")),
    ],
)
def test_a_line_changed_behind_its_back_is_found(office, letter_id, change, found):
    enter(office, letter_id, 3)
    assert faults(office) == []
    tamper(office, change)
    assert found in faults(office)


def test_many_who_write_at_once_leave_no_gap(office, letter_id):
    barrier = threading.Barrier(6)
    numbers = []

    def write():
        barrier.wait()
        for _ in range(5):
            numbers.extend(enter(office, letter_id, 2))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 61))
    assert faults(office) == []


def test_a_rollback_leaves_no_gap(office, letter_id):
    enter(office, letter_id)
    with office.house.transaction() as session, session.begin_nested() as undone:
        letter = queries.letter_by_id(session, letter_id)
        register.enter(session, office.actor("admin_clerk"), [register.Line(EntryKind.POSTED, letter)])
        undone.rollback()
    assert enter(office, letter_id) == [2]
    assert faults(office) == []


def test_a_new_year_begins_at_one(office, letter_id):
    enter(office, letter_id, 2)
    office.house.clock.advance(days=60)
    assert enter(office, letter_id) == [1]
    assert faults(office) == []


def test_a_correction_is_a_line_that_reverses_another_once(office, letter_id):
    enter(office, letter_id, 2)
    admin = office.actor("admin_approver")
    with office.house.transaction() as session:
        line = register.reverse_entry(session, admin, branch="总部", year=2026, number=2, reason="wrong office")
        assert (line.number, line.kind, line.reverses, line.body["note"]) == (3, "REVERSAL", 2, "wrong office")
    for number in (2, 3):
        with office.house.transaction() as session, pytest.raises(NotNow):
            register.reverse_entry(session, admin, branch="总部", year=2026, number=number, reason="again")
    with office.house.transaction() as session, pytest.raises(NotFound):
        register.reverse_entry(session, admin, branch="总部", year=2026, number=9, reason="none")
    assert faults(office) == []


def test_the_register_is_read_page_by_page(office, letter_id):
    enter(office, letter_id, 5)
    with office.house.transaction() as session:
        first = register.register_page(session, limit=3)
        rest = register.register_page(session, limit=3, after=first["after"])
        assert [line.number for line in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
        assert rest["after"] is None
        assert session.scalar(sa.select(sa.func.count()).select_from(RegisterEntry)) == 5
