"""Reads of visits: those of a debtor, the queue, one visit with everything decided about it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from fieldops.addresses.models import Address
from fieldops.addresses.queries import among
from fieldops.cases.models import Bank, Case, CaseVersion, Debtor
from fieldops.errors import NotFound, NotUnderstood
from fieldops.policies.stored import stored_decisions
from fieldops.rows import read_rows
from fieldops.vault import mask_name
from fieldops.visits import states
from fieldops.visits.models import Visit, VisitCase, VisitDecision

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.books import StoredDecision

_SHOWN = (
    "id", "no", "status", "status_reason", "verdict", "codes", "waived", "accepted", "waiver_reason", "policy_edition",
    "purpose", "reason", "goal", "priority", "amount_fen", "address_id", "address_kind", "windows", "lat", "lon",
    "point_precision", "requested_by", "approved_by", "approve_comment", "approved_at", "valid_until_on", "done_at",
    "created_at", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DebtorVisit:
    """A visit of a debtor that is on its way or was made; ``case_ids`` are the cards that share it."""

    id: UUID
    no: str
    debtor_id: UUID
    address_id: UUID
    address_key: str
    status: str
    created_at: datetime
    done_at: datetime | None
    case_ids: tuple[UUID, ...]


def case_ids_of(session: Session, case_nos: Sequence[str]) -> list[UUID]:
    """The cases of these numbers, in the order given.

    Raises: NotFound for a number no case has; NotUnderstood for one that two banks use.
    """
    found: dict[str, list[UUID]] = defaultdict(list)
    for case_no, case_id in session.execute(sa.select(Case.case_no, Case.id).where(among(Case.case_no, case_nos))):
        found[case_no].append(case_id)
    for case_no in case_nos:
        if not found.get(case_no):
            raise NotFound("CASE_UNKNOWN", f"There is no case {case_no}; import its case file first.")
        if len(found[case_no]) > 1:
            raise NotUnderstood("CASE_AMBIGUOUS", f"Two banks have a case {case_no}; name it by its id.")
    return [found[case_no][0] for case_no in case_nos]


def case_rows_recorded_at(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When the bank's newest row of each case came in."""
    query = (
        sa.select(CaseVersion.case_id, CaseVersion.recorded_at)
        .join(Case, sa.and_(Case.id == CaseVersion.case_id, Case.version == CaseVersion.version))
        .where(among(Case.id, case_ids))
    )
    return dict(session.execute(query).all())


def visits_of_debtors(session: Session, debtor_ids: Iterable[UUID]) -> dict[UUID, list[DebtorVisit]]:
    """The open and the completed visits of each debtor, oldest first."""
    cards = sa.select(sa.func.array_agg(VisitCase.case_id)).where(VisitCase.visit_id == Visit.id).scalar_subquery()
    query = sa.select(
        Visit.id, Visit.no, Visit.debtor_id, Visit.address_id, Visit.address_key, Visit.status, Visit.created_at,
        Visit.done_at, cards,
    ).where(among(Visit.debtor_id, debtor_ids), Visit.status.in_((*states.OPEN, states.COMPLETED)))  # fmt: skip
    found: dict[UUID, list[DebtorVisit]] = defaultdict(list)
    for row in session.execute(query.order_by(Visit.id)):
        *columns, case_ids = row
        visit = DebtorVisit(*columns, tuple(case_ids or ()))  # type: ignore[call-arg]  # as many columns as fields
        found[visit.debtor_id].append(visit)
    return found


def visit_by_id(session: Session, visit_id: UUID) -> Visit:
    """The visit of that id. Raises: NotFound."""
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise NotFound("VISIT_UNKNOWN", f"There is no visit {visit_id}; list them with GET /visits.")
    return visit


def lock_visits(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, Visit]:
    """These visits as they stand now, locked for change in the order of their ids, by id."""
    query = sa.select(Visit).where(among(Visit.id, set(visit_ids))).order_by(Visit.id).with_for_update()
    return {visit.id: visit for visit in session.scalars(query.execution_options(populate_existing=True))}


def visits_not_begun(session: Session) -> list[UUID]:
    """Every visit on its way that no crew has begun, oldest first."""
    query = sa.select(Visit.id).where(Visit.status.in_(states.OPEN), Visit.status != states.IN_PROGRESS)
    return list(session.scalars(query.order_by(Visit.id)))


def open_visits_with_cards(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The open visits each of these cases is on; a case on none is left out."""
    query = sa.select(VisitCase.case_id, Visit.id).join(Visit, Visit.id == VisitCase.visit_id)
    return _by_owner(session, query.where(among(VisitCase.case_id, case_ids)))


@dataclass(slots=True, eq=False)
class VisitNow:
    """A locked visit as far as a report of it asks; it follows what becomes of it in this transaction."""

    id: UUID
    no: str
    debtor_id: UUID
    address_id: UUID
    address_key: str
    status: str
    version: int
    done_at: datetime | None
    lat: float | None
    lon: float | None
    point_precision: str | None


Locked: TypeAlias = Visit | VisitNow
"""A visit nobody else can change now."""


def _around() -> sa.Select[Visit]:
    """The statement of ``lock_visits_around``, built once."""
    wanted = Visit.id == sa.any_(sa.bindparam("visit_ids", type_=ARRAY(sa.Uuid)))
    debtors = sa.func.array(sa.select(Visit.debtor_id).where(wanted).scalar_subquery())
    around = sa.select(Visit.id).where(Visit.debtor_id == sa.any_(debtors), Visit.status.in_(states.OPEN))
    either = sa.or_(wanted, Visit.id == sa.any_(sa.func.array(around.scalar_subquery())))
    return sa.select(Visit).where(either).order_by(Visit.id).with_for_update().execution_options(populate_existing=True)


_AROUND: Final = _around()


def lock_visits_around(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, Visit]:
    """These visits and every open one to the same debtors, which a report of them may move, as ``lock_visits``."""
    return {visit.id: visit for visit in session.scalars(_AROUND, {"visit_ids": [*visit_ids]})}


_REPORTED: Final = f"""
    SELECT {", ".join(each.name for each in fields(VisitNow))} FROM visit
    WHERE id = ANY(%(visit_ids)s) OR id = ANY(ARRAY(
        SELECT id FROM visit WHERE status = ANY(%(open)s)
            AND debtor_id = ANY(ARRAY(SELECT debtor_id FROM visit WHERE id = ANY(%(visit_ids)s)))))
    ORDER BY id FOR UPDATE
"""  # noqa: S608 - names of our own columns


def lock_reported(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, VisitNow]:
    """What ``lock_visits_around`` locks, no more of each than the report of a result asks."""
    rows = read_rows(session, _REPORTED, {"visit_ids": [*visit_ids], "open": sorted(states.OPEN)})
    return {row[0]: VisitNow(*row) for row in rows}


def open_visits_with_debtors(session: Session, debtor_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The open visits to each of these debtors; one with none is left out."""
    return _by_owner(session, sa.select(Visit.debtor_id, Visit.id).where(among(Visit.debtor_id, debtor_ids)))


def _by_owner(session: Session, query: sa.Select[UUID, UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for owner, visit_id in session.execute(query.where(Visit.status.in_(states.OPEN)).order_by(Visit.id)):
        found[owner].append(visit_id)
    return found


def open_visits_with_keys(session: Session, *, address_id: UUID, address_key: str, site_key: str) -> list[UUID]:
    """The open visits to an address: this wording of it, its flat, or (with ``site_key``) its building."""
    here = [Visit.address_id == address_id]
    here += [column == key for column, key in ((Visit.address_key, address_key), (Visit.site_key, site_key)) if key]
    query = sa.select(Visit.id).where(Visit.status.in_(states.OPEN), sa.or_(*here))
    return list(session.scalars(query.order_by(Visit.id)))


def product_in_common() -> sa.ScalarSelect[Any]:
    """A column of a query of visits: the product of all cards of a visit, NULL where they are of several."""
    product = sa.case((sa.func.count(Case.product.distinct()) == 1, sa.func.min(Case.product)))
    cards = sa.select(product).join(VisitCase, VisitCase.case_id == Case.id).where(VisitCase.visit_id == Visit.id)
    return cards.correlate(Visit).scalar_subquery()


def banks_and_products(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """The code of the bank of each visit, with the product its cards have in common."""
    query = sa.select(Visit.id, Bank.code, product_in_common()).join(Bank, Bank.id == Visit.bank_id)
    rows = session.execute(query.where(among(Visit.id, set(visit_ids)))).all()
    return {visit_id: (bank, product) for visit_id, bank, product in rows}


def cards_of(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The cases that share each visit, in the order of their numbers."""
    query = (
        sa.select(VisitCase.visit_id, VisitCase.case_id)
        .join(Case, Case.id == VisitCase.case_id)
        .where(among(VisitCase.visit_id, visit_ids))
        .order_by(Case.case_no, Case.id)
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for visit_id, case_id in session.execute(query):
        found[visit_id].append(case_id)
    return {visit_id: tuple(case_ids) for visit_id, case_ids in found.items()}


def visits_awaiting_approval(
    session: Session, *, after: tuple[int, datetime, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` visits that wait for a supervisor, the most urgent and then the oldest first.

    Cost: under a millisecond at any depth of the queue (row value on a partial index).
    """
    order: tuple[Any, ...] = (sa.literal_column("(-priority)"), Visit.created_at, Visit.id)
    query = _rows().where(sa.text("visit.status = 'PENDING_REVIEW'")).order_by(*order).limit(limit + 1)
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    return _shown(session, query)


def visits_page(
    session: Session,
    *,
    status: str | None = None,
    debtor_id: UUID | None = None,
    case_no: str | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` visits in the order they were requested."""
    query = _rows().order_by(Visit.id).limit(limit + 1)
    if status is not None:
        query = query.where(Visit.status == status)
    if debtor_id is not None:
        query = query.where(Visit.debtor_id == debtor_id)
    if case_no is not None:
        with_card = sa.select(VisitCase.visit_id).join(Case, Case.id == VisitCase.case_id)
        query = query.where(Visit.id.in_(with_card.where(Case.case_no == case_no)))
    if after is not None:
        query = query.where(Visit.id > after)
    return _shown(session, query)


def shown_visit(session: Session, visit_id: UUID) -> dict[str, Any]:
    """One visit as a person may see it, with its last decision: the why card. Raises: NotFound."""
    found = _shown(session, _rows().where(Visit.id == visit_id))
    if not found:
        raise NotFound("VISIT_UNKNOWN", f"There is no visit {visit_id}; list them with GET /visits.")
    decision = session.scalar(_decisions(visit_id).order_by(VisitDecision.id.desc()).limit(1))
    return {**found[0], "decision": decision}


def decisions_of(session: Session, visit_id: UUID) -> Sequence[VisitDecision]:
    """Every decision on a visit, oldest first. Raises: NotFound."""
    visit_by_id(session, visit_id)
    return session.scalars(_decisions(visit_id).order_by(VisitDecision.id)).all()


def decisions_since(session: Session, since: datetime, asked: bool) -> Generator[StoredDecision]:  # noqa: FBT001
    """Decisions on visits as they were kept; see RuleBook."""
    return stored_decisions(session, VisitDecision, VisitDecision.visit_id, Visit.no, since, asked=asked)


def _decisions(visit_id: UUID) -> sa.Select[VisitDecision]:
    return sa.select(VisitDecision).where(VisitDecision.visit_id == visit_id)


def _rows() -> sa.Select[Any]:
    """Visits with the debtor's name and the address; nothing sealed is selected."""
    card_nos = (
        sa.select(sa.func.array_agg(sa.text('"case".case_no ORDER BY "case".case_no')))
        .select_from(VisitCase)
        .join(Case, Case.id == VisitCase.case_id)
        .where(VisitCase.visit_id == Visit.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            *(getattr(Visit, name) for name in _SHOWN),
            Debtor.name.label("debtor_name"),
            Address.raw.label("address"),
            card_nos.label("case_nos"),
        )
        .join(Debtor, Debtor.id == Visit.debtor_id)
        .join(Address, Address.id == Visit.address_id)
    )


def _shown(session: Session, query: sa.Select[Any]) -> list[dict[str, Any]]:
    rows = [dict(row) for row in session.execute(query).mappings()]
    for row in rows:
        row["debtor_name"] = mask_name(row["debtor_name"])
    return rows
