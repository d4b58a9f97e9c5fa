"""Reads of results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from fieldops.addresses.queries import Place, among
from fieldops.addresses.register import NOBODY_HOME
from fieldops.agents.models import Agent
from fieldops.errors import NotFound
from fieldops.planning.queries import LIVE_STOP
from fieldops.results.codes import NOT_EXECUTED, bank_code_of
from fieldops.results.models import EvidenceSlot, ResultLine, VisitResult
from fieldops.rows import read_rows
from fieldops.visits.models import Visit

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Ground:
    """What is on record around a visit, which a report of it is judged and lands by.

    ``count``: of its results so far; ``has_primary``: one of them counts. ``case_ids`` are its cards now,
    ``known_case_ids`` those it may have had when a phone last heard of it. ``keep_away``: the relations of those who
    asked not to be contacted at this address, or anywhere. ``stop`` is its live stop with its state, ``tries`` are the
    results that count of whoever found nobody there before, each with its time.
    """

    count: int
    has_primary: bool
    case_ids: frozenset[str]
    known_case_ids: frozenset[str]
    keep_away: frozenset[str]
    place: Place
    stop: tuple[uuid.UUID, str] | None
    tries: tuple[tuple[uuid.UUID, datetime], ...]


_TRIED = f"""
    SELECT array_agg(r.id ORDER BY r.arrived_at) AS ids, array_agg(r.arrived_at ORDER BY r.arrived_at) AS instants
    FROM visit made, LATERAL (
        SELECT r.id, r.arrived_at FROM visit_result r
        WHERE r.visit_id = made.id AND r.is_primary AND r.address_finding = '{NOBODY_HOME}' OFFSET 0) r
    WHERE made.debtor_id = v.debtor_id
        AND (made.address_id = v.address_id OR made.address_key = v.address_key AND v.address_key <> '')
"""  # noqa: S608 - words of our own
_GROUND = f"""
    SELECT v.id,
        (SELECT coalesce(max(r.number), 0) FROM visit_result r WHERE r.visit_id = v.id),
        (SELECT coalesce(bool_or(r.is_primary), false) FROM visit_result r WHERE r.visit_id = v.id),
        ARRAY(SELECT c.case_id::text FROM visit_case c WHERE c.visit_id = v.id),
        ARRAY(SELECT c.id::text FROM "case" c WHERE c.debtor_id = v.debtor_id AND c.bank_id = v.bank_id),
        ARRAY(SELECT d.relation FROM do_not_contact d WHERE d.debtor_id = v.debtor_id AND d.lifted_at IS NULL
              AND (d.address_id IS NULL OR d.address_id = v.address_id)),
        tried.ids, tried.instants, stop.id, stop.status, a.id, a.debtor_id, a.address_key, a.site_key
    FROM visit v JOIN address a ON a.id = v.address_id LEFT JOIN LATERAL ({LIVE_STOP}) stop ON true
        LEFT JOIN LATERAL ({_TRIED}) tried ON true
    WHERE v.id = ANY(%(visit_ids)s)
"""  # noqa: S608 - words of our own


def ground_of(session: Session, visit_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Ground]:
    """What is on record around each of these visits. Cost: one statement, however many."""
    return {row[0]: _ground(row) for row in read_rows(session, _GROUND, {"visit_ids": [*visit_ids]})}


def _ground(row: Sequence[Any]) -> Ground:
    _, count, has_primary, cards, known, away, tried, tried_at, stop_id, state, *place = row
    return Ground(
        count=count,
        has_primary=has_primary,
        case_ids=frozenset(cards),
        known_case_ids=frozenset(known),
        keep_away=frozenset(away),
        place=Place(*place),
        stop=None if stop_id is None else (stop_id, state),
        tries=tuple(zip(tried or (), tried_at or (), strict=True)),
    )


def result_by_id(session: Session, result_id: uuid.UUID) -> VisitResult:
    """The result of that id. Raises: NotFound."""
    result = session.get(VisitResult, result_id)
    if result is None:
        raise NotFound("RESULT_UNKNOWN", f"There is no result {result_id}.")
    return result


def slot_by_id(session: Session, slot_id: uuid.UUID) -> EvidenceSlot:
    """The slot of that id. Raises: NotFound for one no result has declared."""
    slot = session.get(EvidenceSlot, slot_id)
    if slot is None:
        raise NotFound("SLOT_UNKNOWN", f"No result declares the evidence {slot_id}; sync the result first.")
    return slot


@dataclass(frozen=True, slots=True)
class Declared:
    """A piece of evidence some result has declared: whose it is, what it must be, and when its bytes arrived."""

    visit_id: uuid.UUID
    agent_id: uuid.UUID
    kind: str
    sha256: str
    length: int
    arrived_at: datetime | None = None


_DECLARED = """
    SELECT id, visit_id, agent_id, kind, sha256, length, arrived_at FROM evidence_slot WHERE id = ANY(%(slot_ids)s)
"""


def declared_already(session: Session, slot_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Declared]:
    """What is on record of the slots of these ids, by id. Cost: one statement, none where nothing is asked."""
    asked = [*slot_ids]
    rows = read_rows(session, _DECLARED, {"slot_ids": asked}) if asked else ()
    return {slot_id: Declared(*told) for slot_id, *told in rows}


def slots_by_ids(session: Session, slot_ids: Iterable[uuid.UUID]) -> list[EvidenceSlot]:
    """The slots of these ids that are declared."""
    return list(session.scalars(sa.select(EvidenceSlot).where(among(EvidenceSlot.id, slot_ids))))


def result_if_any(session: Session, result_id: uuid.UUID) -> VisitResult | None:
    """The result of that id, if there is one."""
    return session.get(VisitResult, result_id)


def first_version_id(session: Session, result_id: uuid.UUID, corrects: uuid.UUID | None) -> uuid.UUID:
    """The id of the first version of a result, which its promises are filed under."""
    while corrects is not None:
        result_id, corrects = corrects, session.get_one(VisitResult, corrects).corrects
    return result_id


def lines_of(session: Session, result_id: uuid.UUID) -> list[ResultLine]:
    """The outcome of each card."""
    return list(session.scalars(sa.select(ResultLine).where(ResultLine.result_id == result_id)))


def results_of_visit(session: Session, visit_id: uuid.UUID) -> list[VisitResult]:
    """Every version and copy of a visit's result, oldest first. Raises: NotFound for a visit nobody knows."""
    if session.get(Visit, visit_id) is None:
        raise NotFound("VISIT_UNKNOWN", f"There is no visit {visit_id}; list them with GET /visits.")
    return list(
        session.scalars(sa.select(VisitResult).where(VisitResult.visit_id == visit_id).order_by(VisitResult.number))
    )


@dataclass(frozen=True, slots=True)
class VisitToAddress:
    """One visit as an address's history tells it: when, by whom, what was found, what came of it for each card."""

    result_id: uuid.UUID
    visit_no: str
    arrived_at: datetime
    agent_name: str | None
    address_finding: str | None
    outcomes: list[str]


def visits_to_address(session: Session, *, debtor_id: uuid.UUID, address_key: str) -> list[VisitToAddress]:
    """The visits made to one flat for one debtor, oldest first; only the result that counts of each."""
    outcomes = (
        sa.select(sa.func.coalesce(sa.func.array_agg(sa.distinct(ResultLine.outcome)), sa.literal([], ARRAY(sa.Text))))
        .where(ResultLine.result_id == VisitResult.id)
        .scalar_subquery()
    )
    query = (
        sa.select(VisitResult.id, Visit.no, VisitResult.arrived_at, Agent.name, VisitResult.address_finding, outcomes)
        .join(Visit, Visit.id == VisitResult.visit_id)
        .outerjoin(Agent, Agent.id == VisitResult.agent_id)
        .where(
            VisitResult.is_primary,
            Visit.debtor_id == debtor_id,
            Visit.address_key == address_key,
            Visit.address_key != "",
        )
    )
    rows = session.execute(query.order_by(VisitResult.arrived_at, VisitResult.id))
    return [VisitToAddress(*row) for row in rows]


def shown(session: Session, results: list[VisitResult]) -> list[dict[str, Any]]:
    """Results with their lines, ready for a schema."""
    found = sa.select(ResultLine).where(ResultLine.result_id.in_([result.id for result in results]))
    lines: dict[uuid.UUID, list[ResultLine]] = {}
    for line in session.scalars(found.order_by(ResultLine.case_id)):
        lines.setdefault(line.result_id, []).append(line)
    columns = VisitResult.__table__.columns.keys()
    return [
        {**{name: getattr(r, name) for name in columns}, "lines": told, "bank_code": _bank_code(r, told)}
        for r, told in ((result, lines.get(result.id, [])) for result in results)
    ]


def _bank_code(result: VisitResult, lines: Sequence[ResultLine]) -> str | None:
    """What banks call it; None of a visit nobody made."""
    executed = any(line.outcome != NOT_EXECUTED for line in lines)
    return bank_code_of(result.person_met, result.address_finding) if executed else None
