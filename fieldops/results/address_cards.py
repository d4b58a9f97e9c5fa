"""The report card of an address 地址成绩单: one history of visits, mail, calls and blocks, with its grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fieldops.addresses import queries as addresses
from fieldops.addresses.grades import SIGNED_BY_HOUSEHOLD, AddressRecord, grade_of
from fieldops.results import queries
from fieldops.results.codes import NOT_EXECUTED

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.addresses.models import Address, AddressEvent
    from fieldops.addresses.queries import AddressBlockRow, Located, StandingBlock

_BLOCKED: Final = "BLOCKED"
_VISITED: Final = "VISITED"
_LOCATED: Final = "LOCATED"


def address_card(session: Session, address_id: UUID) -> dict[str, Any]:
    """Everything that has happened at an address for its debtor, oldest first, who raised each, and the grade.

    Raises: NotFound. Cost: seven statements.
    """
    address = addresses.address_by_id(session, address_id)
    standing = addresses.standing_blocks(session, [address])
    blocks = standing.get(address.id, ())
    learned = addresses.events_of(session, [address])[address.id]
    state = addresses.register_states(session, [address], standing)[address.id]
    grade = grade_of(_record(address, state, blocks, learned))
    visits = queries.visits_to_address(session, debtor_id=address.debtor_id, address_key=address.address_key)
    entries = [
        *(_visited(each) for each in visits),
        *(_learned(each) for each in _once(learned)),
        *(_blocked(each) for each in addresses.blocks_ever(session, address)),
        *(_located(each, address.site_key) for each in addresses.located_ever(session, address.site_key)),
    ]
    return {
        "address_id": address.id,
        "address": address.raw,
        "verdict": address.verdict,
        "register_state": state,
        "letters_blocked": _letters_blocked(blocks),
        "grade": grade.grade,
        "grade_zh": grade.meaning_zh,
        "grade_en": grade.meaning_en,
        "visit_count": sum(NOT_EXECUTED not in each.outcomes for each in visits),
        "point": addresses.points_for(session, [address]).get(address.id),
        "history": sorted(entries, key=lambda each: each["at"]),
    }


def _letters_blocked(blocks: tuple[StandingBlock, ...]) -> bool:
    return any(block.channel == "LETTER" for block in blocks)


def _record(
    address: Address, state: str, blocks: tuple[StandingBlock, ...], learned: list[AddressEvent]
) -> AddressRecord:
    return AddressRecord(
        verdict=address.verdict,
        register_state=state,
        letters_blocked=_letters_blocked(blocks),
        phone_confirmed=address.phone_confirmed_at is not None,
        mail_taken=any(each.kind == "MAIL_DELIVERED" and each.code in SIGNED_BY_HOUSEHOLD for each in learned),
    )


def _once(learned: list[AddressEvent]) -> list[AddressEvent]:
    """One entry a proof and code: a return that bars letters and visits is one return."""
    first: dict[tuple[str, str, str, str], AddressEvent] = {}
    for each in learned:
        first.setdefault((each.kind, each.code, each.evidence_kind, each.evidence_id), each)
    return list(first.values())


def _learned(event: AddressEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "kind": event.kind,
        "code": event.code,
        "raised_by": event.actor,
        "evidence_kind": event.evidence_kind,
        "evidence_id": event.evidence_id,
    }


def _blocked(block: AddressBlockRow) -> dict[str, Any]:
    return {
        "at": block.since_at,
        "kind": _BLOCKED,
        "code": block.reason,
        "raised_by": block.raised_by,
        "evidence_kind": block.evidence_kind,
        "evidence_id": block.evidence_id,
        "scope": block.scope,
        "channel": block.channel,
        "lifted_at": block.lifted_at,
        "lifted_by": block.lifted_by,
    }


def _located(found: Located, site_key: str) -> dict[str, Any]:
    return {
        "at": found.at,
        "kind": _LOCATED,
        "code": found.said,
        "raised_by": found.source,
        "evidence_kind": "POINT",
        "evidence_id": site_key,
    }


def _visited(visit: queries.VisitToAddress) -> dict[str, Any]:
    return {
        "at": visit.arrived_at,
        "kind": _VISITED,
        "code": visit.address_finding or "",
        "raised_by": visit.agent_name,
        "evidence_kind": "VISIT_RESULT",
        "evidence_id": str(visit.result_id),
        "visit_no": visit.visit_no,
        "outcomes": visit.outcomes,
    }
