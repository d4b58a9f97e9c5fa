"""The phone's face: register, sync, the gate, acknowledgements."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, current_app, g

from fieldops.sync import exchange, service
from fieldops.sync.schemas import AckIn, DeviceIn, DeviceOut, GateIn, GateOut, SyncIn, SyncOut
from fieldops.web import Blueprint, actor, house, needs, own_transactions, session

blueprint = Blueprint("mobile", __name__, url_prefix="/mobile", description="Mobile sync 外访手机同步")


@blueprint.route("/devices", methods=["POST"])
@needs("mobile.sync")
@blueprint.arguments(DeviceIn)
@blueprint.response(201, DeviceOut)
def register_device(asked: dict[str, Any]) -> Any:
    """Bind this phone to the agent who is logged in."""
    device = service.register_device(session(), actor(), g.user.agent_id, asked)
    token = current_app.tokens.issue(g.user.id, device_id=device.id)  # type: ignore[attr-defined]
    return {"id": device.id, "agent_id": device.agent_id, "state": device.state, "token": token}


@blueprint.route("/sync", methods=["POST"])
@own_transactions("mobile.sync")
@blueprint.arguments(SyncIn)
@blueprint.alt_response(200, schema=SyncOut)
def sync(asked: dict[str, Any]) -> Response:
    """Push what this phone has done, then pull what it must know, in one round trip."""
    return Response(exchange.sync(house(), asked), mimetype="application/json")


@blueprint.route("/recalls")
@needs("mobile.sync")
@blueprint.arguments(GateIn, location="query")
@blueprint.response(200, GateOut)
def ask_gate(asked: dict[str, Any]) -> Any:
    """Say which of these visits must not be made: asked before setting out, navigating and checking in."""
    held = [uuid.UUID(one) for one in asked["held"].split(",")]
    now = actor().at
    return {"server_time": now, "stop": service.visits_to_stop(session(), g.user.agent_id, held, now)}


@blueprint.route("/devices/<uuid:device_id>/ack", methods=["POST"])
@needs("mobile.sync")
@blueprint.arguments(AckIn)
@blueprint.response(204)
def acknowledge(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Say that these recalls have been shown to the crew."""
    service.acknowledge_recalls(session(), actor(), service.device_of(session(), device_id, g.user), asked["visit_ids"])
