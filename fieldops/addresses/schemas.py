"""Addresses on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.addresses.register import EVENT_OF_EVIDENCE
from fieldops.web import In, Out, Words


class AddressTextIn(In):
    raw = fields.String(required=True, validate=validate.Length(0, 1000))


class AddressFindingOut(Out):
    code = fields.String()
    message_zh = fields.String()
    message_en = fields.String()
    detail = fields.String()
    visit = fields.String()
    letter = fields.String()


class AddressBlockOut(Out):
    id = fields.UUID()
    scope = fields.String()
    channel = fields.String()
    reason = fields.String()
    since_at = fields.AwareDateTime()
    evidence_kind = fields.String()
    evidence_id = fields.String()


class AddressJudgedOut(Out):
    raw = fields.String()
    edition = fields.String(allow_none=True)
    verdict = fields.String(allow_none=True)
    visit = fields.String(allow_none=True)
    letter = fields.String(allow_none=True)
    codes = fields.List(fields.String())
    findings = fields.List(fields.Nested(AddressFindingOut))
    next_action = fields.String(allow_none=True)
    normalised = fields.String(allow_none=True)
    region_code = fields.String(allow_none=True)
    address_key = fields.String()
    site_key = fields.String()
    candidates = fields.List(fields.String())
    blocks = fields.List(fields.Nested(AddressBlockOut))


class AddressEventOut(Out):
    id = fields.UUID()
    at = fields.AwareDateTime()
    actor = fields.String()
    kind = fields.String()
    code = fields.String()
    evidence_kind = fields.String()
    evidence_id = fields.String()


class AddressPointOut(Out):
    lat = fields.Float()
    lon = fields.Float()
    datum = fields.Constant("WGS84")
    datum_given = fields.String()
    precision = fields.String()
    source = fields.String()
    codes = fields.List(fields.String())


class AddressOut(AddressJudgedOut):
    id = fields.UUID()
    debtor_id = fields.UUID()
    source = fields.String()
    belongs_to = fields.String()
    bank_provided = fields.Boolean()
    phone_confirmed_at = fields.AwareDateTime(allow_none=True)
    register_state = fields.String()
    events = fields.List(fields.Nested(AddressEventOut))
    point = fields.Nested(AddressPointOut, allow_none=True)


class BlockLiftIn(In):
    evidence_kind = fields.String(required=True, validate=validate.OneOf(list(EVENT_OF_EVIDENCE)))
    evidence_id = fields.String(required=True, validate=validate.Length(1, 200))
    reason = Words(required=True, validate=validate.Length(1, 500))


class BlockLiftedOut(Out):
    id = fields.UUID()
    scope = fields.String()
    channel = fields.String()
    reason = fields.String()
    since_at = fields.AwareDateTime()
    lifted_by = fields.UUID()
