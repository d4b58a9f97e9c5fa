"""Imports on the wire."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from fieldops.web import In, Out


class ImportIn(In):
    file = Upload(required=True, metadata={"description": "xlsx, or csv in UTF-8 (with or without BOM) or GB18030"})
    dry_run = fields.Boolean(load_default=False)
    bank_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))


class PageIn(In):
    after = fields.UUID(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class ImportOut(Out):
    id = fields.UUID()
    kind = fields.String()
    filename = fields.String()
    state = fields.String(metadata={"enum": ["WAITING", "RUNNING", "DONE", "REFUSED", "FAILED"]})
    refusal = fields.String(allow_none=True)
    dry_run = fields.Boolean()
    bank_code = fields.String(allow_none=True)
    rows_read = fields.Integer()
    created = fields.Integer(attribute="created_count")
    changed = fields.Integer(attribute="changed_count")
    unchanged = fields.Integer(attribute="unchanged_count")
    errors = fields.Integer(attribute="error_count")
    notes = fields.List(fields.String())
    requested_by = fields.String()
    received_at = fields.AwareDateTime()
    done_at = fields.AwareDateTime(allow_none=True)


class ImportsOut(Out):
    items = fields.List(fields.Nested(ImportOut))
    after = fields.UUID(allow_none=True)


class MappingIn(In):
    headings = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 100)),
        values=fields.String(),
        required=True,
        metadata={"description": "the bank's heading → ours"},
    )


class MappingOut(Out):
    bank_code = fields.String()
    kind = fields.String()
    headings = fields.Dict(keys=fields.String(), values=fields.String())
    version = fields.Integer()
