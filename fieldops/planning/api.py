"""Plan a day, look at the plan, publish it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.planning import calling_off, comparing, moving, queries, replanning, service, trying
from fieldops.planning.schemas import (
    AgainstIn,
    CallOffIn,
    DifferenceOut,
    GeoJsonOut,
    LeftOutOut,
    LiftIn,
    LockOut,
    LocksIn,
    MoveIn,
    PlanIn,
    PlanListIn,
    PlanOut,
    PublishedOut,
    ReplanIn,
    StopOut,
)
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("plans", __name__, url_prefix="/plans", description="Routes of a day 外访路线")


@blueprint.route("", methods=["POST"])
@needs("plans.make")
@blueprint.arguments(PlanIn)
@blueprint.response(202, PlanOut)
def ask_for_plan(asked: dict[str, Any]) -> Any:
    """Ask for a plan of a day, of today from now on; a worker solves it."""
    return service.ask_for_plan(session(), actor(), **asked)


@blueprint.route("")
@needs("plans.read")
@blueprint.arguments(PlanListIn, location="query")
@blueprint.response(200, PlanOut(many=True))
def list_plans(asked: dict[str, Any]) -> Any:
    """Plans, newest first."""
    return queries.plans(session(), asked["on_date"])


@blueprint.route("/<uuid:plan_id>")
@needs("plans.read")
@blueprint.response(200, PlanOut)
def show_plan(plan_id: uuid.UUID) -> Any:
    """One plan, its state and totals."""
    return queries.plan_by_id(session(), plan_id)


@blueprint.route("/<uuid:plan_id>/stops")
@needs("plans.read")
@blueprint.response(200, StopOut(many=True))
def list_stops(plan_id: uuid.UUID) -> Any:
    """Stops by crew and order."""
    return queries.stops_of(session(), queries.plan_by_id(session(), plan_id).id)


@blueprint.route("/<uuid:plan_id>/left-out")
@needs("plans.read")
@blueprint.response(200, LeftOutOut(many=True))
def list_left_out(plan_id: uuid.UUID) -> Any:
    """Visits left out, each with its proved reason."""
    return queries.left_out_of(session(), queries.plan_by_id(session(), plan_id).id)


@blueprint.route("/<uuid:plan_id>/geojson")
@needs("plans.read")
@blueprint.response(200, GeoJsonOut)
def show_geojson(plan_id: uuid.UUID) -> Any:
    """The plan as GeoJSON, WGS-84."""
    return queries.geojson(session(), queries.plan_by_id(session(), plan_id).id)


@blueprint.route("/<uuid:plan_id>/publish", methods=["POST"])
@needs("plans.publish")
@blueprint.response(200, PublishedOut)
def publish_plan(plan_id: uuid.UUID) -> Any:
    """Ask the rules again and make this the plan of the day; visits that no longer pass are withdrawn and listed."""
    return service.publish_plan(session(), actor(), plan_id)


@blueprint.route("/<uuid:plan_id>/cancel", methods=["POST"])
@needs("plans.make")
@blueprint.response(200, PlanOut)
def cancel_plan(plan_id: uuid.UUID) -> Any:
    """Stop the search; the best plan so far is kept."""
    return replanning.cancel_plan(session(), actor(), plan_id)


@blueprint.route("/<uuid:plan_id>/call-off", methods=["POST"])
@needs("plans.call_off")
@blueprint.arguments(CallOffIn)
@blueprint.response(200, PlanOut)
def call_off_plan(asked: dict[str, Any], plan_id: uuid.UUID) -> Any:
    """Call the day off before any crew has begun it: its visits can be planned again, phones lose them at once."""
    return calling_off.call_off(session(), actor(), plan_id, **asked)


@blueprint.route("/<uuid:plan_id>/try-again", methods=["POST"])
@needs("plans.make")
@blueprint.response(202, PlanOut)
def try_again(plan_id: uuid.UUID) -> Any:
    """Queue the search of a plan that FAILED again."""
    return trying.try_again(session(), actor(), plan_id)


@blueprint.route("/<uuid:plan_id>/replan", methods=["POST"])
@needs("plans.make")
@blueprint.arguments(ReplanIn)
@blueprint.response(202, PlanOut)
def replan(asked: dict[str, Any], plan_id: uuid.UUID) -> Any:
    """Plan the rest of the day anew; what is done, under way or near stays."""
    return replanning.ask_for_replan(session(), actor(), plan_id, **asked)


@blueprint.route("/<uuid:plan_id>/moves", methods=["POST"])
@needs("plans.make")
@blueprint.arguments(MoveIn)
@blueprint.response(201, PlanOut)
def move_visit(asked: dict[str, Any], plan_id: uuid.UUID) -> Any:
    """Give a visit to a crew by hand: a lock, a new version; refused by the name of the rule it would break."""
    return moving.move_visit(session(), actor(), plan_id, **asked)


@blueprint.route("/<uuid:plan_id>/difference")
@needs("plans.read")
@blueprint.arguments(AgainstIn, location="query")
@blueprint.response(200, DifferenceOut)
def show_difference(asked: dict[str, Any], plan_id: uuid.UUID) -> Any:
    """What moved, why, and the minutes and kilometres gained, against the plan it was made from or another."""
    return comparing.compare_plans(session(), plan_id, **asked)


@blueprint.route("/locks")
@needs("plans.read")
@blueprint.arguments(LocksIn, location="query")
@blueprint.response(200, LockOut(many=True))
def list_locks(asked: dict[str, Any]) -> Any:
    """Visits people have given to crews on a day."""
    return queries.locks_on(session(), asked["on_date"])


@blueprint.route("/locks/lift", methods=["POST"])
@needs("plans.make")
@blueprint.arguments(LiftIn)
@blueprint.response(204)
def lift_lock(asked: dict[str, Any]) -> None:
    """Let the next plan of the day decide about the visit again."""
    moving.lift_lock(session(), actor(), **asked)
