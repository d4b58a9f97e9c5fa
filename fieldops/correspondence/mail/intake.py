"""Files of the post as tables: what happened to items, and which it took; each row has its own outcome."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fieldops.correspondence.mail import journey, receipts, tracking
from fieldops.errors import NotUnderstood, Problem
from fieldops.imports.converters import day, instant, text, word_of
from fieldops.imports.kinds import CheckedRow, Column, Intake, Kind, Landed, Outcome, RowRefused
from fieldops.imports.service import begin_import

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.imports.models import ImportJob

SIGNER_WORDS: Final = dict(zip(("本人", "家人", "收发室", "代收"), tracking.SIGNERS, strict=True))
EVENT_WORDS: Final = {word: code for code, word in journey.CODES.items()}


class _MailLander:
    """Lands rows one by one, each within a savepoint: one the house refuses leaves nothing behind.

    Only what is on record word for word is unchanged; a row that contradicts the record is refused and listed.
    """

    def __init__(self, record: Callable[[Intake, dict[str, Any]], Outcome], intake: Intake) -> None:
        self._record = record
        self._intake = intake

    def land(self, rows: Sequence[CheckedRow]) -> list[Landed]:
        """Land one chunk; see Lander. Cost: some ten statements a row."""
        return [self._land_one(row.values) for row in rows]

    def finish(self) -> None:
        """Nothing follows."""

    def _land_one(self, values: dict[str, Any]) -> Landed:
        try:
            with self._intake.session.begin_nested():
                return self._record(self._intake, values)
        except Problem as problem:
            return RowRefused("邮件号码", problem.code, problem.detail)


def _record_event(intake: Intake, values: dict[str, Any]) -> Outcome:
    session, actor = intake.session, intake.actor
    item = receipts.item_by_number(session, actor, values["tracking_no"])
    known = len(journey.events_of(session, item.id))
    said = {"place": values["place"] or "", "signed_by": values["signed_by"]}
    journey.record_event(
        session, actor, item.id, code=values["code"], happened_at=values["at"], source=journey.FILE, **said
    )
    return Outcome.CHANGED if len(journey.events_of(session, item.id)) > known else Outcome.UNCHANGED


def _record_receipt(intake: Intake, values: dict[str, Any]) -> Outcome:
    said = {"tracking_no": values["tracking_no"], "accepted_on": values["accepted_on"]}
    if receipts.is_on_record(intake.session, intake.actor, **said):
        return Outcome.UNCHANGED
    receipts.record_receipt(intake.session, intake.actor, source=receipts.FILE, **said)
    return Outcome.CREATED


TRACKING: Final = Kind(
    name="tracking",
    columns=(
        Column("邮件号码", "tracking_no", text, required=True, public=True),
        Column("状态", "code", word_of(EVENT_WORDS), required=True),
        Column("时间", "at", instant, required=True),
        Column("地点", "place", text),
        Column("签收人", "signed_by", word_of(SIGNER_WORDS)),
    ),
    key=lambda values: (values["tracking_no"], values["code"], values["at"]),
    lander=partial(_MailLander, _record_event),
)
RECEIPTS: Final = Kind(
    name="postal_receipts",
    columns=(
        Column("邮件号码", "tracking_no", text, required=True, public=True),
        Column("收寄日期", "accepted_on", day, required=True),
    ),
    key=lambda values: values["tracking_no"],
    lander=partial(_MailLander, _record_receipt),
)
OFFERED: Final = {"tracking": TRACKING, "receipts": RECEIPTS}


def take_file(session: Session, actor: Actor, what: str, *, data: bytes, filename: str, dry_run: bool) -> ImportJob:
    """Take in a file of the post by a job: ``tracking`` or ``receipts``. Raises: NotUnderstood."""
    if what not in OFFERED:
        raise NotUnderstood("MAIL_FILE_KIND", f"{what!r} is no file of the post; send {' or '.join(OFFERED)}.")
    return begin_import(session, actor, OFFERED[what].name, data=data, filename=filename, dry_run=dry_run)
