"""The grade of an address: bad news outweighs good, and what nobody knows is a C at best."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses.grades import GRADES, AddressRecord, grade_of

STATES = ("UNVERIFIED", "VALID", "DOUBTFUL", "INVALID")
RECORDS = st.builds(
    AddressRecord,
    verdict=st.sampled_from([None, "VALID", "VAGUE", "REVIEW"]),
    register_state=st.sampled_from(STATES),
    letters_blocked=st.booleans(),
    phone_confirmed=st.booleans(),
    mail_taken=st.booleans(),
)


@pytest.mark.parametrize(
    ("record", "grade"),
    [
        (AddressRecord("VALID", "VALID"), "A"),
        (AddressRecord("VALID", "UNVERIFIED", phone_confirmed=True), "B"),
        (AddressRecord("VALID", "UNVERIFIED", mail_taken=True), "B"),
        (AddressRecord("VALID", "UNVERIFIED"), "C"),
        (AddressRecord("VAGUE", "UNVERIFIED"), "D"),
        (AddressRecord(None, "UNVERIFIED"), "D"),
        (AddressRecord("VALID", "DOUBTFUL"), "D"),
        (AddressRecord("VALID", "VALID", letters_blocked=True), "D"),
        (AddressRecord("VALID", "INVALID"), "E"),
    ],
)
def test_each_grade_has_its_reason(record, grade):
    assert grade_of(record).grade == grade


@given(RECORDS)
def test_every_address_has_one_grade_and_a_dead_one_always_the_last(record):
    grade = grade_of(record)
    assert (grade.grade == "E") == (record.register_state == "INVALID")
    assert grade.meaning_zh
    assert grade.meaning_en


@given(RECORDS)
def test_only_what_was_seen_at_the_door_is_an_a(record):
    assert grade_of(record).grade != "A" or (record.register_state, record.verdict) == ("VALID", "VALID")


def test_every_grade_can_be_had():
    assert {row.grade for row in GRADES} == set("ABCDE")
