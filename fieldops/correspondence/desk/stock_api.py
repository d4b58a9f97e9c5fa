"""Numbered stock over HTTP: offered by one login, counted and accepted by another; used, spoiled, destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.correspondence.desk import stock_schemas as wire
from fieldops.correspondence.paper import stock
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("stock", __name__, url_prefix="/stock", description="Numbered stock 编号空白凭证")


@blueprint.route("")
@needs("stock.read")
@blueprint.arguments(wire.StockSpanQueryIn, location="query")
@blueprint.response(200, wire.StockSpanOut(many=True))
def list_spans(query: dict[str, Any]) -> Any:
    """Where every number is."""
    return stock.spans(session(), **query)


@blueprint.route("/hand-overs")
@needs("stock.read")
@blueprint.arguments(wire.StockHandoverQueryIn, location="query")
@blueprint.response(200, wire.StockHandoverOut(many=True))
def list_handovers(query: dict[str, Any]) -> Any:
    """Hand-overs, by default those nobody has answered."""
    return stock.handovers(session(), **query)


@blueprint.route("/receipts", methods=["POST"])
@needs("stock.keep")
@blueprint.arguments(wire.StockReceiptIn)
@blueprint.response(201, wire.StockHandoverOut)
def offer_receipt(words: dict[str, Any]) -> Any:
    """Offer what a supplier delivered; somebody else counts it."""
    return stock.offer_receipt(session(), actor(), **words)


@blueprint.route("/issues", methods=["POST"])
@needs("stock.keep")
@blueprint.arguments(wire.StockIssueIn)
@blueprint.response(201, wire.StockHandoverOut)
def offer_issue(words: dict[str, Any]) -> Any:
    """Offer numbers of the store to a person."""
    return stock.offer_issue(session(), actor(), **words)


@blueprint.route("/returns", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockRangeIn)
@blueprint.response(201, wire.StockHandoverOut)
def offer_return(words: dict[str, Any]) -> Any:
    """Offer numbers you hold back to the store."""
    return stock.offer_return(session(), actor(), **words)


@blueprint.route("/destructions", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockDestructionIn)
@blueprint.response(201, wire.StockHandoverOut)
def offer_destruction(words: dict[str, Any]) -> Any:
    """Say that spoiled sheets are destroyed; a witness confirms."""
    return stock.offer_destruction(session(), actor(), **words)


@blueprint.route("/hand-overs/<uuid:handover_id>/accepted", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockCountIn)
@blueprint.response(200, wire.StockHandoverOut)
def accept(words: dict[str, Any], handover_id: UUID) -> Any:
    """Accept a hand-over with the first and last number you counted."""
    return stock.accept(session(), actor(), handover_id, **words)


@blueprint.route("/hand-overs/<uuid:handover_id>/declined", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockReasonIn)
@blueprint.response(200, wire.StockHandoverOut)
def decline(words: dict[str, Any], handover_id: UUID) -> Any:
    """Decline a hand-over, or take back your own; the numbers stay where they are."""
    return stock.decline(session(), actor(), handover_id, **words)


@blueprint.route("/used", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockUseIn)
@blueprint.response(201, wire.StockMoveOut)
def use(words: dict[str, Any]) -> Any:
    """Record which numbered sheets a print batch was printed on."""
    return stock.use(session(), actor(), **words)


@blueprint.route("/spoiled/accounted", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockAccountIn)
@blueprint.response(201, wire.StockMoveOut)
def account_spoiled(words: dict[str, Any]) -> Any:
    """Say which print batch spoiled sheets that are recorded as spoiled; they count among its sheets."""
    return stock.account_spoiled(session(), actor(), **words)


@blueprint.route("/spoiled", methods=["POST"])
@needs("stock.hold")
@blueprint.arguments(wire.StockSpoilIn)
@blueprint.response(201, wire.StockMoveOut)
def spoil(words: dict[str, Any]) -> Any:
    """Record which sheets are spoiled, and why."""
    return stock.spoil(session(), actor(), **words)
