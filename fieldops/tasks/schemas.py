"""Tasks on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.web import In, Out, Words


class TaskQueryIn(In):
    role = fields.String()
    done = fields.Boolean(load_default=False)
    after = fields.UUID()
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class TaskDoneIn(In):
    note = Words(load_default=None, validate=validate.Length(1, 500))


class TaskOut(Out):
    id = fields.UUID()
    kind = fields.String()
    role = fields.String()
    entity = fields.String()
    entity_id = fields.UUID()
    detail = fields.Dict()
    opened_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    done_at = fields.AwareDateTime(allow_none=True)
    done_by = fields.String(allow_none=True)


class TaskPageOut(Out):
    items = fields.List(fields.Nested(TaskOut))
    after = fields.UUID(allow_none=True)
