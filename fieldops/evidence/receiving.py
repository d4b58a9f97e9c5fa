"""Bytes of evidence as they come in: sealed, durable, then counted, in transactions of their own.

A body may take minutes on a bad line, so no transaction is open while it is read. Whoever appends has the turn of
that upload for a few seconds, renewed as bytes come: a second request meanwhile is told so (423), and a line that died
blocks nobody for long. What is counted is durable, and the last byte is counted together with the proof that all of
them are what was declared: a crash leaves an upload that can go on, never one that seems done.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from flask import g
from werkzeug.exceptions import ClientDisconnected

from fieldops import audit
from fieldops.errors import InUse, NotNow, NotUnderstood, TooLarge, WrongChecksum
from fieldops.evidence import queries
from fieldops.evidence.formats import UnfitError, look_at
from fieldops.evidence.loose import erase_loose, note_loose, settle
from fieldops.evidence.models import Upload, UploadPart
from fieldops.evidence.rules import LIFETIME
from fieldops.evidence.sealed import PART_BYTES, Part, open_sealed, seal_part
from fieldops.evidence.service import forget_upload, keep_evidence
from fieldops.evidence.tus import Progress, checks_out
from fieldops.results import queries as results
from fieldops.sync.devices import phone_of
from fieldops.web import token_claims, user_allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.evidence.formats import Found
    from fieldops.evidence.tus import Chunk
    from fieldops.house import House

TURN: Final = timedelta(seconds=15)
_RENEW: Final = timedelta(seconds=5)
_READ_BYTES: Final = 64 * 1024


@dataclass(slots=True)
class _Turn:
    """The right to append to one upload, and where it stands; ``stored`` parts are durable but not counted yet.

    ``over``: it has been given back, with the last byte.
    """

    slot_id: uuid.UUID
    kind: str
    sha256: str
    length: int
    received: int
    actor: audit.Actor
    id: uuid.UUID
    renewed_at: datetime
    stored: list[Part] = field(default_factory=list)
    over: bool = False

    @property
    def reached(self) -> int:
        """Up to where bytes are stored."""
        return self.stored[-1].start + self.stored[-1].length if self.stored else self.received


def receive(house: House, slot_id: uuid.UUID, asked: Callable[[], Chunk]) -> Progress:
    """Append the chunk that is asked for to an upload and say how far it is; who asks is looked at first.

    Raises: NotFound; InUse while another request appends; NotNow when the offset is another (the answer names it);
    TooLarge; WrongChecksum, and nothing of the chunk is kept; NotUnderstood when the whole is not what was declared,
    and nothing of the upload is kept.
    """
    with house.transaction() as session:
        actor, agent_id = _who(session, house)
        chunk = asked()
        turn = _take_turn(session, actor, queries.upload_of(session, slot_id, agent_id, lock=True), chunk)
    try:
        _read(house, turn, chunk)
        expires_at = _count(house, turn)
    finally:
        if not turn.over:
            with house.transaction() as session:
                session.execute(_of(turn).values(turn=None, turn_until=None))
    return Progress(slot_id, turn.received, turn.length, expires_at)


def _take_turn(session: Session, actor: audit.Actor, upload: Upload, chunk: Chunk) -> _Turn:
    now = actor.at
    if upload.turn_until is not None and upload.turn_until > now:
        raise InUse("UPLOAD_IN_USE", "Another request is appending to this upload; ask for its offset in a moment.")
    if chunk.offset != upload.received:
        g.upload_offset = upload.received
        raise NotNow("OFFSET_DIFFERS", f"The upload is at {upload.received}; go on from there.", offset=upload.received)
    if chunk.offset + (chunk.length or 0) > upload.length:
        detail = f"The upload has {upload.length} bytes; this chunk would go beyond."
        raise TooLarge("CHUNK_TOO_LONG", detail, limit=upload.length - upload.received)
    slot = results.slot_by_id(session, upload.slot_id)
    upload.turn, upload.turn_until = uuid.uuid4(), now + TURN
    return _Turn(slot.id, slot.kind, slot.sha256, upload.length, upload.received, actor, upload.turn, now)


def _who(session: Session, house: House) -> tuple[audit.Actor, uuid.UUID]:
    """Who appends, and the agent whose phone it is; one that has been logged out still sends what it holds."""
    user = user_allowed(session, "mobile.sync")
    phone = phone_of(session, user, token_claims(), ended_session=True)
    return audit.Actor(user.name, house.clock.now(), user.id, frozenset(user.roles)), phone.agent_id


def _of(turn: _Turn) -> sa.Update:
    return sa.update(Upload).where(Upload.slot_id == turn.slot_id, Upload.turn == turn.id)


def _read(house: House, turn: _Turn, chunk: Chunk) -> None:
    """Store what comes; without a checksum it is counted as it comes, with one only when all of it checks out."""
    digest = hashlib.new(chunk.checksum[0], usedforsecurity=False) if chunk.checksum else None
    for piece in _pieces(house, turn, chunk):
        _store(house, turn, piece)
        if digest is not None:
            digest.update(piece)
        elif turn.reached < turn.length:
            _count(house, turn)
    if digest is not None and chunk.checksum is not None and not checks_out(digest, chunk.checksum[1]):
        _drop(house, turn)
        raise WrongChecksum("CHECKSUM_DIFFERS", "The chunk does not hash to its Upload-Checksum; send it again.")


def _store(house: House, turn: _Turn, piece: bytes) -> None:
    """Make some bytes durable; they are noted as loose first, so that a crash leaves nothing nobody knows of."""
    part, sealed = seal_part(house, turn.slot_id, turn.reached, piece)
    with house.transaction() as session:
        note_loose(session, [part.object_sha256], slot_id=turn.slot_id, since=house.clock.now(), turn=turn.id)
    house.store.put(sealed)
    turn.stored.append(part)


def _pieces(house: House, turn: _Turn, chunk: Chunk) -> Iterator[bytes]:
    """The body in pieces of a part's size; a line that breaks ends it, and what had come still counts."""
    left = turn.length - turn.received
    piece = bytearray()
    while left:
        try:
            read = chunk.stream.read(min(_READ_BYTES, PART_BYTES - len(piece), left))
        except (ClientDisconnected, OSError):
            read = b""
        if not read:
            break
        piece += read
        left -= len(read)
        if len(piece) == PART_BYTES:
            yield bytes(piece)
            piece.clear()
        _renew(house, turn)
    if not left and chunk.length is None and chunk.stream.read(1):
        _drop(house, turn)
        raise TooLarge("CHUNK_TOO_LONG", f"The upload has {turn.length} bytes; this chunk goes beyond.", limit=0)
    if piece:
        yield bytes(piece)


def _renew(house: House, turn: _Turn) -> None:
    now = house.clock.now()
    if now - turn.renewed_at >= _RENEW:
        with house.transaction() as session:
            session.execute(_of(turn).values(turn_until=now + TURN))
        turn.renewed_at = now


def _count(house: House, turn: _Turn) -> datetime | None:
    """Let what is stored count; with the last byte the whole is proved to be what was declared.

    Raises: InUse when the turn has passed to another request meanwhile.
    """
    found = _prove(house, turn) if turn.stored and turn.reached == turn.length else None
    now = house.clock.now()
    expires_at = now + LIFETIME
    over = {"turn": None, "turn_until": None} if found is not None else {}
    with house.transaction() as session:
        mine = _of(turn).where(Upload.received == turn.received).returning(Upload.slot_id)
        if session.scalar(mine.values(received=turn.reached, expires_at=expires_at, **over)) is None:
            raise _turn_lost()
        session.add_all(
            UploadPart(slot_id=turn.slot_id, start=part.start, length=part.length, object_sha256=part.object_sha256)
            for part in turn.stored
        )
        settle(session, [part.object_sha256 for part in turn.stored])
        if found is not None:
            keep_evidence(session, turn.actor, turn.slot_id, found)
    turn.received, turn.stored, turn.over = turn.reached, [], found is not None
    return None if turn.received == turn.length else expires_at


def _turn_lost() -> InUse:
    return InUse("TURN_LOST", "The turn of this request has run out, or passed to another; ask for the offset.")


def _prove(house: House, turn: _Turn) -> Found:
    """What the whole is, if this request still has the turn.

    Raises: InUse; NotUnderstood when it is not what was declared, and nothing of it is kept then.
    """
    with house.transaction() as session:
        if session.scalar(_of(turn).values(turn_until=house.clock.now() + TURN).returning(Upload.slot_id)) is None:
            raise _turn_lost()
        parts = [*queries.parts_of(session, turn.slot_id), *turn.stored]
    file = open_sealed(house, turn.slot_id, parts)
    if hashlib.file_digest(file, "sha256").hexdigest() != turn.sha256:
        _refuse(house, turn)
        raise NotUnderstood("EVIDENCE_DIFFERS", "The bytes do not hash to what the result declares; begin anew.")
    file.seek(0)
    try:
        return look_at(turn.kind, file, turn.length)
    except UnfitError as unfit:
        _refuse(house, turn)
        raise NotUnderstood("EVIDENCE_UNFIT", f"{unfit}.", kind=turn.kind) from None


def _refuse(house: House, turn: _Turn) -> None:
    _drop(house, turn)
    with house.transaction() as session:
        gone = forget_upload(session, turn.slot_id, house.clock.now())
    erase_loose(house, gone)


def _drop(house: House, turn: _Turn) -> None:
    """Forget what was stored and does not count."""
    erase_loose(house, [part.object_sha256 for part in turn.stored])
    turn.stored = []
