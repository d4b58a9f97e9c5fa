"""What happened, in order: to a case, a visit, a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.timeline import service
from fieldops.timeline.schemas import HappenedOut
from fieldops.web import Blueprint, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("timeline", __name__, description="What happened, in order 时间线")


@blueprint.route("/cases/<uuid:case_id>/timeline")
@needs("cases.read")
@blueprint.response(200, HappenedOut(many=True))
def case_timeline(case_id: UUID) -> Any:
    """Everything that happened to a case, its visits and its letters, oldest first."""
    return service.case_timeline(session(), case_id)


@blueprint.route("/visits/<uuid:visit_id>/timeline")
@needs("visits.read")
@blueprint.response(200, HappenedOut(many=True))
def visit_timeline(visit_id: UUID) -> Any:
    """Everything that happened to a visit, and what phones were told of it, oldest first."""
    return service.visit_timeline(session(), visit_id)


@blueprint.route("/letters/<uuid:letter_id>/timeline")
@needs("letters.read")
@blueprint.response(200, HappenedOut(many=True))
def letter_timeline(letter_id: UUID) -> Any:
    """Everything that happened to a letter, oldest first."""
    return service.letter_timeline(session(), letter_id)
