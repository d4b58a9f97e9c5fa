"""Reads of addresses: what stands against them, what has been learned, where they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from fieldops.addresses.models import Address, AddressBlock, AddressEvent, AddressPoint, GeocodeAnswer
from fieldops.addresses.points import CITY_MISMATCH, CONFIRMED_SOURCE, DEFERRED, GAZETTEER_SOURCE, geocoder, located
from fieldops.addresses.register import register_state, reported_dead, said_sensitive
from fieldops.errors import NotFound
from fieldops.geocoding import GeoPoint, Precision
from fieldops.house import house_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.addresses.points import PointFound
    from fieldops.datum import Datum
    from fieldops.geocoding import OfflineGeocoder


class AddressLike(Protocol):
    """What the register and the map need to know of an address."""

    @property
    def id(self) -> UUID:
        """Its row."""

    @property
    def debtor_id(self) -> UUID:
        """Whose it is."""

    @property
    def address_key(self) -> str:
        """One flat."""

    @property
    def site_key(self) -> str:
        """One building."""

    @property
    def region_code(self) -> str | None:
        """Its county."""


@dataclass(frozen=True, slots=True)
class StandingBlock:
    """A block in force, with the evidence it stands on."""

    id: UUID
    scope: str
    channel: str
    reason: str
    since_at: datetime
    evidence_kind: str
    evidence_id: str


@dataclass(frozen=True, slots=True)
class AddressBlockRow:
    """A block, in force or lifted, with who raised and who lifted it."""

    scope: str
    channel: str
    reason: str
    since_at: datetime
    raised_by: str
    evidence_kind: str
    evidence_id: str
    lifted_at: datetime | None
    lifted_by: str | None


@dataclass(frozen=True, slots=True)
class Located:
    """One thing said of where a building stands: a point kept (its precision), or a geocoder's answer."""

    at: datetime
    said: str
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """An address as what is learned of it is filed: whose it is, and the keys of its flat and its building."""

    id: UUID
    debtor_id: UUID
    address_key: str
    site_key: str


def among(column: Any, values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """Whether a column holds one of the values: one bind for any number of them."""
    found: sa.ColumnElement[bool] = column == sa.any_(sa.literal(list(values), ARRAY(column.type)))
    return found


def address_by_id(session: Session, address_id: UUID, *, lock: bool = False) -> Address:
    """The address of that id. Raises: NotFound."""
    address = session.get(Address, address_id, with_for_update=lock)
    if address is None:
        raise NotFound("ADDRESS_UNKNOWN", f"There is no address {address_id}; a case names its addresses.")
    return address


def addresses_by_ids(session: Session, address_ids: Iterable[UUID]) -> dict[UUID, Address]:
    """The addresses of these ids, by id."""
    return {each.id: each for each in session.scalars(sa.select(Address).where(among(Address.id, address_ids)))}


def same_place(session: Session, address: Address) -> list[UUID]:
    """The debtor's other wordings of the same flat: suggested to a person, never merged."""
    alike = sa.select(Address.id).filter_by(debtor_id=address.debtor_id, address_key=address.address_key)
    return list(session.scalars(alike.where(Address.address_key != "", Address.id != address.id).order_by(Address.id)))


def blocks_for_everyone(session: Session, address_key: str, site_key: str) -> list[StandingBlock]:
    """The blocks in force on a flat, or on its building, whoever lives there; oldest first."""
    here = sa.or_(
        sa.and_(AddressBlock.scope == "EXACT", AddressBlock.key == address_key),
        sa.and_(AddressBlock.scope == "SITE", AddressBlock.key == site_key),
    )
    rows = session.execute(_standing().where(here, AddressBlock.key != ""))
    return [_shown(*row) for row in rows]


def standing_blocks(session: Session, addresses: Sequence[AddressLike]) -> dict[UUID, tuple[StandingBlock, ...]]:
    """The blocks in force on each address that has any, oldest first. Cost: one query for all."""
    by_key: dict[str, list[tuple[str, UUID | None, StandingBlock]]] = defaultdict(list)
    keys = {key for each in addresses for key in (each.address_key, each.site_key) if key}
    for block, kind, ref in session.execute(_standing().where(among(AddressBlock.key, keys))):
        by_key[block.key].append((block.scope, block.debtor_id, _shown(block, kind, ref)))
    found = {each.id: _blocks_on(each, by_key) for each in addresses}
    return {address_id: blocks for address_id, blocks in found.items() if blocks}


def blocks_ever(session: Session, address: AddressLike) -> list[AddressBlockRow]:
    """Every block an address has had, lifted ones included, oldest first."""
    raised, lifted = aliased(AddressEvent), aliased(AddressEvent)
    block = AddressBlock
    columns = (block.scope, block.channel, block.reason, block.since_at, raised.actor, raised.evidence_kind)
    query = (
        sa.select(*columns, raised.evidence_id, lifted.at, lifted.actor)
        .join(raised, raised.id == block.raised_by)
        .outerjoin(lifted, lifted.id == block.lifted_by)
        .where(
            block.key != "",
            sa.or_(
                sa.and_(block.scope == "SITE", block.key == address.site_key),
                sa.and_(block.scope == "EXACT", block.key == address.address_key),
                sa.and_(
                    block.scope == "DEBTOR",
                    block.key == address.address_key,
                    block.debtor_id == address.debtor_id,
                ),
            ),
        )
    )
    return [AddressBlockRow(*row) for row in session.execute(query.order_by(block.since_at, block.id))]


def _standing() -> sa.Select[AddressBlock, str, str]:
    """Blocks in force with the evidence they stand on, oldest first."""
    return (
        sa.select(AddressBlock, AddressEvent.evidence_kind, AddressEvent.evidence_id)
        .join(AddressEvent, AddressEvent.id == AddressBlock.raised_by)
        .where(AddressBlock.lifted_by.is_(None))
        .order_by(AddressBlock.since_at, AddressBlock.id)
    )


def _shown(block: AddressBlock, evidence_kind: str, evidence_id: str) -> StandingBlock:
    return StandingBlock(block.id, block.scope, block.channel, block.reason, block.since_at, evidence_kind, evidence_id)


def _blocks_on(
    address: AddressLike, by_key: dict[str, list[tuple[str, UUID | None, StandingBlock]]]
) -> tuple[StandingBlock, ...]:
    on_flat = [
        shown
        for scope, debtor_id, shown in by_key.get(address.address_key, ())
        if scope == "EXACT" or (scope == "DEBTOR" and debtor_id == address.debtor_id)
    ]
    on_building = [shown for scope, _, shown in by_key.get(address.site_key, ()) if scope == "SITE"]
    return (*on_flat, *on_building)


def events_of(session: Session, addresses: Sequence[AddressLike]) -> dict[UUID, list[AddressEvent]]:
    """What has been learned about each address: its flat, for this debtor or for everyone; oldest first."""
    by_key: dict[str, list[AddressEvent]] = defaultdict(list)
    known = among(AddressEvent.address_key, {each.address_key for each in addresses if each.address_key})
    for event in session.scalars(sa.select(AddressEvent).where(known).order_by(AddressEvent.at, AddressEvent.id)):
        by_key[event.address_key].append(event)
    return {
        each.id: [event for event in by_key.get(each.address_key, ()) if event.debtor_id in (None, each.debtor_id)]
        for each in addresses
    }


def register_states(
    session: Session, addresses: Sequence[AddressLike], blocks: dict[UUID, tuple[StandingBlock, ...]]
) -> dict[UUID, str]:
    """The register state of each address, given the blocks in force on them."""
    return {address_id: each.state for address_id, each in registered(session, addresses, blocks).items()}


@dataclass(frozen=True, slots=True)
class Registered:
    """The register state of an address, and what crews say of it that nothing has proved.

    ``said_dead`` as long as the photo is on its way; ``said_sensitive`` until a supervisor finds otherwise.
    """

    state: str
    said_dead: str | None
    said_sensitive: bool


def registered(
    session: Session, addresses: Sequence[AddressLike], blocks: Mapping[UUID, Sequence[StandingBlock]]
) -> dict[UUID, Registered]:
    """What is registered of each address, given the blocks in force on them. Cost: one statement."""
    learned = events_of(session, addresses)
    return {
        each.id: _registered(learned[each.id], blocked=any(on.channel == "ALL" for on in blocks.get(each.id, ())))
        for each in addresses
    }


def _registered(learned: Sequence[AddressEvent], *, blocked: bool) -> Registered:
    history = [(event.kind, event.code) for event in learned]
    return Registered(
        register_state(history, blocked=blocked),
        reported_dead(history, blocked=blocked),
        said_sensitive(code for _, code in history),
    )


def points_for(session: Session, addresses: Sequence[AddressLike]) -> dict[UUID, PointFound]:
    """Where each address is: confirmed, else the gazetteer's, else an online geocoder's, else its county's centre.

    An address nothing is known of is left out. Cost: two queries for all.
    """
    answers = _answers_for(session, {each.site_key for each in addresses if each.site_key})
    known = _geocoder_of(session, {each.site_key for each in addresses if each.site_key}, answers)
    doubts = {site_key: _DOUBTS[each.outcome] for site_key, each in answers.items() if each.outcome in _DOUBTS}
    found = {
        each.id: located(known, each.site_key, each.region_code, doubts.get(each.site_key, "")) for each in addresses
    }
    return {address_id: point for address_id, point in found.items() if point is not None}


def located_ever(session: Session, site_key: str) -> list[Located]:
    """Every point kept for a building and every answer of an online geocoder, as far as each was not replaced."""
    point, answer = AddressPoint, GeocodeAnswer
    said = sa.func.coalesce(answer.precision, answer.outcome)
    points = sa.select(point.recorded_at, point.precision, point.source).where(point.site_key == site_key)
    answers = sa.select(answer.asked_at, said, sa.func.upper(answer.provider)).where(answer.site_key == site_key)
    return [Located(*row) for row in session.execute(points.union_all(answers))]


def address_to_locate(session: Session, provider: str, *, at: datetime) -> Address | None:
    """The next valid address whose building has neither a point of its own nor a fresh answer of this geocoder."""
    listed = sa.exists().where(AddressPoint.site_key == Address.site_key)
    answered = sa.exists().where(
        GeocodeAnswer.provider == provider, GeocodeAnswer.site_key == Address.site_key, GeocodeAnswer.expires_at > at
    )
    wanted = sa.select(Address).where(Address.verdict == "VALID", Address.site_key != "", ~listed, ~answered)
    return session.scalar(wanted.order_by(Address.id).limit(1))


_DOUBTS: Final = {"CITY_MISMATCH": CITY_MISMATCH, "ASKED": DEFERRED, "FAILED": DEFERRED}


def _answers_for(session: Session, keys: set[str]) -> dict[str, GeocodeAnswer]:
    """What online geocoders said of these buildings and has not expired, the newest answer of each."""
    query = sa.select(GeocodeAnswer).where(
        among(GeocodeAnswer.site_key, keys), GeocodeAnswer.expires_at > house_of(session).clock.now()
    )
    return {each.site_key: each for each in session.scalars(query.order_by(GeocodeAnswer.asked_at))}


def _geocoder_of(session: Session, keys: set[str], answers: dict[str, GeocodeAnswer]) -> OfflineGeocoder:
    online = {site_key: _answered(each) for site_key, each in answers.items() if each.outcome == "FOUND"}
    stored: dict[str, dict[str, GeoPoint]] = {CONFIRMED_SOURCE: {}, GAZETTEER_SOURCE: online}
    query = sa.select(AddressPoint).where(among(AddressPoint.site_key, keys), AddressPoint.source.in_(stored))
    for each in session.scalars(query):
        point = GeoPoint(each.lat, each.lon, Precision[each.precision], each.source, cast("Datum", each.datum_given))
        stored[each.source][each.site_key] = point
    return geocoder(stored[CONFIRMED_SOURCE], stored[GAZETTEER_SOURCE])


def _answered(answer: GeocodeAnswer) -> GeoPoint:
    """The point of an answer that has one."""
    lat, lon = answer.lat, answer.lon
    if lat is None or lon is None:
        raise ValueError(f"the answer for {answer.site_key} is FOUND without a point: delete it, it is asked again")
    return GeoPoint(
        lat, lon, Precision[answer.precision or "NONE"], answer.provider.upper(), cast("Datum", answer.datum_given)
    )
