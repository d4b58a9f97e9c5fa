"""Is what a visit was approved on still so: the rules asked as of now, beside what they said then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fieldops.policies.catalogue import Stage
from fieldops.visits import queries
from fieldops.visits.deciding import decide, facts_of
from fieldops.visits.files import read_files
from fieldops.visits.requesting import request_fact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_DECIDED_BY_PEOPLE: Final = (Stage.APPROVE, Stage.SUBMIT)


def freshness_of(session: Session, visit_id: UUID, *, at: datetime) -> dict[str, Any]:
    """What a visit's approval (or request, while it waits) was based on that is no longer so, input by input.

    Raises: NotFound. Cost: about fifteen statements.
    """
    visit = queries.visit_by_id(session, visit_id)
    kept = queries.decisions_of(session, visit_id)
    then = next(each for stage in _DECIDED_BY_PEOPLE for each in reversed(kept) if each.stage == stage)
    case_ids = queries.cards_of(session, [visit_id])[visit_id]
    files = read_files(session, case_ids, at=at, also=[visit.address_id])
    address = files.address(visit.address_id, visit.address_kind)
    facts = facts_of(files, case_ids, address, request_fact(visit), visit_id=visit_id)
    now = decide(files, case_ids, facts, stage=Stage(then.stage)).to_json()
    before = {finding["code"]: finding for finding in then.findings}
    return {
        "visit_id": visit_id,
        "stage": then.stage,
        "decided_at": then.decided_at,
        "asked_at": at,
        "edition_then": then.policy_edition,
        "edition_now": now["edition"],
        "verdict_then": then.verdict,
        "verdict_now": now["verdict"],
        "changed": [
            _change(before.get(finding["code"]), finding)
            for finding in now["findings"]
            if _is_other(before.get(finding["code"]), finding)
        ],
    }


def _is_other(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    if before is None:
        return True
    return any(before[name] != now[name] for name in ("outcome", "severity", "limits")) or _rows(before) != _rows(now)


def _rows(finding: Mapping[str, Any]) -> list[Any]:
    """The stored values an answer was based on; what was only counted up to an instant says nothing of its own."""
    return [(each["name"], each["value"], each["ref"]) for each in finding["used"] if each["ref"] is not None]


def _change(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: now[name] for name in ("code", "name", "question", "question_zh", "message_zh", "message_en")}
    then = before or {"outcome": None, "severity": None, "used": []}
    sides = {f"{name}_then": then[name] for name in ("outcome", "severity", "used")}
    return said | sides | {f"{name}_now": now[name] for name in ("outcome", "severity", "used")}
