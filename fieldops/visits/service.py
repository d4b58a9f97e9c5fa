"""Request visits: the rules are asked, the decision is kept, what may pass waits for a supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit
from fieldops.addresses import service as addresses
from fieldops.cases import queries as cases
from fieldops.clock import local, local_date
from fieldops.contacts import service as contacts
from fieldops.errors import NotAllowed, NotUnderstood, Problem
from fieldops.policies.catalogue import Stage
from fieldops.visits import queries, states
from fieldops.visits.deciding import decide, facts_of
from fieldops.visits.files import read_files
from fieldops.visits.grouping import groups_of
from fieldops.visits.models import VisitCase
from fieldops.visits.moves import move_visit
from fieldops.visits.outcomes import REFUSED, RowOutcome, stored_apart
from fieldops.visits.paging import next_cursor, read_cursor
from fieldops.visits.requesting import (
    Prepared,
    VisitAsked,
    decision_row,
    prepare_visit,
    request_fact,
    show_decision,
    status_after,
    weigh,
)
from fieldops.visits.terms import policies_of_visits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.visits.files import Files
    from fieldops.visits.models import VisitDecision


def request_visit(
    session: Session, actor: audit.Actor, *, case_nos: Sequence[str] = (), **asked: Any
) -> dict[str, Any]:
    """Request one visit: REJECTED by the rules, or waiting for a supervisor.

    Raises: the Problem that keeps it from being decided at all.
    """
    case_ids = _case_ids(session, case_nos, asked.pop("case_ids", ()))
    (outcome,) = request_visits(session, actor, [VisitAsked(case_ids=case_ids, **asked)])
    if outcome.problem is not None:
        raise outcome.problem
    assert outcome.visit_id is not None
    return queries.shown_visit(session, outcome.visit_id)


def request_visits(session: Session, actor: audit.Actor, asked: Sequence[VisitAsked]) -> list[RowOutcome]:
    """Request many visits, each with its own outcome. Cost: the files of all debtors are read once."""
    case_ids = {case_id for each in asked for case_id in each.case_ids}
    return _request(session, actor, _judged_files(session, actor, case_ids), asked)


def request_for_cases(
    session: Session,
    actor: audit.Actor,
    *,
    purpose: str,
    reason: str,
    goal: str,
    case_ids: Sequence[UUID] = (),
    case_nos: Sequence[str] = (),
) -> dict[str, Any]:
    """Request a visit to the best address for each debtor of these cases; cards that fit together share one."""
    wanted = _case_ids(session, case_nos, case_ids)
    files = _judged_files(session, actor, wanted)
    missing = [str(case_id) for case_id in wanted if case_id not in files.cases]
    if missing:
        raise NotUnderstood("CASE_UNKNOWN", f"There is no case {missing[0]}; GET /cases lists them.", missing=missing)
    asked = [
        VisitAsked(case_ids=group, purpose=purpose, reason=reason, goal=goal) for group in groups_of(files, wanted)
    ]
    return {"rows": [each.shown() for each in _request(session, actor, files, asked)]}


def resubmit_visit(
    session: Session, actor: audit.Actor, visit_id: UUID, *, reason: str | None = None, goal: str | None = None
) -> dict[str, Any]:
    """Submit a returned visit again, completed.

    Raises: NotFound, NotNow unless it is RETURNED, NotAllowed for anybody but its requester.
    """
    queries.visit_by_id(session, visit_id)
    visit = queries.lock_visits(session, [visit_id])[visit_id]
    if visit.requested_by != actor.name:
        raise NotAllowed("NOT_THE_REQUESTER", "Only who requested this visit completes it; cancel it and request anew.")
    move_visit(session, actor, visit, states.SUBMITTED, action="visits.resubmit")
    visit.reason, visit.goal = reason or visit.reason, goal or visit.goal
    case_ids = queries.cards_of(session, [visit_id])[visit_id]
    files = read_files(session, case_ids, at=actor.at, also=[visit.address_id])
    address = files.address(visit.address_id, visit.address_kind)
    facts = facts_of(files, case_ids, address, request_fact(visit), visit_id=visit.id)
    decision = decide(files, case_ids, facts, stage=Stage.SUBMIT)
    show_decision(visit, decision)
    weigh(files, facts, visit)
    session.add(decision_row(visit.id, decision, facts))
    to = status_after(decision, visit.waiver_reason)
    move_visit(session, actor, visit, to, action="visits.decide", codes=list(decision.codes))
    session.flush()
    return queries.shown_visit(session, visit_id)


def visit_card(session: Session, visit_id: UUID, *, at: datetime) -> dict[str, Any]:
    """One visit with the why card of its last decision, and how its debtor stands in the contact ledger now.

    Raises: NotFound.
    """
    visit = queries.visit_by_id(session, visit_id)
    policy = policies_of_visits(session, [visit_id], local_date(at))[visit_id]
    standing = contacts.standings_of(session, visit.debtor_id, policy, at)
    return {**queries.shown_visit(session, visit_id), "contacts": standing}


def visit_decisions(session: Session, visit_id: UUID) -> Sequence[VisitDecision]:
    """Every decision on a visit, oldest first. Raises: NotFound."""
    return queries.decisions_of(session, visit_id)


def visit_page(
    session: Session, *, status: str | None, case_no: str | None, after: str | None, limit: int
) -> dict[str, Any]:
    """One page of visits: those that wait for a supervisor by urgency, all others in the order of their requests."""
    if status == states.PENDING_REVIEW and case_no is None:
        rows = queries.visits_awaiting_approval(session, after=read_cursor(after), limit=limit)
    else:
        cursor = read_cursor(after)
        rows = queries.visits_page(
            session, status=status, case_no=case_no, after=cursor[-1] if cursor else None, limit=limit
        )
    return {"items": rows[:limit], "after": next_cursor(rows[limit - 1]) if len(rows) > limit else None}


def _judged_files(session: Session, actor: audit.Actor, case_ids: Iterable[UUID]) -> Files:
    """The files of these cases' debtors, their addresses judged first: a request need not wait for the job."""
    wanted = set(case_ids)
    given = cases.addresses_by_case(session, wanted)
    addresses.judge_some(session, only=[row.address_id for rows in given.values() for row in rows])
    return read_files(session, wanted, at=actor.at)


def _request(session: Session, actor: audit.Actor, files: Files, asked: Sequence[VisitAsked]) -> list[RowOutcome]:
    numbers = _fresh_numbers(session, actor, len(asked))
    prepared: list[Prepared] = []
    outcomes: dict[int, RowOutcome] = {}
    for row, each in enumerate(asked):
        try:
            prepared.append(prepare_visit(files, actor, row, each, numbers[row]))
        except Problem as problem:
            outcomes[row] = RowOutcome(row, REFUSED, problem=problem)
    problems = stored_apart(session, prepared, lambda some: _store(session, actor, some))
    for place, stored in enumerate(prepared):
        outcomes[stored.row] = _outcome(stored, problems.get(place))
    return [outcomes[row] for row in sorted(outcomes)]


def _store(session: Session, actor: audit.Actor, prepared: Sequence[Prepared]) -> None:
    session.add_all(each.visit for each in prepared)
    session.flush()  # cards and decisions refer to them
    for each in prepared:
        visit = each.visit
        session.add_all(VisitCase(visit_id=visit.id, case_id=case_id) for case_id in each.case_ids)
        session.add(each.decision)
        told: dict[str, Any] = {"verdict": visit.verdict, "codes": visit.codes, "cases": list(each.case_nos)}
        audit.record(session, actor, "visits.request", "visit", visit.id, status=visit.status, **told)


def _outcome(prepared: Prepared, problem: Problem | None) -> RowOutcome:
    visit = prepared.visit
    if problem is not None:
        return RowOutcome(prepared.row, REFUSED, case_nos=prepared.case_nos, problem=problem)
    return RowOutcome(
        prepared.row,
        visit.status,
        visit_id=visit.id,
        no=visit.no,
        status=visit.status,
        verdict=visit.verdict,
        codes=visit.codes,
        case_nos=prepared.case_nos,
    )


def _fresh_numbers(session: Session, actor: audit.Actor, count: int) -> list[str]:
    drawn = session.scalars(sa.text("SELECT nextval('visit_no') FROM generate_series(1, :n)"), {"n": count})
    return [f"WF{local(actor.at):%Y}{number:07d}" for number in drawn]


def _case_ids(session: Session, case_nos: Sequence[str], case_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The cases meant, by id or by number. Raises: NotUnderstood for a number nobody or two banks have."""
    return (*case_ids, *queries.case_ids_of(session, case_nos))
