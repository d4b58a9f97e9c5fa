"""What makes a result sound: every row of the table at its edge, and no fault left unsaid."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.results.codes import FINDINGS, OUTCOMES, PERSONS, SLOT_LIMITS
from fieldops.results.rules import CHECKS, Line, faults
from tests.results.reports import ARRIVED, VALUES, a_report, codes_of, fitting, with_fields, with_finding

IDENTITY = "11010519491231002X"
EVERY_FIELD = sorted({name for row in OUTCOMES.values() for name in {*row.needs, *row.may}})


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_can_be_told_without_a_fault(outcome):
    assert codes_of(fitting(outcome)) == []


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_finding_can_be_told_without_a_fault(finding):
    assert codes_of(with_finding(finding)) == []


@pytest.mark.parametrize(
    ("outcome", "person"),
    [(row.code, person) for row in OUTCOMES.values() for person in PERSONS if person not in row.persons],
)
def test_an_outcome_with_a_person_it_does_not_fit_is_refused(outcome, person):
    assert "PERSON_DOES_NOT_FIT" in codes_of(replace(fitting(outcome), person_met=person))


@pytest.mark.parametrize(
    ("finding", "person"),
    [(row.code, person) for row in FINDINGS.values() for person in PERSONS if person not in row.persons],
)
def test_a_finding_with_a_person_it_does_not_fit_is_refused(finding, person):
    assert "PERSON_DOES_NOT_FIT" in codes_of(replace(with_finding(finding), person_met=person))


@pytest.mark.parametrize(("outcome", "name"), [(row.code, name) for row in OUTCOMES.values() for name in row.needs])
def test_an_outcome_without_a_field_it_needs_is_refused(outcome, name):
    found = faults(with_fields(fitting(outcome), **{name: None}))
    assert ("FIELD_MISSING", f"lines.{name}") in {(fault.code, fault.field) for fault in found}


def test_a_needed_text_of_spaces_is_no_text():
    assert codes_of(with_fields(fitting("O06"), reason="  ")) == ["FIELD_MISSING"]


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (row.code, name)
        for row in OUTCOMES.values()
        for name in EVERY_FIELD
        if name not in {*row.needs, *row.may, "detail"}
    ],
)
def test_a_field_beside_an_outcome_that_has_none_is_refused(outcome, name):
    assert codes_of(with_fields(fitting(outcome), **{name: VALUES[name]})) == ["FIELD_NOT_ASKED"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"address_finding": "A99"}, "address_finding"), ({"person_met": "P99"}, "person_met")],
)
def test_a_code_nobody_knows_is_refused(change, field):
    assert ("UNKNOWN_CODE", field) in {(fault.code, fault.field) for fault in faults(replace(a_report(), **change))}


def test_an_outcome_nobody_knows_is_refused():
    assert "UNKNOWN_CODE" in codes_of(a_report("O99"))


def test_every_card_of_the_visit_is_told_of_once():
    one, two = Line("case-1", "O26", {}), Line("case-2", "O26", {})
    both = {"case_ids": frozenset({"case-1", "case-2"}), "known_case_ids": frozenset({"case-1", "case-2"})}
    assert codes_of(a_report(**both, lines=(one, two))) == []
    assert codes_of(a_report(**both, lines=(one,))) == ["CARDS_DIFFER"]
    assert codes_of(a_report(lines=(one, one))) == ["CARDS_DIFFER"]
    assert codes_of(a_report(lines=(one, Line("case-9", "O26", {})))) == ["CARDS_DIFFER"]


def test_a_card_paid_off_since_the_phone_last_heard_may_still_be_told_of():
    lines = (Line("case-1", "O26", {}), Line("paid", "O26", {}))
    assert codes_of(a_report(lines=lines, known_case_ids=frozenset({"case-1", "paid"}))) == []


@pytest.mark.parametrize("whole", ["O24", "O25"])
def test_an_outcome_of_the_whole_visit_stands_for_every_card(whole):
    cards = {"case_ids": frozenset({"case-1", "case-2"}), "known_case_ids": frozenset({"case-1", "case-2"})}
    report = replace(fitting(whole), **cards)
    (line,) = report.lines
    other = replace(line, case_id="case-2")
    assert codes_of(replace(report, lines=(line, other))) == []
    assert "OUTCOMES_MIXED" in codes_of(replace(report, lines=(line, Line("case-2", "O23", {}))))


def test_a_visit_nobody_made_has_found_nothing_out():
    assert codes_of(replace(fitting("O24"), address_finding="A03")) == ["FINDING_NOT_MADE"]


def test_a_visit_that_was_made_has_found_something_out():
    assert codes_of(a_report(finding=None)) == ["FINDING_MISSING"]
    assert codes_of(a_report("O25", finding=None)) == []


def test_a_third_person_who_was_asked_to_pay_is_refused():
    assert codes_of(with_fields(fitting("O05"), volunteered=False)) == ["NOT_VOLUNTEERED"]


def test_a_promise_is_for_the_day_of_the_visit_or_later():
    assert codes_of(with_fields(fitting("O03"), promise_on=date(2026, 11, 24))) == []
    assert codes_of(with_fields(fitting("O03"), promise_on=date(2026, 11, 23))) == ["PROMISE_IN_THE_PAST"]


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ("2026-11-26 14:00-16:00", []),
        ("2026-11-24 14:00-16:00", []),
        ("2026-11-23 14:00-16:00", ["APPOINTMENT_IN_THE_PAST"]),
        ("2026-11-31 14:00-16:00", ["APPOINTMENT_UNREAD"]),
        ("2026-11-26 16:00-14:00", ["APPOINTMENT_UNREAD"]),
        ("2026-11-26 14:00-25:00", ["APPOINTMENT_UNREAD"]),
        ("周四下午", ["APPOINTMENT_UNREAD"]),
    ],
)
def test_an_appointment_names_a_day_to_come_and_hours_in_order(told, codes):
    assert codes_of(with_fields(fitting("O22"), appointment=told)) == codes


def test_a_payment_was_made_on_the_day_of_the_visit_or_before():
    assert codes_of(with_fields(fitting("O01"), paid_on=date(2026, 11, 24))) == []
    assert codes_of(with_fields(fitting("O01"), paid_on=date(2026, 11, 25))) == ["PAID_IN_THE_FUTURE"]


@pytest.mark.parametrize("outcome", [row.code for row in OUTCOMES.values() if row.verified])
def test_the_debt_is_talked_of_only_after_identity_is_verified(outcome):
    assert codes_of(replace(fitting(outcome), identity_verified=False)) == ["IDENTITY_NOT_VERIFIED"]


def test_nobody_can_be_verified_where_nobody_was_met():
    assert codes_of(replace(fitting("O23"), identity_verified=True)) == ["NOBODY_TO_VERIFY"]


@pytest.mark.parametrize("person", PERSONS)
def test_whoever_is_met_is_shown_badge_and_authorisation(person):
    report = a_report(person=person, identity_shown=False)
    assert codes_of(report) == ([] if person in {"P00", "P10"} else ["IDENTITY_NOT_SHOWN"])


def test_a_crew_cannot_leave_before_it_arrives():
    assert codes_of(a_report(left_at=ARRIVED)) == []
    assert codes_of(a_report(left_at=ARRIVED - timedelta(seconds=1))) == ["TIMES_INVERTED"]


def test_a_summary_has_ten_characters_or_more():
    assert codes_of(a_report(summary="一二三四五六七八九十")) == []
    assert codes_of(a_report(summary=" 一二三四五六七八九 ")) == ["SUMMARY_SHORT"]


def test_a_result_says_what_should_follow():
    assert codes_of(a_report(next_step=" ")) == ["NEXT_STEP_MISSING"]


@pytest.mark.parametrize("finding", [row.code for row in FINDINGS.values() if row.photo])
def test_a_dead_building_needs_a_photo(finding):
    assert codes_of(replace(with_finding(finding), slot_kinds=("AUDIO",))) == ["PHOTO_MISSING"]


@pytest.mark.parametrize("row", [row for row in OUTCOMES.values() if row.proof], ids=lambda row: row.code)
def test_an_outcome_that_must_be_shown_needs_evidence_of_its_kind(row):
    for kind in SLOT_LIMITS:
        told = codes_of(replace(fitting(row.code), slot_kinds=(kind,)))
        assert told == ([] if kind in row.proof else ["PROOF_MISSING"]), kind
    assert codes_of(replace(fitting(row.code), slot_ids=(), slot_kinds=())) == ["PROOF_MISSING"]


def test_every_piece_of_evidence_has_an_id_of_its_own():
    assert codes_of(a_report(slot_ids=("slot-1", "slot-1"), slot_kinds=("AUDIO", "DOC"))) == ["SLOT_TWICE"]


@pytest.mark.parametrize("name", ["summary", "next_step"])
def test_a_personal_number_in_a_text_is_refused_and_not_repeated(name):
    (fault,) = faults(a_report(**{name: f"客户证件号码为{IDENTITY}已核对"}))
    assert (fault.code, fault.field) == ("PERSONAL_NUMBER", name)
    assert IDENTITY not in fault.mend


@pytest.mark.parametrize("name", [name for name in EVERY_FIELD if isinstance(VALUES[name], str) and name != "channel"])
def test_a_personal_number_in_any_field_of_a_card_is_refused(name):
    outcome = next(row.code for row in OUTCOMES.values() if name in {*row.needs, *row.may})
    assert codes_of(with_fields(fitting(outcome), **{name: f"见{IDENTITY}"}))[-1] == "PERSONAL_NUMBER"


@given(
    outcome=st.sampled_from(list(OUTCOMES)),
    finding=st.sampled_from([None, *FINDINGS]),
    person=st.sampled_from(list(PERSONS)),
    verified=st.booleans(),
    shown=st.booleans(),
    fields=st.dictionaries(st.sampled_from(EVERY_FIELD), st.none() | st.sampled_from(list(VALUES.values()))),
    summary=st.text(max_size=30),
)
def test_any_result_gets_an_answer_that_names_code_field_and_mend(
    outcome, finding, person, verified, shown, fields, summary
):
    typed = {name: VALUES[name] for name, value in fields.items() if value is not None}
    report = a_report(finding=finding, person=person, identity_verified=verified, identity_shown=shown, summary=summary)
    report = replace(report, lines=(Line("case-1", outcome, typed),))
    for fault in faults(report):
        assert fault.code
        assert fault.field
        assert fault.mend


def test_every_check_of_the_table_can_find_a_fault():
    """A check that never speaks is no check; the tests above make each speak."""
    spoken = {
        code
        for report in (
            a_report("O99"),
            a_report(lines=()),
            replace(fitting("O24"), lines=(Line("case-1", "O24", {"reason": "雨"}), Line("case-2", "O26", {}))),
            a_report(finding=None),
            replace(fitting("O03"), person_met="P07"),
            with_fields(fitting("O06"), reason=None),
            with_fields(fitting("O26"), amount_fen=1),
            with_fields(fitting("O05"), volunteered=False),
            a_report(taken_slot_ids=frozenset({"slot-1"})),
            a_report(slot_lengths=(81 * 1024**2,)),
            with_fields(fitting("O03"), promise_on=date(2020, 1, 1)),
            with_fields(fitting("O22"), appointment="周四"),
            replace(fitting("O03"), identity_verified=False),
            replace(fitting("O23"), identity_verified=True),
            a_report(identity_shown=False),
            a_report(left_at=ARRIVED - timedelta(hours=1)),
            a_report(summary=""),
            a_report(summary=f"证件号码{IDENTITY}已核对无误"),
            a_report("O26", finding="A06", slot_kinds=()),
            a_report("O12", slot_kinds=()),
            a_report(slot_ids=("a", "a")),
        )
        for check in CHECKS
        for code in [check.__name__ for _ in check(report)]
    }
    assert spoken == {check.__name__ for check in CHECKS}


def test_a_piece_of_evidence_beyond_its_limit_is_refused_with_the_limit():
    fine = a_report(slot_kinds=("AUDIO",), slot_lengths=(30 * 1024**2,))
    assert codes_of(fine) == []
    assert codes_of(replace(fine, slot_lengths=(30 * 1024**2 + 1,))) == ["SLOT_TOO_LARGE"]
    assert codes_of(replace(fine, slot_kinds=("PHOTO_DOOR",))) == ["SLOT_TOO_LARGE"]


def test_all_evidence_of_a_result_has_eighty_mebibytes_at_most():
    slots = {"slot_ids": ("a", "b"), "slot_kinds": ("VIDEO", "VIDEO")}
    assert codes_of(a_report(**slots, slot_lengths=(40 * 1024**2, 40 * 1024**2))) == []
    assert codes_of(a_report(**slots, slot_lengths=(40 * 1024**2, 40 * 1024**2 + 1))) == ["SLOTS_TOO_LARGE"]
