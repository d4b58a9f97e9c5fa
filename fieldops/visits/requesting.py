"""A request turned into a visit and its first decision, in values: nothing here touches the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops.clock import local_date
from fieldops.db import uuid7
from fieldops.errors import NotFound, NotUnderstood
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Verdict
from fieldops.visits import states
from fieldops.visits.deciding import (
    amount_fen,
    best_address_of,
    candidate_addresses,
    days_to_expiry,
    decide,
    facts_of,
)
from fieldops.visits.facts import RequestFact
from fieldops.visits.models import Visit, VisitDecision
from fieldops.visits.priority import priority_of
from fieldops.visits.queries import DebtorVisit
from fieldops.visits.windows import Span, appointed_spans, visit_windows

if TYPE_CHECKING:
    from uuid import UUID

    from fieldops.audit import Actor
    from fieldops.policies.decision import Decision
    from fieldops.visits.address_files import AddressOnFile
    from fieldops.visits.facts import VisitFacts
    from fieldops.visits.files import Files

PURPOSES: Final = ("COLLECT", "VERIFY", "DELIVER_LETTER", "ANTI_FRAUD")
REASONS: Final = ("LOST", "BROKEN_PROMISE", "EVASIVE", "BANK_REQUEST", "OTHER")


@dataclass(frozen=True, kw_only=True)
class VisitAsked:
    """What somebody asks for: which cards, where (None: the best address), what for, why, to what end, when.

    ``waiver_reason`` asks a supervisor to set aside what may be set aside, instead of a rejection.
    """

    case_ids: tuple[UUID, ...]
    purpose: str
    reason: str
    goal: str
    address_id: UUID | None = None
    windows: tuple[Span, ...] = ()
    waiver_reason: str | None = None


@dataclass(frozen=True)
class Prepared:
    """A visit ready to be stored, with its cards and its decision; ``row`` is its place in the request."""

    row: int
    visit: Visit
    case_ids: tuple[UUID, ...]
    case_nos: tuple[str, ...]
    decision: VisitDecision


def prepare_visit(files: Files, actor: Actor, row: int, asked: VisitAsked, no: str) -> Prepared:
    """Ask the rules of submission and make the visit they allow.

    Raises: NotFound, NotUnderstood when the request cannot be decided at all.
    """
    case_ids = _cards(files, asked.case_ids)
    address = _address(files, case_ids, asked.address_id)
    visit = _visit(files, actor, asked, case_ids, address)
    visit.no = no
    facts = facts_of(files, case_ids, address, request_fact(visit))
    weigh(files, facts, visit)
    decision = decide(files, case_ids, facts, stage=Stage.SUBMIT)
    show_decision(visit, decision)
    policy = files.policy_for(case_ids).visit
    visit.status = status_after(decision, asked.waiver_reason)
    if visit.status == states.PENDING_REVIEW and policy.auto_approve_clean and decision.verdict is Verdict.PASS:
        visit.status = states.APPROVED
        approve(visit, approver=f"policy {decision.edition}", at=actor.at, valid_days=policy.approval_valid_days)
    if visit.status in states.OPEN:  # the next row of this request finds it on its way
        files.visits[visit.debtor_id].append(_on_its_way(visit, case_ids))
    case_nos = tuple(files.cases[each].fact.case_no for each in case_ids)
    return Prepared(row, visit, case_ids, case_nos, decision_row(visit.id, decision, facts))


def request_fact(visit: Visit, **changes: Any) -> RequestFact:
    """What the rules look at of a request; ``changes`` are what this stage adds (approver, planned day)."""
    said: dict[str, Any] = {
        "ref": f"visit:{visit.no}",
        "recorded_at": visit.created_at,
        "purpose": visit.purpose,
        "reason": visit.reason,
        "goal": visit.goal,
        "requester": visit.requested_by,
        "submitted_at": visit.created_at,
        "approver": visit.approved_by,
        "approved_at": visit.approved_at,
    }
    return RequestFact(**(said | changes))


def status_after(decision: Decision, waiver_reason: str | None) -> str:
    """Where a submitted request goes: a rejection that may be waived, and is asked to be, goes to a supervisor."""
    rejections = decision.of_severity(Severity.REJECT)
    if rejections and not (waiver_reason and all(finding.waivable for finding in rejections)):
        return states.REJECTED
    return states.PENDING_REVIEW


def approve(visit: Visit, *, approver: str, at: Any, valid_days: int) -> None:
    """Write an approval into a visit."""
    visit.approved_by, visit.approved_at = approver, at
    visit.valid_until_on = local_date(at) + timedelta(days=valid_days)


def weigh(files: Files, facts: VisitFacts, visit: Visit) -> None:
    """Set what the visit asks for and how urgent that makes it."""
    visit.amount_fen = amount_fen(files, facts)
    visit.priority = priority_of(
        amount_fen=visit.amount_fen, days_to_expiry=days_to_expiry(files, facts), reason=visit.reason
    )


def show_decision(visit: Visit, decision: Decision) -> None:
    """Let a visit show its newest decision."""
    visit.verdict, visit.codes, visit.policy_edition = str(decision.verdict), list(decision.codes), decision.edition


def decision_row(visit_id: UUID, decision: Decision, facts: VisitFacts) -> VisitDecision:
    """A decision as a row: every finding with its inputs, and the facts it can be replayed from."""
    return VisitDecision(
        id=uuid7(),
        visit_id=visit_id,
        stage=str(decision.stage),
        decided_at=decision.at,
        policy_edition=decision.edition,
        policy_scope=decision.scope,
        verdict=str(decision.verdict),
        findings=[finding.to_json() for finding in decision.findings],
        facts=facts.to_json(),
    )


def _cards(files: Files, case_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    missing = [str(case_id) for case_id in case_ids if case_id not in files.cases]
    if missing:
        raise NotFound("CASE_UNKNOWN", f"There is no case {missing[0]}; look it up with GET /cases.", missing=missing)
    found = [files.cases[case_id] for case_id in dict.fromkeys(case_ids)]
    if len({(case.debtor_id, case.bank_id) for case in found}) > 1:
        raise NotUnderstood(
            "CASES_APART", "A visit is to one debtor for one bank; request one for each debtor and each bank."
        )
    return tuple(case.id for case in found)


def _address(files: Files, case_ids: tuple[UUID, ...], address_id: UUID | None) -> AddressOnFile:
    if address_id is None:
        best = best_address_of(files, case_ids)
        if best is None:
            raise NotUnderstood("ADDRESS_NONE", "These cases give no address; import or record one first.")
        return best
    for address in candidate_addresses(files, case_ids):
        if address.id == address_id:
            return address
    raise NotUnderstood(
        "ADDRESS_FOREIGN", f"Address {address_id} is none of these cases'; GET /cases/{{id}} lists theirs."
    )


def _visit(files: Files, actor: Actor, asked: VisitAsked, case_ids: tuple[UUID, ...], address: AddressOnFile) -> Visit:
    first = files.cases[case_ids[0]]
    appointed = [span for each in case_ids for span in appointed_spans(files.cases[each].appointment)]
    windows = visit_windows(address.kind, asked.windows or appointed, files.policy_for(case_ids))
    return Visit(
        id=uuid7(),
        created_at=actor.at,
        version=1,
        debtor_id=first.debtor_id,
        bank_id=first.bank_id,
        address_id=address.id,
        address_key=address.address_key,
        site_key=address.site_key,
        address_kind=address.kind,
        purpose=asked.purpose,
        reason=asked.reason,
        goal=asked.goal,
        waiver_reason=asked.waiver_reason,
        waived=[],
        accepted=[],
        lat=address.lat,
        lon=address.lon,
        point_precision=address.fact.precision,
        windows=[list(span) for span in windows],
        requested_by=actor.name,
    )


def _on_its_way(visit: Visit, case_ids: tuple[UUID, ...]) -> DebtorVisit:
    return DebtorVisit(
        id=visit.id,
        no=visit.no,
        debtor_id=visit.debtor_id,
        address_id=visit.address_id,
        address_key=visit.address_key,
        status=visit.status,
        created_at=visit.created_at,
        done_at=None,
        case_ids=case_ids,
    )
