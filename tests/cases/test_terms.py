"""Terms of cases are those of their bank, or of their product where it asks for something else."""

from datetime import date, timedelta

import pytest

from fieldops.audit import Actor
from fieldops.cases import complaints, lifecycle, repair
from fieldops.cases.jobs import ask_for_late_files
from fieldops.cases.ledger import contacts_of_case
from fieldops.clock import local_date
from fieldops.errors import NotNow, NotUnderstood
from fieldops.imports.service import import_file
from fieldops.tasks.models import Task
from tests.cases.test_import_cases import every
from tests.makers import ask_otherwise, make_case

CHANGE = {
    "case": {"extension_lead_days": 10, "complaint_reply_working_days": 0, "import_sla_hours": 5},
    "visit": {"lawful_sources": ["CONTRACT"]},
    "contacts": {"calls_per_day": 1},
}
FOUND = {"raw": "北京市房山区拱辰街道良乡中路28号院3号楼1单元201室", "source": "FIELD_FOUND", "belongs_to": "DEBTOR"}


@pytest.mark.parametrize("product", [None, "车贷"], ids=["bank", "product"])
def test_what_a_bank_asks_otherwise_holds_for_its_cases_and_for_no_others(house, product):
    with house.transaction() as session:
        ask_otherwise(session, house, CHANGE, bank="B", product=product)
        today, ends = local_date(house.clock.now()), local_date(house.clock.now()) + timedelta(days=5)
        own = make_case(session, bank_code="B", product="车贷", expiry_on=ends, called=False)
        other = make_case(session, bank_code="B" if product else "A", expiry_on=ends, called=False)
        actor = Actor("boss", house.clock.now(), roles=frozenset({"SUPERVISOR", "MANAGER", "BUSINESS_DEPT"}))
        asked = {"step": "ASK_EXTENSION", "reason": "客户承诺还款", "until_on": ends + timedelta(days=30)}
        with pytest.raises(NotNow, match="10 days before"):
            lifecycle.take_step(session, actor, case_id=own.id, **asked)
        lifecycle.take_step(session, actor, case_id=other.id, **asked)
        monday = date(2026, 11, 23)
        due = complaints.replies_due_at(session, [(own.id, monday), (other.id, monday)], actor.at)
        assert [due[each.id, monday].astimezone(house.clock.now().tzinfo).day for each in (own, other)] == [23, 24]
        found = {"kind": "HOME", "evidence": "visit WF-1", **FOUND}
        with pytest.raises(NotUnderstood, match="Lawful are CONTRACT"):
            repair.add_address(session, actor, case_id=own.id, **found)
        repair.add_address(session, actor, case_id=other.id, **found)
        caps = [contacts_of_case(session, each.id, at=actor.at, limit=1)["standings"] for each in (own, other)]
        assert caps[0] != caps[1]
        assert today == monday


def test_a_file_is_late_by_the_hours_of_the_bank_it_was_sent_for(house):
    with house.transaction() as session:
        ask_otherwise(session, house, CHANGE, bank="B")
    for bank in ("A", "B", None):
        import_file(house, Actor("clerk", house.clock.now()), "cases", b"x", f"{bank}.csv", bank_code=bank)
    house.clock.advance(hours=2)
    ask_for_late_files(house)
    assert sorted(task.detail["filename"] for task in every(house, Task)) == ["A.csv", "None.csv"]
    house.clock.advance(hours=3)
    ask_for_late_files(house)
    assert sorted(task.detail["filename"] for task in every(house, Task)) == ["A.csv", "B.csv", "None.csv"]
