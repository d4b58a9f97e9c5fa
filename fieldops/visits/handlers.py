"""Which events reach which visits; what follows is in ``effects``. Events announced together are answered together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops import events
from fieldops.addresses.events import AddressInvalidated
from fieldops.auth.roles import Role
from fieldops.cases import queries as cases
from fieldops.cases.events import (
    AddressFound,
    CaseChanged,
    ComplaintClosed,
    ComplaintOpened,
    DebtorCorrected,
    HoldOpened,
    HoldReleased,
    RepaymentReceived,
    RepaymentReversed,
    SpecialStatusLifted,
    SpecialStatusRecorded,
)
from fieldops.tasks import service as tasks
from fieldops.visits.effects import reconsider
from fieldops.visits.queries import open_visits_with_cards, open_visits_with_debtors, open_visits_with_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session


PROPOSE_WITHIN: Final = timedelta(days=3)


def after_case_events(session: Session, happened: Sequence[Any]) -> None:
    """Money, a hold or a change of a case: its visits are cancelled, suspended, adjusted or resumed.

    A case that was another person's all along leaves the visits to the first one.
    """
    _answer(session, happened, open_visits_with_cards(session, {each.case_id for each in happened}), "case_id")


def after_debtor_events(session: Session, happened: Sequence[Any]) -> None:
    """A complaint or a special status concerns every visit to the debtor."""
    _answer(session, happened, open_visits_with_debtors(session, {each.debtor_id for each in happened}), "debtor_id")


def after_invalidation(session: Session, event: AddressInvalidated) -> None:
    """Every other open visit to a dead address is cancelled; a block for letters concerns no visit."""
    if event.channel != "ALL":
        return
    found = open_visits_with_keys(
        session,
        address_id=event.address_id,
        address_key=event.address_key,
        site_key=event.site_key if event.scope == "SITE" else "",
    )
    cause = f"address invalid 地址无效 {event.reason}"
    others = [visit_id for visit_id in found if visit_id != event.visit_id]
    _fresh(session, others)
    reconsider(session, event.actor, dict.fromkeys(others, cause))


def propose_visit(session: Session, event: AddressFound) -> None:
    """A new address 新地址 is worth a request of its own, if its case is collected and no visit is on its way."""
    case = cases.case_by_id(session, event.case_id)
    if case.status != "ACTIVE" or open_visits_with_cards(session, [case.id]):
        return
    detail = {"case_no": case.case_no, "address_id": str(event.address_id), "kind": event.kind}
    due_at = event.actor.at + PROPOSE_WITHIN
    tasks.open_task(
        session, event.actor, "REQUEST_VISIT", Role.PHONE_COLLECTOR, "address", event.address_id, due_at, detail
    )


def _answer(session: Session, happened: Sequence[Any], visits: Mapping[UUID, Sequence[UUID]], concerned: str) -> None:
    """Reconsider the visits by what is in the database now; the newest event names the cause."""
    causes: dict[UUID, str] = {}
    for event in happened:
        for visit_id in visits.get(getattr(event, concerned), ()):
            causes[visit_id] = _CAUSES[type(event)](event)
    _fresh(session, causes)
    reconsider(session, happened[-1].actor, causes)


def _fresh(session: Session, visits: Any) -> None:
    """An import writes past the session: what it holds of cases may be old."""
    if visits:
        session.flush()
        session.expire_all()


_CAUSES: dict[type, Callable[[Any], str]] = {
    RepaymentReceived: lambda _: "repayment 还款",
    RepaymentReversed: lambda _: "repayment reversed 冲正",
    DebtorCorrected: lambda _: "identity number corrected 证件号码更正",
    HoldReleased: lambda event: f"hold released 解除停催 {event.kind}",
    ComplaintClosed: lambda _: "complaint closed 投诉结案",
    SpecialStatusLifted: lambda event: f"special status lifted 解除特殊状态 {event.kind}",
    HoldOpened: lambda event: f"hold 停催 {event.kind}",
    ComplaintOpened: lambda event: f"complaint 投诉 {event.grade}",
    SpecialStatusRecorded: lambda event: f"special status 特殊状态 {event.kind}",
    CaseChanged: lambda event: f"case 案件 {event.status}" if event.status != event.status_before else "balance 余额",
}


def register_handlers() -> None:
    """Let visits hear of what happens below them."""
    for of_case in (RepaymentReceived, RepaymentReversed, HoldOpened, HoldReleased, DebtorCorrected, CaseChanged):
        events.register_many(of_case, after_case_events)
    for of_debtor in (ComplaintOpened, ComplaintClosed, SpecialStatusRecorded, SpecialStatusLifted):
        events.register_many(of_debtor, after_debtor_events)
    events.register(AddressFound, propose_visit)
    events.register(AddressInvalidated, after_invalidation)
