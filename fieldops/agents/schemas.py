"""Crews on the wire."""

from __future__ import annotations

from marshmallow import fields

from fieldops.web import In, Out


class CrewsIn(In):
    on_date = fields.Date(load_default=None, metadata={"description": "only crews that work on this day"})


class AgentOut(Out):
    id = fields.UUID()
    code = fields.String()
    name = fields.String()
    active = fields.Boolean()


class CrewOut(Out):
    id = fields.UUID(attribute="crew.id")
    code = fields.String(attribute="crew.code")
    start_lat = fields.Float(attribute="crew.start_lat")
    start_lon = fields.Float(attribute="crew.start_lon")
    shift_start_s = fields.Integer(attribute="crew.shift_start_s")
    shift_end_s = fields.Integer(attribute="crew.shift_end_s")
    mode = fields.String(attribute="crew.mode")
    recorder_serial = fields.String(attribute="crew.recorder_serial", allow_none=True)
    from_on = fields.Date(attribute="crew.from_on", allow_none=True)
    until_on = fields.Date(attribute="crew.until_on", allow_none=True)
    active = fields.Boolean(attribute="crew.active")
    members = fields.List(fields.Nested(AgentOut))
