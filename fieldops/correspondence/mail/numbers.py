"""Registered numbers 挂号编号: allotted in ranges, taken under a lock, never invented and never used twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit
from fieldops.clock import local_date
from fieldops.correspondence.models import MailItem, NumberRange
from fieldops.errors import NotNow, NotUnderstood
from fieldops.policies.service import policy_on
from letters import number as paper
from letters.errors import CheckDigitWrong, NumberRefused, RangeRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

CHINA_POST_NO = 1
CARRIERS = {CHINA_POST_NO: "中国邮政"}


def allot_range(
    session: Session, actor: audit.Actor, *, first: str, last: str, carrier_no: int = CHINA_POST_NO
) -> NumberRange:
    """Enter a range a carrier has allotted, first and last number included.

    Raises: NotUnderstood for a range that cannot be one, NotNow when it overlaps another of its series.
    """
    try:
        allotted = paper.NumberRange(_pattern(session, actor.at, carrier_no), first, last)
    except (NumberRefused, RangeRefused) as refusal:
        raise NotUnderstood("RANGE_REFUSED", str(refusal)) from None
    serials = allotted.serials
    row = NumberRange(
        carrier_no=carrier_no,
        series=allotted.series,
        first=allotted.first,
        last=allotted.last,
        low=serials.start,
        high=serials.stop - 1,
        next=serials.start,
        received_by=actor.name,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except sa.exc.IntegrityError as error:
        raise _overlap(session, row) from error
    audit.record(session, actor, "ranges.allot", "number_range", row.id, first=row.first, last=row.last)
    return row


def take_numbers(session: Session, at: datetime, count: int, *, carrier_no: int = CHINA_POST_NO) -> list[str]:
    """The next ``count`` numbers, oldest range first; a rollback gives them back, so none is skipped.

    The ranges are locked until the transaction ends. Raises: NotNow when they hold fewer.
    """
    pattern = _pattern(session, at, carrier_no)
    taken: list[str] = []
    for row in _open_ranges(session, carrier_no):
        allotted = paper.NumberRange(pattern, row.first, row.last)
        while len(taken) < count and row.next <= row.high:
            stop = min(row.next + count - len(taken), row.high + 1)
            numbers = [allotted.number_at(serial) for serial in range(row.next, stop)]
            used = _used_among(session, carrier_no, numbers)
            taken += [number for number in numbers if number not in used]
            row.next = stop
    if len(taken) < count:
        raise NotNow(
            "NUMBERS_EXHAUSTED",
            f"{count} registered numbers are needed and the allotted ranges hold {len(taken)}; "
            "have the post allot a further range and enter it with POST /api/v1/number-ranges.",
            needed=count,
            left=len(taken),
        )
    session.flush()
    return taken


def read_scanned(session: Session, at: datetime, raw: str, *, carrier_no: int = CHINA_POST_NO) -> str:
    """A typed or scanned number in its one form. Raises: NotUnderstood LR-071, MALFORMED or CHECK_DIGIT."""
    try:
        return paper.read_number(raw, _pattern(session, at, carrier_no))
    except CheckDigitWrong as refusal:
        raise _bad("CHECK_DIGIT", str(refusal)) from None
    except NumberRefused as refusal:
        raise _bad("MALFORMED", str(refusal)) from None


def claim_number(session: Session, at: datetime, raw: str, *, carrier_no: int = CHINA_POST_NO) -> str:
    """A typed or scanned number in its one form, after making sure that it is ours and was never used.

    Its range is locked until the transaction ends, so nobody takes the number meanwhile.
    Raises: NotUnderstood LR-071, whose ``fault`` says MALFORMED, CHECK_DIGIT, FOREIGN or USED.
    """
    number, pattern = read_scanned(session, at, raw, carrier_no=carrier_no), _pattern(session, at, carrier_no)
    ranges = session.scalars(sa.select(NumberRange).filter_by(carrier_no=carrier_no).with_for_update())
    if not any(number in paper.NumberRange(pattern, row.first, row.last) for row in ranges):
        raise _bad("FOREIGN", f"{number} is in none of the ranges allotted to us; scan the label again.")
    if _used_among(session, carrier_no, [number]):
        raise _bad("USED", f"{number} has been used before; a registered number serves one item for ever.")
    return number


def number_ranges(session: Session) -> Sequence[NumberRange]:
    """Every allotted range, oldest first."""
    return session.scalars(sa.select(NumberRange).order_by(NumberRange.id)).all()


def _open_ranges(session: Session, carrier_no: int) -> Sequence[NumberRange]:
    """The ranges with numbers left, as they are now: whoever waited for the lock sees what the other one took."""
    chosen = (
        sa.select(NumberRange)
        .where(NumberRange.carrier_no == carrier_no, NumberRange.next <= NumberRange.high)
        .order_by(NumberRange.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(chosen).all()


def _used_among(session: Session, carrier_no: int, numbers: list[str]) -> set[str]:
    used = sa.select(MailItem.tracking_no).where(MailItem.carrier_no == carrier_no, MailItem.tracking_no.in_(numbers))
    return set(session.scalars(used))


def _pattern(session: Session, at: datetime, carrier_no: int) -> paper.CarrierPattern:
    if carrier_no not in CARRIERS:
        raise NotUnderstood("CARRIER_UNKNOWN", f"Carrier {carrier_no} is not known; use one of {sorted(CARRIERS)}.")
    return paper.CarrierPattern(CARRIERS[carrier_no], policy_on(session, local_date(at)).letter.tracking_pattern)


def _overlap(session: Session, row: NumberRange) -> NotNow:
    overlapping = (
        sa.select(NumberRange)
        .filter_by(carrier_no=row.carrier_no, series=row.series)
        .where(NumberRange.low <= row.high, NumberRange.high >= row.low)
    )
    others = ", ".join(f"{other.first} to {other.last}" for other in session.scalars(overlapping))
    detail = (
        f"{row.first} to {row.last} overlaps {others or 'a range entered this moment'}; no number is allotted twice."
    )
    return NotNow("RANGE_OVERLAPS", detail, first=row.first, last=row.last)


def _bad(fault: str, detail: str) -> NotUnderstood:
    return NotUnderstood("LR-071", f"LR-071 挂号编号格式错误或重复: {detail}", fault=fault)
