"""Gather approved visits by area for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.batching import service
from fieldops.batching.schemas import BatchFileOut, BatchIn, BatchOut, BatchQueryIn, GatheredOut, UnbatchIn
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("batches", __name__, url_prefix="/batches", description="Visits gathered by area 外访批次")


@blueprint.route("", methods=["POST"])
@needs("batches.make")
@blueprint.arguments(BatchIn)
@blueprint.response(201, GatheredOut)
def make_batches(asked: dict[str, Any]) -> Any:
    """Ask the rules again and gather the approved visits of a day by area; what is left out says why."""
    return service.make_batches(session(), actor(), **asked)


@blueprint.route("")
@needs("batches.read")
@blueprint.arguments(BatchQueryIn, location="query")
@blueprint.response(200, BatchOut(many=True))
def list_batches(wanted: dict[str, Any]) -> Any:
    """Batches, newest day first."""
    return service.list_batches(session(), **wanted)


@blueprint.route("/<uuid:batch_id>")
@needs("batches.read")
@blueprint.response(200, BatchFileOut)
def show_batch(batch_id: uuid.UUID) -> Any:
    """One batch with its visits."""
    return service.show_batch(session(), batch_id)


@blueprint.route("/<uuid:batch_id>/unbatch", methods=["POST"])
@needs("batches.make")
@blueprint.arguments(UnbatchIn)
@blueprint.response(200, BatchFileOut)
def unbatch(asked: dict[str, Any], batch_id: uuid.UUID) -> Any:
    """Give visits of a batch back, all of them unless some are named."""
    return service.unbatch(session(), actor(), batch_id, **asked)
