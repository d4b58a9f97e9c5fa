"""Batches on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.web import In, Out, Words


class BatchIn(In):
    on_date = fields.Date(required=True)
    comment = Words(load_default=None, validate=validate.Length(1, 500))


class BatchQueryIn(In):
    on_date = fields.Date(load_default=None)


class UnbatchIn(In):
    visit_ids = fields.List(fields.UUID(), load_default=list)
    reason = Words(required=True, validate=validate.Length(1, 500))


class BatchOut(Out):
    id = fields.UUID()
    on_date = fields.Date()
    area = fields.String()
    status = fields.String()
    visits = fields.Integer()
    made_by = fields.String()
    accepted = fields.List(fields.String())
    comment = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    version = fields.Integer()


class BatchItemOut(Out):
    id = fields.UUID()
    no = fields.String()
    status = fields.String()
    priority = fields.Integer()
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    address = fields.String()


class BatchFileOut(BatchOut):
    items = fields.List(fields.Nested(BatchItemOut))


class LeftOverOut(Out):
    visit_id = fields.UUID()
    no = fields.String()
    status = fields.String()
    reason = fields.String()
    message_zh = fields.String()
    message_en = fields.String()
    codes = fields.List(fields.String())


class GatheredOut(Out):
    on_date = fields.Date()
    batched = fields.Integer()
    batches = fields.List(fields.Nested(BatchOut))
    unrouted = fields.List(fields.Nested(LeftOverOut))
    left = fields.List(fields.Nested(LeftOverOut))
