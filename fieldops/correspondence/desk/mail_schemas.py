# ruff: noqa: D101 - the field names say it, as in schemas.py
"""Scans, evidence, events of items, receipts, corrections of lists and letters from hand to hand on the wire."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from fieldops.correspondence.mail.amendments import KINDS as AMENDMENTS
from fieldops.correspondence.mail.crew_delivery import OUTCOMES
from fieldops.correspondence.mail.evidence import KINDS
from fieldops.correspondence.mail.journey import CODES
from fieldops.correspondence.mail.tracking import SIGNERS
from fieldops.correspondence.schemas import LetterOut
from fieldops.web import In, Out, Words

SHA256 = validate.Regexp(r"^[0-9a-f]{64}$")
NUMBER = validate.Length(1, 64)


class ScanIn(In):
    file = Upload(required=True, metadata={"description": "a PDF, JPEG or PNG of at most 10 MB"})


class ScanOut(Out):
    id = fields.UUID()
    sha256 = fields.String()
    media_type = fields.String()
    size_bytes = fields.Integer()
    filename = fields.String()
    uploaded_by = fields.String()
    uploaded_at = fields.AwareDateTime()


class EvidenceIn(In):
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    scan_sha256 = fields.String(required=True, validate=SHA256)


class EvidenceOut(Out):
    id = fields.UUID()
    letter_id = fields.UUID()
    kind = fields.String()
    scan_sha256 = fields.String()
    filed_at = fields.AwareDateTime()
    filed_by = fields.String()


class TrackingEventIn(In):
    code = fields.String(required=True, validate=validate.OneOf(list(CODES)))
    happened_at = fields.AwareDateTime()
    place = fields.String(load_default="", validate=validate.Length(max=100))
    signed_by = fields.String(validate=validate.OneOf(SIGNERS))


class TrackingScanIn(TrackingEventIn):
    tracking_no = fields.String(required=True, validate=NUMBER)


class TrackingEventOut(Out):
    code = fields.String()
    happened_at = fields.AwareDateTime()
    place = fields.String()
    source = fields.String()
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String()


class ReceiptIn(In):
    tracking_no = fields.String(required=True, validate=NUMBER)
    accepted_on = fields.Date(required=True)
    scan_sha256 = fields.String(validate=SHA256)


class ListReceiptIn(In):
    scan_sha256 = fields.String(required=True, validate=SHA256)
    not_accepted = fields.List(fields.String(validate=NUMBER), load_default=list)


class ReceiptOut(Out):
    id = fields.UUID()
    tracking_no = fields.String()
    item_id = fields.UUID()
    accepted_on = fields.Date()
    source = fields.String()
    scan_sha256 = fields.String(allow_none=True)
    recorded_by = fields.String()


class AmendmentIn(In):
    item_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(AMENDMENTS))
    becomes = fields.Integer(strict=True, validate=validate.Range(1, 100_000))
    reason = Words(required=True, validate=validate.Length(1, 500))
    our_initials = Words(required=True, validate=validate.Length(1, 20))
    post_initials = Words(required=True, validate=validate.Length(1, 20))
    scan_sha256 = fields.String(validate=SHA256)


class AmendmentOut(Out):
    number = fields.Integer()
    item_id = fields.UUID()
    kind = fields.String()
    was = fields.String()
    becomes = fields.String()
    reason = fields.String()
    our_initials = fields.String()
    post_initials = fields.String()
    scan_sha256 = fields.String(allow_none=True)
    at = fields.AwareDateTime()
    actor = fields.String()


class IssueIn(In):
    letter_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))
    crew = Words(required=True, validate=validate.Length(1, 64))
    carrier = Words(required=True, validate=validate.Length(1, 64))


class IssuedOut(Out):
    issued = fields.List(fields.Nested(LetterOut))
    refused = fields.List(fields.Dict())


class HandOutcomeIn(In):
    outcome = fields.String(required=True, validate=validate.OneOf(list(OUTCOMES)))
    to = Words(load_default="", validate=validate.Length(max=100))
    reason = Words(load_default=None, validate=validate.Length(1, 500))
    scan_sha256 = fields.String(load_default=None, validate=SHA256)
