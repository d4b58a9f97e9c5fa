"""Visit results on the wire: what a phone sends, what an office sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import fields, validate

from fieldops.addresses.schemas import AddressPointOut
from fieldops.clock import FIRST_DAY, LAST_DAY
from fieldops.results.codes import FINDINGS, OUTCOMES, PERSONS, SLOT_LIMITS, VISIT_LIMIT
from fieldops.web import In, Out, Words

BANK_CHANNELS = ("BANK_COUNTER", "MOBILE_BANK", "ATM", "TRANSFER")
SLOT_KINDS = tuple(SLOT_LIMITS)
CHOICES = tuple(choice for finding in FINDINGS.values() for choice in finding.choices)
_PLAUSIBLE = validate.Range(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def instant(**options: Any) -> fields.AwareDateTime:
    """An instant of this century: a phone's clock may be wrong, but not by so much that no calendar holds it."""
    return fields.AwareDateTime(validate=_PLAUSIBLE, **options)


def text(longest: int, **options: Any) -> fields.String:
    """A text of at most that many characters."""
    return fields.String(validate=validate.Length(max=longest), **options)


class PositionIn(In):
    """A fix as the phone recorded it, in WGS-84."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    accuracy_m = fields.Float(required=True, validate=validate.Range(0, 100_000))
    provider = text(32, load_default=None)
    fix_age_s = fields.Float(load_default=None)
    is_mock = fields.Boolean(load_default=False)
    speed_mps = fields.Float(load_default=None)


class SlotIn(In):
    """One piece of evidence that will arrive, declared before its bytes."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(SLOT_KINDS))
    sha256 = fields.String(required=True, validate=validate.Regexp(r"\A[0-9a-f]{64}\Z"))
    length = fields.Integer(required=True, validate=validate.Range(1, VISIT_LIMIT))


class LineIn(In):
    """The outcome for one card. There is no field for money received: crews never touch any."""

    case_id = fields.UUID(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(list(OUTCOMES)))
    promise_fen = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 10**12))
    promise_on = fields.Date(load_default=None, validate=validate.Range(FIRST_DAY, LAST_DAY))
    channel = fields.String(load_default=None, validate=validate.OneOf(BANK_CHANNELS))
    amount_fen = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 10**12))
    paid_on = fields.Date(load_default=None, validate=validate.Range(FIRST_DAY, LAST_DAY))
    volunteered = fields.Boolean(load_default=None)
    reason = text(200, load_default=None)
    hardship = text(200, load_default=None)
    detail = text(1000, load_default=None)
    text_id = text(64, load_default=None)
    letter_no = text(64, load_default=None)
    place = text(64, load_default=None)
    proof = fields.Boolean(load_default=None)
    incident = text(1000, load_default=None)
    appointment = text(32, load_default=None)


class ResultIn(In):
    """A visit result; its id is the mutation's, made by the phone. ``address_finding`` null: nobody was there (O24)."""

    visit_id = fields.UUID(required=True)
    corrects = fields.UUID(load_default=None, metadata={"description": "the returned result this is a new version of"})
    address_finding = fields.String(load_default=None, validate=validate.OneOf(list(FINDINGS)))
    person_met = fields.String(required=True, validate=validate.OneOf(list(PERSONS)))
    identity_verified = fields.Boolean(required=True)
    identity_shown = fields.Boolean(required=True)
    summary = text(2000, required=True)
    next_step = text(500, required=True)
    arrived_at = instant(required=True)
    left_at = instant(required=True)
    position = fields.Nested(PositionIn, load_default=None)
    lines = fields.List(fields.Nested(LineIn), required=True, validate=validate.Length(1, 20))
    slots = fields.List(fields.Nested(SlotIn), load_default=list, validate=validate.Length(max=40))


class LineOut(Out):
    case_id = fields.UUID()
    outcome = fields.String()
    promise_fen = fields.Integer(allow_none=True)
    promise_on = fields.Date(allow_none=True)
    detail = fields.Dict()


class SignalOut(Out):
    code = fields.String()
    weight = fields.Integer()


class AcceptIn(In):
    """``address`` decides on one that was not found 地址不详 (dead, in doubt) or is said to be sensitive 敏感场所."""

    address = fields.String(load_default=None, validate=validate.OneOf(CHOICES))
    note = Words(load_default=None, validate=validate.Length(2, 500))


class ReturnIn(In):
    note = Words(required=True, validate=validate.Length(2, 500))


class ResultOut(Out):
    id = fields.UUID()
    visit_id = fields.UUID()
    number = fields.Integer()
    is_primary = fields.Boolean()
    address_finding = fields.String(allow_none=True)
    person_met = fields.String()
    bank_code = fields.String(
        allow_none=True, metadata={"description": "银行结果码, the one column banks know; null: nobody went"}
    )
    identity_verified = fields.Boolean()
    identity_shown = fields.Boolean()
    summary = fields.String()
    next_step = fields.String()
    arrived_at = fields.AwareDateTime()
    left_at = fields.AwareDateTime()
    distance_m = fields.Integer(allow_none=True)
    flags = fields.List(fields.String())
    signals = fields.List(fields.Nested(SignalOut))
    score = fields.Integer()
    status = fields.String()
    corrects = fields.UUID(allow_none=True)
    reviewed_at = fields.AwareDateTime(allow_none=True)
    reviewed_by = fields.String(allow_none=True)
    review_note = fields.String(allow_none=True)
    received_at = fields.AwareDateTime()
    complete_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(LineOut))


class AddressCardEntryOut(Out):
    at = fields.AwareDateTime()
    kind = fields.String()
    code = fields.String()
    raised_by = fields.String(allow_none=True)
    evidence_kind = fields.String()
    evidence_id = fields.String()
    visit_no = fields.String()
    outcomes = fields.List(fields.String())
    scope = fields.String()
    channel = fields.String()
    lifted_at = fields.AwareDateTime(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class AddressCardOut(Out):
    address_id = fields.UUID()
    address = fields.String()
    verdict = fields.String(allow_none=True)
    register_state = fields.String()
    letters_blocked = fields.Boolean()
    grade = fields.String()
    grade_zh = fields.String()
    grade_en = fields.String()
    visit_count = fields.Integer()
    point = fields.Nested(AddressPointOut, allow_none=True)
    history = fields.List(fields.Nested(AddressCardEntryOut))
