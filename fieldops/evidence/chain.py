"""The visit chain 外访证据链: what a phone has done at doors as links, each over the hash of the one before.

A link that was taken out, changed or slipped in shows: in the numbers, or in the hashes. The phone makes the links, the
server keeps them as they came, signs each head (``seals``), and ``scripts/verify_chain.py`` verifies without either.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.errors import NotUnderstood
from fieldops.evidence import queries, seals
from fieldops.evidence.models import ChainLink
from fieldops.results import queries as result_queries
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.evidence.models import ChainRoot
    from fieldops.sync.models import Device

FIRST: Final = seals.FIRST
"""What the first link of a phone follows."""
PARTS: Final = ("n", "prev_hash", "kind", "visit_id", "ref", "content_sha256", "at")
_ANSWER: Final = timedelta(days=1)


def link_hash(device_id: UUID, link: Mapping[str, Any]) -> str:
    """The hash phones and server agree on: SHA-256 over phone and link as JSON with sorted keys, without spaces."""
    told = {"device_id": str(device_id), **{name: link[name] for name in PARTS}}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def take_links(session: Session, actor: Actor, device: Device, links: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Keep links of a phone, each once, and say up to where its chain is here without a gap.

    A chain that does not hold is kept as it came, and a reviewer is told.
    Raises: NotUnderstood for a link that does not hash to what it says, and none of them is kept.
    """
    garbled = [link["n"] for link in links if link_hash(device.id, link) != link["hash"]]
    if garbled:
        raise NotUnderstood("LINK_GARBLED", "These links do not hash to what they say; send them again.", links=garbled)
    rows = [{**link, "device_id": device.id, "received_at": actor.at} for link in links]
    if rows:
        session.execute(insert(ChainLink).values(rows).on_conflict_do_nothing())
    kept, held_n, held_hash = queries.held_of_chain(session, device.id, first=FIRST)
    if held_n != kept:
        about = ("device", device.id, actor.at + _ANSWER, {"whole_to": held_n, "links": kept})
        tasks.open_task(session, actor, "CHAIN_BROKEN", "SUPERVISOR", *about)
    if held_hash is None:
        return {"held_n": 0, "held_hash": FIRST, "seal": None}
    seal = seals.seal_head(session, actor, device.id, held_n, held_hash)
    return {"held_n": held_n, "held_hash": held_hash, "seal": seal}


def export_chain(session: Session, actor: Actor, visit_id: UUID, *, purpose: str) -> dict[str, Any]:
    """What a stranger needs to verify a visit; who takes it out, and what for, is on record.

    Raises: NotFound for a visit nobody knows.
    """
    result_queries.results_of_visit(session, visit_id)
    audit.record(session, actor, "evidence.export_chain", "visit", visit_id, reason=purpose)
    proved = [_proved(session, *span) for span in queries.chain_spans(session, visit_id)]
    return {
        "visit_id": visit_id,
        "exported_at": actor.at,
        "chains": [chain for chain, _ in proved],
        "roots": sorted({root.n: root for _, root in proved if root is not None}.values(), key=lambda root: root.n),
        "contents": {str(ref): content_of(body) for ref, body in queries.reports_of_visit(session, visit_id)},
        "evidence": [
            {"slot": each["id"], **{name: each[name] for name in ("kind", "sha256", "length", "arrived_at")}}
            for each in queries.evidence_of_visit(session, visit_id)
        ],
    }


def content_of(body: Mapping[str, Any]) -> str:
    """What a phone reported, letter for letter as it was hashed."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def _proved(session: Session, device_id: UUID, first: int, last: int) -> tuple[dict[str, Any], ChainRoot | None]:
    """A phone's links of a visit and on to the first head that was signed over them, with the way to the day's root."""
    seal, root, path = seals.proof_of(session, device_id, last)
    links = queries.links_between(session, device_id, first, max(last, seal.n if seal else 0))
    told = {"seal": seal, "root_n": root.n if root else None, "path": path}
    return {"device_id": device_id, "links": links, **told}, root
