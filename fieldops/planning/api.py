"""Plan a day, look at the plan, publish it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.planning import queries, service
from fieldops.planning.schemas import GeoJsonOut, LeftOutOut, PlanIn, PlanListIn, PlanOut, PublishedOut, StopOut
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("plans", __name__, url_prefix="/plans", description="Routes of a day 外访路线")


@blueprint.route("", methods=["POST"])
@needs("plans.make")
@blueprint.arguments(PlanIn)
@blueprint.response(202, PlanOut)
def ask_for_plan(asked: dict[str, Any]) -> Any:
    """Ask for a plan of a day; a worker solves it."""
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
