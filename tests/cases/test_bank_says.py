"""What a bank's case file says of a case on record: its status by the table of steps, and whose case it is."""

import pytest
import sqlalchemy as sa

from fieldops.addresses.models import Address
from fieldops.audit import Actor, AuditEntry
from fieldops.cases import repair, states
from fieldops.cases.models import Case, CaseAddress
from fieldops.imports.service import error_file
from tests.bank_files import case_row, take_in

FOUND = "北京市房山区拱辰街道良乡中路28号院3号楼1单元201室"


def only_case(house):
    with house.transaction() as session:
        return session.scalars(sa.select(Case)).one()


def put_into(house, status):
    with house.transaction() as session:
        session.scalars(sa.select(Case)).one().status = status


@pytest.mark.parametrize(
    ("was", "said", "steps"),
    [
        ("ACTIVE", "退案", ["EXPIRE", "RETURN"]),
        ("PAUSED", "退案", ["EXPIRE", "RETURN"]),
        ("EXPIRED", "退案", ["RETURN"]),
        ("EXPIRED", "在催", ["KEEP", "RESUME"]),
        ("ACTIVE", "撤案", ["ASK_WITHDRAWAL", "AGREE_WITHDRAWAL"]),
        ("WITHDRAWAL_PENDING", "暂停", ["REFUSE_WITHDRAWAL", "PAUSE"]),
        ("EXTENSION_PENDING", "暂停", ["REFUSE_EXTENSION", "PAUSE"]),
        ("EXTENSION_PENDING", "在催", []),  # the answer to a request comes as an answer
        ("WITHDRAWAL_PENDING", "在催", []),
        ("PAUSED", "在催", ["RESUME"]),
        ("ACTIVE", "结清", ["SETTLE"]),
        ("ACTIVE", "关闭", ["EXPIRE", "RETURN", "CLOSE"]),
        ("ACTIVE", "在催", []),
    ],
)
def test_a_status_the_bank_sends_takes_the_steps_of_the_table_each_written_down(house, heard, was, said, steps):
    take_in(house, "cases", [case_row(1)])
    put_into(house, was)
    heard.clear()
    take_in(house, "cases", [case_row(1, 案件状态=said)])
    status = states.CASE_STEPS[steps[-1]].to or "ACTIVE" if steps else was
    assert only_case(house).status == status
    with house.transaction() as session:
        taken = sa.select(AuditEntry.action).where(AuditEntry.detail.has_key("was"), AuditEntry.entity == "case")
        assert session.scalars(taken.order_by(AuditEntry.id)).all() == [f"cases.{code.lower()}" for code in steps]
    assert [(each.status_before, each.status) for each in heard] == ([(was, status)] if steps else [])


@pytest.mark.parametrize("was", ["RETURNED", "WITHDRAWN", "SETTLED", "CLOSED"])
def test_a_case_that_is_over_does_not_begin_again_under_its_number(house, heard, was):
    take_in(house, "cases", [case_row(1)])
    put_into(house, was)
    summary = take_in(house, "cases", [case_row(1, 案件状态="在催")])
    assert (summary.errors, only_case(house).status) == (1, was)
    assert "CASE_STATE" in error_file(house, summary.import_id)


def test_what_was_found_for_a_case_follows_it_to_the_right_person(house):
    take_in(house, "cases", [case_row(1)])
    case = only_case(house)
    boss = Actor("boss", house.clock.now(), roles=frozenset({"SUPERVISOR"}))
    said = {"raw": FOUND, "kind": "OTHER", "source": "FIELD_FOUND", "belongs_to": "DEBTOR", "evidence": "WF1"}
    with house.transaction() as session:
        found_id = repair.add_address(session, boss, case_id=case.id, **said)["id"]
    take_in(house, "cases", [case_row(1, 客户姓名="王芳", 证件号码="11010519491231002X")])
    corrected = only_case(house)
    assert corrected.debtor_id != case.debtor_id
    with house.transaction() as session:
        links = session.scalars(sa.select(CaseAddress).filter_by(case_id=case.id)).all()
        addresses = {session.get_one(Address, link.address_id) for link in links}
    assert {address.debtor_id for address in addresses} == {corrected.debtor_id}
    (carried,) = [address for address in addresses if address.raw == FOUND]
    assert (carried.source, carried.id != found_id) == ("FIELD_FOUND", True)
