"""Visit results on the wire: what a phone sends, what an office sees."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.results.codes import FINDINGS, OUTCOMES, PERSONS
from fieldops.web import In, Out

BANK_CHANNELS = ("BANK_COUNTER", "MOBILE_BANK", "ATM", "TRANSFER")


class PositionIn(In):
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    accuracy_m = fields.Float(required=True, validate=validate.Range(0, 100_000))
    provider = fields.String(load_default=None)
    fix_age_s = fields.Float(load_default=None)
    is_mock = fields.Boolean(load_default=False)
    speed_mps = fields.Float(load_default=None)


class SlotIn(In):
    """One piece of evidence that will arrive, declared before its bytes."""

    id = fields.UUID(required=True)
    kind = fields.String(
        required=True, validate=validate.OneOf(("AUDIO", "VIDEO", "PHOTO_DOOR", "PHOTO_SURROUND", "SIGNATURE", "DOC"))
    )
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))
    length = fields.Integer(required=True, validate=validate.Range(1, 80 * 1024 * 1024))


class LineIn(In):
    """The outcome for one card. There is no field for money received: crews never touch any."""

    case_id = fields.UUID(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(list(OUTCOMES)))
    promise_fen = fields.Integer(load_default=None, validate=validate.Range(1))
    promise_on = fields.Date(load_default=None)
    channel = fields.String(load_default=None, validate=validate.OneOf(BANK_CHANNELS))
    amount_fen = fields.Integer(load_default=None, validate=validate.Range(1))
    paid_on = fields.Date(load_default=None)
    volunteered = fields.Boolean(load_default=None)
    reason = fields.String(load_default=None, validate=validate.Length(max=200))
    hardship = fields.String(load_default=None, validate=validate.Length(max=200))
    detail = fields.String(load_default=None, validate=validate.Length(max=1000))
    text_id = fields.String(load_default=None, validate=validate.Length(max=64))
    letter_no = fields.String(load_default=None, validate=validate.Length(max=64))
    place = fields.String(load_default=None, validate=validate.Length(max=64))
    proof = fields.Boolean(load_default=None)
    incident = fields.String(load_default=None, validate=validate.Length(max=1000))


class ResultIn(In):
    """A visit result; its id is the mutation's, made by the phone."""

    visit_id = fields.UUID(required=True)
    address_finding = fields.String(required=True, validate=validate.OneOf(list(FINDINGS)))
    person_met = fields.String(required=True, validate=validate.OneOf(list(PERSONS)))
    identity_verified = fields.Boolean(required=True)
    identity_shown = fields.Boolean(required=True, validate=validate.Equal(True))
    summary = fields.String(required=True, validate=validate.Length(max=2000))
    next_step = fields.String(required=True, validate=validate.Length(max=500))
    arrived_at = fields.AwareDateTime(required=True)
    left_at = fields.AwareDateTime(required=True)
    position = fields.Nested(PositionIn, load_default=None)
    lines = fields.List(fields.Nested(LineIn), required=True, validate=validate.Length(1, 20))
    slots = fields.List(fields.Nested(SlotIn), load_default=list, validate=validate.Length(max=40))


class LineOut(Out):
    case_id = fields.UUID()
    outcome = fields.String()
    promise_fen = fields.Integer(allow_none=True)
    promise_on = fields.Date(allow_none=True)
    detail = fields.Dict()


class ResultOut(Out):
    id = fields.UUID()
    visit_id = fields.UUID()
    number = fields.Integer()
    is_primary = fields.Boolean()
    address_finding = fields.String()
    person_met = fields.String()
    identity_verified = fields.Boolean()
    summary = fields.String()
    next_step = fields.String()
    arrived_at = fields.AwareDateTime()
    left_at = fields.AwareDateTime()
    distance_m = fields.Integer(allow_none=True)
    flags = fields.List(fields.String())
    status = fields.String()
    received_at = fields.AwareDateTime()
    lines = fields.List(fields.Nested(LineOut))
