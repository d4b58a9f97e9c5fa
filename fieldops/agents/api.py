"""Who goes out."""

from __future__ import annotations

from typing import Any

from fieldops.agents import service
from fieldops.agents.schemas import CrewOut, CrewsIn
from fieldops.web import Blueprint, needs, session

blueprint = Blueprint("agents", __name__, url_prefix="/crews", description="Crews and field agents 外访小组")


@blueprint.route("")
@needs("agents.read")
@blueprint.arguments(CrewsIn, location="query")
@blueprint.response(200, CrewOut(many=True))
def list_crews(wanted: dict[str, Any]) -> Any:
    """Crews with their members, leader first."""
    return service.list_crews(session(), **wanted)
