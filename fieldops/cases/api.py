"""Look up cases, and record what happened to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.addresses.schemas import AddressOut
from fieldops.cases import complaints, ledger, lifecycle, repair, service, third_parties
from fieldops.cases.schemas import (
    CaseAddressAddedOut,
    CaseAddressConfirmIn,
    CaseAddressIn,
    CaseFileOut,
    CaseOut,
    CaseReasonIn,
    CasesIn,
    CasesOut,
    CaseStepIn,
    ComplaintCloseIn,
    ComplaintIn,
    ComplaintOut,
    ComplaintPageOut,
    ComplaintReplyIn,
    ComplaintReportIn,
    ComplaintsIn,
    DisputeIn,
    HoldIn,
    HoldOut,
    RepaymentIn,
    RepaymentOut,
    SpecialStatusIn,
    SpecialStatusOut,
    ThirdPartyIn,
    ThirdPartyOut,
)
from fieldops.contacts.schemas import ContactLedgerOut, ContactsQueryIn
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("cases", __name__, url_prefix="/cases", description="Entrusted cases 委托案件")
filed = Blueprint("complaints", __name__, url_prefix="/complaints", description="Complaints 投诉")


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


@blueprint.route("/<uuid:case_id>/repayments/<uuid:repayment_id>/reverse", methods=["POST"])
@needs("repayments.reverse")
@blueprint.arguments(CaseReasonIn)
@blueprint.response(200, RepaymentOut)
def reverse_repayment(why: dict[str, Any], case_id: uuid.UUID, repayment_id: uuid.UUID) -> Any:
    """Record that the bank took a repayment back 冲正; what it cancelled stays cancelled, a supervisor looks."""
    return service.reverse_repayment(session(), actor(), case_id=case_id, repayment_id=repayment_id, **why)


@blueprint.route("/<uuid:case_id>/steps", methods=["POST"])
@needs("cases.step")
@blueprint.arguments(CaseStepIn)
@blueprint.response(200, CaseOut)
def take_step(step: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Take one step of the case's life: extension 延期, withdrawal 撤案, pause, return 退案, keeping 留案, closing."""
    return lifecycle.take_step(session(), actor(), case_id=case_id, **step)


@blueprint.route("/<uuid:case_id>/disputes", methods=["POST"])
@needs("events.record")
@blueprint.arguments(DisputeIn)
@blueprint.response(201, HoldOut)
def open_dispute(dispute: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Record that the debtor disputes 异议 the debt: a hold on everything; the bank is told today."""
    return service.open_dispute(session(), actor(), case_id=case_id, **dispute)


@blueprint.route("/<uuid:case_id>/holds/<uuid:hold_id>/release", methods=["POST"])
@needs("holds.release")
@blueprint.arguments(CaseReasonIn)
@blueprint.response(200, HoldOut)
def release_hold(why: dict[str, Any], case_id: uuid.UUID, hold_id: uuid.UUID) -> Any:
    """Release a hold 解除停催: what it suspended is asked again and goes on, or is rejected."""
    return service.release_hold(session(), actor(), case_id=case_id, hold_id=hold_id, **why)


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
    return complaints.open_complaint(session(), actor(), case_id=case_id, **complaint)


@blueprint.route("/<uuid:case_id>/special-statuses", methods=["POST"])
@needs("events.record")
@blueprint.arguments(SpecialStatusIn)
@blueprint.response(201, SpecialStatusOut)
def record_special_status(status: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Record a special status of the debtor 特殊状态, or a better proof of it."""
    return service.record_special_status(session(), actor(), case_id=case_id, **status)


@blueprint.route("/<uuid:case_id>/special-statuses/<uuid:status_id>/lift", methods=["POST"])
@needs("statuses.lift")
@blueprint.arguments(CaseReasonIn)
@blueprint.response(200, SpecialStatusOut)
def lift_special_status(why: dict[str, Any], case_id: uuid.UUID, status_id: uuid.UUID) -> Any:
    """Record that a special status was disproved 解除特殊状态."""
    return service.lift_special_status(session(), actor(), case_id=case_id, status_id=status_id, **why)


@blueprint.route("/<uuid:case_id>/third-parties", methods=["POST"])
@needs("third_parties.record")
@blueprint.arguments(ThirdPartyIn)
@blueprint.response(201, ThirdPartyOut)
def record_refusal(refusal: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Put a third party who refuses contact on the list 不再联系名单."""
    return third_parties.record_refusal(session(), actor(), case_id=case_id, **refusal)


@blueprint.route("/<uuid:case_id>/third-parties/<uuid:entry_id>/lift", methods=["POST"])
@needs("third_parties.lift")
@blueprint.arguments(CaseReasonIn)
@blueprint.response(200, ThirdPartyOut)
def lift_refusal(why: dict[str, Any], case_id: uuid.UUID, entry_id: uuid.UUID) -> Any:
    """Take a third party off the list, because they said so."""
    return third_parties.lift_refusal(session(), actor(), case_id=case_id, entry_id=entry_id, **why)


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


@filed.route("")
@needs("complaints.read")
@filed.arguments(ComplaintsIn, location="query")
@filed.response(200, ComplaintPageOut)
def list_complaints(wanted: dict[str, Any]) -> Any:
    """Complaints in the order they came in, with the instant each reply is due."""
    return complaints.list_complaints(session(), **wanted)


@filed.route("/<uuid:complaint_id>/investigate", methods=["POST"])
@needs("complaints.handle")
@filed.arguments(CaseReasonIn)
@filed.response(200, ComplaintOut)
def investigate_complaint(why: dict[str, Any], complaint_id: uuid.UUID) -> Any:
    """Begin to investigate a complaint."""
    return complaints.investigate(session(), actor(), complaint_id, **why)


@filed.route("/<uuid:complaint_id>/reply", methods=["POST"])
@needs("complaints.handle")
@filed.arguments(ComplaintReplyIn)
@filed.response(200, ComplaintOut)
def reply_to_complaint(words: dict[str, Any], complaint_id: uuid.UUID) -> Any:
    """Record the reply 回复 that was given."""
    return complaints.reply(session(), actor(), complaint_id, **words)


@filed.route("/<uuid:complaint_id>/report", methods=["POST"])
@needs("complaints.handle")
@filed.arguments(ComplaintReportIn)
@filed.response(200, ComplaintOut)
def report_complaint(told: dict[str, Any], complaint_id: uuid.UUID) -> Any:
    """Record that the entrusting bank was told 上报委托方."""
    return complaints.report_to_bank(session(), actor(), complaint_id, **told)


@filed.route("/<uuid:complaint_id>/close", methods=["POST"])
@needs("complaints.close")
@filed.arguments(ComplaintCloseIn)
@filed.response(200, ComplaintOut)
def close_complaint(end: dict[str, Any], complaint_id: uuid.UUID) -> Any:
    """Close a complaint 结案: it holds nothing back any longer; a major one only by a manager."""
    return complaints.close_complaint(session(), actor(), complaint_id, **end)


@filed.route("/<uuid:complaint_id>/reopen", methods=["POST"])
@needs("complaints.close")
@filed.arguments(CaseReasonIn)
@filed.response(200, ComplaintOut)
def reopen_complaint(why: dict[str, Any], complaint_id: uuid.UUID) -> Any:
    """Open a closed complaint again 重启."""
    return complaints.reopen_complaint(session(), actor(), complaint_id, **why)


@blueprint.route("/<uuid:case_id>/contacts")
@needs("cases.read")
@blueprint.arguments(ContactsQueryIn, location="query")
@blueprint.response(200, ContactLedgerOut)
def show_contacts(wanted: dict[str, Any], case_id: uuid.UUID) -> Any:
    """Every call, visit and letter to the debtor of a case, and what the caps leave room for."""
    return ledger.contacts_of_case(session(), case_id, at=actor().at, **wanted)
