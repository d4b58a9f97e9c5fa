"""The envelope of mobile sync."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from webargs.fields import DelimitedList

from fieldops.results.schemas import PositionIn, instant
from fieldops.sync.rules import CHECK_IN, COMMANDS, OBJECTION, OBJECTIONS, RESULT, Code, Knowledge
from fieldops.web import In, Out, Words

PROTOCOL = 1
LONGEST_WAIT_S = 25
MAX_POINTS = 500
MAX_MUTATIONS = 100
_SHA256 = validate.Regexp(r"\A[0-9a-f]{64}\Z")
_BIGGEST = 2**53 - 1


def _printable(longest: int) -> validate.Regexp:
    return validate.Regexp(rf"\A[\x20-\x7e\n]{{1,{longest}}}\Z", error=f"give 1 to {longest} printable characters")


def _boot_id() -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=_printable(64))


def _uptime(when: str) -> fields.Integer:
    told = {"description": f"milliseconds since the phone started, {when}; a clock nobody can set"}
    return fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, _BIGGEST), metadata=told)


def _instant_text(text: str) -> None:
    try:
        if datetime.fromisoformat(text).tzinfo is not None:
            return
    except ValueError:
        pass
    raise ValidationError("write it like 2026-11-24T09:30:00+08:00")


class DeviceIn(In):
    public_key = fields.String(required=True, validate=_printable(4096))
    app_version = fields.String(required=True, validate=_printable(32))
    schema_version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10_000))


class DeviceOut(Out):
    id = fields.UUID()
    agent_id = fields.UUID()
    state = fields.String()
    token = fields.String(metadata={"description": "bound to this phone; send it from now on"})
    refresh_token = fields.String(metadata={"description": "makes the next pair, together with the phone's signature"})
    expires_in_s = fields.Integer()


class RenewIn(In):
    """Signed by the phone's key: ``fieldops renew``, its id, the refresh token and ``signed_at``, a line each."""

    refresh_token = fields.String(required=True, validate=validate.Length(1, 4096))
    signed_at = fields.String(required=True, validate=_instant_text, metadata={"format": "date-time"})
    signature = fields.String(required=True, validate=_printable(1024))


class DeviceQueryIn(In):
    agent_id = fields.UUID(load_default=None)


class OrderIn(In):
    reason = Words(required=True, validate=validate.Length(1, 500))


class PhoneOut(Out):
    id = fields.UUID()
    agent_id = fields.UUID()
    agent = fields.String()
    state = fields.String()
    app_version = fields.String()
    schema_version = fields.Integer()
    last_seen_at = fields.AwareDateTime(allow_none=True)
    registered_at = fields.AwareDateTime()
    clock_off_ms = fields.Integer(allow_none=True)
    manifest_mismatches = fields.Integer()
    behind = fields.Integer(metadata={"description": "feed rows it has not said it holds"})
    recalls_unshown = fields.Integer()


class MutationIn(In):
    """Something that happened, under an id the phone has made (UUID v7). A wrong ``type`` or body is answered alone."""

    id = fields.UUID(required=True)
    depends_on = fields.UUID(load_default=None, allow_none=True)
    type = fields.String(required=True, metadata={"enum": [CHECK_IN, RESULT, OBJECTION]})
    entity_id = fields.UUID(required=True, metadata={"description": "the visit"})
    base_version = fields.Integer(load_default=None, allow_none=True)
    device_time = instant(required=True)
    boot_id = _boot_id()
    elapsed_ms = _uptime("when it happened")
    body_sha256 = fields.String(required=True, validate=_SHA256)
    body = fields.Dict(required=True, metadata={"description": "CheckInIn, ResultIn or ObjectionIn, by type"})


class SyncIn(In):
    """``cursor`` null asks for everything anew; ``epoch`` null is a phone's first sync."""

    protocol = fields.Integer(required=True, validate=validate.Equal(PROTOCOL))
    schema = fields.Integer(required=True, validate=validate.Range(1, 10_000))
    device_id = fields.UUID(required=True)
    epoch = fields.UUID(required=True, allow_none=True)
    cursor = fields.Integer(required=True, allow_none=True, validate=validate.Range(0, _BIGGEST))
    base_hash = fields.String(load_default=None, allow_none=True, validate=_SHA256)
    client_time = instant(required=True)
    boot_id = _boot_id()
    elapsed_ms = _uptime("now")
    mutations = fields.List(fields.Nested(MutationIn), load_default=list, metadata={"maxItems": MAX_MUTATIONS})


class CheckInIn(In):
    """The crew is at the door."""

    visit_id = fields.UUID(required=True)
    position = fields.Nested(PositionIn, load_default=None, allow_none=True)


class ObjectionIn(In):
    """The crew gives a stop back before making it."""

    visit_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(list(OBJECTIONS)))
    detail = Words(load_default=None, allow_none=True, validate=validate.Length(1, 500))


class EventsIn(In):
    """``cursor`` is where the phone is; the answer waits until the feed is past it."""

    cursor = fields.Integer(required=True, validate=validate.Range(0, _BIGGEST))
    wait = fields.Integer(load_default=LONGEST_WAIT_S, validate=validate.Range(0, LONGEST_WAIT_S))


class EventsOut(Out):
    changed = fields.Boolean(metadata={"description": "there is something to fetch: sync now"})
    urgent = fields.Boolean()
    next_poll_s = fields.Integer()


class PointIn(In):
    """A point of the track, WGS-84."""

    at = instant(required=True)
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    accuracy_m = fields.Float(required=True, validate=validate.Range(0, 100_000))
    speed_mps = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 1000))
    is_mock = fields.Boolean(load_default=None, allow_none=True)


class PositionsIn(In):
    points = fields.List(fields.Nested(PointIn), required=True, validate=validate.Length(1, MAX_POINTS))


class PositionsOut(Out):
    kept = fields.Integer(metadata={"description": "new ones; a repeat keeps none"})
    outside_shift = fields.Integer(metadata={"description": "not kept: outside the hours of the crew"})


class SinceIn(In):
    since = instant(load_default=None)


class RecallFiguresOut(Out):
    since = fields.AwareDateTime()
    recalls = fields.Integer(metadata={"description": "one for each agent"})
    acknowledged = fields.Integer()
    p50_s = fields.Float(allow_none=True)
    p95_s = fields.Float(allow_none=True)
    p99_s = fields.Float(allow_none=True)
    unconfirmed = fields.Integer()
    visits_after_told = fields.Integer(metadata={"description": "made all the same, the phone had been told"})
    visits_after_not_told = fields.Integer(metadata={"description": "made when the crew could not know"})
    visits_after_in_doubt = fields.Integer(metadata={"description": "the phone's clock cannot be compared"})


class UnconfirmedRecallOut(Out):
    visit_id = fields.UUID()
    agent_id = fields.UUID()
    agent = fields.String()
    reason = fields.String()
    recalled_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()


class ReportAfterRecallOut(Out):
    event_id = fields.UUID()
    visit_id = fields.UUID()
    visit_no = fields.String()
    agent = fields.String()
    kind = fields.String()
    received_at = fields.AwareDateTime()
    flags = fields.List(fields.String())
    knowledge = fields.String(allow_none=True, metadata={"enum": [*map(str, Knowledge), None]})
    times = fields.Dict(allow_none=True)


class ResultOfMutation(Out):
    id = fields.UUID()
    code = fields.String(metadata={"enum": [str(code) for code in Code]})
    version = fields.Integer(allow_none=True)
    detail = fields.String(allow_none=True)


class OpOut(Out):
    """``data`` of a put is the stop; null when a later op has overtaken it."""

    seq = fields.Integer()
    op = fields.String(metadata={"enum": ["put", "remove"]})
    entity = fields.String()
    id = fields.UUID()
    version = fields.Integer()
    reason = fields.String(allow_none=True)
    urgent = fields.Boolean()
    data = fields.Dict(allow_none=True)
    valid_until = fields.AwareDateTime(allow_none=True)


class RecalledOut(Out):
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
    recalled = fields.List(fields.Nested(RecalledOut))
    commands = fields.List(fields.String(), metadata={"description": ", ".join(COMMANDS)})
    offline_until = fields.AwareDateTime(allow_none=True)
    next_poll_s = fields.Integer()


class GateIn(In):
    """Visits the phone is about to make, as ids joined by commas."""

    held = DelimitedList(fields.UUID(), required=True, validate=validate.Length(1, 50))


class GateStopOut(Out):
    visit_id = fields.UUID()
    reason = fields.String()


class GateOut(Out):
    server_time = fields.AwareDateTime()
    stop = fields.List(fields.Nested(GateStopOut))


class AckIn(In):
    """Recalls that have been shown, or a wipe that has been done."""

    visit_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(0, 200))
    wiped = fields.Boolean(load_default=False)

    @validates_schema
    def _says_something(self, told: dict[str, Any], **_: Any) -> None:
        if not told["visit_ids"] and not told["wiped"]:
            raise ValidationError("name the visits that were shown, or say wiped")
