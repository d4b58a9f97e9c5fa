"""The tables of result codes: complete, and nowhere a word for money received."""

import pytest

from fieldops.auth.roles import Role
from fieldops.cases.rules import GRADES, HOLD_KINDS
from fieldops.results.codes import DEAD, FINDINGS, FOLLOW_UPS, OUTCOMES, PERSONS, SLOT_LIMITS, bank_code_of
from fieldops.results.schemas import LineIn, ResultIn

LINE_FIELDS = set(LineIn().fields)


def test_the_codes_are_those_of_the_domain():
    assert list(PERSONS) == [f"P{n:02d}" for n in range(11)]
    assert list(FINDINGS) == [f"A{n:02d}" for n in range(1, 15)]
    assert list(OUTCOMES) == [f"O{n:02d}" for n in range(1, 27)]


@pytest.mark.parametrize("table", [PERSONS, FINDINGS, OUTCOMES], ids=["persons", "findings", "outcomes"])
def test_every_row_has_its_code_and_both_names(table):
    for code, row in table.items():
        assert row.code == code
        assert row.name
        assert row.zh


@pytest.mark.parametrize("row", OUTCOMES.values(), ids=lambda row: row.code)
def test_an_outcome_asks_for_fields_a_phone_can_send(row):
    assert {*row.needs, *row.may} <= LINE_FIELDS
    assert set(row.persons) <= set(PERSONS)
    assert not set(row.needs) & set(row.may)
    assert set(row.proof) <= set(SLOT_LIMITS)


@pytest.mark.parametrize("row", OUTCOMES.values(), ids=lambda row: row.code)
def test_an_outcome_has_consequences_the_house_knows(row):
    assert row.hold in {"", *HOLD_KINDS}
    assert row.follow in {"", *FOLLOW_UPS}
    assert "ORDINARY" in GRADES or not row.complaint


@pytest.mark.parametrize("row", FINDINGS.values(), ids=lambda row: row.code)
def test_a_finding_is_dead_for_somebody_or_alive(row):
    assert bool(row.invalid) == bool(row.scope)
    assert row.scope in {"", "DEBTOR", "EXACT", "SITE"}
    assert not (row.invalid and row.confirms)
    assert set(row.follow) <= set(FOLLOW_UPS)
    assert bool(row.choices) == ("DECIDE" in row.follow)
    assert bool(row.choice) == (DEAD in row.choices)


@pytest.mark.parametrize("code", ["A05", "A08", "A10"])
def test_that_the_debtor_is_gone_is_said_by_somebody_grown_up_who_is_not_the_debtor(code):
    assert set(PERSONS) - set(FINDINGS[code].persons) == {"P00", "P01", "P10"}


@pytest.mark.parametrize(
    ("person", "finding", "code"),
    [
        ("P01", "A01", "中债"), ("P03", "A02", "中家人"), ("P04", "A02", "中家人"), ("P05", "A10", "中同事/朋友"),
        ("P06", "A05", "中同事/朋友"), ("P00", "A03", "不中人"), ("P00", None, "不中人"), ("P00", "A07", "无址"),
        ("P08", "A06", "拆迁"),
    ],
)  # fmt: skip
def test_a_result_has_the_one_code_banks_know(person, finding, code):
    assert bank_code_of(person, finding) == code


def test_follow_ups_are_asked_of_known_roles():
    assert {row.role for row in FOLLOW_UPS.values()} <= set(Role)


def test_only_who_owes_is_talked_to_about_the_debt():
    for row in OUTCOMES.values():
        if row.verified:
            assert set(row.persons) <= {"P01", "P02"}, row.code


def test_no_field_of_a_result_can_say_that_a_crew_received_money():
    names = LINE_FIELDS | set(ResultIn().fields)
    assert not {name for name in names if "cash" in name or "received" in name or "collected" in name}
    amounts = {name for name in names if name.endswith("_fen")}
    assert amounts == {"promise_fen", "amount_fen"}
    assert [row.code for row in OUTCOMES.values() if "amount_fen" in {*row.needs, *row.may}] == ["O01", "O02"]
    assert "CASH" not in " ".join(LineIn().fields["channel"].validate.choices)
