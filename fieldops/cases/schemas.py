"""Cases on the wire: masked forms only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from fieldops.addresses.repair import OWNERS
from fieldops.addresses.schemas import AddressOut
from fieldops.cases.rules import (
    CLAIMED,
    COMPLAINT_SOURCES,
    GRADES,
    HOLD_KINDS,
    PROOF_ORDER,
    RELATIONS,
    SPECIAL_STATUS_KINDS,
)
from fieldops.cases.states import CASE_STATES, CASE_STEPS, COMPLAINT_STATES
from fieldops.clock import FIRST_DAY, LAST_DAY
from fieldops.policies.sections import ADDRESS_KINDS
from fieldops.vault import mask_name
from fieldops.web import In, Out, Words

_LONG = validate.Length(1, 200)
_DAYS = validate.Range(FIRST_DAY, LAST_DAY)
_INSTANTS = validate.Range(datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC), datetime(LAST_DAY.year, 12, 31, tzinfo=UTC))
_REASON = Words(load_default=None, validate=validate.Length(1, 500))


class CasesIn(In):
    case_no = fields.String(load_default=None, metadata={"description": "the beginning of a case number 案件编号"})
    status = fields.String(load_default=None, validate=validate.OneOf(CASE_STATES))
    after = fields.UUID(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class CaseOut(Out):
    id = fields.UUID()
    case_no = fields.String()
    batch_no = fields.String()
    bank_code = fields.String()
    bank_name = fields.String()
    product = fields.String()
    status = fields.String()
    debtor_id = fields.UUID()
    debtor = fields.Function(lambda case: mask_name(case["debtor_name"]), metadata={"type": "string"})
    id_no = fields.Function(lambda case: f"**** {case['id_no_last4']}", metadata={"type": "string"})
    card_no = fields.Function(lambda case: f"**** {case['card_last4']}", metadata={"type": "string"})
    balance_fen = fields.Integer()
    principal_fen = fields.Integer()
    min_due_fen = fields.Integer()
    overdue_days = fields.Integer()
    balance_as_of = fields.Date(allow_none=True)
    entrusted_on = fields.Date()
    expiry_on = fields.Date(allow_none=True)
    extension_until = fields.Date(allow_none=True)
    extension_asked_until = fields.Date(allow_none=True)
    appointment = fields.String(allow_none=True)
    employer = fields.String(allow_none=True)
    remark = fields.String(allow_none=True)
    version = fields.Integer()


class CasesOut(Out):
    items = fields.List(fields.Nested(CaseOut))
    after = fields.UUID(allow_none=True)


class RepaymentIn(In):
    external_id = fields.String(
        required=True, validate=_LONG, metadata={"description": "the bank's serial number 流水号"}
    )
    amount_fen = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10**14))
    paid_at = fields.AwareDateTime(required=True, default_timezone=UTC, validate=_INSTANTS)
    channel = fields.String(required=True, validate=_LONG)


class RepaymentOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    external_id = fields.String()
    amount_fen = fields.Integer()
    paid_at = fields.AwareDateTime()
    channel = fields.String()
    recorded_at = fields.AwareDateTime()
    reversed_at = fields.AwareDateTime(allow_none=True)
    reversed_by = fields.String(allow_none=True)


class CaseReasonIn(In):
    reason = Words(required=True, validate=validate.Length(1, 500))


class CaseStepIn(CaseReasonIn):
    step = fields.String(
        required=True, validate=validate.OneOf([code for code, step in CASE_STEPS.items() if step.roles])
    )
    until_on = fields.Date(
        load_default=None, validate=_DAYS, metadata={"description": "the last day asked for, or granted"}
    )


class HoldIn(In):
    kind = fields.String(required=True, validate=validate.OneOf(HOLD_KINDS))
    channels = fields.String(load_default="ALL", validate=validate.OneOf(("ALL", "VISIT", "LETTER")))
    from_on = fields.Date(required=True, validate=_DAYS)
    until_on = fields.Date(load_default=None, validate=_DAYS)
    reason = _REASON


class HoldOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    kind = fields.String()
    channels = fields.String()
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)
    released_at = fields.AwareDateTime(allow_none=True)
    released_by = fields.String(allow_none=True)


class DisputeIn(CaseReasonIn):
    received_on = fields.Date(required=True, validate=_DAYS)


class ComplaintIn(In):
    grade = fields.String(required=True, validate=validate.OneOf(GRADES))
    source = fields.String(load_default="BANK", validate=validate.OneOf(COMPLAINT_SOURCES))
    received_on = fields.Date(required=True, validate=_DAYS)
    agent_id = fields.UUID(
        load_default=None, metadata={"description": "whom it is about; of a second one, tell it again"}
    )
    reason = _REASON


class ComplaintsIn(In):
    status = fields.String(load_default=None, validate=validate.OneOf(COMPLAINT_STATES))
    grade = fields.String(load_default=None, validate=validate.OneOf(GRADES))
    after = fields.UUID(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class ComplaintReplyIn(In):
    reply = Words(required=True, validate=validate.Length(1, 2000))


class ComplaintReportIn(In):
    report_ref = fields.String(required=True, validate=_LONG, metadata={"description": "the paper the bank was sent"})


class ComplaintCloseIn(CaseReasonIn):
    upheld = fields.Boolean(required=True)


class ComplaintOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    debtor_id = fields.UUID()
    source = fields.String()
    grade = fields.String()
    status = fields.String()
    agent_ids = fields.List(fields.UUID(), metadata={"description": "the field agents it is about"})
    received_on = fields.Date()
    due_at = fields.AwareDateTime()
    reply = fields.String(allow_none=True)
    replied_at = fields.AwareDateTime(allow_none=True)
    reported_at = fields.AwareDateTime(allow_none=True)
    report_ref = fields.String(allow_none=True)
    upheld = fields.Boolean(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    closed_by = fields.String(allow_none=True)


class ComplaintPageOut(Out):
    items = fields.List(fields.Nested(ComplaintOut))
    after = fields.UUID(allow_none=True)


class SpecialStatusIn(In):
    kind = fields.String(required=True, validate=validate.OneOf(SPECIAL_STATUS_KINDS))
    proof = fields.String(required=True, validate=validate.OneOf(PROOF_ORDER))
    from_on = fields.Date(required=True, validate=_DAYS)
    until_on = fields.Date(load_default=None, validate=_DAYS)
    evidence = fields.String(load_default=None, validate=_LONG, metadata={"description": "the papers that prove it"})
    reason = _REASON

    @validates_schema
    def proves_it(self, data: dict[str, Any], **_: Any) -> None:
        """A proof names its papers."""
        if data["proof"] != CLAIMED and not data["evidence"]:
            raise ValidationError(f"Name the papers that prove it, or record it as {CLAIMED}.", "evidence")


class SpecialStatusOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    kind = fields.String()
    proof = fields.String()
    evidence = fields.String(allow_none=True)
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)
    lifted_at = fields.AwareDateTime(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class ThirdPartyIn(In):
    relation = fields.String(required=True, validate=validate.OneOf(list(RELATIONS)))
    address_id = fields.UUID(load_default=None)
    whole_address = fields.Boolean(
        load_default=False, metadata={"description": "nobody at that address is to be visited or written to"}
    )
    source_kind = fields.String(required=True, validate=validate.OneOf(("CALL", "DOCUMENT", "VISIT_RESULT")))
    source_id = fields.String(required=True, validate=_LONG, metadata={"description": "the call, paper or visit"})
    reason = _REASON

    @validates_schema
    def names_the_place(self, data: dict[str, Any], **_: Any) -> None:
        """A whole address is one that is named."""
        if data["whole_address"] and data["address_id"] is None:
            raise ValidationError("Name the address nobody at which is to be contacted.", "address_id")


class ThirdPartyOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    relation = fields.String()
    address_id = fields.UUID(allow_none=True)
    block_id = fields.UUID(allow_none=True)
    source_kind = fields.String()
    source_id = fields.String()
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String()
    lifted_at = fields.AwareDateTime(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class CallOut(Out):
    id = fields.UUID()
    started_at = fields.AwareDateTime()
    outbound = fields.Boolean()
    callee = fields.String()
    connected = fields.Boolean(allow_none=True)
    duration_s = fields.Integer(allow_none=True)
    recording_id = fields.String(allow_none=True)
    result = fields.String(allow_none=True)


class PromiseOut(Out):
    id = fields.UUID()
    amount_fen = fields.Integer(allow_none=True)
    due_on = fields.Date()
    made_at = fields.AwareDateTime()
    source_kind = fields.String()


class CaseAddressIn(In):
    raw = fields.String(required=True, validate=validate.Length(1, 500))
    kind = fields.String(required=True, validate=validate.OneOf(ADDRESS_KINDS))
    source = fields.String(
        load_default=None, metadata={"description": "how it was learned 来源, one of the lawful ways"}
    )
    belongs_to = fields.String(required=True, validate=validate.OneOf(OWNERS))
    evidence = fields.String(required=True, validate=_LONG, metadata={"description": "the visit, call or paper"})


class CaseAddressAddedOut(AddressOut):
    kind = fields.String()
    same_place = fields.List(fields.UUID())


class CaseAddressConfirmIn(In):
    call_id = fields.UUID(required=True)


class CaseAddressOut(Out):
    kind = fields.String()
    address_id = fields.UUID()


class CaseVersionOut(Out):
    version = fields.Integer()
    import_id = fields.UUID()
    row_no = fields.Integer()
    recorded_at = fields.AwareDateTime()
    said = fields.Function(lambda version: _said(version.fields), metadata={"type": "object"})


class CaseFileOut(CaseOut):
    balance_after_repayments_fen = fields.Integer()
    repayments = fields.List(fields.Nested(RepaymentOut))
    calls = fields.List(fields.Nested(CallOut))
    promises = fields.List(fields.Nested(PromiseOut))
    holds = fields.List(fields.Nested(HoldOut))
    complaints = fields.List(fields.Nested(ComplaintOut))
    special_statuses = fields.List(fields.Nested(SpecialStatusOut))
    third_parties = fields.List(fields.Nested(ThirdPartyOut))
    addresses = fields.List(fields.Nested(CaseAddressOut))
    versions = fields.List(fields.Nested(CaseVersionOut))


def _said(row: dict[str, Any]) -> dict[str, Any]:
    """A stored row as it may be shown: the name masked too."""
    return {**row, "name": mask_name(row.get("name", ""))}
