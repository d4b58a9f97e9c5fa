"""Which events reach which visits; what follows is in ``effects``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import events
from fieldops.addresses.events import AddressInvalidated
from fieldops.cases.events import CaseChanged, ComplaintOpened, HoldOpened, RepaymentReceived, SpecialStatusRecorded
from fieldops.visits import effects
from fieldops.visits.queries import open_visit_ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor


def reconsider(session: Session, actor: Actor, visit_ids: Sequence[UUID], *, cause: str) -> None:
    """Reconsider these visits by what is in the database now."""
    if visit_ids:
        session.flush()
        session.expire_all()  # an import writes past the session: what it holds of cases may be old
        effects.reconsider(session, actor, visit_ids, cause=cause)


def after_repayment(session: Session, event: RepaymentReceived) -> None:
    """Paid in full: cancelled. In part: cancelled below the minimum, else adjusted."""
    reconsider(session, event.actor, open_visit_ids(session, case_ids=[event.case_id]), cause="repayment 还款")


def after_hold(session: Session, event: HoldOpened) -> None:
    """Suspended while the hold stands; resumed when its end has moved into the past."""
    reconsider(session, event.actor, open_visit_ids(session, case_ids=[event.case_id]), cause=f"hold 停催 {event.kind}")


def after_complaint(session: Session, event: ComplaintOpened) -> None:
    """A major complaint suspends all visits to the debtor, another brings approved ones back to review."""
    cause = f"complaint 投诉 {event.grade}"
    reconsider(session, event.actor, open_visit_ids(session, debtor_ids=[event.debtor_id]), cause=cause)


def after_special_status(session: Session, event: SpecialStatusRecorded) -> None:
    """A proven status cancels all visits to the debtor, a claimed one brings approved ones back to review."""
    cause = f"special status 特殊状态 {event.kind}"
    reconsider(session, event.actor, open_visit_ids(session, debtor_ids=[event.debtor_id]), cause=cause)


def after_case_change(session: Session, event: CaseChanged) -> None:
    """A case that pauses suspends, one that leaves cancels, a new balance adjusts."""
    cause = f"case 案件 {event.status}" if event.status != event.status_before else "balance 余额"
    reconsider(session, event.actor, open_visit_ids(session, case_ids=[event.case_id]), cause=cause)


def after_invalidation(session: Session, event: AddressInvalidated) -> None:
    """Every other open visit to a dead address is cancelled; a block for letters concerns no visit."""
    if event.channel != "ALL":
        return
    found = open_visit_ids(
        session,
        site_keys=[event.site_key] if event.scope == "SITE" and event.site_key else [],
        address_keys=[event.address_key] if event.address_key else [],
        address_ids=[event.address_id],
    )
    others = [visit_id for visit_id in found if visit_id != event.visit_id]
    reconsider(session, event.actor, others, cause=f"address invalid 地址无效 {event.reason}")


HANDLERS = (
    (RepaymentReceived, after_repayment),
    (HoldOpened, after_hold),
    (ComplaintOpened, after_complaint),
    (SpecialStatusRecorded, after_special_status),
    (CaseChanged, after_case_change),
    (AddressInvalidated, after_invalidation),
)


def register_handlers() -> None:
    """Let visits hear of what happens below them."""
    for kind, handler in HANDLERS:
        events.register(kind, handler)
