"""Evidence over HTTP: phones upload it by tus 1.0.0, an office looks at it, holds it, destroys it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, g

from fieldops.evidence import chain, keeping, receiving, seals, service, tus
from fieldops.evidence.schemas import (
    ChainExportOut,
    ChainIn,
    ChainOut,
    InstructionIn,
    LookIn,
    OverdueOut,
    PurposeIn,
    ReasonIn,
    ReceiptBookOut,
    RecordingOut,
    RootsIn,
    RootsOut,
    UploadOut,
)
from fieldops.sync import devices
from fieldops.sync.compression import at_most
from fieldops.web import Blueprint, actor, house, needs, own_transactions, session, token_claims

if TYPE_CHECKING:
    import uuid

    from fieldops.sync.models import Device

MAX_CHAIN_BYTES = 1024 * 1024
ANY_KIND = "*/*"  # what it is, is known when it is there
BYTES = {"type": "string", "format": "binary"}
uploads = Blueprint("uploads", __name__, url_prefix="/mobile/uploads", description="Uploads of evidence 证据上传 (tus)")
uploads.after_request(tus.sign)
chains = Blueprint("chain", __name__, url_prefix="/mobile/chain", description="Visit chains of phones 外访证据链")
blueprint = Blueprint("evidence", __name__, url_prefix="/evidence", description="Evidence that is kept 证据")


def _phone(device_id: uuid.UUID | None = None) -> Device:
    """The phone that speaks; one that has been logged out still sends what it holds."""
    return devices.phone_of(session(), g.user, token_claims(), device_id, ended_session=True)


@uploads.route("", methods=["POST"])
@needs("mobile.sync")
@uploads.alt_response(201, schema=UploadOut, description="begun, or begun before: Location says where it is")
def begin_upload() -> Response:
    """Begin to upload a slot a result of mine declares: Upload-Length, and Upload-Metadata with slot and sha256."""
    return tus.created(service.begin_upload(session(), actor(), _phone().agent_id, tus.wanted()))


@uploads.route("/<uuid:slot_id>", methods=["HEAD"])
@needs("mobile.sync")
@uploads.alt_response(200, description="how far it is: Upload-Offset")
def ask_upload(slot_id: uuid.UUID) -> Response:
    """Ask how many bytes of an upload are durable."""
    return tus.standing(service.upload_progress(session(), _phone().agent_id, slot_id))


@uploads.route("/<uuid:slot_id>", methods=["PATCH"])
@own_transactions("mobile.sync")
@uploads.alt_response(204, description="kept: Upload-Offset")
def append_bytes(slot_id: uuid.UUID) -> Response:
    """Append bytes from Upload-Offset on; with the last one the whole is checked and becomes evidence."""
    return tus.advanced(receiving.receive(house(), slot_id, tus.chunk))


@uploads.route("/<uuid:slot_id>", methods=["DELETE"])
@needs("mobile.sync")
@uploads.response(204)
def give_up_upload(slot_id: uuid.UUID) -> None:
    """Give up an upload that is not complete; the slot still waits for its bytes."""
    service.end_upload(session(), actor(), _phone().agent_id, slot_id)


@uploads.route("/mine")
@needs("mobile.sync")
@uploads.response(200, ReceiptBookOut)
def show_receipt_book() -> Any:
    """Show what the server holds of my results of the last month, evidence n of n, and what became of each."""
    return service.receipt_book(session(), _phone().agent_id, actor().at)


@chains.route("", methods=["POST"])
@needs("mobile.sync")
@at_most(MAX_CHAIN_BYTES)
@chains.arguments(ChainIn)
@chains.response(200, ChainOut)
def send_links(told: dict[str, Any]) -> Any:
    """Send links of this phone's visit chain; one that is sent again changes nothing."""
    return chain.take_links(session(), actor(), _phone(told["device_id"]), told["links"])


@blueprint.route("/of-visit/<uuid:visit_id>/chain")
@needs("evidence.look")
@blueprint.arguments(PurposeIn, location="query")
@blueprint.response(200, ChainExportOut)
def export_chain(words: dict[str, Any], visit_id: uuid.UUID) -> Any:
    """Export what a stranger needs to verify a visit: the links, what they vouch for, the evidence."""
    return chain.export_chain(session(), actor(), visit_id, **words)


@blueprint.route("/chain-roots")
@needs("evidence.list")
@blueprint.arguments(RootsIn, location="query")
@blueprint.response(200, RootsOut)
def list_roots(asked: dict[str, Any]) -> Any:
    """List the roots of days, to be printed, handed to a bank, and compared with later."""
    return {"roots": seals.roots(session(), after=asked["after_n"])}


@blueprint.route("/of-visit/<uuid:visit_id>")
@needs("evidence.list")
@blueprint.response(200, RecordingOut(many=True))
def list_evidence(visit_id: uuid.UUID) -> Any:
    """List the evidence a visit's results declare, and what of it is here."""
    return keeping.list_evidence(session(), visit_id)


@blueprint.route("/overdue")
@needs("evidence.list")
@blueprint.response(200, OverdueOut(many=True))
def list_overdue() -> Any:
    """List results whose evidence has not all arrived two days after it was declared."""
    return service.evidence_overdue(session(), actor().at)


@blueprint.route("/<uuid:slot_id>/content")
@needs("evidence.look")
@blueprint.arguments(LookIn, location="query")
@blueprint.response(200, BYTES, content_type=ANY_KIND)
def look_at_evidence(words: dict[str, Any], slot_id: uuid.UUID) -> Response:
    """Look at a piece of evidence, or borrow it; who does, and what for, is on record before the first byte."""
    file, media_type, length = keeping.open_evidence(session(), actor(), slot_id, **words)
    return Response(file, mimetype=media_type, headers={"Content-Length": str(length), **keeping.HEADERS})


@blueprint.route("/<uuid:slot_id>/hold", methods=["POST"])
@needs("evidence.hold")
@blueprint.arguments(ReasonIn)
@blueprint.response(200, RecordingOut)
def hold_evidence(words: dict[str, Any], slot_id: uuid.UUID) -> Any:
    """Forbid destroying a piece of evidence."""
    return keeping.hold_evidence(session(), actor(), slot_id, **words)


@blueprint.route("/<uuid:slot_id>/release", methods=["POST"])
@needs("evidence.hold")
@blueprint.arguments(ReasonIn)
@blueprint.response(200, RecordingOut)
def release_evidence(words: dict[str, Any], slot_id: uuid.UUID) -> Any:
    """End a legal hold."""
    return keeping.release_evidence(session(), actor(), slot_id, **words)


@blueprint.route("/<uuid:slot_id>/destroy", methods=["POST"])
@needs("evidence.destroy")
@blueprint.arguments(InstructionIn)
@blueprint.response(204)
def destroy_evidence(words: dict[str, Any], slot_id: uuid.UUID) -> None:
    """Destroy a piece of evidence as the bank instructs, once nothing forbids it."""
    keeping.destroy_evidence(session(), actor(), slot_id, **words)
