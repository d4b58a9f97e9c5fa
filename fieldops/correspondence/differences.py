"""Three books of one day: numbers issued, register and postal receipts. What one says and another does not, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fieldops.correspondence.mail_models import PostalReceipt
from fieldops.correspondence.mail_queries import receipt_counts, stands
from fieldops.correspondence.models import MailItem, NumberRange, RegisterEntry
from fieldops.correspondence.paper.stock import COUNTED
from fieldops.correspondence.sheet_models import PrintCopy
from fieldops.correspondence.stock_models import StockMove
from letters.number import CarrierPattern
from letters.number import NumberRange as Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.orm import Session

OUT = ("POSTED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "UNCLAIMED_HELD", "REFUSED", "RETURNING", "DELIVERED", "RETURNED",
       "LOST", "CLAIMED")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing two books do not agree about: the code, the number or letter it is about, and what each book says."""

    code: str
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)


def differences(session: Session) -> list[Difference]:
    """Every difference there is now, in a settled order. Cost: one statement a check, and one a range of numbers."""
    return sorted(
        (found for check in CHECKS for found in check(session)), key=lambda found: (found.code, found.subject)
    )


def _missing(session: Session) -> Iterator[Difference]:
    """Runs of numbers taken from a range that no item carries, each by its first number."""
    for row in session.scalars(sa.select(NumberRange).where(NumberRange.next > NumberRange.low)):
        allotted = Range(CarrierPattern("allotted", r"^[A-Z0-9]+$"), row.first, row.last)
        number = MailItem.tracking_no.collate("C")
        carried = sa.select(MailItem.tracking_no).where(
            MailItem.carrier_no == row.carrier_no,
            number >= row.first,
            number <= allotted.number_at(row.next - 1),
            sa.func.length(MailItem.tracking_no) == len(row.first),
        )
        if session.scalar(sa.select(sa.func.count()).select_from(carried.subquery())) == row.next - row.low:
            continue  # a number stands on one item only: as many items as numbers, and none is missing
        serials = sorted(allotted.serial_of(found) for found in session.scalars(carried) if found in allotted)
        for low, high in _gaps(serials, row.low, row.next):
            said = {"range": f"{row.first}-{row.last}", "last": allotted.number_at(high), "numbers": high - low + 1}
            yield Difference("MISSING", allotted.number_at(low), said)


def _gaps(serials: Iterable[int], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """First and last of each run from ``begin`` to before ``end`` that is not among the serials, given in order."""
    for serial in (*serials, end):
        if serial > begin:
            yield begin, serial - 1
        begin = serial + 1


def _out_of_range(session: Session) -> Iterator[Difference]:
    """Items whose number lies in no range of their carrier."""
    number = MailItem.tracking_no.collate("C")
    inside = sa.exists().where(
        NumberRange.carrier_no == MailItem.carrier_no,
        sa.func.length(NumberRange.first) == sa.func.length(MailItem.tracking_no),
        number >= NumberRange.first,
        number <= NumberRange.last,
    )
    for found in session.scalars(sa.select(MailItem.tracking_no).where(~inside)):
        yield Difference("OUT_OF_RANGE", found)


def _double(session: Session) -> Iterator[Difference]:
    """Numbers that two standing lines bind."""
    lines = sa.select(RegisterEntry.tracking_no, sa.func.count()).where(*_standing("REGISTERED"))
    for number, count in session.execute(lines.group_by(RegisterEntry.tracking_no).having(sa.func.count() > 1)):
        yield Difference("DOUBLE", number or "", {"lines": count})


def _unbound(session: Session) -> Iterator[Difference]:
    """Items the register never bound, and numbers it bound that no item carries."""
    for number in session.scalars(sa.select(MailItem.tracking_no).where(~_line_of(MailItem, "REGISTERED"))):
        yield Difference("NOT_IN_REGISTER", number)
    carried = sa.exists().where(MailItem.tracking_no == RegisterEntry.tracking_no)
    for bound in session.scalars(sa.select(RegisterEntry.tracking_no).where(*_standing("REGISTERED"), ~carried)):
        yield Difference("NO_ITEM", bound or "")


def _posted_not_registered(session: Session) -> Iterator[Difference]:
    """What the post took or we call posted, that the register does not call posted."""
    receipts = sa.select(PostalReceipt.tracking_no).where(receipt_counts(), ~_line_of(PostalReceipt, "POSTED"))
    for number in session.scalars(receipts):
        yield Difference("POSTED_NOT_REGISTERED", number, {"book": "receipts"})
    items = sa.select(MailItem.tracking_no).where(MailItem.status.in_(OUT), ~_line_of(MailItem, "POSTED"))
    for number in session.scalars(items):
        yield Difference("POSTED_NOT_REGISTERED", number, {"book": "items"})


def _registered_not_posted(session: Session) -> Iterator[Difference]:
    """What the register calls posted, and the post has given no receipt for."""
    taken = sa.exists().where(PostalReceipt.tracking_no == RegisterEntry.tracking_no, receipt_counts())
    lines = sa.select(RegisterEntry.tracking_no, RegisterEntry.at).where(*_standing("POSTED"), ~taken)
    for number, at in session.execute(lines):
        yield Difference("REGISTERED_NOT_POSTED", number or "", {"since": at.isoformat()})


def _void_not_registered(session: Session) -> Iterator[Difference]:
    """Spoiled numbers without their line."""
    void = sa.select(MailItem.tracking_no).where(MailItem.status == "VOID", ~_line_of(MailItem, "VOID"))
    for number in session.scalars(void):
        yield Difference("VOID_NOT_REGISTERED", number)


def _without_witness(session: Session) -> Iterator[Difference]:
    """Spoiled and void paper nobody has seen destroyed."""
    ended = sa.select(PrintCopy).where(PrintCopy.ended_at.is_not(None), PrintCopy.witness.is_(None))
    for copy in session.scalars(ended):
        said = {"letter_id": str(copy.letter_id), "copy_no": copy.copy_no, "reason": copy.end_reason}
        yield Difference("SPOILED_WITHOUT_WITNESS", str(copy.id), said)


def _stock_differs(session: Session) -> Iterator[Difference]:
    """Batches printed on numbered sheets whose count is not that of the copies."""
    used = sa.select(StockMove.batch_id, sa.func.sum(StockMove.high - StockMove.low + 1).label("sheets"))
    used_of = used.where(StockMove.event.in_(COUNTED)).group_by(StockMove.batch_id).subquery()
    printed = sa.select(sa.func.sum(PrintCopy.sheets)).where(PrintCopy.batch_id == used_of.c.batch_id).scalar_subquery()
    for batch_id, sheets, copies in session.execute(sa.select(used_of.c.batch_id, used_of.c.sheets, printed)):
        if sheets != copies:
            yield Difference("STOCK_DIFFERS", str(batch_id), {"numbered": int(sheets), "printed": int(copies or 0)})


MENDS = {  # code → what to do about it
    "MISSING": "ask who bound the batch for the labels; keep them with the void ones: their numbers serve nobody else",
    "OUT_OF_RANGE": "enter the range the post allotted with POST /number-ranges, or find out who wrote this item",
    "DOUBLE": "reverse the wrong line with POST /register/{branch}/{year}/{number}/reverse",
    "NOT_IN_REGISTER": "find out who wrote this item past the register, and restore the books of that day",
    "NO_ITEM": "reverse the line with POST /register/{branch}/{year}/{number}/reverse",
    "POSTED_NOT_REGISTERED": "ask the post; post it on a list of its own, or have it struck off the list it stands on",
    "REGISTERED_NOT_POSTED": "file the stamped list with POST /handover-lists/{id}/receipt, or have it struck off",
    "VOID_NOT_REGISTERED": "find out who voided this item past the register",
    "SPOILED_WITHOUT_WITNESS": "shred it: POST /print-copies/destroyed, then another POST /print-copies/witnessed",
    "STOCK_DIFFERS": "count the sheets: POST /stock/used for those printed on, POST /stock/spoiled/accounted for those "
    "spoiled before they were counted",
}
REGISTER_MEND = "stop entering lines, keep the backup of last night, and compare both with `fieldops register verify`"

CHECKS: tuple[Callable[[Session], Iterator[Difference]], ...] = (
    _missing,
    _out_of_range,
    _double,
    _unbound,
    _posted_not_registered,
    _registered_not_posted,
    _void_not_registered,
    _without_witness,
    _stock_differs,
)


def _standing(kind: str, line: Any = RegisterEntry) -> tuple[Any, ...]:
    """The lines of a kind about a number that no later line takes back."""
    return line.kind == kind, line.tracking_no.is_not(None), stands(line)


def _line_of(numbered: Any, kind: str) -> Any:
    line = aliased(RegisterEntry)
    return sa.exists().where(*_standing(kind, line), line.tracking_no == numbered.tracking_no)
