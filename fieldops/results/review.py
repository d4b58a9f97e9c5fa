"""A supervisor looks at a result: accepts it, or returns it to the crew, who sends a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fieldops import audit
from fieldops.addresses import queries as address_queries
from fieldops.addresses import service as addresses
from fieldops.agents import places
from fieldops.auth import service as accounts
from fieldops.clock import local_date
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.results import queries
from fieldops.results.codes import DEAD, FINDINGS, FOLLOW_UPS, ORDINARY
from fieldops.results.consequences import EVIDENCE_KIND, invalidate
from fieldops.tasks import service as tasks
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.results.codes import Finding
    from fieldops.results.models import VisitResult

SUBMITTED, ACCEPTED, RETURNED, CORRECTED = "SUBMITTED", "ACCEPTED", "RETURNED", "CORRECTED"
REVIEW: Final = "REVIEW_RESULT"
"""The task a result opens that a supervisor must look at."""
DECIDE: Final = FOLLOW_UPS["DECIDE"].kind
_GOOD_FIX_M: Final = 50


def accept_result(
    session: Session, actor: Actor, result_id: UUID, *, note: str | None = None, address: str | None = None
) -> dict[str, Any]:
    """Accept a result as it is. A good fix at an address it confirms shows from then on where the building is.

    ``address`` decides on one that was not found or is said to be sensitive, as ``codes.FINDINGS`` gives the choice.
    Raises: NotFound; NotAllowed for who reported it and their crew; NotNow when it has been reviewed or corrected;
    NotUnderstood for a choice about an address of which nothing is to be chosen.
    """
    finding = FINDINGS.get(queries.result_by_id(session, result_id).address_finding or "")
    if address is not None and (finding is None or address not in finding.choices):
        choices = " or ".join(finding.choices) if finding and finding.choices else "nothing: leave it out"
        raise NotUnderstood("NO_CHOICE", f"Of this address may be said {choices}.")
    result = _reviewed(session, actor, result_id, ACCEPTED, note)
    _confirm_point(session, actor, result)
    if address is not None and finding is not None:
        tasks.finish_if_open(session, actor, DECIDE, result.id)
        if result.is_primary:
            _decide(session, actor, result, finding, address)
    return queries.shown(session, [result])[0]


def return_result(session: Session, actor: Actor, result_id: UUID, *, note: str) -> dict[str, Any]:
    """Return a result 退回: the crew reads why in its receipt book, and sends a new version. Raises: as ``accept``."""
    return queries.shown(session, [_reviewed(session, actor, result_id, RETURNED, note)])[0]


def _reviewed(session: Session, actor: Actor, result_id: UUID, status: str, note: str | None) -> VisitResult:
    result = queries.result_by_id(session, result_id)
    _refuse_own(session, actor, result)
    visit_queries.lock_visits(session, [result.visit_id])
    session.refresh(result)
    if result.status != SUBMITTED:
        raise NotNow("RESULT_STATE", f"This result is {result.status}; only a SUBMITTED one is reviewed.")
    result.status, result.reviewed_at, result.reviewed_by, result.review_note = status, actor.at, actor.name, note
    session.flush()
    audit.record(session, actor, f"results.{status.lower()}", "visit_result", result.id, reason=note)
    tasks.finish_if_open(session, actor, REVIEW, result.id)
    return result


def _refuse_own(session: Session, actor: Actor, result: VisitResult) -> None:
    """Four eyes 四眼原则: who was at the door does not say that it was done well, whatever crew they are of today.

    The crew is that of the day the phone names, of the day the result came, for a clock may be wrong, and of today.
    """
    reviewer = accounts.agent_id_of(session, actor.user_id)
    days = {local_date(at) for at in (result.arrived_at, result.received_at, actor.at)} if reviewer else set()
    if any(reviewer in places.crewmates_on(session, result.agent_id, day) for day in days):
        raise NotAllowed("REVIEW_OF_OWN", "You or your crew reported this result; let somebody else review it.")


def _decide(session: Session, actor: Actor, result: VisitResult, finding: Finding, address: str) -> None:
    """What a supervisor finds of an address goes on record; in doubt or sensitive it is already."""
    visit = visit_queries.visit_by_id(session, result.visit_id)
    if address == DEAD:
        invalidate(session, actor, visit, result.id, finding)
    elif address == ORDINARY:
        place = address_queries.address_by_id(session, visit.address_id)
        addresses.record_findings(session, actor, [addresses.Found(place, ORDINARY, EVIDENCE_KIND, str(result.id))])


def _confirm_point(session: Session, actor: Actor, result: VisitResult) -> None:
    finding = FINDINGS.get(result.address_finding or "")
    address = address_queries.address_by_id(session, visit_queries.visit_by_id(session, result.visit_id).address_id)
    good = result.accuracy_m is not None and result.accuracy_m <= _GOOD_FIX_M and not result.score
    if finding is None or not finding.confirms or not good or not address.site_key:
        return
    assert result.lat is not None
    assert result.lon is not None
    evidence = f"{EVIDENCE_KIND}:{result.id}"
    addresses.confirm_point(
        session, actor, site_key=address.site_key, lat=result.lat, lon=result.lon, evidence_id=evidence
    )
