"""A returned result in a new version: what it says takes effect, what it no longer says is left to a person to undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops import audit
from fieldops.results import queries
from fieldops.results.codes import FINDINGS, OUTCOMES
from fieldops.results.consequences import teach
from fieldops.results.reporting import was_executed
from fieldops.results.review import CORRECTED, RETURNED
from fieldops.results.rules import Fault
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.results.models import VisitResult
    from fieldops.results.service import Landed

_ANSWER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The version a new one takes the place of, and whether it counted."""

    result: VisitResult
    counted: bool


def faults(session: Session, visit_id: UUID, agent_id: UUID, sent: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Why this cannot be a new version of what it says it corrects."""
    if sent["corrects"] is None:
        return ()
    earlier = queries.result_if_any(session, sent["corrects"])
    mine = earlier is not None and (earlier.visit_id, earlier.agent_id) == (visit_id, agent_id)
    if earlier is None or not mine:
        return (Fault("NOT_YOUR_RESULT", "corrects", "name a result of this visit that you have sent"),)
    if earlier.status != RETURNED:
        return (Fault("NOT_RETURNED", "corrects", f"it is {earlier.status}; only a returned one is corrected"),)
    if not was_executed(sent["lines"]):
        return (Fault("NOT_EXECUTED", "corrects", "a visit that was reported as made stays so; say what is wrong"),)
    return ()


def supersede(session: Session, actor: Actor, visit_id: UUID, result_id: UUID | None) -> Corrected | None:
    """Let a new version take the place of this one, which stays on record; None where nothing is corrected."""
    if result_id is None:
        return None
    earlier = queries.result_by_id(session, result_id)
    corrected = Corrected(earlier, earlier.is_primary)
    earlier.status, earlier.is_primary = CORRECTED, False
    session.flush()
    audit.record(session, actor, "results.correct", "visit", visit_id, corrected=str(earlier.id))
    return corrected


def take_effect_anew(session: Session, actor: Actor, landed: Landed, corrected: Corrected) -> None:
    """Let a new version of the result that counts have its consequences, and ask a person about those it drops."""
    teach(session, actor, [landed])
    dropped = _dropped(session, corrected.result, landed)
    if dropped:
        detail = {"visit_id": str(landed.visit.id), "dropped": dropped}
        about = ("visit_result", landed.result_id, actor.at + _ANSWER, detail)
        tasks.open_task(session, actor, "UNDO_CONSEQUENCES", "SUPERVISOR", *about)


def _dropped(session: Session, earlier: VisitResult, landed: Landed) -> list[str]:
    """Codes of the earlier version whose consequences stand although the new one no longer says them."""
    said = {(line["case_id"], line["outcome"], line["letter_no"]) for line in landed.lines}
    codes = {
        line.outcome
        for line in queries.lines_of(session, earlier.id)
        if (line.case_id, line.outcome, line.detail.get("letter_no")) not in said and _lasts(line.outcome)
    }
    finding = FINDINGS.get(earlier.address_finding or "")
    if finding is not None and finding.invalid and finding != landed.finding:
        codes.add(finding.code)
    return sorted(codes)


def _lasts(code: str) -> bool:
    row = OUTCOMES[code]
    return bool(row.promises or row.hold or row.status or row.complaint or row.keep_away or row.letter)
