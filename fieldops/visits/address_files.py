"""The addresses of case files as the rules look at them: verdict, register, point, earlier visits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fieldops.addresses import queries as addresses
from fieldops.addresses.postcode import postcode_in
from fieldops.addresses.register import REPORTED_SENSITIVE
from fieldops.cases import queries as cases
from fieldops.clock import local_date
from fieldops.policies.sections import ADDRESS_KINDS
from fieldops.visits import states
from fieldops.visits.address_answers import REPORTED_DEAD
from fieldops.visits.facts import AddressCode, AddressFact, InvalidFact, MailReturnFact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.addresses.points import PointFound
    from fieldops.addresses.queries import Registered, StandingBlock
    from fieldops.visits.queries import DebtorVisit


@dataclass(frozen=True, slots=True)
class AddressOnFile:
    """An address a case file gives: its keys, its point, and what the rules look at."""

    id: UUID
    address_key: str
    site_key: str
    lat: float | None
    lon: float | None
    fact: AddressFact

    @property
    def kind(self) -> str:
        """What it is to the debtor: HOME, HUKOU, WORK …."""
        return self.fact.kind


def read_addresses(
    session: Session,
    case_ids: Sequence[UUID],
    *,
    also: Iterable[UUID] = (),
    visits: Mapping[UUID, Sequence[DebtorVisit]],
    at: datetime,
) -> tuple[dict[UUID, tuple[AddressOnFile, ...]], dict[UUID, AddressOnFile]]:
    """The addresses of these cases by case, and all of them and ``also`` those by their id, as OTHER.

    One a case gives as two kinds counts as the first of them.
    """
    given = cases.addresses_by_case(session, case_ids)
    wanted = {row.address_id for found in given.values() for row in found} | set(also)
    everything = list(addresses.addresses_by_ids(session, wanted).values())
    blocks = addresses.standing_blocks(session, everything)
    registered = addresses.registered(session, everything, blocks)
    points = addresses.points_for(session, everything)
    by_id = {
        row.id: _on_file(row, blocks.get(row.id, ()), registered[row.id], points.get(row.id), visits, at)
        for row in everything
    }
    by_case = {
        case_id: tuple(as_kind(by_id[address_id], kind) for address_id, kind in _first_kinds(found).items())
        for case_id, found in given.items()
    }
    return by_case, by_id


def _first_kinds(given: Iterable[Any]) -> dict[UUID, str]:
    kinds: dict[UUID, str] = {}
    for row in sorted(given, key=lambda each: ADDRESS_KINDS.index(each.kind)):
        kinds.setdefault(row.address_id, row.kind)
    return kinds


def as_kind(address: AddressOnFile, kind: str) -> AddressOnFile:
    """The same address as what somebody calls it."""
    return address if address.fact.kind == kind else replace(address, fact=replace(address.fact, kind=kind))


def _on_file(
    row: Any,
    blocks: Sequence[StandingBlock],
    registered: Registered,
    point: PointFound | None,
    visits: Mapping[UUID, Sequence[DebtorVisit]],
    at: datetime,
) -> AddressOnFile:
    dead = next((block for block in blocks if block.channel == "ALL"), None)
    returned = next((block for block in blocks if block.channel == "LETTER"), None)
    doubts = tuple(AddressCode(code=code, visit="REVIEW", letter="PASS") for code in (point.codes if point else ()))
    fact = AddressFact(
        ref=f"address:{row.id}",
        recorded_at=row.created_at or at,
        kind="OTHER",
        text=row.raw,
        label=row.verdict,
        codes=(*codes_of(row), *doubts, *_said(registered)),
        register_state=registered.state,
        invalid=_invalid(dead) if dead else None,
        mail_return=_mail_return(returned) if returned else None,
        source=row.source,
        belongs_to=row.belongs_to,
        precision=point.precision if point else None,
        postcode=postcode_in(row.raw),
        bank_provided=row.bank_provided,
        phone_confirmed_at=row.phone_confirmed_at,
        visited_at=_visited_at(row, visits.get(row.debtor_id, ())),
    )
    return AddressOnFile(
        id=row.id,
        address_key=row.address_key,
        site_key=row.site_key,
        lat=point.lat if point else None,
        lon=point.lon if point else None,
        fact=fact,
    )


def codes_of(row: Any) -> tuple[AddressCode, ...]:
    """The codes of a judged address with their grades."""
    return tuple(
        AddressCode(code=each["code"], visit=each["visit"], letter=each["letter"], detail=each["detail"])
        for each in row.judged.get("findings", ())
    )


def _said(registered: Registered) -> list[AddressCode]:
    """The codes of an address that is said to be dead before its photo has come, or a sensitive place."""
    sensitive = "外访报告敏感场所" if registered.said_sensitive else None
    told = {REPORTED_DEAD: registered.said_dead, REPORTED_SENSITIVE: sensitive}
    said = {code: detail for code, detail in told.items() if detail}
    return [AddressCode(code=code, visit="REVIEW", letter="REVIEW", detail=detail) for code, detail in said.items()]


def _invalid(block: StandingBlock) -> InvalidFact:
    return InvalidFact(
        ref=f"address_block:{block.id}",
        recorded_at=block.since_at,
        reason=block.reason,
        on=local_date(block.since_at),
        evidence=f"{block.evidence_kind}:{block.evidence_id}",
    )


def _mail_return(block: StandingBlock) -> MailReturnFact:
    return MailReturnFact(
        ref=f"address_block:{block.id}",
        recorded_at=block.since_at,
        reason=block.reason,
        on=local_date(block.since_at),
    )


def _visited_at(row: Any, visits: Sequence[DebtorVisit]) -> datetime | None:
    """When a visit to this flat was last completed."""
    done = [
        visit.done_at
        for visit in visits
        if visit.status == states.COMPLETED
        and visit.done_at is not None
        and (visit.address_id == row.id or (row.address_key and visit.address_key == row.address_key))
    ]
    return max(done, default=None)
