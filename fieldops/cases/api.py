"""Look up cases, and record what happened to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.addresses.schemas import AddressOut
from fieldops.cases import repair, service
from fieldops.cases.schemas import (
    CaseAddressAddedOut,
    CaseAddressConfirmIn,
    CaseAddressIn,
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


@blueprint.route("/<uuid:case_id>/addresses", methods=["POST"])
@needs("addresses.repair")
@blueprint.arguments(CaseAddressIn)
@blueprint.response(201, CaseAddressAddedOut)
def add_address(given: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Enter an address found in the field or told by a contact 信息修复: judged at once, UNVERIFIED."""
    return repair.add_address(session(), actor(), case_id=case_id, **given)


@blueprint.route("/<uuid:case_id>/addresses/<uuid:address_id>/confirm", methods=["POST"])
@needs("addresses.repair")
@blueprint.arguments(CaseAddressConfirmIn)
@blueprint.response(200, AddressOut)
def confirm_address(call: dict[str, Any], case_id: uuid.UUID, address_id: uuid.UUID) -> Any:
    """Note that an address was confirmed in a recorded call 电话确认; it comes first from now on."""
    return repair.confirm_address(session(), actor(), case_id=case_id, address_id=address_id, **call)
