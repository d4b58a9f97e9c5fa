"""The phone's face: register, sync, the gate, acknowledgements."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from fieldops.errors import TooLarge
from fieldops.sync import exchange, service
from fieldops.sync.schemas import AckIn, DeviceIn, DeviceOut, GateIn, GateOut, SyncIn, SyncOut
from fieldops.web import Blueprint, actor, house, needs, own_transactions, session

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

blueprint = Blueprint("mobile", __name__, url_prefix="/mobile", description="Mobile sync 外访手机同步")
MAX_SYNC_BYTES = 1024 * 1024


def at_most(limit_bytes: int) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Refuse a longer body before it is read, or as soon as one that does not say its length has grown too long."""

    def guard(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response:
            request.max_content_length = limit_bytes
            try:
                read = len(request.get_data())
            except RequestEntityTooLarge:
                read = limit_bytes + 1
            if read > limit_bytes or (read == limit_bytes and not request.content_length):  # it was cut there
                detail = f"The body is over {limit_bytes} bytes; send fewer mutations and sync again."
                raise TooLarge("BODY_TOO_LARGE", detail, limit=limit_bytes)
            return view(*args, **kwargs)

        return guarded

    return guard


@blueprint.route("/devices", methods=["POST"])
@needs("mobile.sync")
@blueprint.arguments(DeviceIn)
@blueprint.response(201, DeviceOut)
def register_device(asked: dict[str, Any]) -> Any:
    """Bind this phone to the agent who is logged in."""
    device = service.register_device(session(), actor(), g.user, asked)
    token = current_app.tokens.issue(g.user.id, device_id=device.id)  # type: ignore[attr-defined]
    return {"id": device.id, "agent_id": device.agent_id, "state": device.state, "token": token}


@blueprint.route("/sync", methods=["POST"])
@own_transactions("mobile.sync")
@at_most(MAX_SYNC_BYTES)
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
    return service.visits_to_stop(session(), g.user, asked["held"], actor().at)


@blueprint.route("/devices/<uuid:device_id>/ack", methods=["POST"])
@needs("mobile.sync")
@blueprint.arguments(AckIn)
@blueprint.response(204)
def acknowledge(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Say that these recalls have been shown to the crew."""
    service.acknowledge_recalls(session(), actor(), g.user, device_id, asked["visit_ids"])
