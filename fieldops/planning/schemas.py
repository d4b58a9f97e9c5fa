"""Plans on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.web import In, Out


class PlanIn(In):
    on_date = fields.Date(required=True)
    budget_s = fields.Integer(load_default=60, validate=validate.Range(1, 3600))
    seed = fields.Integer(load_default=1, validate=validate.Range(0, 2**31 - 1))


class PlanListIn(In):
    on_date = fields.Date(load_default=None)


class PlanOut(Out):
    id = fields.UUID()
    on_date = fields.Date()
    number = fields.Integer()
    version = fields.Function(
        lambda plan: plan.version + plan.stops_cancelled,
        metadata={"type": "integer", "description": "higher whenever its state changes or a stop is cancelled"},
    )
    status = fields.String()
    failure = fields.String(allow_none=True)
    budget_s = fields.Integer()
    seed = fields.Integer()
    engine = fields.Dict()
    totals = fields.Dict()
    made_by = fields.String()
    published_by = fields.String(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)


class StopOut(Out):
    visit_id = fields.UUID()
    crew_id = fields.UUID()
    sequence = fields.Integer()
    arrives_at = fields.AwareDateTime()
    begins_at = fields.AwareDateTime()
    leaves_at = fields.AwareDateTime()
    travel_s = fields.Integer()
    distance_m = fields.Integer()
    status = fields.String()


class LeftOutOut(Out):
    visit_id = fields.UUID()
    visit_no = fields.String()
    priority = fields.Integer()
    reason = fields.String()
    message_zh = fields.String()
    message_en = fields.String()
    detail = fields.Dict()


class GeoJsonOut(Out):
    """RFC 7946."""

    type = fields.Constant("FeatureCollection")
    features = fields.List(
        fields.Dict(), metadata={"description": "a line per crew, a point per stop and left-out visit"}
    )


class PublishedOut(Out):
    plan = fields.Nested(PlanOut)
    withdrawn = fields.List(fields.Dict())
