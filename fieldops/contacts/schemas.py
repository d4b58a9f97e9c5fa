"""The contact ledger on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.web import In, Out


class ContactsQueryIn(In):
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))


class ContactStandingOut(Out):
    code = fields.String()
    channel = fields.String()
    question = fields.String()
    question_zh = fields.String()
    since = fields.AwareDateTime()
    counted = fields.Integer()
    most = fields.Integer()
    room = fields.Integer(metadata={"description": "how many more there may be now"})
    source = fields.String()


class ContactOut(Out):
    channel = fields.String()
    at = fields.AwareDateTime()
    case_id = fields.UUID(allow_none=True)
    effective = fields.Boolean(allow_none=True)
    source_id = fields.UUID()


class ContactLedgerOut(Out):
    debtor_id = fields.UUID()
    standings = fields.List(fields.Nested(ContactStandingOut))
    items = fields.List(fields.Nested(ContactOut))
