"""A doubt that came up after approval: a supervisor lets the visit go on in spite of it, or cancels it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.errors import NotAllowed, NotNow, StaleVersion
from fieldops.policies.catalogue import Severity, Stage
from fieldops.visits import queries, states
from fieldops.visits.approval import SELF_APPROVAL, locked_visit
from fieldops.visits.deciding import decide, facts_of
from fieldops.visits.files import read_files
from fieldops.visits.requesting import decision_row, request_fact, show_decision

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision
    from fieldops.visits.models import Visit


def accept_doubts(
    session: Session, actor: Actor, visit_id: UUID, *, comment: str, version: int | None = None
) -> dict[str, Any]:
    """Let an approved visit go on in spite of what the rules ask a person about by now; the next gate lets it pass.

    Its approval runs out when it would have. Raises: NotFound; NotAllowed for its requester; NotNow unless it is
    approved and not begun, while a rule rejects it, and when there is no doubt; StaleVersion.
    """
    visit = locked_visit(session, visit_id)
    if visit.status not in states.CLEARED:
        raise NotNow(
            "VISIT_NOT_CLEARED", f"Visit {visit.no} is {visit.status}; only one that is approved and not begun has "
            "doubts to accept.", visit_status=visit.status,
        )  # fmt: skip
    if version not in (None, visit.version):
        raise StaleVersion("VISIT_CHANGED", f"Visit {visit.no} changed; read it again.", version=visit.version)
    decision = _ask(session, actor, visit)
    _nothing_rejects(visit, decision)
    found = decision.new_doubts(visit.accepted)
    if not found:
        raise NotNow("NOTHING_TO_ACCEPT", f"The rules ask nothing new of a person about visit {visit.no}.")
    visit.accepted = sorted({*decision.still_doubted(visit.accepted), *decision.doubts})
    show_decision(visit, decision)
    visit.version += 1
    codes = [finding.code for finding in found]
    audit.record(session, actor, "visits.accept", "visit", visit.id, reason=comment, codes=codes)
    session.flush()
    return queries.shown_visit(session, visit_id)


def _ask(session: Session, actor: Actor, visit: Visit) -> Decision:
    """What the rules of approval say now, with this supervisor as the approver; kept like every answer."""
    case_ids = queries.cards_of(session, [visit.id])[visit.id]
    files = read_files(session, case_ids, at=actor.at, also=[visit.address_id])
    address = files.address(visit.address_id, visit.address_kind)
    facts = facts_of(files, case_ids, address, request_fact(visit, approver=actor.name), visit_id=visit.id)
    decision = decide(files, case_ids, facts, stage=Stage.APPROVE)
    session.add(decision_row(visit.id, decision, facts))
    return decision


def _nothing_rejects(visit: Visit, decision: Decision) -> None:
    barring = [each for each in decision.of_severity(Severity.REJECT) if each.code not in visit.waived]
    codes = [finding.code for finding in barring]
    if SELF_APPROVAL in codes:
        raise NotAllowed("SELF_APPROVAL", "You requested this visit; let another supervisor judge it.")
    if barring:
        said = "; ".join(f"{finding.code} {finding.message_zh} {finding.message_en}" for finding in barring)
        raise NotNow("VISIT_REJECTED", f"{said}. A rejection is not accepted: cancel the visit.", codes=codes)
