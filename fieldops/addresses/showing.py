"""The whole answer about an address, for people who ask: its verdict, and what the register and its point add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.addresses import queries
from fieldops.addresses.catalogue import CATALOGUE, NOTHING_TO_DO, worst
from fieldops.addresses.models import Address
from fieldops.addresses.register import REPORTED_SENSITIVE
from fieldops.addresses.service import columns_of
from fieldops.addresses.verdict import judge
from fieldops.clock import local_date
from fieldops.policies.sections import PRECISIONS
from fieldops.policies.service import policy_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.addresses.points import PointFound
    from fieldops.addresses.queries import StandingBlock

Found = tuple[str, str]
"""A code and its detail."""

CODE_OF_CHANNEL = {"ALL": "KNOWN_INVALID", "LETTER": "MAIL_RETURNED"}


def judge_text(session: Session, raw: str) -> dict[str, Any]:
    """The verdict on any text, with the blocks that stand against its flat or building for everyone."""
    columns = columns_of(judge(raw))
    blocks = queries.blocks_for_everyone(session, columns["address_key"], columns["site_key"])
    return with_codes({"raw": raw, **columns.pop("judged"), **columns, "blocks": blocks}, codes_of_blocks(blocks))


def show_address(session: Session, address_id: UUID, *, at: datetime) -> dict[str, Any]:
    """All that is known of one address: verdict, register, history and point. Raises: NotFound."""
    address = queries.address_by_id(session, address_id)
    standing = queries.standing_blocks(session, [address])
    blocks = standing.get(address.id, ())
    point = queries.points_for(session, [address]).get(address.id)
    registered = queries.registered(session, [address], standing)[address.id]
    columns = {column.key: getattr(address, column.key) for column in sa.inspect(Address).columns}
    shown = {
        **columns.pop("judged"),
        **columns,
        "blocks": blocks,
        "register_state": registered.state,
        "events": queries.events_of(session, [address])[address.id],
        "point": point,
    }
    geocode_worst = policy_on(session, local_date(at)).visit.geocode_worst
    said = [(REPORTED_SENSITIVE, "")] if registered.said_sensitive else []
    return with_codes(shown, [*codes_of_blocks(blocks), *said, *codes_of_point(point, geocode_worst)])


def codes_of_blocks(blocks: Iterable[StandingBlock]) -> list[Found]:
    """What the register says: dead for everything, or for letters alone since mail came back."""
    return [
        (CODE_OF_CHANNEL[each.channel], f"{each.reason} {each.evidence_kind}:{each.evidence_id}") for each in blocks
    ]


def codes_of_point(point: PointFound | None, geocode_worst: str) -> list[Found]:
    """What the map says: the doubts about a point, and one too coarse to drive to, or none at all."""
    if point is None:
        return [("GEO_LOW_PRECISION", "NONE")]
    doubts = [(code, point.source) for code in point.codes]
    if PRECISIONS.index(point.precision) > PRECISIONS.index(geocode_worst):
        doubts.append(("GEO_LOW_PRECISION", point.precision))
    return doubts


def with_codes(shown: Mapping[str, Any], found: Sequence[Found]) -> dict[str, Any]:
    """Add further codes to a verdict: the label stays as parsed, visit and letter take the worst.

    An address nobody has judged yet has no label, and only what is added.
    """
    rows = [CATALOGUE[code] for code, _ in found]
    added = [
        {"code": row.code, "message_zh": row.message_zh, "message_en": row.message_en, "detail": detail,
         "visit": row.visit, "letter": row.letter}
        for row, (_, detail) in zip(rows, found, strict=True)
    ]  # fmt: skip
    next_action = shown.get("next_action", NOTHING_TO_DO)
    return {
        **shown,
        "codes": list(dict.fromkeys([*shown["codes"], *(row.code for row in rows)])),
        "findings": [*shown.get("findings", ()), *added],
        "visit": worst(filter(None, [shown["visit"], *(row.visit for row in rows)])),
        "letter": worst(filter(None, [shown["letter"], *(row.letter for row in rows)])),
        "next_action": rows[0].next_action if rows and shown["verdict"] == "VALID" else next_action,
    }
