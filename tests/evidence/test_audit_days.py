"""The audit log by days: what was altered, slipped in or taken out after its day was sealed shows."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from fieldops.audit import Actor, AuditEntry, record
from fieldops.evidence import audit_days
from fieldops.evidence.jobs import seal_audit
from fieldops.evidence.models import AuditDay
from fieldops.paper_commands import evidence


@pytest.fixture
def logged(house):
    """Two days with things on record, and the night after."""
    for _ in range(2):
        with house.transaction() as session:
            for number in range(3):
                record(
                    session,
                    Actor("某人", house.clock.now()),
                    "visits.cancel",
                    "visit",
                    number,
                    reason="已还款",
                    n=number,
                )
        house.clock.advance(days=1)
    seal_audit(house)
    return house


def faults(house):
    with house.transaction() as session:
        return audit_days.faults(session)


def by_who_owns_the_database(house, *statements):
    """What somebody does who can take the trigger off."""
    with house.transaction() as session:
        session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER append_only"))
        for statement in statements:
            session.execute(text(statement))
        session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER append_only"))


def test_a_day_is_sealed_once_when_it_has_settled_and_follows_the_one_before(logged):
    with logged.transaction() as session:
        first, second = audit_days.days(session)
        assert [(str(day.on_date), day.entries) for day in (first, second)] == [("2026-11-23", 3), ("2026-11-24", 3)]
        assert (first.prev_hash, second.prev_hash) == ("0" * 64, first.hash)
    seal_audit(logged)
    with logged.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AuditDay)) == 2
    assert faults(logged) == []


def test_a_day_somebody_may_still_write_in_is_not_sealed(house):
    with house.transaction() as session:
        record(session, Actor("某人", house.clock.now()), "visits.cancel", "visit", 1)
    midnight = house.clock.now() + timedelta(hours=15)
    for later, sealed in ((timedelta(hours=6, seconds=-1), 0), (timedelta(hours=6), 1)):
        house.clock.instant = midnight + later
        seal_audit(house)
        with house.transaction() as session:
            assert len(audit_days.days(session)) == sealed


def test_days_on_which_nothing_happened_and_nights_nobody_sealed_leave_no_hole(logged):
    logged.clock.advance(days=4)
    seal_audit(logged)
    with logged.transaction() as session:
        assert [day.entries for day in audit_days.days(session)] == [3, 3, 2, 0, 0, 0]  # sealing two days is on record
    assert faults(logged) == []


@pytest.mark.parametrize(
    "done",
    [
        "UPDATE audit_entry SET reason = '误录' WHERE entity_id = '1' AND at < '2026-11-24'",
        "UPDATE audit_entry SET actor = '别人' WHERE entity_id = '1' AND at < '2026-11-24'",
        "UPDATE audit_entry SET detail = '{}' WHERE entity_id = '1' AND at < '2026-11-24'",
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE entity_id = '1' AND at < '2026-11-24'",
        "DELETE FROM audit_entry WHERE entity_id = '1' AND at < '2026-11-24'",
        "INSERT INTO audit_entry SELECT gen_random_uuid(), '2026-11-23 04:00Z', 'x', 'x', 'x', '9', NULL, '{}'",
    ],
    ids=["reason", "actor", "detail", "instant", "taken out", "slipped in"],
)
def test_whatever_is_done_to_a_row_afterwards_shows(logged, done):
    by_who_owns_the_database(logged, done)
    (fault,) = faults(logged)
    assert fault.startswith("2026-11-23: ")


def test_a_day_sealed_anew_over_other_rows_is_found_by_the_one_after_and_by_its_signature(logged):
    with logged.transaction() as session:
        session.execute(text("ALTER TABLE audit_day DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE audit_day SET hash = repeat('1', 64) WHERE on_date = '2026-11-23'"))
    assert [fault.split(": ")[1] for fault in faults(logged)] == ["it does not follow the day before"] * 2
    with logged.transaction() as session:
        session.execute(text("UPDATE audit_day SET key = repeat('1', 64)"))
    assert sum("not signed" in fault for fault in faults(logged)) == 2


def test_the_command_shows_the_days_and_says_whether_they_hold(logged):
    run = lambda: CliRunner().invoke(evidence, ["audit-days"], obj=lambda: nullcontext(logged))  # noqa: E731
    held = run()
    assert (held.exit_code, [line.split()[:2] for line in held.output.splitlines()]) == (
        0, [["2026-11-23", "3"], ["2026-11-24", "3"]],
    )  # fmt: skip
    by_who_owns_the_database(logged, "DELETE FROM audit_entry WHERE at < '2026-11-24'")
    broken = run()
    assert (broken.exit_code, "the log was altered" in broken.output) == (1, True)


def test_no_sealed_day_is_changed(logged):
    with pytest.raises(IntegrityError, match="append-only"), logged.transaction() as session:
        session.execute(text("DELETE FROM audit_day"))


def test_an_empty_log_has_no_days(house):
    seal_audit(house)
    with house.transaction() as session:
        assert (list(audit_days.days(session)), session.scalar(select(func.count()).select_from(AuditEntry))) == ([], 0)
