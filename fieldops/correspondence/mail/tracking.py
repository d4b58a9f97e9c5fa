"""What became of a posted item: delivered, or returned with its reason and its effect on the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fieldops.addresses import queries as address_queries
from fieldops.addresses import service as addresses
from fieldops.auth.roles import Role
from fieldops.cases import queries as cases_queries
from fieldops.cases import service as cases
from fieldops.cases.terms import policy_of_case
from fieldops.clock import local_date
from fieldops.correspondence import queries, register
from fieldops.correspondence.mail import evidence
from fieldops.correspondence.mail_models import TrackingEvent
from fieldops.correspondence.models import MailReturn
from fieldops.correspondence.moves import move_item, move_letter
from fieldops.errors import NotUnderstood
from fieldops.tasks.service import open_task
from letters.register import EntryKind
from letters.states import ItemState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.models import Letter, MailItem

EVIDENCE, DELIVERY = "MAIL_RETURN", "MAIL_DELIVERY"
PROVE_WITHIN = timedelta(days=3)
SIGNERS = ("SELF", "FAMILY", "MAILROOM", "AGENT")


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """A return reason 退件原因: whether letters to the address are blocked, and what it proves of the address.

    ``dead`` is the reason of invalidity with its scope; None leaves the address alone, or in doubt. ``hold`` pauses
    the case.
    """

    chinese: str
    blocks_letters: bool = True
    dead: str | None = None
    scope: str = "DEBTOR"
    hold: str | None = None


# Source: domain reference §5.3
RETURN_REASONS = {
    "M01": ReturnReason("迁移新址不明", dead="MOVED"),
    "M02": ReturnReason("查无此人", dead="NO_SUCH_PERSON"),
    "M03": ReturnReason("地址欠详/原址不详"),
    "M04": ReturnReason("无此地址/门牌", dead="NO_SUCH_DOOR", scope="EXACT"),
    "M05": ReturnReason("拆迁", dead="DEMOLISHED", scope="SITE"),
    "M06": ReturnReason("拒收"),
    "M07": ReturnReason("逾期未领"),
    "M08": ReturnReason("收件人死亡", hold="DEATH"),
    "M09": ReturnReason("单位撤销/已离职", dead="COMPANY_GONE"),
    "M10": ReturnReason("误投/破损/其他", blocks_letters=False),
}


def record_return(session: Session, actor: audit.Actor, item_id: UUID, *, reason: str, scan_sha256: str) -> MailReturn:
    """Record that an item is back in our hands, with its scan, and let its reason take effect on the address.

    Raises: NotUnderstood for a reason that is none of M01 to M10 or a scan nobody kept, NotNow for an item that is not
    under way.
    """
    effect = RETURN_REASONS.get(reason)
    if effect is None:
        raise NotUnderstood("RETURN_REASON", f"{reason!r} is no return reason; use {', '.join(RETURN_REASONS)}.")
    evidence.require_scan(session, scan_sha256)
    item, letter = locked(session, item_id)
    move_item(session, actor, item, "return", reason=reason)
    note_event(session, actor, item, "return", actor.at, place="", source="MANUAL")
    evidence.attach(session, actor, [letter], evidence.RETURN, scan_sha256)
    move_letter(session, actor, letter, "return", reason=reason)
    item.outcome, item.outcome_at = reason, actor.at
    returned = MailReturn(
        item_id=item.id, reason=reason, received_at=actor.at, handled_by=actor.name, scan_sha256=scan_sha256
    )
    session.add(returned)
    session.flush()
    _affect_address(session, actor, letter, returned, effect)
    _enter_outcome(session, actor, letter, item, f"RETURNED {reason} {effect.chinese}")
    return returned


def record_delivery(
    session: Session, actor: audit.Actor, item_id: UUID, *, signed_by: str, at: datetime | None = None
) -> MailItem:
    """Record that an item was delivered, ``at`` the instant the post names, and ask for a call to the debtor.

    Raises: NotNow.
    """
    item, letter = locked(session, item_id)
    move_item(session, actor, item, delivery_from(item.status), reason=signed_by)
    move_letter(session, actor, letter, "deliver")
    item.outcome, item.outcome_at = delivered_to(signed_by), at or actor.at
    days = policy_of_case(session, letter.case_id, local_date(actor.at)).letter.followup_call_days
    address = address_queries.address_by_id(session, letter.address_id)
    addresses.record_findings(session, actor, [addresses.Found(address, signed_by, DELIVERY, str(item.id))])
    detail = {"letter_no": letter.letter_no, "case_no": letter.figures["case_no"], "signed_by": signed_by}
    due_at = actor.at + timedelta(days=days)
    open_task(
        session, actor, "call_after_delivery", Role.PHONE_COLLECTOR, "letter", letter.id, due_at, detail, again=True
    )
    _enter_outcome(session, actor, letter, item, item.outcome)
    return item


def delivery_from(status: str) -> str:
    """The event by which an item in this state is delivered: at the counter where it waits, else at the door."""
    return "collect" if status == ItemState.UNCLAIMED_HELD else "deliver"


def delivered_to(signed_by: str | None) -> str:
    """How the outcome of a delivered item reads."""
    return f"DELIVERED {signed_by}"


def record_loss(session: Session, actor: audit.Actor, item_id: UUID, *, at: datetime | None = None) -> MailItem:
    """Record that the post lost an item, ``at`` the instant it names, and ask for its replacement. Raises: NotNow."""
    item, letter = locked(session, item_id)
    move_item(session, actor, item, "lose")
    move_letter(session, actor, letter, "lose")
    item.outcome, item.outcome_at = "LOST", at or actor.at
    detail = {"letter_no": letter.letter_no, "tracking_no": item.tracking_no}
    due_at = actor.at + PROVE_WITHIN
    open_task(session, actor, "replace_lost_letter", Role.ADMIN_CLERK, "mail_item", item.id, due_at, detail, again=True)
    _enter_outcome(session, actor, letter, item, item.outcome)
    return item


def note_event(
    session: Session, actor: audit.Actor, item: MailItem, code: str, at: datetime, *, place: str, source: str
) -> None:
    """Keep one event of an item."""
    session.add(
        TrackingEvent(
            item_id=item.id, code=code, happened_at=at, place=place, source=source, recorded_at=actor.at,
            recorded_by=actor.name,
        )
    )  # fmt: skip
    session.flush()


def locked(session: Session, item_id: UUID) -> tuple[MailItem, Letter]:
    """The item and its letter. The letters its outcome may stop are locked with it, in one order for everybody."""
    letter = queries.letter_by_id(session, queries.item_by_id(session, item_id).letter_id)
    queries.lock_letter_and_neighbours(session, letter)
    return queries.item_by_id(session, item_id, lock=True), letter


def _affect_address(
    session: Session, actor: audit.Actor, letter: Letter, returned: MailReturn, effect: ReturnReason
) -> None:
    """Bar letters to the address, and put it on the register of invalid ones where the reason proves that."""
    address = address_queries.address_by_id(session, letter.address_id)
    proof: Any = {
        "address": address,
        "evidence_kind": EVIDENCE,
        "evidence_id": str(returned.id),
        "code": returned.reason,
    }
    if effect.dead is not None:
        addresses.invalidate_address(session, actor, scope=effect.scope, channel="ALL", reason=effect.dead, **proof)
    if effect.blocks_letters:
        addresses.invalidate_address(session, actor, scope="DEBTOR", channel="LETTER", reason=returned.reason, **proof)
    else:
        addresses.record_findings(session, actor, [addresses.Found(**proof)])
    if effect.hold is not None:
        _hold_case(session, actor, letter, effect.hold)


def _hold_case(session: Session, actor: audit.Actor, letter: Letter, kind: str) -> None:
    """Pause the case for what the post reports, and ask a supervisor to have it proved."""
    today = local_date(actor.at)
    standing = cases_queries.holds_by_case(session, [letter.case_id])[letter.case_id]
    if not any(hold.kind == kind and hold.released_at is None for hold in standing):
        cases.open_hold(session, actor, case_id=letter.case_id, kind=kind, from_on=today, reason="mail return M08")
    detail = {"letter_no": letter.letter_no, "said_by": "mail return"}
    open_task(session, actor, "confirm_death", Role.SUPERVISOR, "case", letter.case_id, actor.at + PROVE_WITHIN, detail)


def _enter_outcome(session: Session, actor: audit.Actor, letter: Letter, item: MailItem, outcome: str) -> None:
    line = register.Line(EntryKind.OUTCOME, letter, tracking_no=item.tracking_no, outcome=outcome)
    register.enter(session, actor, [line])
