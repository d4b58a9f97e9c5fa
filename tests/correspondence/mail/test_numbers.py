"""Registered numbers: allotted in ranges that never overlap, taken without gap or double."""

import threading
from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.audit import Actor
from fieldops.correspondence.mail import numbers
from fieldops.correspondence.models import NumberRange
from fieldops.errors import NotNow, NotUnderstood


@pytest.fixture
def admin(house):
    return Actor("admin", house.clock.now())


def allot(house, admin, first, last):
    with house.transaction() as session:
        return numbers.allot_range(session, admin, first=first, last=last).id


def take(house, count):
    with house.transaction() as session:
        return numbers.take_numbers(session, house.clock.now(), count)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("XA00000000100", "XA00000000110"),  # one number shared at the end
        ("XA00000000150", "XA00000000160"),  # inside
        ("XA00000000050", "XA00000000300"),  # around
    ],
)
def test_two_ranges_of_a_series_never_overlap(house, admin, first, last):
    allot(house, admin, "XA00000000110", "XA00000000200")
    with pytest.raises(NotNow, match="overlaps XA00000000110 to XA00000000200") as refused:
        allot(house, admin, first, last)
    assert refused.value.code == "RANGE_OVERLAPS"
    with house.transaction() as session:
        assert len(numbers.number_ranges(session)) == 1


def test_the_same_serials_under_other_letters_are_another_series(house, admin):
    allot(house, admin, "XA00000000110", "XA00000000200")
    allot(house, admin, "XB00000000110", "XB00000000200")
    allot(house, admin, "XA00000000201", "XA00000000300")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("XA00000000200", "XA00000000110"),
        ("XA00000000200", "XB00000000300"),
        ("12", "15"),
        ("RR000000011CN", "RR000000020CN"),
    ],
)
def test_a_range_that_cannot_be_one_is_refused(house, admin, first, last):
    with pytest.raises(NotUnderstood) as refused:
        allot(house, admin, first, last)
    assert refused.value.code == "RANGE_REFUSED"


def test_numbers_run_on_from_one_range_into_the_next(house, admin):
    allot(house, admin, "XA00000000001", "XA00000000002")
    allot(house, admin, "XA00000000010", "XA00000000012")
    assert take(house, 3) == ["XA00000000001", "XA00000000002", "XA00000000010"]
    with pytest.raises(NotNow, match="hold 2") as refused:
        take(house, 3)
    assert refused.value.code == "NUMBERS_EXHAUSTED"
    assert take(house, 2) == ["XA00000000011", "XA00000000012"]


def test_an_s10_number_carries_its_check_digit(house, admin):
    allot(house, admin, "RR473124829CN", "RR473124846CN")
    assert take(house, 2) == ["RR473124829CN", "RR473124832CN"]


def test_a_rollback_gives_the_numbers_back(house, admin):
    allot(house, admin, "XA00000000001", "XA00000000009")
    with house.database.engine.connect() as connection, Session(connection) as session:
        assert len(numbers.take_numbers(session, house.clock.now(), 5)) == 5
        session.rollback()
    assert take(house, 1) == ["XA00000000001"]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [("XA0000000000", "MALFORMED"), ("", "MALFORMED"), ("RR473124820CN", "CHECK_DIGIT"), ("XA00000000010", "FOREIGN")],
)
def test_a_number_that_is_not_ours_to_use_is_refused_by_name(house, admin, raw, fault):
    allot(house, admin, "XA00000000001", "XA00000000009")
    with house.transaction() as session, pytest.raises(NotUnderstood, match="LR-071") as refused:
        numbers.claim_number(session, house.clock.now(), raw)
    assert (refused.value.code, refused.value.extra["fault"]) == ("LR-071", fault)


def test_a_scanned_number_is_read_in_its_one_form(house, admin):
    allot(house, admin, "XA00000000001", "XA00000000009")
    with house.transaction() as session:
        assert numbers.claim_number(session, house.clock.now(), "*xa 0000-0000003*") == "XA00000000003"


def test_eight_clerks_take_two_thousand_numbers_without_gap_or_double(house, admin):
    allot(house, admin, "XA00000000001", "XA00000000700")
    allot(house, admin, "XA00000001001", "XA00000002300")
    taken = []
    barrier = threading.Barrier(8)

    def clerk():
        barrier.wait()
        for _ in range(25):
            taken.extend(take(house, 10))

    threads = [threading.Thread(target=clerk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = [f"XA{serial:011d}" for serial in (*range(1, 701), *range(1001, 2301))]
    assert sorted(taken) == wanted
    assert max(Counter(taken).values()) == 1
    with house.transaction() as session:
        assert all(row.next == row.high + 1 for row in session.scalars(select(NumberRange)))
