"""Cases on the wire: masked forms only."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from marshmallow import fields, validate

from fieldops.addresses.repair import OWNERS
from fieldops.addresses.schemas import AddressOut
from fieldops.cases.rules import CASE_STATUSES, GRADES, HOLD_KINDS, PROOF_ORDER, SPECIAL_STATUS_KINDS
from fieldops.policies.sections import ADDRESS_KINDS
from fieldops.vault import mask_name
from fieldops.web import In, Out, Words

_LONG = validate.Length(1, 200)
_REASON = Words(load_default=None, validate=validate.Length(1, 500))


class CasesIn(In):
    case_no = fields.String(load_default=None, metadata={"description": "the beginning of a case number 案件编号"})
    status = fields.String(load_default=None, validate=validate.OneOf(sorted(set(CASE_STATUSES.values()))))
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
    paid_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    channel = fields.String(required=True, validate=_LONG)


class RepaymentOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    external_id = fields.String()
    amount_fen = fields.Integer()
    paid_at = fields.AwareDateTime()
    channel = fields.String()
    recorded_at = fields.AwareDateTime()


class HoldIn(In):
    kind = fields.String(required=True, validate=validate.OneOf(HOLD_KINDS))
    channels = fields.String(load_default="ALL", validate=validate.OneOf(("ALL", "VISIT", "LETTER")))
    from_on = fields.Date(required=True)
    until_on = fields.Date(load_default=None)
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


class ComplaintIn(In):
    grade = fields.String(required=True, validate=validate.OneOf(GRADES))
    received_on = fields.Date(required=True)
    reason = _REASON


class ComplaintOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    grade = fields.String()
    received_on = fields.Date()
    closed_at = fields.AwareDateTime(allow_none=True)


class SpecialStatusIn(In):
    kind = fields.String(required=True, validate=validate.OneOf(SPECIAL_STATUS_KINDS))
    proof = fields.String(required=True, validate=validate.OneOf(PROOF_ORDER))
    from_on = fields.Date(required=True)
    until_on = fields.Date(load_default=None)
    reason = _REASON


class SpecialStatusOut(Out):
    id = fields.UUID()
    case_id = fields.UUID()
    kind = fields.String()
    proof = fields.String()
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)


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
    addresses = fields.List(fields.Nested(CaseAddressOut))
    versions = fields.List(fields.Nested(CaseVersionOut))


def _said(row: dict[str, Any]) -> dict[str, Any]:
    """A stored row as it may be shown: the name masked too."""
    return {**row, "name": mask_name(row.get("name", ""))}
