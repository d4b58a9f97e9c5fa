"""Timelines on the wire."""

from __future__ import annotations

from marshmallow import fields

from fieldops.web import Out


class HappenedOut(Out):
    at = fields.AwareDateTime()
    actor = fields.String()
    action = fields.String()
    title_zh = fields.String()
    title_en = fields.String()
    entity = fields.String()
    entity_id = fields.String()
    was = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    detail = fields.Dict()
