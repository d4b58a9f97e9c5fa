# ruff: noqa: D101 - the field names say it, as in schemas.py
"""Prints of the register, differences between the books, and the lists of the letter desk on the wire."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_smorest.fields import Upload
from marshmallow import ValidationError, fields, validate, validates_schema

from fieldops.web import In, Out

DAYS = validate.Range(date(2000, 1, 1), date(2100, 1, 1))


class RegisterPrintIn(In):
    branch = fields.String(required=True, validate=validate.Length(1, 100))
    year = fields.Integer(strict=True, required=True, validate=validate.Range(2000, 2100))
    first = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 10**9))
    last = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 10**9))


class RegisterPrintOut(Out):
    id = fields.UUID()
    branch = fields.String()
    year = fields.Integer()
    first = fields.Integer()
    last = fields.Integer()
    pdf_sha256 = fields.String(allow_none=True)
    xlsx_sha256 = fields.String(allow_none=True)
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()


class MailDifferenceOut(Out):
    code = fields.String()
    subject = fields.String()
    detail = fields.Dict()
    first_seen_at = fields.AwareDateTime()
    age_days = fields.Integer()
    mend = fields.String()


class ReconciledOut(Out):
    holds = fields.Boolean()
    settled = fields.Integer()
    differences = fields.List(fields.Nested(MailDifferenceOut))


class WaitingItemOut(Out):
    item_id = fields.UUID()
    tracking_no = fields.String()
    status = fields.String()
    posted_at = fields.AwareDateTime()
    days = fields.Integer()


class UnreceiptedItemOut(WaitingItemOut):
    lacking = fields.String()


class YearlyOut(Out):
    case_no = fields.String()
    bank = fields.String()
    last_delivered_on = fields.Date(allow_none=True)
    lapses_on = fields.Date()
    warning = fields.String(allow_none=True)


class TemplateUseOut(Out):
    template_id = fields.UUID()
    code = fields.String()
    number = fields.Integer()
    kind = fields.String()
    bank = fields.String()
    status = fields.String()
    valid_from = fields.Date(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    letters = fields.Integer()
    last_used_at = fields.AwareDateTime(allow_none=True)
    ends_in_days = fields.Integer(allow_none=True)
    warning = fields.String(allow_none=True)


class AfterPaymentOut(Out):
    letter_id = fields.UUID()
    letter_no = fields.String()
    case_no = fields.String()
    left_at = fields.AwareDateTime()
    paid_at = fields.AwareDateTime()
    amount_fen = fields.Integer()
    recorded_at = fields.AwareDateTime()
    was_known = fields.Boolean()


class FiguresIn(In):
    from_on = fields.Date(required=True, validate=DAYS)
    until_on = fields.Date(required=True, validate=DAYS)

    @validates_schema
    def not_backwards(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a span that ends before it begins."""
        if data["until_on"] < data["from_on"]:
            raise ValidationError("must not be earlier than from_on", "until_on")


class KindFiguresOut(Out):
    posted = fields.Integer()
    delivered = fields.Integer()
    returned = fields.Integer()


class FiguresOut(Out):
    posted = fields.Integer()
    delivered = fields.Integer()
    returned = fields.Integer()
    lost = fields.Integer()
    mean_days_to_delivery = fields.Float(allow_none=True)
    return_reasons = fields.Dict(keys=fields.String(), values=fields.Integer())
    address_kinds = fields.Dict(keys=fields.String(), values=fields.Nested(KindFiguresOut))


class MailFileIn(In):
    file = Upload(required=True, metadata={"description": "xlsx, or csv in UTF-8 or GB18030"})
    dry_run = fields.Boolean(load_default=False)
