"""Letters, print batches, registered items and the register on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_dump, validate, validates_schema

from fieldops.contacts.schemas import ContactStandingOut
from fieldops.correspondence.facts import DELIVERIES
from fieldops.correspondence.facts import KINDS as LETTER_KINDS
from fieldops.web import In, Out, Words

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
    reason = Words(required=True, validate=_reason)
    delivery = fields.String(load_default="REGISTERED_MAIL", validate=validate.OneOf(DELIVERIES))
    address_id = fields.UUID()
    template_id = fields.UUID()
    malicious = fields.Boolean(
        allow_none=True, metadata={"description": "for a lawyer's letter: the debtor can pay and will not (LR-045)"}
    )

    @validates_schema
    def names_a_case(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a letter about nobody."""
        if "case_id" not in data and "case_no" not in data:
            raise ValidationError("Name the case by case_id or case_no.", "case_id")


class LettersIn(In):
    letters = fields.List(fields.Nested(LetterIn), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class LetterApproveIn(In):
    comment = Words(load_default=None, validate=_reason)


class LettersApproveIn(LetterApproveIn):
    letter_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_AT_ONCE))


class LetterAcceptIn(In):
    comment = Words(required=True, validate=_reason)


class LetterReasonIn(In):
    reason = Words(required=True, validate=_reason)


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
    malicious = fields.Boolean(allow_none=True)
    status = fields.String()
    status_reason = fields.String(allow_none=True)
    held_reason = fields.String(allow_none=True)
    verdict = fields.String()
    codes = fields.List(fields.String())
    accepted = fields.List(
        fields.String(), metadata={"description": "doubts a person let stand: a code, or a code and the row"}
    )
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
    contacts = fields.List(fields.Nested(ContactStandingOut))


class LetterSenderIn(In):
    branch = Words(load_default="总部", validate=validate.Length(1, 32))
    letter_word = fields.String(required=True, validate=validate.Regexp(r"^[^\s〔〕]{1,12}$"))
    bank_phone = Words(required=True, validate=validate.Length(1, 32))
    bank_complaint_phone = Words(required=True, validate=validate.Length(1, 32))
    agency_name = Words(required=True, validate=validate.Length(1, 64))
    agency_address = Words(required=True, validate=validate.Length(1, 120))
    agency_phone = Words(required=True, validate=validate.Length(1, 32))
    agency_complaint_phone = Words(required=True, validate=validate.Length(1, 32))
    pay_within_days = fields.Integer(strict=True, load_default=10, validate=validate.Range(1, 90))
    law_firm = Words(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    lawyer_name = Words(load_default=None, allow_none=True, validate=validate.Length(1, 30))
    authorisation_no = fields.String(  # a number of the bank's, whatever it looks like
        load_default=None, allow_none=True, validate=[validate.Length(1, 64), validate.Regexp(r"\s*\S")]
    )

    @validates_schema
    def names_the_firm_whole(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a law firm without its lawyer and its authorisation: a lawyer's letter prints all three."""
        given = [name for name in ("law_firm", "lawyer_name", "authorisation_no") if data.get(name)]
        if given and len(given) < 3:  # noqa: PLR2004 - the three just named
            raise ValidationError("Name law_firm, lawyer_name and authorisation_no together, or none.", given[0])


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
    law_firm = fields.String(allow_none=True)
    lawyer_name = fields.String(allow_none=True)
    authorisation_no = fields.String(allow_none=True)
