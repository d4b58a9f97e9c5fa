"""Crews on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.agents.rules import PAPERS
from fieldops.web import In, Out, Words

_SHORT = validate.Length(1, 64)


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
    end_lat = fields.Float(
        attribute="crew.end_lat", allow_none=True, metadata={"description": "none: the day ends where it starts"}
    )
    end_lon = fields.Float(attribute="crew.end_lon", allow_none=True)
    shift_start_s = fields.Integer(attribute="crew.shift_start_s")
    shift_end_s = fields.Integer(attribute="crew.shift_end_s")
    break_from_s = fields.Integer(
        attribute="crew.break_from_s",
        allow_none=True,
        metadata={"description": "a break of break_s lies between this and break_until_s; none: no break is planned"},
    )
    break_until_s = fields.Integer(attribute="crew.break_until_s", allow_none=True)
    break_s = fields.Integer(attribute="crew.break_s", allow_none=True)
    mode = fields.String(attribute="crew.mode")
    recorder_serial = fields.String(attribute="crew.recorder_serial", allow_none=True)
    from_on = fields.Date(attribute="crew.from_on", allow_none=True)
    until_on = fields.Date(attribute="crew.until_on", allow_none=True)
    active = fields.Boolean(attribute="crew.active")
    members = fields.List(fields.Nested(AgentOut))


class AgentPageIn(In):
    after = fields.UUID(load_default=None)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class AgentPageOut(Out):
    items = fields.List(fields.Nested(AgentOut))
    after = fields.UUID(allow_none=True)


class _ValidityIn(In):
    from_on = fields.Date(required=True)
    until_on = fields.Date(load_default=None, metadata={"description": "the last day it holds; none never ends"})


class PaperIn(_ValidityIn):
    kind = fields.String(required=True, validate=validate.OneOf(list(PAPERS)))
    number = fields.String(required=True, validate=_SHORT)
    bank_code = fields.String(load_default=None, validate=_SHORT, metadata={"description": "none: for every bank"})


class PaperOut(Out):
    id = fields.UUID()
    kind = fields.String()
    number = fields.String()
    bank_id = fields.UUID(allow_none=True)
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String()
    revoked_at = fields.AwareDateTime(allow_none=True)
    revoked_by = fields.String(allow_none=True)


class AgentReasonIn(In):
    reason = Words(required=True, validate=validate.Length(1, 500))


class BankBlockIn(AgentReasonIn):
    bank_code = fields.String(required=True, validate=_SHORT)


class BankBlockOut(Out):
    id = fields.UUID()
    bank_id = fields.UUID()
    reason = fields.String()
    since_at = fields.AwareDateTime()
    raised_by = fields.String()
    lifted_at = fields.AwareDateTime(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class AgentFileOut(AgentOut):
    id = fields.UUID(attribute="agent.id")
    code = fields.String(attribute="agent.code")
    name = fields.String(attribute="agent.name")
    active = fields.Boolean(attribute="agent.active")
    substitute_id = fields.UUID(attribute="agent.substitute_id", allow_none=True)
    papers = fields.List(fields.Nested(PaperOut))
    bank_blocks = fields.List(fields.Nested(BankBlockOut))


class SubstituteIn(In):
    substitute_id = fields.UUID(required=True)


class CrewChangeIn(AgentReasonIn):
    agent_id = fields.UUID(required=True, metadata={"description": "who is replaced"})


class RecorderIn(_ValidityIn):
    serial = fields.String(required=True, validate=_SHORT)
    bank_code = fields.String(required=True, validate=_SHORT)


class RecorderOut(Out):
    id = fields.UUID()
    serial = fields.String()
    bank_id = fields.UUID()
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)
    recorded_by = fields.String()
    revoked_at = fields.AwareDateTime(allow_none=True)
    revoked_by = fields.String(allow_none=True)


class ExpiriesIn(In):
    within_days = fields.Integer(load_default=30, validate=validate.Range(0, 366))


class ExpiryOut(Out):
    of = fields.String(metadata={"description": "the agent's code, or the recorder's serial number"})
    name = fields.String()
    kind = fields.String()
    kind_zh = fields.String()
    bank_id = fields.UUID(allow_none=True)
    until_on = fields.Date()
