"""Look up cases, and record what happened to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.cases import service
from fieldops.cases.schemas import (
    CaseFileOut,
    CasesIn,
    CasesOut,
    ComplaintIn,
    ComplaintOut,
    HoldIn,
    HoldOut,
    RepaymentIn,
    RepaymentOut,
    SpecialStatusIn,
    SpecialStatusOut,
)
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("cases", __name__, url_prefix="/cases", description="Entrusted cases 委托案件")


@blueprint.route("")
@needs("cases.read")
@blueprint.arguments(CasesIn, location="query")
@blueprint.response(200, CasesOut)
def list_cases(wanted: dict[str, Any]) -> Any:
    """Cases by the beginning of their number, masked."""
    return service.list_cases(session(), **wanted)


@blueprint.route("/<uuid:case_id>")
@needs("cases.read")
@blueprint.response(200, CaseFileOut)
def show_case(case_id: uuid.UUID) -> Any:
    """One case with everything on record, and every row the bank has sent for it."""
    return service.show_case(session(), case_id)


@blueprint.route("/<uuid:case_id>/repayments", methods=["POST"])
@needs("events.record")
@blueprint.arguments(RepaymentIn)
@blueprint.response(201, RepaymentOut)
def record_repayment(repayment: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Record money the bank has received 还款."""
    return service.record_repayment(session(), actor(), case_id=case_id, **repayment)


@blueprint.route("/<uuid:case_id>/holds", methods=["POST"])
@needs("events.record")
@blueprint.arguments(HoldIn)
@blueprint.response(201, HoldOut)
def open_hold(hold: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Pause collection of a case 停催."""
    return service.open_hold(session(), actor(), case_id=case_id, **hold)


@blueprint.route("/<uuid:case_id>/complaints", methods=["POST"])
@needs("events.record")
@blueprint.arguments(ComplaintIn)
@blueprint.response(201, ComplaintOut)
def open_complaint(complaint: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Record a complaint 投诉."""
    return service.open_complaint(session(), actor(), case_id=case_id, **complaint)


@blueprint.route("/<uuid:case_id>/special-statuses", methods=["POST"])
@needs("events.record")
@blueprint.arguments(SpecialStatusIn)
@blueprint.response(201, SpecialStatusOut)
def record_special_status(status: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Record a special status of the debtor 特殊状态, or a better proof of it."""
    return service.record_special_status(session(), actor(), case_id=case_id, **status)
