"""Plans on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from fieldops.planning.states import MOST_DAYS, MOST_TRIES
from fieldops.web import In, Out, Words

if TYPE_CHECKING:
    from datetime import time


class PlanIn(In):
    on_date = fields.Date(required=True)
    days = fields.Integer(
        load_default=1,
        validate=validate.Range(1, MOST_DAYS),
        metadata={
            "description": "plan the day in sight of so many days, itself included: a visit whose approval and "
            "entrustment last may be left for a later one where that saves travel (reason LATER_DAY)"
        },
    )
    budget_s = fields.Integer(load_default=60, validate=validate.Range(1, 3600))
    seed = fields.Integer(load_default=1, validate=validate.Range(0, 2**31 - 1))


class StandInIn(In):
    crew_id = fields.UUID(required=True)
    by_crew_id = fields.UUID(required=True)


class ReplanIn(In):
    freeze_min = fields.Integer(
        load_default=30,
        validate=validate.Range(0, 720),
        metadata={"description": "visits that begin within so many minutes stay where they are"},
    )
    keep = fields.String(
        load_default="NOTHING",
        validate=validate.OneOf(["NOTHING", "CREW", "ORDER"]),
        metadata={"description": "what stays of the rest: nothing, each visit's crew, or crew and order"},
    )
    change_min = fields.Integer(
        load_default=15,
        validate=validate.Range(0, 600),
        metadata={"description": "minutes on the road that giving a visit to another crew must save"},
    )
    only_near = fields.Boolean(
        load_default=True, metadata={"description": "look only at the areas in which something has changed"}
    )
    stand_ins = fields.List(
        fields.Nested(StandInIn),
        load_default=list,
        validate=validate.Length(max=200),
        metadata={"description": "crews whose day another crew takes over; their phones are recalled on publishing"},
    )
    publish = fields.Boolean(
        load_default=False,
        metadata={"description": "publish it once it is made, every rule asked again; refused, it says why in failure"},
    )
    budget_s = fields.Integer(load_default=10, validate=validate.Range(1, 3600))
    seed = fields.Integer(load_default=1, validate=validate.Range(0, 2**31 - 1))


class CallOffIn(In):
    reason = Words(required=True, validate=validate.Length(1, 500))


class MoveIn(In):
    visit_id = fields.UUID(required=True)
    crew_id = fields.UUID(required=True)
    position = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1000),
        metadata={"description": "its number in the crew's day; without it, where it costs least"},
    )
    begins_from = fields.Time(format="%H:%M", load_default=None, allow_none=True)
    begins_until = fields.Time(format="%H:%M", load_default=None, allow_none=True)
    reason = Words(required=True, validate=validate.Length(1, 500))

    @validates_schema
    def names_a_span(self, data: dict[str, Any], **_: Any) -> None:
        """A time has two ends in their order, or none is meant."""
        start, end = data["begins_from"], data["begins_until"]
        if (start is None) != (end is None) or (start is not None and start > end):
            raise ValidationError("give begins_from and begins_until, the earlier first, or neither", "begins_until")

    @post_load
    def seconds(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The span as seconds of the day."""
        start, end = data.pop("begins_from"), data.pop("begins_until")
        return data | {"begins_s": None if start is None else (_second(start), _second(end))}


class LiftIn(In):
    on_date = fields.Date(required=True)
    visit_id = fields.UUID(required=True)


class LocksIn(In):
    on_date = fields.Date(load_default=None, metadata={"description": "without it, the locks of every day"})


class AgainstIn(In):
    against = fields.UUID(
        load_default=None, metadata={"description": "a plan of the same day; else the one it came from"}
    )


class PlanListIn(In):
    on_date = fields.Date(load_default=None)


class PlanOut(Out):
    id = fields.UUID()
    on_date = fields.Date()
    number = fields.Integer()
    base_id = fields.UUID(allow_none=True, metadata={"description": "the plan it was made from"})
    asked = fields.Dict(metadata={"description": "how: a re-plan or a move by hand, with what was asked"})
    version = fields.Function(
        lambda plan: plan.version + plan.stops_cancelled,
        metadata={"type": "integer", "description": "higher whenever its state changes or a stop is cancelled"},
    )
    status = fields.String()
    failure = fields.String(allow_none=True)
    tries = fields.Integer(
        metadata={"description": f"searches begun; of {MOST_TRIES} that are lost with their process it is FAILED"}
    )
    budget_s = fields.Integer()
    seed = fields.Integer()
    engine = fields.Dict()
    totals = fields.Dict()
    filled = fields.Function(
        lambda plan: plan.engine.get("filled", []),
        metadata={
            "type": "array",
            "items": {"type": "string"},
            "description": "visits whose legs are great circles: the road service that was asked told none",
        },
    )
    progress = fields.Dict(
        metadata={"description": "while it is SOLVING: phase, seconds, areas done, best cost so far"}
    )
    cancelled_by = fields.String(allow_none=True, metadata={"description": "who cut its search short"})
    made_by = fields.String()
    published_by = fields.String(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)
    called_off_by = fields.String(allow_none=True)
    called_off_at = fields.AwareDateTime(allow_none=True)
    called_off_reason = fields.String(allow_none=True)


class StopOut(Out):
    visit_id = fields.UUID()
    crew_id = fields.UUID()
    sequence = fields.Integer()
    arrives_at = fields.AwareDateTime()
    begins_at = fields.AwareDateTime()
    leaves_at = fields.AwareDateTime()
    travel_s = fields.Integer()
    distance_m = fields.Integer()
    filled = fields.Boolean(metadata={"description": "the leg to it is a great circle: the road service told none"})
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


class SeatOut(Out):
    crew = fields.String(attribute="crew_id")
    sequence = fields.Integer()
    start_s = fields.Integer(metadata={"description": "seconds since local midnight"})


class PlanMoveOut(Out):
    visit_no = fields.String(attribute="stop_id")
    before = fields.Nested(SeatOut, allow_none=True)
    after = fields.Nested(SeatOut, allow_none=True)
    why = fields.String()
    message_zh = fields.String()
    message_en = fields.String()


class CrewChangeOut(Out):
    crew = fields.String(attribute="crew_id")
    visits = fields.Integer()
    travel_s = fields.Integer()
    distance_m = fields.Integer()


class DifferenceOut(Out):
    """What changed from one plan to the other; sums are after minus before."""

    before_id = fields.UUID(attribute="before.id")
    after_id = fields.UUID(attribute="after.id")
    moves = fields.List(fields.Nested(PlanMoveOut), attribute="difference.moves")
    crews = fields.List(fields.Nested(CrewChangeOut), attribute="difference.crews")
    travel_s = fields.Integer(attribute="difference.travel_s")
    distance_m = fields.Integer(attribute="difference.distance_m")
    planned = fields.Integer(attribute="difference.planned")


class LockOut(Out):
    visit_id = fields.UUID()
    crew_id = fields.UUID()
    position = fields.Integer(allow_none=True)
    from_s = fields.Integer(allow_none=True)
    until_s = fields.Integer(allow_none=True)
    reason = fields.String()
    made_by = fields.String()
    made_at = fields.AwareDateTime()


class PublishedOut(Out):
    plan = fields.Nested(PlanOut)
    withdrawn = fields.List(fields.Dict())


def _second(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60
