"""The custody rules asked about a print batch when its sheets are counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops.auth.roles import Role
from fieldops.clock import local_date
from fieldops.correspondence import mail_queries
from fieldops.correspondence.facts import CountFact, PaperFacts, ReceiptFact
from fieldops.correspondence.models import CustodyDecision
from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import ask
from fieldops.policies.service import policy_on
from fieldops.tasks.service import open_task

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.correspondence.models import MailItem, PrintBatch
    from fieldops.policies.decision import Decision

_FILE_WITHIN: Final = timedelta(days=1)


def ask_about_custody(session: Session, actor: Actor, batch: PrintBatch, *, missing: int) -> Decision:
    """Ask where the sheets and receipts of a batch are; a receipt that is late becomes somebody's task."""
    count = CountFact(ref=f"print_batch:{batch.id}", recorded_at=actor.at, missing=missing)
    unreceipted = mail_queries.items_without_receipt(session, batch_id=batch.id)
    facts = PaperFacts(count=count, unreceipted=tuple(_receipt(item) for item in unreceipted))
    policy = policy_on(session, local_date(actor.at))
    decision = ask(CUSTODY_RULES, facts, policy, stage=Stage.RECONCILE, at=actor.at)
    session.add(_row(batch.id, decision, facts))
    for finding in decision.of_severity(Severity.REVIEW):
        if finding.code == "LR-082":
            detail = {"batch_no": batch.no, "message": finding.message_en}
            open_task(
                session, actor, "LR-082", Role.ADMIN_CLERK, "print_batch", batch.id, actor.at + _FILE_WITHIN, detail
            )
    return decision


def _row(batch_id: UUID, decision: Decision, facts: PaperFacts) -> CustodyDecision:
    """A decision as it is kept: every finding with its inputs, to be asked again."""
    return CustodyDecision(
        print_batch_id=batch_id, stage=decision.stage.value, decided_at=decision.at, policy_edition=decision.edition,
        verdict=decision.verdict.value, findings=[each.to_json() for each in decision.findings], facts=facts.to_json(),
    )  # fmt: skip


def _receipt(item: MailItem) -> ReceiptFact:
    assert item.posted_at is not None, "only a posted item lacks its receipt"
    return ReceiptFact(ref=f"mail_item:{item.id}", recorded_at=item.posted_at, posted_on=local_date(item.posted_at))
