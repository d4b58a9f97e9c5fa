"""What happened to one case, one visit or one letter: the audit log, with the bank's rows, calls and recalls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.audit import AuditEntry
from fieldops.cases.models import (
    CallRecord,
    CaseAddress,
    CaseVersion,
    Complaint,
    DoNotContact,
    Hold,
    Promise,
    Repayment,
    SpecialStatus,
)
from fieldops.correspondence.models import Letter, MailItem
from fieldops.results.models import VisitResult
from fieldops.sync.models import Recall
from fieldops.tasks.models import Task
from fieldops.visits.models import VisitCase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_OF_CASE: dict[str, Any] = {
    "repayment": Repayment,
    "promise": Promise,
    "hold": Hold,
    "complaint": Complaint,
    "special_status": SpecialStatus,
    "do_not_contact": DoNotContact,
    "letter": Letter,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: when, by whom, which act, to what, and why."""

    at: datetime
    actor: str
    action: str
    entity: str
    entity_id: str
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def of_case(session: Session, case_id: UUID) -> list[Happened]:
    """What happened to a case: its registers, its visits and letters, its addresses, and what people were asked."""
    ids = {
        name: session.scalars(sa.select(table.id).filter_by(case_id=case_id)).all() for name, table in _OF_CASE.items()
    }
    ids["visit"] = session.scalars(sa.select(VisitCase.visit_id).filter_by(case_id=case_id)).all()
    ids["address"] = session.scalars(sa.select(CaseAddress.address_id).filter_by(case_id=case_id)).all()
    ids["case"] = [case_id]
    ids["mail_item"] = _mail_items(session, ids["letter"])
    ids["task"] = _tasks_about(session, [each for some in ids.values() for each in some])
    return [*_audited(session, ids), *_rows_of_the_bank(session, case_id), *_calls(session, case_id)]


def of_visit(session: Session, visit_id: UUID) -> list[Happened]:
    """What happened to a visit, and what phones were told of it."""
    results = session.scalars(sa.select(VisitResult.id).filter_by(visit_id=visit_id)).all()
    ids = {"visit": [visit_id], "task": _tasks_about(session, [visit_id, *results])}
    return [*_audited(session, ids), *_recalls(session, visit_id)]


def of_letter(session: Session, letter_id: UUID) -> list[Happened]:
    """What happened to a letter and to its registered items."""
    items = _mail_items(session, [letter_id])
    return _audited(session, {"letter": [letter_id], "mail_item": items, "task": _tasks_about(session, [letter_id])})


def _mail_items(session: Session, letter_ids: Iterable[UUID]) -> Sequence[UUID]:
    return session.scalars(sa.select(MailItem.id).where(MailItem.letter_id.in_(list(letter_ids)))).all()


def _tasks_about(session: Session, entity_ids: Iterable[UUID]) -> Sequence[UUID]:
    return session.scalars(sa.select(Task.id).where(Task.entity_id.in_(list(entity_ids)))).all()


def _audited(session: Session, ids: dict[str, Sequence[UUID]]) -> list[Happened]:
    """The audit log about these things. Cost: one statement, by its index."""
    about = [(entity, str(each)) for entity, some in ids.items() for each in some]
    query = sa.select(AuditEntry).where(sa.tuple_(AuditEntry.entity, AuditEntry.entity_id).in_(about))
    return [
        Happened(each.at, each.actor, each.action, each.entity, each.entity_id, each.reason, each.detail)
        for each in session.scalars(query.order_by(AuditEntry.id))
    ]


def _rows_of_the_bank(session: Session, case_id: UUID) -> list[Happened]:
    query = sa.select(CaseVersion).filter_by(case_id=case_id).order_by(CaseVersion.version)
    return [
        Happened(
            each.recorded_at, "bank", "bank.row", "import_job", str(each.import_id),
            detail={"version": each.version, "row_no": each.row_no},
        )
        for each in session.scalars(query)
    ]  # fmt: skip


def _calls(session: Session, case_id: UUID) -> list[Happened]:
    query = sa.select(CallRecord).filter_by(case_id=case_id).order_by(CallRecord.started_at)
    return [
        Happened(
            each.started_at, "phone system", "call.made", "call_record", str(each.id), each.result,
            {"callee": each.callee, "outbound": each.outbound, "connected": each.connected},
        )
        for each in session.scalars(query)
    ]  # fmt: skip


def _recalls(session: Session, visit_id: UUID) -> list[Happened]:
    told = []
    for each in session.scalars(sa.select(Recall).filter_by(visit_id=visit_id).order_by(Recall.id)):
        agent = {"agent_id": str(each.agent_id)}
        told.append(Happened(each.recalled_at, "sync", "phones.recall", "recall", str(each.id), each.reason, agent))
        if each.acked_at is not None:
            told.append(
                Happened(each.acked_at, "phone", "phones.acknowledge", "recall", str(each.id), each.reason, agent)
            )
    return told
