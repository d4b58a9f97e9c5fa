"""Letters, print batches, registered items and the register on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_dump, validate, validates_schema

from fieldops.correspondence.facts import DELIVERIES
from fieldops.correspondence.facts import KINDS as LETTER_KINDS
from fieldops.correspondence.tracking import RETURN_REASONS, SIGNERS
from fieldops.web import In, Out

MOST_AT_ONCE = 2000
PERSONAL = frozenset({"recipient_name"})  # figures a list does not show; the letter itself does
_reason = validate.Length(1, 500)


class LetterPageIn(In):
    after = fields.UUID()
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class LetterIn(In):
    case_id = fields.UUID()
    case_no = fields.String(validate=validate.Length(1, 64))
    bank_code = fields.String(validate=validate.Length(1, 64))
    kind = fields.String(load_default="PAYMENT_NOTICE", validate=validate.OneOf(LETTER_KINDS))
    reason = fields.String(required=True, validate=_reason)
    delivery = fields.String(load_default="REGISTERED_MAIL", validate=validate.OneOf(DELIVERIES))
    address_id = fields.UUID()
    template_id = fields.UUID()

    @validates_schema
    def names_a_case(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a letter about nobody."""
        if "case_id" not in data and "case_no" not in data:
            raise ValidationError("Name the case by case_id or case_no.", "case_id")


class LettersIn(In):
    letters = fields.List(fields.Nested(LetterIn), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class LetterApproveIn(In):
    comment = fields.String(load_default=None, validate=_reason)


class LettersApproveIn(LetterApproveIn):
    letter_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class LetterReasonIn(In):
    reason = fields.String(required=True, validate=_reason)


class LetterQueryIn(LetterPageIn):
    status = fields.String()
    case_id = fields.UUID()
    debtor_id = fields.UUID()
    print_batch_id = fields.UUID()
    letter_no = fields.String()


class LetterOut(Out):
    id = fields.UUID()
    letter_no = fields.String(allow_none=True)
    case_id = fields.UUID()
    debtor_id = fields.UUID()
    bank_id = fields.UUID()
    address_id = fields.UUID()
    template_id = fields.UUID()
    kind = fields.String()
    delivery = fields.String()
    reason = fields.String()
    status = fields.String()
    status_reason = fields.String(allow_none=True)
    held_reason = fields.String(allow_none=True)
    verdict = fields.String()
    codes = fields.List(fields.String())
    policy_edition = fields.String()
    figures = fields.Dict()
    pdf_sha256 = fields.String(allow_none=True)
    sheets = fields.Integer(allow_none=True)
    print_batch_id = fields.UUID(allow_none=True)
    supersedes_id = fields.UUID(allow_none=True)
    requested_by = fields.String()
    requested_at = fields.AwareDateTime()
    approved_by = fields.String(allow_none=True)
    approved_at = fields.AwareDateTime(allow_none=True)
    approve_comment = fields.String(allow_none=True)
    printed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()

    @post_dump
    def without_names(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave the recipient's full name to the letter itself."""
        data["figures"] = {name: value for name, value in (data["figures"] or {}).items() if name not in PERSONAL}
        return data


class LetterPageOut(Out):
    items = fields.List(fields.Nested(LetterOut))
    after = fields.UUID(allow_none=True)


class LetterOutcomeOut(Out):
    letter_id = fields.UUID()
    case_id = fields.UUID(allow_none=True)
    case_no = fields.String(allow_none=True)
    letter = fields.Nested(LetterOut, allow_none=True)
    problem = fields.Dict(allow_none=True)


class LetterOutcomesOut(Out):
    outcomes = fields.List(fields.Nested(LetterOutcomeOut))
    done = fields.Integer()
    refused = fields.Integer()


class LetterDecisionOut(Out):
    stage = fields.String()
    decided_at = fields.AwareDateTime()
    policy_edition = fields.String()
    verdict = fields.String()
    findings = fields.List(fields.Dict())


class LetterCardOut(Out):
    letter = fields.Nested(LetterOut)
    decisions = fields.List(fields.Nested(LetterDecisionOut))


class LetterTemplateOut(Out):
    id = fields.UUID()
    code = fields.String()
    number = fields.Integer()
    kind = fields.String()
    title = fields.String()
    bank = fields.String()
    status = fields.String()
    approval_source = fields.String(allow_none=True)
    approval_no = fields.String(allow_none=True)
    pack_sha256 = fields.String()
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)


class LetterSenderIn(In):
    branch = fields.String(load_default="总部", validate=validate.Length(1, 32))
    letter_word = fields.String(required=True, validate=validate.Regexp(r"^[^\s〔〕]{1,12}$"))
    bank_phone = fields.String(required=True, validate=validate.Length(1, 32))
    bank_complaint_phone = fields.String(required=True, validate=validate.Length(1, 32))
    agency_name = fields.String(required=True, validate=validate.Length(1, 64))
    agency_address = fields.String(required=True, validate=validate.Length(1, 120))
    agency_phone = fields.String(required=True, validate=validate.Length(1, 32))
    agency_complaint_phone = fields.String(required=True, validate=validate.Length(1, 32))
    pay_within_days = fields.Integer(load_default=10, validate=validate.Range(1, 90))


class LetterSenderOut(Out):
    bank_id = fields.UUID()
    branch = fields.String()
    letter_word = fields.String()
    bank_phone = fields.String()
    bank_complaint_phone = fields.String()
    agency_name = fields.String()
    agency_address = fields.String()
    agency_phone = fields.String()
    agency_complaint_phone = fields.String()
    pay_within_days = fields.Integer()


class PrintBatchIn(In):
    letter_ids = fields.List(fields.UUID(), validate=validate.Length(1, 20_000))
    requested_quantity = fields.Integer(validate=validate.Range(min=1))


class PrintQuantityIn(In):
    quantity = fields.Integer(required=True, validate=validate.Range(min=1))


class PrintedIn(In):
    quantity = fields.Integer(required=True, validate=validate.Range(min=0))
    not_printed = fields.List(fields.UUID(), load_default=list)


class PrintCustodyIn(In):
    in_custody = fields.Integer(required=True, validate=validate.Range(min=0))


class PrintPartOut(Out):
    number = fields.Integer()
    pdf_sha256 = fields.String()
    index = fields.List(fields.Dict())


class PrintBatchOut(Out):
    id = fields.UUID()
    no = fields.String()
    status = fields.String()
    requested_quantity = fields.Integer()
    approved_quantity = fields.Integer(allow_none=True)
    printed_quantity = fields.Integer(allow_none=True)
    requested_by = fields.String()
    approved_by = fields.String(allow_none=True)
    exceptions = fields.List(fields.Dict())
    rendered_at = fields.AwareDateTime(allow_none=True)
    printed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class PrintCountOut(Out):
    printed = fields.Integer()
    posted = fields.Integer()
    handed = fields.Integer()
    void = fields.Integer()
    in_custody = fields.Integer()


class PrintBatchCardOut(PrintBatchOut):
    parts = fields.List(fields.Nested(PrintPartOut))
    letters = fields.Dict(keys=fields.String(), values=fields.Integer())


class PrintBatchPageOut(Out):
    items = fields.List(fields.Nested(PrintBatchOut))
    after = fields.UUID(allow_none=True)


class PrintReconciledOut(Out):
    batch = fields.Nested(PrintBatchOut)
    count = fields.Nested(PrintCountOut)
    missing = fields.Integer()
    code = fields.String(allow_none=True)


class NumberRangeIn(In):
    first = fields.String(required=True, validate=validate.Length(1, 32))
    last = fields.String(required=True, validate=validate.Length(1, 32))
    carrier_no = fields.Integer(load_default=1)


class NumberRangeOut(Out):
    id = fields.UUID()
    carrier_no = fields.Integer()
    series = fields.String()
    first = fields.String()
    last = fields.String()
    low = fields.Integer()
    high = fields.Integer()
    next = fields.Integer()
    received_by = fields.String()


class PostageIn(In):
    postage_fen = fields.Integer(
        load_default=420, validate=validate.Range(0, 100_000)
    )  # 1.20 for 20 g, 3.00 registered


class TrackingNumberIn(PostageIn):
    tracking_no = fields.String(required=True, validate=validate.Length(1, 64))


class MailItemOut(Out):
    id = fields.UUID()
    letter_id = fields.UUID()
    tracking_no = fields.String()
    status = fields.String()
    weight_g = fields.Integer()
    postage_fen = fields.Integer()
    handover_id = fields.UUID(allow_none=True)
    posted_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String(allow_none=True)
    outcome_at = fields.AwareDateTime(allow_none=True)


class MailItemQueryIn(LetterPageIn):
    status = fields.String()
    tracking_no = fields.String()
    letter_id = fields.UUID()
    handover_id = fields.UUID()


class MailItemPageOut(Out):
    items = fields.List(fields.Nested(MailItemOut))
    after = fields.UUID(allow_none=True)


class MailItemsOut(Out):
    items = fields.List(fields.Nested(MailItemOut))


class HandoverListIn(In):
    on_date = fields.Date(required=True)
    post_office = fields.String(required=True, validate=validate.Length(1, 64))


class HandoverListOut(Out):
    id = fields.UUID()
    no = fields.String()
    on_date = fields.Date()
    post_office = fields.String()
    status = fields.String()
    pieces = fields.Integer()
    weight_g = fields.Integer()
    postage_fen = fields.Integer()
    pdf_sha256 = fields.String(allow_none=True)
    xlsx_sha256 = fields.String(allow_none=True)
    left_out = fields.List(fields.Dict())
    made_by = fields.String()
    handed_over_at = fields.AwareDateTime(allow_none=True)
    handed_over_by = fields.String(allow_none=True)
    version = fields.Integer()


class HandoverListPageOut(Out):
    items = fields.List(fields.Nested(HandoverListOut))
    after = fields.UUID(allow_none=True)


class MailReturnIn(In):
    reason = fields.String(required=True, validate=validate.OneOf(list(RETURN_REASONS)))
    scan_sha256 = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


class MailReturnOut(Out):
    id = fields.UUID()
    item_id = fields.UUID()
    reason = fields.String()
    received_at = fields.AwareDateTime()
    handled_by = fields.String()
    scan_sha256 = fields.String(allow_none=True)


class MailDeliveredIn(In):
    signed_by = fields.String(required=True, validate=validate.OneOf(SIGNERS))


class RegisterQueryIn(In):
    branch = fields.String()
    year = fields.Integer()
    after = fields.String(validate=validate.Regexp(r"^.+/\d{4}/\d{1,9}$"))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class RegisterEntryOut(Out):
    branch = fields.String()
    year = fields.Integer()
    number = fields.Integer()
    at = fields.AwareDateTime()
    kind = fields.String()
    letter_id = fields.UUID()
    letter_no = fields.String()
    tracking_no = fields.String(allow_none=True)
    body = fields.Dict()
    reverses = fields.Integer(allow_none=True)
    actor = fields.String()
    prev_hash = fields.String()
    hash = fields.String()


class RegisterPageOut(Out):
    items = fields.List(fields.Nested(RegisterEntryOut))
    after = fields.String(allow_none=True)


class RegisterFindingOut(Out):
    branch = fields.String()
    year = fields.Integer()
    number = fields.Integer()
    code = fields.String()
    text = fields.String()


class RegisterVerifiedOut(Out):
    holds = fields.Boolean()
    findings = fields.List(fields.Nested(RegisterFindingOut))
