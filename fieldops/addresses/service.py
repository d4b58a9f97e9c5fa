"""Judge addresses, and keep the register of invalid ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit, events
from fieldops.addresses import queries
from fieldops.addresses.catalogue import CATALOGUE
from fieldops.addresses.events import AddressInvalidated, AddressReported, BlockLifted
from fieldops.addresses.models import Address, AddressBlock, AddressEvent, AddressPoint
from fieldops.addresses.points import CONFIRMED_SOURCE
from fieldops.addresses.register import CHANNELS, CONFIRMED, EVENT_OF_EVIDENCE, LIFTED, REPORTED_DEAD, SCOPES
from fieldops.addresses.verdict import EDITION, AddressVerdict, judge
from fieldops.db import uuid7
from fieldops.errors import NotFound, NotNow, NotUnderstood
from fieldops.rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.addresses.queries import Place


def judge_some(session: Session, *, only: Sequence[UUID] | None = None, limit: int | None = None) -> int:
    """Judge addresses (``only`` these, at most ``limit``) that have no verdict at this edition; say how many.

    Two judges at once take turns: the second waits for the first one's rows, then finds them judged.
    """
    pending = sa.select(Address.id, Address.raw, Address.address_key, Address.site_key).where(
        Address.edition.is_distinct_from(EDITION)
    )
    if only is not None:
        pending = pending.where(queries.among(Address.id, only))
    rows = session.execute(pending.order_by(Address.id).limit(limit).with_for_update()).all()
    if not rows:
        return 0
    judged = [{"id": row.id, **columns_of(judge(row.raw))} for row in rows]
    session.execute(sa.update(Address), judged)
    moved = {
        (old, new[name])
        for row, new in zip(rows, judged, strict=True)
        for name, old in (("address_key", row.address_key), ("site_key", row.site_key))
        if old and new[name] and old != new[name]
    }
    _carry_blocks(session, moved)
    return len(rows)


def columns_of(verdict: AddressVerdict) -> dict[str, Any]:
    """A verdict as the columns of an address; ``judged`` keeps the parts and the reasons with their grades."""
    said = asdict(verdict)
    said["findings"] = [
        each | {"visit": CATALOGUE[each["code"]].visit, "letter": CATALOGUE[each["code"]].letter}
        for each in said["findings"]
    ]
    columns = {
        name: said.pop(name) for name in ("verdict", "visit", "letter", "address_key", "site_key", "region_code")
    }
    town, codes = said["town"] or None, list(said.pop("codes"))
    del said["raw"]
    return columns | {"edition": EDITION, "codes": codes, "town": town, "judged": said}


def invalidate_address(
    session: Session,
    actor: audit.Actor,
    *,
    address: Address,
    scope: str,
    channel: str,
    reason: str,
    evidence_kind: str,
    evidence_id: str,
    code: str | None = None,
    visit_id: UUID | None = None,
) -> AddressBlock:
    """Put an address on the register with its proof, and announce it. The same proof twice is one block.

    ``reason`` says what is wrong (DEMOLISHED, NO_SUCH_PERSON …), ``code`` the finding it came as (A06, M02).
    Raises: NotUnderstood for a scope, channel or kind of evidence no register has, or an empty address.
    """
    _among("scope", scope, SCOPES)
    _among("channel", channel, CHANNELS)
    _among("evidence_kind", evidence_kind, tuple(EVENT_OF_EVIDENCE))
    key = _key(session, address, scope)
    debtor_id = address.debtor_id if scope == "DEBTOR" else None
    standing = _standing(session, scope, key, debtor_id, channel, evidence_kind, evidence_id)
    if standing is not None:
        return standing
    event = record_event(
        session, actor, address, kind=EVENT_OF_EVIDENCE[evidence_kind], code=code or reason,
        evidence_kind=evidence_kind, evidence_id=evidence_id, debtor_id=debtor_id,
    )  # fmt: skip
    block = AddressBlock(
        scope=scope, key=key, debtor_id=debtor_id, channel=channel, reason=reason, since_at=actor.at, raised_by=event.id
    )
    session.add(block)
    session.flush()
    told = {"scope": scope, "channel": channel, "evidence": f"{evidence_kind}:{evidence_id}"}
    audit.record(session, actor, "addresses.invalidate", "address", address.id, reason=reason, **told)
    events.announce(
        session,
        AddressInvalidated(
            block_id=block.id,
            address_id=address.id,
            debtor_id=address.debtor_id,
            address_key=address.address_key,
            site_key=address.site_key,
            scope=scope,
            channel=channel,
            reason=reason,
            evidence_kind=evidence_kind,
            evidence_id=evidence_id,
            actor=actor,
            visit_id=visit_id,
        ),
    )
    return block


@dataclass(frozen=True, slots=True)
class Found:
    """What a visit, a letter or a crew has shown of one address, where it blocks nothing."""

    address: Address | Place
    code: str
    evidence_kind: str
    evidence_id: str
    confirms: bool = False

    @property
    def kind(self) -> str:
        """What it is in the history of the address."""
        return CONFIRMED if self.confirms else EVENT_OF_EVIDENCE[self.evidence_kind]


def record_findings(session: Session, actor: audit.Actor, found: Sequence[Found], *, named: bool = False) -> None:
    """Keep what blocks nothing: nobody home, vacant, or that an address is right.

    ``named``: the act that has shown it names it in the audit log.
    One that is said to be dead while its photo is on its way is announced: letters to it stop, and wait.
    Cost: two statements, however many, and what hears of addresses reported dead.
    """
    for each in found:
        _among("evidence_kind", each.evidence_kind, tuple(EVENT_OF_EVIDENCE))
    insert_rows(session, AddressEvent, [*map(_finding_row, found)], same={"at": actor.at, "actor": actor.name})
    if not named:
        audit.record_all(session, actor, map(_act, found))
    said_dead = [(each.address, REPORTED_DEAD[each.code]) for each in found if each.code in REPORTED_DEAD]
    told = [AddressReported(at.id, at.debtor_id, at.address_key, reason, actor) for at, reason in said_dead]
    events.announce_all(session, told)


def _act(found: Found) -> audit.Act:
    return audit.Act("addresses.find", "address", found.address.id, detail={"code": found.code, "kind": found.kind})


def _finding_row(found: Found) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "debtor_id": found.address.debtor_id,
        "address_key": found.address.address_key,
        "site_key": found.address.site_key,
        "kind": found.kind,
        "code": found.code,
        "evidence_kind": found.evidence_kind,
        "evidence_id": found.evidence_id,
    }


def confirm_point(
    session: Session, actor: audit.Actor, *, site_key: str, lat: float, lon: float, evidence_id: str
) -> None:
    """Keep where a building is (WGS-84), as an accepted check-in or a supervisor has shown it."""
    values = {"lat": lat, "lon": lon, "precision": "CONFIRMED", "datum_given": "WGS84", "recorded_at": actor.at}
    fresh = insert(AddressPoint).values(site_key=site_key, source=CONFIRMED_SOURCE, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=["site_key", "source"], set_=values))
    audit.record(session, actor, "addresses.confirm_point", "address_point", site_key, evidence=evidence_id)


def lift_block(
    session: Session, actor: audit.Actor, *, block_id: UUID, evidence_kind: str, evidence_id: str, reason: str
) -> AddressBlock:
    """Take an address off the register because of new evidence; its state is UNVERIFIED from here.

    Raises: NotFound, NotNow when it is lifted already, NotUnderstood when the evidence is not new.
    """
    _among("evidence_kind", evidence_kind, tuple(EVENT_OF_EVIDENCE))
    block = session.get(AddressBlock, block_id, with_for_update=True, populate_existing=True)
    if block is None:
        raise NotFound(
            "BLOCK_UNKNOWN", f"There is no block {block_id}; GET /addresses/{{id}} lists those of an address."
        )
    if block.lifted_by is not None:
        raise NotNow("BLOCK_LIFTED", "This block is lifted already; nothing is left to do.")
    raised = session.get_one(AddressEvent, block.raised_by)
    known = sa.select(AddressEvent.id).filter_by(
        address_key=raised.address_key, evidence_kind=evidence_kind, evidence_id=evidence_id
    )
    if session.scalar(known.limit(1)) is not None:
        raise NotUnderstood(
            "EVIDENCE_NOT_NEW", "This evidence is on the register already; a block is lifted by new evidence only."
        )
    event = record_event(
        session, actor, raised, kind=LIFTED, code=reason, evidence_kind=evidence_kind, evidence_id=evidence_id,
        debtor_id=block.debtor_id,
    )  # fmt: skip
    block.lifted_by = event.id
    session.flush()
    audit.record(session, actor, "addresses.lift", "address_block", block.id, reason=reason, evidence=evidence_id)
    events.announce(session, BlockLifted(block.id, block.key, block.scope, block.channel, block.debtor_id, actor))
    return block


def record_event(
    session: Session,
    actor: audit.Actor,
    about: Address | AddressEvent,
    *,
    kind: str,
    code: str,
    evidence_kind: str,
    evidence_id: str,
    debtor_id: UUID | None,
) -> AddressEvent:
    """Add a line to the register under the keys ``about`` bears; what it changes follows from all lines together."""
    event = AddressEvent(
        at=actor.at, actor=actor.name, debtor_id=debtor_id, address_key=about.address_key, site_key=about.site_key,
        kind=kind, code=code, evidence_kind=evidence_kind, evidence_id=evidence_id,
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event


def _key(session: Session, address: Address, scope: str) -> str:
    """What a block of this scope stands on; an address the job has not reached is judged now."""
    if address.edition is None:
        judge_some(session, only=[address.id])
        session.refresh(address)
    key = address.site_key if scope == "SITE" else address.address_key
    if not key:
        raise NotUnderstood("ADDRESS_EMPTY", "The address is empty; there is nothing to put on the register.")
    return key


def _standing(
    session: Session,
    scope: str,
    key: str,
    debtor_id: UUID | None,
    channel: str,
    evidence_kind: str,
    evidence_id: str,
) -> AddressBlock | None:
    """The block in force that this very evidence has raised."""
    return session.scalar(
        sa.select(AddressBlock)
        .join(AddressEvent, AddressEvent.id == AddressBlock.raised_by)
        .where(
            AddressBlock.lifted_by.is_(None),
            AddressBlock.scope == scope,
            AddressBlock.key == key,
            AddressBlock.debtor_id.is_not_distinct_from(debtor_id),
            AddressBlock.channel == channel,
            AddressEvent.evidence_kind == evidence_kind,
            AddressEvent.evidence_id == evidence_id,
        )
    )


def _carry_blocks(session: Session, moved: Iterable[tuple[str, str]]) -> None:
    """Let blocks stand under the keys a newer edition gives: a new way of reading must not free a dead address."""
    for old, new in moved:
        for block in session.scalars(sa.select(AddressBlock).filter_by(key=old, lifted_by=None)):
            session.add(
                AddressBlock(
                    scope=block.scope,
                    key=new,
                    debtor_id=block.debtor_id,
                    channel=block.channel,
                    reason=block.reason,
                    since_at=block.since_at,
                    raised_by=block.raised_by,
                )
            )


def _among(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise NotUnderstood("VALUE_UNKNOWN", f"{name} is {value!r}; give one of {', '.join(known)}.", field=name)
