"""The phone's face: register, sync, the gate, acknowledgements; and the office's view of the phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app, g

from fieldops.sync import devices, exchange, rules, service
from fieldops.sync.compression import at_most, packed
from fieldops.sync.schemas import (
    AckIn,
    DeviceIn,
    DeviceOut,
    DeviceQueryIn,
    GateIn,
    GateOut,
    OrderIn,
    PhoneOut,
    RenewIn,
    SyncIn,
    SyncOut,
)
from fieldops.web import Blueprint, actor, house, needs, own_transactions, session, token_claims

if TYPE_CHECKING:
    import uuid

    from fieldops.auth.tokens import Tokens
    from fieldops.sync.models import Device

blueprint = Blueprint("mobile", __name__, url_prefix="/mobile", description="Mobile sync 外访手机同步")
phones = Blueprint("devices", __name__, url_prefix="/devices", description="Phones of the field agents 外访手机")
MAX_SYNC_BYTES = 1024 * 1024


def _tokens() -> Tokens:
    return current_app.tokens  # type: ignore[attr-defined,no-any-return]


def _phone(device_id: uuid.UUID | None = None) -> Device:
    """The phone whose token speaks."""
    return devices.phone_of(session(), g.user, token_claims(), device_id)


@blueprint.route("/devices", methods=["POST"])
@needs("mobile.sync")
@blueprint.arguments(DeviceIn)
@blueprint.response(201, DeviceOut)
def register_device(asked: dict[str, Any]) -> Any:
    """Bind this phone to the agent who is logged in, by its public key; the same key again is the same phone."""
    return devices.register_device(session(), actor(), g.user, _tokens(), asked)


@blueprint.route("/devices/<uuid:device_id>/token", methods=["POST"])
@blueprint.arguments(RenewIn)
@blueprint.response(200, DeviceOut)
def renew_tokens(asked: dict[str, Any], device_id: uuid.UUID) -> Any:
    """A new pair of tokens for the refresh token, signed with the phone's key."""
    return devices.renew(session(), _tokens(), device_id, asked, house().clock.now())


@blueprint.route("/sync", methods=["POST"])
@own_transactions("mobile.sync")
@at_most(MAX_SYNC_BYTES)
@blueprint.arguments(SyncIn)
@blueprint.alt_response(200, schema=SyncOut)
def sync(asked: dict[str, Any]) -> Response:
    """Push what this phone has done, then pull what it must know, in one round trip; gzip both ways."""
    return packed(exchange.sync(house(), token_claims(), asked))


@blueprint.route("/recalls")
@needs("mobile.sync")
@blueprint.arguments(GateIn, location="query")
@blueprint.response(200, GateOut)
def ask_gate(asked: dict[str, Any]) -> Any:
    """Say which of these visits must not be made: asked before setting out, navigating and checking in."""
    return service.visits_to_stop(session(), _phone(), asked["held"], actor().at)


@blueprint.route("/devices/<uuid:device_id>/ack", methods=["POST"])
@needs("mobile.sync")
@blueprint.arguments(AckIn)
@blueprint.response(204)
def acknowledge(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Say that these recalls have been shown to the crew, or that the phone has forgotten everything."""
    service.acknowledge(session(), actor(), _phone(device_id), **asked)


@phones.route("")
@needs("devices.read")
@phones.arguments(DeviceQueryIn, location="query")
@phones.response(200, PhoneOut(many=True))
def list_devices(asked: dict[str, Any]) -> Any:
    """Phones, the one that has been silent longest first: state, app, how far behind, recalls not shown."""
    return devices.phones(session(), **asked)


@phones.route("/<uuid:device_id>/wipe", methods=["POST"])
@needs("devices.manage")
@phones.arguments(OrderIn)
@phones.response(204)
def wipe_device(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Have a phone send what it holds and forget everything, at its next sync."""
    devices.order(session(), actor(), device_id, rules.WIPE, **asked)


@phones.route("/<uuid:device_id>/keep", methods=["POST"])
@needs("devices.manage")
@phones.arguments(OrderIn)
@phones.response(204)
def keep_device(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Take back an order to wipe that has not been done."""
    devices.order(session(), actor(), device_id, rules.ACTIVE, **asked)


@phones.route("/<uuid:device_id>/revoke", methods=["POST"])
@needs("devices.manage")
@phones.arguments(OrderIn)
@phones.response(204)
def revoke_device(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Answer a phone no more: lost, or its agent has left. What it had not sent does not arrive any more."""
    devices.order(session(), actor(), device_id, rules.REVOKED, **asked)


@phones.route("/<uuid:device_id>/log-out", methods=["POST"])
@needs("devices.manage")
@phones.arguments(OrderIn)
@phones.response(204)
def log_out_device(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """End the session of a phone: it sends what it holds and asks for the password again."""
    devices.log_out(session(), actor(), device_id, **asked)
