"""Request visits, look at the queue, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.visits import accepting, approval, choosing, freshness, service
from fieldops.visits.schemas import (
    AddressChoiceOut,
    VisitAcceptIn,
    VisitApprovalIn,
    VisitApprovalsIn,
    VisitDecisionOut,
    VisitFreshnessOut,
    VisitIn,
    VisitOut,
    VisitOutcomesOut,
    VisitPageOut,
    VisitQueryIn,
    VisitReasonIn,
    VisitResubmitIn,
    VisitsIn,
)
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint(
    "visits", __name__, url_prefix="/visits", description="Visit requests and their approval 外访申请"
)
choices = Blueprint("address_choices", __name__, url_prefix="/cases", description="Which address is visited 地址选择")


@blueprint.route("", methods=["POST"])
@needs("visits.request")
@blueprint.arguments(VisitIn)
@blueprint.response(201, VisitOut)
def request_visit(asked: dict[str, Any]) -> Any:
    """Request a visit: the rules reject it at once, or it waits for a supervisor; the answer says why."""
    return service.request_visit(session(), actor(), **asked)


@blueprint.route("/bulk", methods=["POST"])
@needs("visits.request")
@blueprint.arguments(VisitsIn)
@blueprint.response(200, VisitOutcomesOut)
def request_visits(asked: dict[str, Any]) -> Any:
    """Request a visit to the best address for each debtor of many cases; cards that fit together share one."""
    return service.request_for_cases(session(), actor(), **asked)


@blueprint.route("")
@needs("visits.read")
@blueprint.arguments(VisitQueryIn, location="query")
@blueprint.response(200, VisitPageOut)
def list_visits(wanted: dict[str, Any]) -> Any:
    """Visits; with ``status=PENDING_REVIEW`` the supervisor's queue, the most urgent and then the oldest first."""
    return service.visit_page(session(), **wanted)


@blueprint.route("/<uuid:visit_id>")
@needs("visits.read")
@blueprint.response(200, VisitOut)
def show_visit(visit_id: uuid.UUID) -> Any:
    """One visit with the why card of its last decision: every finding, what it was based on, what mends it."""
    return service.visit_card(session(), visit_id, at=actor().at)


@blueprint.route("/<uuid:visit_id>/freshness")
@needs("visits.read")
@blueprint.response(200, VisitFreshnessOut)
def show_freshness(visit_id: uuid.UUID) -> Any:
    """What its approval was based on that is no longer so."""
    return freshness.freshness_of(session(), visit_id, at=actor().at)


@blueprint.route("/<uuid:visit_id>/decisions")
@needs("visits.read")
@blueprint.response(200, VisitDecisionOut(many=True))
def list_decisions(visit_id: uuid.UUID) -> Any:
    """Every decision on a visit, oldest first."""
    return service.visit_decisions(session(), visit_id)


@blueprint.route("/approve", methods=["POST"])
@needs("visits.approve")
@blueprint.arguments(VisitApprovalsIn)
@blueprint.response(200, VisitOutcomesOut)
def approve_visits(asked: dict[str, Any]) -> Any:
    """Approve many visits, each row with its own outcome."""
    return approval.approve_rows(session(), actor(), asked["rows"])


@blueprint.route("/<uuid:visit_id>/approve", methods=["POST"])
@needs("visits.approve")
@blueprint.arguments(VisitApprovalIn)
@blueprint.response(200, VisitOut)
def approve_visit(asked: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Approve a visit; the rules are asked again, and what they reject by now becomes REJECTED."""
    return approval.approve_visit(session(), actor(), visit_id, **asked)


@blueprint.route("/<uuid:visit_id>/accept", methods=["POST"])
@needs("visits.approve")
@blueprint.arguments(VisitAcceptIn)
@blueprint.response(200, VisitOut)
def accept_doubts(said: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Let an approved visit go on in spite of a doubt that came up since; to refuse it, cancel it."""
    return accepting.accept_doubts(session(), actor(), visit_id, **said)


@blueprint.route("/<uuid:visit_id>/reject", methods=["POST"])
@needs("visits.approve")
@blueprint.arguments(VisitReasonIn)
@blueprint.response(200, VisitOut)
def reject_visit(why: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Reject a visit that waits."""
    return approval.reject_visit(session(), actor(), visit_id, **why)


@blueprint.route("/<uuid:visit_id>/return", methods=["POST"])
@needs("visits.approve")
@blueprint.arguments(VisitReasonIn)
@blueprint.response(200, VisitOut)
def return_visit(why: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Give a visit back to its requester to complete 退回补充."""
    return approval.return_visit(session(), actor(), visit_id, **why)


@blueprint.route("/<uuid:visit_id>/resubmit", methods=["POST"])
@needs("visits.request")
@blueprint.arguments(VisitResubmitIn)
@blueprint.response(200, VisitOut)
def resubmit_visit(completed: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Submit a returned visit again."""
    return service.resubmit_visit(session(), actor(), visit_id, **completed)


@blueprint.route("/<uuid:visit_id>/cancel", methods=["POST"])
@needs("visits.cancel")
@blueprint.arguments(VisitReasonIn)
@blueprint.response(200, VisitOut)
def cancel_visit(why: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Cancel a visit that has not begun; its crew's phone is recalled."""
    return approval.cancel_visit(session(), actor(), visit_id, **why)


@choices.route("/<uuid:case_id>/address-choice")
@needs("addresses.read")
@choices.response(200, AddressChoiceOut)
def show_choice(case_id: uuid.UUID) -> Any:
    """The address a visit for this case would go to, and why each other one was skipped."""
    return choosing.explain_choice(session(), case_id, at=actor().at)
