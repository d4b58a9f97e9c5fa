"""The custody rules asked about a print batch when its sheets are counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from fieldops.auth.roles import Role
from fieldops.clock import local_date
from fieldops.correspondence.facts import CountFact, PaperFacts, ReceiptFact
from fieldops.correspondence.mail_models import PostalReceipt
from fieldops.correspondence.models import CustodyDecision, Letter, MailItem
from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import ask
from fieldops.policies.service import policy_on
from fieldops.tasks.service import open_task

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.correspondence.models import PrintBatch
    from fieldops.policies.decision import Decision

_FILE_WITHIN: Final = timedelta(days=1)


def ask_about_custody(session: Session, actor: Actor, batch: PrintBatch, *, missing: int) -> Decision:
    """Ask where the sheets and receipts of a batch are; a receipt that is late becomes somebody's task."""
    count = CountFact(ref=f"print_batch:{batch.id}", recorded_at=actor.at, missing=missing)
    facts = PaperFacts(count=count, unreceipted=_unreceipted(session, batch.id))
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


def _unreceipted(session: Session, batch_id: UUID) -> tuple[ReceiptFact, ...]:
    """The posted items of a batch whose receipt nobody has filed."""
    filed = sa.select(PostalReceipt.item_id).where(PostalReceipt.item_id == MailItem.id).exists()
    query = (
        sa.select(MailItem.id, MailItem.posted_at)
        .join(Letter, Letter.id == MailItem.letter_id)
        .where(Letter.print_batch_id == batch_id, MailItem.posted_at.is_not(None), ~filed)
        .order_by(MailItem.posted_at, MailItem.id)
    )
    return tuple(
        ReceiptFact(ref=f"mail_item:{item_id}", recorded_at=posted_at, posted_on=local_date(posted_at))
        for item_id, posted_at in session.execute(query)
        if posted_at is not None
    )
