"""The phone's face: register, sync, the gate, acknowledgements; and the office's view of the phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app, g

from fieldops.sync import devices, exchange, hints, positions, recalls, rules, service
from fieldops.sync.compression import at_most, packed, read_by
from fieldops.sync.schemas import (
    AckIn,
    DeviceIn,
    DeviceOut,
    DeviceQueryIn,
    EventsIn,
    EventsOut,
    GateIn,
    GateOut,
    OrderIn,
    PhoneOut,
    PositionsIn,
    PositionsOut,
    RecallFiguresOut,
    RenewIn,
    ReportAfterRecallOut,
    SinceIn,
    SyncIn,
    SyncOut,
    UnconfirmedRecallOut,
)
from fieldops.web import Blueprint, actor, hands_out_tokens, house, needs, own_transactions, session, token_claims

if TYPE_CHECKING:
    import uuid

    from fieldops.auth.tokens import Tokens
    from fieldops.sync.models import Device

blueprint = Blueprint("mobile", __name__, url_prefix="/mobile", description="Mobile sync 外访手机同步")
phones = Blueprint("devices", __name__, url_prefix="/devices", description="Phones of the field agents 外访手机")
recalled = Blueprint("recalls", __name__, url_prefix="/recalls", description="Recalls and their lag 召回")
MAX_SYNC_BYTES = 1024 * 1024
MAX_POSITIONS_BYTES = 256 * 1024
MAX_OTHER_BYTES = 64 * 1024


def _tokens() -> Tokens:
    return current_app.tokens  # type: ignore[attr-defined,no-any-return]


def _phone(device_id: uuid.UUID | None = None) -> Device:
    """The phone whose token speaks."""
    return devices.phone_of(session(), g.user, token_claims(), device_id)


@blueprint.route("/devices", methods=["POST"])
@needs("mobile.sync")
@at_most(MAX_OTHER_BYTES)
@blueprint.arguments(DeviceIn)
@blueprint.response(201, DeviceOut)
@hands_out_tokens
def register_device(asked: dict[str, Any]) -> Any:
    """Bind this phone to the agent who is logged in, by its public key; the same key again is the same phone."""
    return devices.register_device(session(), actor(), g.user, _tokens(), asked)


@blueprint.route("/devices/<uuid:device_id>/token", methods=["POST"])
@at_most(MAX_OTHER_BYTES)
@blueprint.arguments(RenewIn)
@blueprint.response(200, DeviceOut)
@hands_out_tokens
def renew_tokens(asked: dict[str, Any], device_id: uuid.UUID) -> Any:
    """A new pair of tokens for the refresh token, signed with the phone's key."""
    return devices.renew(session(), _tokens(), device_id, asked, house().clock.now())


@blueprint.route("/sync", methods=["POST"])
@own_transactions("mobile.sync")
@at_most(MAX_SYNC_BYTES)
@read_by(SyncIn())
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
@at_most(MAX_OTHER_BYTES)
@blueprint.arguments(AckIn)
@blueprint.response(204)
def acknowledge(asked: dict[str, Any], device_id: uuid.UUID) -> None:
    """Say that these recalls have been shown to the crew, or that the phone has forgotten everything."""
    service.acknowledge(session(), actor(), _phone(device_id), **asked)


@blueprint.route("/events")
@own_transactions("mobile.sync")
@blueprint.arguments(EventsIn, location="query")
@blueprint.response(200, EventsOut)
def wait_for_news(asked: dict[str, Any]) -> Any:
    """Wait until there is something to fetch; a hint only, data always comes from a sync."""
    seats = current_app.config.get("WAITING_SEATS", 0)
    return hints.wait_for_news(house(), token_claims(), asked, seats=seats)


@blueprint.route("/positions", methods=["POST"])
@needs("mobile.sync")
@at_most(MAX_POSITIONS_BYTES)
@blueprint.arguments(PositionsIn)
@blueprint.response(200, PositionsOut)
def keep_positions(asked: dict[str, Any]) -> Any:
    """Keep track points of a shift, each once; what lies outside the hours of the crew is not kept."""
    return positions.keep_positions(session(), _phone(), asked["points"], actor().at)


@recalled.route("/figures")
@needs("visits.read")
@recalled.arguments(SinceIn, location="query")
@recalled.response(200, RecallFiguresOut)
def show_figures(asked: dict[str, Any]) -> Any:
    """How quickly recalls are shown, of the last week: p50, p95 and p99 in seconds; visits made all the same."""
    return recalls.recall_figures(session(), actor().at, **asked)


@recalled.route("/unconfirmed")
@needs("visits.read")
@recalled.response(200, UnconfirmedRecallOut(many=True))
def list_unconfirmed() -> Any:
    """Recalls no phone has shown for five minutes while the visit is due within the hour: call the crew."""
    return recalls.recalls_unconfirmed(session(), actor().at)


@recalled.route("/visits-after")
@needs("visits.read")
@recalled.arguments(SinceIn, location="query")
@recalled.response(200, ReportAfterRecallOut(many=True))
def list_visits_after(asked: dict[str, Any]) -> Any:
    """Visits made although recalled, newest first, with the times that were compared."""
    return recalls.visits_after_recall(session(), actor().at, **asked)


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
