"""The server's word on visit chains: each head counter-signed as it comes, and all heads of a day under one root 日根.

Phones alone could make their chains anew; with a seal they would need the installation's key, and with a root that was
printed or handed to a bank, the key would not help either. Roots follow each other, so that one that is missing shows.
Source: the tree of hashes is that of RFC 6962, section 2.1; signatures are Ed25519, RFC 8032.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.clock import local_date
from fieldops.evidence.models import ChainRoot, ChainSeal
from fieldops.house import house_of
from fieldops.vault import derive_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.house import House

FIRST: Final = "0" * 64
LEFT, RIGHT = "LEFT", "RIGHT"


class Pen:
    """The installation's key for visit chains; ``key`` is its public half in hex."""

    def __init__(self, house: House) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(derive_key(house.settings.secret, "visit chain"))
        self.key = self._private.public_key().public_bytes_raw().hex()

    def sign(self, told: bytes) -> str:
        """The signature of a statement, in hex."""
        return self._private.sign(told).hex()


def told_of_seal(*, device_id: UUID, n: int, hash: str, signed_at: datetime) -> bytes:  # noqa: A002 - the link's word
    """What a seal says, as it is signed: JSON with sorted keys, without spaces."""
    return _told({"of": "head", "device_id": str(device_id), "n": n, "hash": hash, "signed_at": stamp(signed_at)})


def told_of_root(root: ChainRoot) -> bytes:
    """What a root says, as it is signed."""
    words = {"of": "root", "n": root.n, "on_date": str(root.on_date), "prev_hash": root.prev_hash}
    return _told({**words, "seals": root.seals, "root": root.root, "signed_at": stamp(root.signed_at)})


def stamp(at: datetime) -> str:
    """An instant as statements write it: UTC with microseconds, the same whatever zone it is read back in."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def seal_head(session: Session, actor: Actor, device_id: UUID, n: int, digest: str) -> ChainSeal:
    """Counter-sign the head of a phone's chain; a head that was signed before keeps its first signature."""
    pen = Pen(house_of(session))
    told = told_of_seal(device_id=device_id, n=n, hash=digest, signed_at=actor.at)
    signed = {"signed_at": actor.at, "signature": pen.sign(told), "key": pen.key}
    fresh = insert(ChainSeal).values(device_id=device_id, n=n, hash=digest, **signed)
    session.execute(fresh.on_conflict_do_nothing())
    return session.scalars(sa.select(ChainSeal).filter_by(device_id=device_id, n=n, hash=digest)).one()


def close_day(session: Session, actor: Actor) -> ChainRoot | None:
    """Put everything sealed since the last root under the root of yesterday; None when that is made already.

    The table of seals is locked against writing for the moment: a seal that is being written is either under this
    root or under the next, and under no other.
    """
    session.execute(sa.text("LOCK TABLE chain_seal IN SHARE MODE"))
    last = session.scalar(sa.select(ChainRoot).order_by(ChainRoot.n.desc()).limit(1))
    on_date = local_date(actor.at) - timedelta(days=1)
    if last is not None and last.on_date >= on_date:
        return None
    seals = seals_between(session, last.up_to_no if last else 0, None)
    pen = Pen(house_of(session))
    root = ChainRoot(
        n=last.n + 1 if last else 1,
        on_date=on_date,
        prev_hash=last.hash if last else FIRST,
        seals=len(seals),
        up_to_no=seals[-1].no if seals else last.up_to_no if last else 0,
        root=root_of([leaf_of(seal) for seal in seals]),
        signed_at=actor.at,
        key=pen.key,
    )
    told = told_of_root(root)
    root.hash, root.signature = hashlib.sha256(told).hexdigest(), pen.sign(told)
    session.add(root)
    session.flush()
    audit.record(session, actor, "evidence.close_day", "chain_root", root.n, root=root.root, seals=root.seals)
    return root


def seals_between(session: Session, after: int, up_to: int | None) -> list[ChainSeal]:
    """Seals in the order they were made, after one number and up to another."""
    query = sa.select(ChainSeal).where(ChainSeal.no > after).order_by(ChainSeal.no)
    return list(session.scalars(query if up_to is None else query.where(ChainSeal.no <= up_to)))


def roots(session: Session, *, after: int = 0) -> list[ChainRoot]:
    """The roots of days, the oldest first."""
    return list(session.scalars(sa.select(ChainRoot).where(ChainRoot.n > after).order_by(ChainRoot.n)))


def proof_of(session: Session, device_id: UUID, n: int) -> tuple[ChainSeal | None, ChainRoot | None, list[list[str]]]:
    """The first seal over a link of a phone, the root it stands under, and the way from the one to the other."""
    over = sa.select(ChainSeal).where(ChainSeal.device_id == device_id, ChainSeal.n >= n)
    seal = session.scalar(over.order_by(ChainSeal.n, ChainSeal.no).limit(1))
    if seal is None:
        return None, None, []
    root = session.scalar(sa.select(ChainRoot).where(ChainRoot.up_to_no >= seal.no).order_by(ChainRoot.n).limit(1))
    if root is None:
        return seal, None, []
    before = session.get(ChainRoot, root.n - 1)
    beside = seals_between(session, before.up_to_no if before else 0, root.up_to_no)
    return seal, root, path_of([leaf_of(each) for each in beside], beside.index(seal))


def leaf_of(seal: ChainSeal) -> str:
    """The hash of a seal as a leaf of the day's tree."""
    told = told_of_seal(device_id=seal.device_id, n=seal.n, hash=seal.hash, signed_at=seal.signed_at)
    return hashlib.sha256(b"\0" + told).hexdigest()


def root_of(leaves: Sequence[str]) -> str:
    """The root of a tree of hashes; of none, the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path_of(leaves: Sequence[str], place: int) -> list[list[str]]:
    """What a leaf is joined with, and on which side, on its way up to the root.

    >>> path_of(["aa", "bb", "cc"], 2)[0][0]
    'LEFT'
    """
    level, path = list(leaves), []
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            path.append([LEFT if beside < place else RIGHT, level[beside]])
        level, place = _above(level), place // 2
    return path


def _above(level: Sequence[str]) -> list[str]:
    """Pairs joined; a last one without a neighbour rises as it is."""
    pairs = [level[start : start + 2] for start in range(0, len(level), 2)]
    return [_join(*pair) if len(pair) > 1 else pair[0] for pair in pairs]


def _join(left: str, right: str) -> str:
    return hashlib.sha256(b"\1" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def _told(words: dict[str, Any]) -> bytes:
    return orjson.dumps(words, option=orjson.OPT_SORT_KEYS)
