"""All that is on record about some debtors, read at once and turned into the values the rules look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.policies.service import policy_on
from fieldops.visits import queries
from fieldops.visits.address_files import AddressOnFile, as_kind, read_addresses
from fieldops.visits.facts import (
    CallFact,
    CaseFact,
    CaseFile,
    ComplaintFact,
    HoldFact,
    PromiseFact,
    RepaymentFact,
    StatusFact,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.edition import Policy
    from fieldops.visits.queries import DebtorVisit

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CaseOnFile:
    """One case: whose it is, and what the rules look at."""

    id: UUID
    debtor_id: UUID
    bank_id: UUID
    appointment: str | None
    fact: CaseFact


@dataclass(frozen=True)
class Files:
    """The registers of some debtors at one instant, by case or by debtor; ``groups`` by debtor and bank.

    ``addresses`` are those a case gives; ``address_by_id`` holds them all, called OTHER.
    """

    at: datetime
    policy: Policy
    cases: Mapping[UUID, CaseOnFile]
    groups: Mapping[tuple[UUID, UUID], tuple[UUID, ...]]
    born_on: Mapping[UUID, date | None]
    calls: Mapping[UUID, tuple[CallFact, ...]]
    repayments: Mapping[UUID, tuple[RepaymentFact, ...]]
    promises: Mapping[UUID, tuple[PromiseFact, ...]]
    holds: Mapping[UUID, tuple[HoldFact, ...]]
    complaints: Mapping[UUID, tuple[ComplaintFact, ...]]
    statuses: Mapping[UUID, tuple[StatusFact, ...]]
    visits: dict[UUID, list[DebtorVisit]]
    addresses: Mapping[UUID, tuple[AddressOnFile, ...]] = field(repr=False)
    address_by_id: Mapping[UUID, AddressOnFile] = field(repr=False)

    def siblings(self, case_id: UUID) -> tuple[UUID, ...]:
        """Every case of the same debtor at the same bank, this one included."""
        case = self.cases[case_id]
        return self.groups[case.debtor_id, case.bank_id]

    def case_file(self, case_ids: Sequence[UUID]) -> CaseFile:
        """What the rules look at for a request that names these cases of one debtor at one bank."""
        asked = [self.cases[case_id] for case_id in case_ids]
        debtor_id = asked[0].debtor_id
        return CaseFile(
            cases=tuple(case.fact for case in asked),
            calls=_all(self.calls, self.siblings(asked[0].id)),
            repayments=_all(self.repayments, case_ids),
            promises=_all(self.promises, case_ids),
            holds=_all(self.holds, case_ids),
            special_statuses=self.statuses.get(debtor_id, ()),
            complaints=self.complaints.get(debtor_id, ()),
            born_on=self.born_on.get(debtor_id),
        )

    def address(self, address_id: UUID, kind: str) -> AddressOnFile:
        """An address as what a request called it, even if its case no longer gives it."""
        return as_kind(self.address_by_id[address_id], kind)

    def policy_for(self, case_ids: Sequence[UUID]) -> Policy:
        """The policy of these cases' bank, and of their product where they have one in common."""
        facts = [self.cases[case_id].fact for case_id in case_ids]
        products = {fact.product for fact in facts}
        return self.policy.for_bank(facts[0].bank, products.pop() if len(products) == 1 else None)


def read_files(session: Session, case_ids: Iterable[UUID], *, at: datetime, also: Iterable[UUID] = ()) -> Files:
    """The files of the debtors of these cases, with the addresses they give and ``also`` those.

    Cost: about fifteen statements, however many cases.
    """
    debtor_ids = {case.debtor_id for case in cases.cases_by_ids(session, case_ids).values()}
    found = [case for group in cases.cases_of_debtors(session, debtor_ids).values() for case in group]
    ids = [case.id for case in found]
    bank_codes = {bank.id: bank.code for bank in cases.banks_by_ids(session).values()}
    recorded = queries.case_rows_recorded_at(session, ids)
    on_file = {case.id: _case(case, bank_codes[case.bank_id], recorded.get(case.id, at)) for case in found}
    refs = {case.id: case.fact.ref for case in on_file.values()}
    repayments = cases.repayments_by_case(session, ids)
    promises = cases.promises_by_case(session, ids)
    visits = queries.visits_of_debtors(session, debtor_ids)
    by_case, by_id = read_addresses(session, ids, also=also, visits=visits, at=at)
    today = local_date(at)
    return Files(
        at=at,
        policy=policy_on(session, today),
        cases=on_file,
        groups=_groups(found),
        born_on={debtor.id: debtor.born_on for debtor in cases.debtors_by_ids(session, debtor_ids).values()},
        calls=_each(cases.calls_by_case(session, ids), lambda row: _call(row, refs[row.case_id])),
        repayments=_each(repayments, lambda row: _repayment(row, refs[row.case_id])),
        promises={
            case_id: tuple(_promise(row, refs[case_id]) for row in _pending(rows, repayments.get(case_id, [])))
            for case_id, rows in promises.items()
        },
        holds=_each(cases.holds_by_case(session, ids), _hold),
        complaints={
            debtor_id: tuple(_complaint(row) for row in rows if row.closed_at is None or row.closed_at > at)
            for debtor_id, rows in cases.complaints_by_debtor(session, debtor_ids).items()
        },
        statuses={
            debtor_id: tuple(_status(row) for row in rows if _in_force(row, today))
            for debtor_id, rows in cases.special_statuses_by_debtor(session, debtor_ids).items()
        },
        visits=visits,
        addresses=by_case,
        address_by_id=by_id,
    )


def _groups(found: Iterable[Any]) -> dict[tuple[UUID, UUID], tuple[UUID, ...]]:
    groups: dict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
    for case in found:
        groups[case.debtor_id, case.bank_id].append(case.id)
    return {key: tuple(ids) for key, ids in groups.items()}


def _all(register: Mapping[UUID, tuple[V, ...]], owners: Iterable[UUID]) -> tuple[V, ...]:
    return tuple(fact for owner in owners for fact in register.get(owner, ()))


def _each(rows: Mapping[UUID, Sequence[Any]], fact_of: Callable[[Any], V]) -> dict[UUID, tuple[V, ...]]:
    return {owner: tuple(map(fact_of, found)) for owner, found in rows.items()}


def _case(case: Any, bank: str, recorded_at: datetime) -> CaseOnFile:
    ends = [day for day in (case.expiry_on, case.extension_until) if day is not None]
    fact = CaseFact(
        ref=f"case:{case.id}/v{case.version}",
        recorded_at=recorded_at,
        case_no=case.case_no,
        bank=bank,
        product=case.product,
        status=case.status,
        expiry_on=max(ends) if ends else None,
        balance_fen=case.balance_fen,
        balance_as_of=case.balance_as_of,
        overdue_days=case.overdue_days,
    )
    return CaseOnFile(case.id, case.debtor_id, case.bank_id, case.appointment, fact)


def _call(row: Any, case_ref: str) -> CallFact:
    return CallFact(
        ref=f"call:{row.id}",
        recorded_at=row.recorded_at,
        case_ref=case_ref,
        outbound=row.outbound,
        callee=row.callee,
        started_at=row.started_at,
        connected=row.connected,
        recording_id=row.recording_id,
    )


def _repayment(row: Any, case_ref: str) -> RepaymentFact:
    return RepaymentFact(
        ref=f"repayment:{row.id}",
        recorded_at=row.recorded_at,
        case_ref=case_ref,
        amount_fen=row.amount_fen,
        paid_at=row.paid_at,
    )


def _pending(promises: Sequence[Any], repayments: Sequence[Any]) -> list[Any]:
    """The promises nothing has overtaken: the newest, unless what was paid since has kept it."""
    if not promises:
        return []
    newest = max(promises, key=lambda each: (each.made_at, each.due_on))
    paid_fen = sum(each.amount_fen for each in repayments if each.paid_at >= newest.made_at)
    kept = newest.amount_fen is not None and paid_fen >= newest.amount_fen
    return [] if kept else [newest]


def _promise(row: Any, case_ref: str) -> PromiseFact:
    return PromiseFact(
        ref=f"promise:{row.id}",
        recorded_at=row.made_at,
        case_ref=case_ref,
        due_on=row.due_on,
        amount_fen=row.amount_fen,
    )


def _hold(row: Any) -> HoldFact:
    return HoldFact(
        ref=f"hold:{row.id}",
        recorded_at=row.recorded_at,
        kind=row.kind,
        channels=row.channels,
        from_on=row.from_on,
        until_on=row.until_on,
        released_at=row.released_at,
    )


def _complaint(row: Any) -> ComplaintFact:
    return ComplaintFact(ref=f"complaint:{row.id}", recorded_at=row.recorded_at, grade=row.grade)


def _in_force(row: Any, today: date) -> bool:
    return row.lifted_at is None and row.from_on <= today and (row.until_on is None or today <= row.until_on)


def _status(row: Any) -> StatusFact:
    return StatusFact(ref=f"special_status:{row.id}", recorded_at=row.recorded_at, kind=row.kind, proof=row.proof)
