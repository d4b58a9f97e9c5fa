"""Approve, reject, return and cancel: a supervisor's part, one visit or many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood, Problem, StaleVersion
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Verdict
from fieldops.visits import queries, states
from fieldops.visits.deciding import decide, facts_of
from fieldops.visits.files import read_files
from fieldops.visits.moves import move_visit
from fieldops.visits.outcomes import REFUSED, RowOutcome, stored_apart
from fieldops.visits.requesting import approve, decision_row, request_fact, show_decision, weigh
from fieldops.visits.rules import VISIT_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision, Finding
    from fieldops.visits.facts import VisitFacts
    from fieldops.visits.files import Files
    from fieldops.visits.models import Visit

SELF_APPROVAL = "VR-064"


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One row of an approval: ``waive`` names the rejections set aside, ``version`` the one the supervisor saw."""

    visit_id: UUID
    comment: str = ""
    waive: tuple[str, ...] = ()
    version: int | None = None


@dataclass(frozen=True)
class _Asked:
    """An approval with what the rules say to it now."""

    row: int
    approval: Approval
    visit: Visit
    facts: VisitFacts
    decision: Decision
    files: Files
    case_ids: tuple[UUID, ...]

    @property
    def barring(self) -> tuple[Finding, ...]:
        """The rejections that stand: what may be waived and is waived no longer counts."""
        return tuple(
            finding
            for finding in self.decision.of_severity(Severity.REJECT)
            if not (finding.waivable and finding.code in self.approval.waive)
        )


def approve_visits(session: Session, actor: Actor, approvals: Sequence[Approval]) -> list[RowOutcome]:
    """Ask the rules again with what is known now, and approve what passes; each row has its own outcome.

    What the rules reject by now becomes REJECTED. Cost: visits are locked in the order of their ids; the files of all
    debtors are read once, after the locks.
    """
    visits = queries.lock_visits(session, [each.visit_id for each in approvals])
    cards = queries.cards_of(session, visits)
    files = read_files(
        session,
        {case_id for case_ids in cards.values() for case_id in case_ids},
        at=actor.at,
        also={visit.address_id for visit in visits.values()},
    )
    outcomes: dict[int, RowOutcome] = {}
    asked: list[_Asked] = []
    seen: set[UUID] = set()
    for row, each in enumerate(approvals):
        try:
            asked.append(_ask(files, actor, row, each, visits, cards, seen))
        except Problem as problem:
            outcomes[row] = _refused(row, visits.get(each.visit_id), problem)
        seen.add(each.visit_id)

    def settle(some: Sequence[_Asked]) -> None:
        for each in some:
            _settle(session, actor, each)

    problems = stored_apart(session, asked, settle)
    for place, settled in enumerate(asked):
        failed = problems.get(place)
        outcomes[settled.row] = _refused(settled.row, settled.visit, failed) if failed else _settled(settled)
    return [outcomes[row] for row in sorted(outcomes)]


def approve_rows(session: Session, actor: Actor, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Approve many visits as a request names them, and show each outcome."""
    approvals = [Approval(**{**row, "waive": tuple(row["waive"])}) for row in rows]
    return {"rows": [each.shown() for each in approve_visits(session, actor, approvals)]}


def approve_visit(session: Session, actor: Actor, visit_id: UUID, **approval: Any) -> dict[str, Any]:
    """Approve one visit, or let the rules reject it now. Raises: the Problem that keeps it from being decided."""
    waive = tuple(approval.pop("waive", ()))
    (outcome,) = approve_visits(session, actor, [Approval(visit_id=visit_id, waive=waive, **approval)])
    if outcome.problem is not None:
        raise outcome.problem
    session.flush()
    return queries.shown_visit(session, visit_id)


def reject_visit(session: Session, actor: Actor, visit_id: UUID, *, reason: str) -> dict[str, Any]:
    """Reject a waiting visit. Raises: NotFound, NotNow."""
    return _moved(session, actor, visit_id, states.REJECTED, "visits.reject", reason)


def return_visit(session: Session, actor: Actor, visit_id: UUID, *, reason: str) -> dict[str, Any]:
    """Give a waiting visit back to its requester to complete 退回补充. Raises: NotFound, NotNow."""
    return _moved(session, actor, visit_id, states.RETURNED, "visits.return", reason)


def cancel_visit(session: Session, actor: Actor, visit_id: UUID, *, reason: str) -> dict[str, Any]:
    """Cancel a visit that has not begun. Raises: NotFound, NotNow."""
    return _moved(session, actor, visit_id, states.CANCELLED, "visits.cancel", reason)


def _moved(session: Session, actor: Actor, visit_id: UUID, to: str, action: str, reason: str) -> dict[str, Any]:
    visit = locked_visit(session, visit_id)
    move_visit(session, actor, visit, to, action=action, reason=reason)
    session.flush()
    return queries.shown_visit(session, visit_id)


def locked_visit(session: Session, visit_id: UUID) -> Visit:
    """The visit of that id, locked. Raises: NotFound."""
    visit = queries.lock_visits(session, [visit_id]).get(visit_id)
    if visit is None:
        raise _no_visit(visit_id)
    return visit


def _ask(
    files: Files,
    actor: Actor,
    row: int,
    approval: Approval,
    visits: Mapping[UUID, Visit],
    cards: Mapping[UUID, tuple[UUID, ...]],
    seen: set[UUID],
) -> _Asked:
    """What the rules say to one approval now. Raises: the Problem that keeps it from being decided."""
    visit = visits.get(approval.visit_id)
    if visit is None:
        raise _no_visit(approval.visit_id)
    if approval.visit_id in seen:
        raise NotUnderstood("ROW_TWICE", f"Visit {visit.no} is in this request twice; name it once.")
    if visit.status != states.PENDING_REVIEW:
        raise NotNow(
            "VISIT_NOT_WAITING", f"Visit {visit.no} is {visit.status}; only one that waits can be approved.",
            visit_status=visit.status,
        )  # fmt: skip
    if approval.version not in (None, visit.version):
        raise StaleVersion(
            "VISIT_CHANGED", f"Visit {visit.no} changed since you read it; read it again.", version=visit.version
        )
    case_ids = cards[visit.id]
    address = files.address(visit.address_id, visit.address_kind)
    request = request_fact(visit, approver=actor.name)
    facts = facts_of(files, case_ids, address, request, visit_id=visit.id)
    decision = decide(files, case_ids, facts, stage=Stage.APPROVE)
    asked = _Asked(row, approval, visit, facts, decision, files, case_ids)
    _waivers_must_fit(asked)
    _must_be_allowed(asked)
    return asked


def _waivers_must_fit(asked: _Asked) -> None:
    """Raises: NotUnderstood for a waiver of no rule, of one that cannot be waived, or of one that does not reject."""
    rejecting = {finding.code for finding in asked.decision.of_severity(Severity.REJECT)}
    known = {rule.code: rule for rule in VISIT_RULES.rules}
    for code in asked.approval.waive:
        if code not in known:
            raise NotUnderstood("RULE_UNKNOWN", f"No visit rule is called {code}; see docs/visit-rules.md.", rule=code)
        if not known[code].waivable:
            waivable = ", ".join(rule.code for rule in VISIT_RULES.rules if rule.waivable)
            raise NotUnderstood(
                "NOT_WAIVABLE", f"{code} {known[code].name} cannot be waived; only {waivable} can.", rule=code
            )
        if code not in rejecting:
            raise NotUnderstood("NOTHING_TO_WAIVE", f"{code} does not reject this visit; take it out.", rule=code)


def _must_be_allowed(asked: _Asked) -> None:
    """Raises: NotAllowed for the requester, NotUnderstood where a comment is missing."""
    if any(finding.code == SELF_APPROVAL for finding in asked.barring):
        raise NotAllowed("SELF_APPROVAL", "You requested this visit; let another supervisor approve it.")
    needs_comment = bool(asked.approval.waive) or asked.decision.verdict is Verdict.REVIEW
    if needs_comment and not asked.barring and not asked.approval.comment.strip():
        raise NotUnderstood(
            "COMMENT_MISSING",
            f"{', '.join(asked.decision.codes)} ask for a person's judgement; say in a comment why it is approved.",
            codes=list(asked.decision.codes),
        )


def _settle(session: Session, actor: Actor, asked: _Asked) -> None:
    visit, decision = asked.visit, asked.decision
    show_decision(visit, decision)
    weigh(asked.files, asked.facts, visit)
    session.add(decision_row(visit.id, decision, asked.facts))
    if asked.barring:
        reason = f"rejected by rule: {', '.join(finding.code for finding in asked.barring)}"
        move_visit(session, actor, visit, states.REJECTED, action="visits.reject", reason=reason)
        return
    address = asked.files.address_by_id[visit.address_id]
    visit.lat, visit.lon, visit.point_precision = address.lat, address.lon, address.fact.precision
    rejected = {finding.code for finding in decision.of_severity(Severity.REJECT)}
    visit.waived = sorted(rejected & set(asked.approval.waive))
    visit.accepted = decision.doubts
    visit.approve_comment = asked.approval.comment.strip() or None
    valid_days = asked.files.policy_for(asked.case_ids).visit.approval_valid_days
    approve(visit, approver=actor.name, at=actor.at, valid_days=valid_days)
    move_visit(
        session,
        actor,
        visit,
        states.APPROVED,
        action="visits.approve",
        reason=visit.approve_comment,
        codes=list(decision.codes),
        waived=list(visit.waived),
    )


def _settled(asked: _Asked) -> RowOutcome:
    visit = asked.visit
    return replace(_shown(asked.row, visit), outcome=visit.status)


def _refused(row: int, visit: Visit | None, problem: Problem) -> RowOutcome:
    return RowOutcome(row, REFUSED, problem=problem) if visit is None else replace(_shown(row, visit), problem=problem)


def _shown(row: int, visit: Visit) -> RowOutcome:
    return RowOutcome(
        row,
        REFUSED,
        visit_id=visit.id,
        no=visit.no,
        status=visit.status,
        verdict=visit.verdict,
        codes=visit.codes,
    )


def _no_visit(visit_id: UUID) -> NotFound:
    return NotFound("VISIT_UNKNOWN", f"There is no visit {visit_id}; list them with GET /visits.")
