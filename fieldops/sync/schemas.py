"""The envelope of mobile sync."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.results.schemas import PositionIn
from fieldops.web import In, Out

PROTOCOL = 1
MAX_MUTATIONS = 100
MUTATION_TYPES = ("check_in", "result")


class DeviceIn(In):
    public_key = fields.String(required=True, validate=validate.Length(1, 4096))
    app_version = fields.String(required=True, validate=validate.Length(1, 32))
    schema_version = fields.Integer(required=True, validate=validate.Range(1))


class DeviceOut(Out):
    id = fields.UUID()
    agent_id = fields.UUID()
    state = fields.String()
    token = fields.String()


class MutationIn(In):
    id = fields.UUID(required=True)
    depends_on = fields.UUID(load_default=None, allow_none=True)
    type = fields.String(required=True)
    entity_id = fields.UUID(required=True)
    base_version = fields.Integer(load_default=None, allow_none=True)
    device_time = fields.AwareDateTime(required=True)
    elapsed_ms = fields.Integer(load_default=None, allow_none=True)
    body_sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))
    body = fields.Dict(required=True)


class SyncIn(In):
    """``cursor`` null asks for everything anew; ``epoch`` null is a phone's first sync."""

    protocol = fields.Integer(required=True, validate=validate.Equal(PROTOCOL))
    schema = fields.Integer(required=True, validate=validate.Range(1))
    device_id = fields.UUID(required=True)
    epoch = fields.UUID(required=True, allow_none=True)
    cursor = fields.Integer(required=True, allow_none=True, validate=validate.Range(0))
    base_hash = fields.String(load_default=None, allow_none=True)
    client_time = fields.AwareDateTime(required=True)
    boot_id = fields.String(load_default=None, allow_none=True)
    elapsed_ms = fields.Integer(load_default=None, allow_none=True)
    mutations = fields.List(fields.Nested(MutationIn), load_default=list, validate=validate.Length(max=MAX_MUTATIONS))


class CheckInIn(In):
    visit_id = fields.UUID(required=True)
    position = fields.Nested(PositionIn, load_default=None, allow_none=True)


class ResultOfMutation(Out):
    id = fields.UUID()
    code = fields.String()
    version = fields.Integer(allow_none=True)
    detail = fields.String(allow_none=True)


class OpOut(Out):
    seq = fields.Integer()
    op = fields.String(validate=validate.OneOf(("put", "remove")))
    entity = fields.String()
    id = fields.UUID()
    version = fields.Integer()
    reason = fields.String(allow_none=True)
    urgent = fields.Boolean()
    data = fields.Dict(allow_none=True)
    valid_until = fields.AwareDateTime(allow_none=True)


class RecallOut(Out):
    visit_id = fields.UUID()
    version = fields.Integer()
    reason = fields.String()
    recalled_at = fields.AwareDateTime()


class SyncOut(Out):
    epoch = fields.UUID()
    server_time = fields.AwareDateTime()
    results = fields.List(fields.Nested(ResultOfMutation))
    ops = fields.List(fields.Nested(OpOut))
    cursor = fields.Integer()
    more = fields.Boolean()
    manifest_hash = fields.String()
    recalled = fields.List(fields.Nested(RecallOut))
    commands = fields.List(fields.String())
    next_poll_s = fields.Integer()


class GateIn(In):
    """Visits the phone is about to make, as ids joined by commas."""

    held = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-fA-F-]{36}(,[0-9a-fA-F-]{36}){0,49}$"))


class GateOut(Out):
    server_time = fields.AwareDateTime()
    stop = fields.List(fields.Nested(RecallOut))


class AckIn(In):
    visit_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 200))
