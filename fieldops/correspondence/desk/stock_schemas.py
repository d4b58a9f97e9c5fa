# ruff: noqa: D101 - the field names say it, as in schemas.py
"""Numbered stock on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.correspondence.paper.stock import ACCEPTED, DECLINED, KINDS, OFFERED
from fieldops.web import In, Out, Words
from letters.stock import StockState, number_of

NUMBER = validate.Length(1, 32)
NAMES = {number: name for name, number in KINDS.items()}


class StockCountIn(In):
    first = fields.String(required=True, validate=NUMBER)
    last = fields.String(required=True, validate=NUMBER)


class StockRangeIn(StockCountIn):
    kind = fields.String(load_default="PAPER", validate=validate.OneOf(list(KINDS)))


class StockReceiptIn(StockRangeIn):
    supplier = Words(required=True, validate=validate.Length(1, 100))


class StockIssueIn(StockRangeIn):
    to = fields.String(required=True, validate=validate.Length(1, 64))


class StockDestructionIn(StockRangeIn):
    reason = Words(required=True, validate=validate.Length(1, 500))


class StockUseIn(StockRangeIn):
    batch_id = fields.UUID(required=True)


class StockAccountIn(StockDestructionIn):
    batch_id = fields.UUID(required=True)


class StockSpoilIn(StockDestructionIn):
    photo_sha256 = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


class StockReasonIn(In):
    reason = Words(required=True, validate=validate.Length(1, 500))


class StockSpanQueryIn(In):
    holder = fields.String(validate=validate.Length(max=64))
    state = fields.String(validate=validate.OneOf(list(StockState)))


class StockHandoverQueryIn(In):
    status = fields.String(load_default=OFFERED, validate=validate.OneOf((OFFERED, ACCEPTED, DECLINED)))


class Numbered(Out):
    """A row with a range of numbers, shown by its first and last."""

    kind = fields.Function(lambda row: NAMES[row.kind_no], metadata={"type": "string"})
    first = fields.Function(lambda row: number_of(row.series, row.low), metadata={"type": "string"})
    last = fields.Function(lambda row: number_of(row.series, row.high), metadata={"type": "string"})
    sheets = fields.Function(lambda row: row.high - row.low + 1, metadata={"type": "integer"})


class StockSpanOut(Numbered):
    state = fields.String()
    holder = fields.String()


class StockHandoverOut(Numbered):
    id = fields.UUID()
    event = fields.String(attribute="kind")
    from_holder = fields.String()
    to_holder = fields.String()
    status = fields.String()
    reason = fields.String(allow_none=True)
    offered_by = fields.String()
    offered_at = fields.AwareDateTime()
    answered_by = fields.String(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)


class StockMoveOut(Out):
    id = fields.UUID()
    at = fields.AwareDateTime()
    event = fields.String()
    low = fields.Integer()
    high = fields.Integer()
    holder = fields.String()
    actor = fields.String()
    second = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    batch_id = fields.UUID(allow_none=True)
