# ruff: noqa: D101 - the field names say it, as in schemas.py
"""Print batches, registered items, handover lists and the register on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.correspondence.mail.tracking import RETURN_REASONS, SIGNERS
from fieldops.correspondence.schemas import LetterPageIn
from fieldops.web import In, Out, Words

CODE = validate.Length(1, 64)
SHA256 = validate.Regexp(r"^[0-9a-f]{64}$")


class PrintBatchIn(In):
    letter_ids = fields.List(fields.UUID(), validate=validate.Length(1, 20_000))
    requested_quantity = fields.Integer(strict=True, validate=validate.Range(min=1))


class PrintQuantityIn(In):
    quantity = fields.Integer(strict=True, required=True, validate=validate.Range(min=1))


class PrintedIn(In):
    quantity = fields.Integer(strict=True, required=True, validate=validate.Range(min=0))
    sheets = fields.Integer(strict=True, validate=validate.Range(min=0))
    not_printed = fields.List(fields.UUID(), load_default=list)


class PrintJamIn(In):
    last_good = fields.String(load_default=None, validate=CODE)
    first_bad = fields.String(required=True, validate=CODE)
    resumed_at = fields.String(load_default=None, validate=CODE)
    reason = Words(required=True, validate=validate.Length(1, 500))
    photo_sha256 = fields.String(load_default=None, validate=SHA256)


class ReprintIn(In):
    letter_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))
    reason = Words(required=True, validate=validate.Length(1, 500))
    photo_sha256 = fields.String(load_default=None, validate=SHA256)


class ReprintOut(Out):
    id = fields.UUID()
    batch_id = fields.UUID()
    kind = fields.String()
    reason = fields.String()
    letters = fields.List(fields.Dict())
    part = fields.Integer(allow_none=True)
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()


class PrintCopiesIn(In):
    copy_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class PrintCopyOut(Out):
    id = fields.UUID()
    letter_id = fields.UUID()
    batch_id = fields.UUID()
    copy_no = fields.Integer()
    sheets = fields.Integer()
    printed_at = fields.AwareDateTime()
    printed_by = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)
    ended_by = fields.String(allow_none=True)
    end_reason = fields.String(allow_none=True)
    photo_sha256 = fields.String(allow_none=True)
    destroyed_by = fields.String(allow_none=True)
    witness = fields.String(allow_none=True)


class PrintCopyPageOut(Out):
    items = fields.List(fields.Nested(PrintCopyOut))
    after = fields.UUID(allow_none=True)


class CustodyEntryOut(Out):
    at = fields.AwareDateTime()
    copy_no = fields.Integer(allow_none=True)
    event = fields.String()
    holder = fields.String()
    holder_name = fields.String()
    actor = fields.String()
    reason = fields.String(allow_none=True)


class PrintCustodyIn(In):
    in_custody = fields.Integer(strict=True, required=True, validate=validate.Range(min=0))


class PrintPartOut(Out):
    number = fields.Integer()
    pdf_sha256 = fields.String()
    index = fields.List(fields.Dict())
    reprint_id = fields.UUID(allow_none=True)


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
    due_on = fields.Date(allow_none=True)
    version = fields.Integer()


class PrintTotalsOut(Out):
    letters = fields.Integer()
    sheets = fields.Integer()
    weight_g = fields.Integer()
    postage_fen = fields.Integer()


class PrintCountOut(Out):
    printed = fields.Integer()
    posted = fields.Integer()
    handed = fields.Integer()
    void = fields.Integer()
    with_crews = fields.Integer()
    in_custody = fields.Integer()
    expected = fields.Integer()


class PrintProgressOut(Out):
    rendered = fields.Integer()
    of = fields.Integer()


class PrintBatchCardOut(PrintBatchOut):
    progress = fields.Nested(PrintProgressOut)
    parts = fields.List(fields.Nested(PrintPartOut))
    totals = fields.Nested(PrintTotalsOut)
    count = fields.Nested(PrintCountOut)
    certificate_sha256 = fields.String(allow_none=True)
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
        strict=True, load_default=None, validate=validate.Range(0, 100_000)
    )  # the tariff, by weight


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
    remails_id = fields.UUID(allow_none=True)
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
    post_office = Words(required=True, validate=validate.Length(1, 64))


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
    scan_sha256 = fields.String(required=True, validate=SHA256)


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
