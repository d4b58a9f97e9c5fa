"""Registered numbers, handover lists and items under way, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.correspondence import queries
from fieldops.correspondence import schemas as wire
from fieldops.correspondence.desk import paper_schemas as paper
from fieldops.correspondence.mail import journey, numbers, posting, tracking
from fieldops.correspondence.paper import papers
from fieldops.web import Blueprint, actor, house, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("posting", __name__, description="Registered mail 挂号信")
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/letters/<uuid:letter_id>/register", methods=["POST"])
@needs("letters.register")
@blueprint.arguments(paper.TrackingNumberIn)
@blueprint.response(201, paper.MailItemOut)
def register_letter(words: dict[str, Any], letter_id: UUID) -> Any:
    """Bind a scanned registered number to one sealed letter."""
    return posting.register_letter(session(), actor(), letter_id, **words)


@blueprint.route("/number-ranges", methods=["POST"])
@needs("ranges.manage")
@blueprint.arguments(paper.NumberRangeIn)
@blueprint.response(201, paper.NumberRangeOut)
def allot_range(wanted: dict[str, Any]) -> Any:
    """Enter a range of registered numbers the carrier has allotted."""
    return numbers.allot_range(session(), actor(), **wanted)


@blueprint.route("/number-ranges")
@needs("register.read")
@blueprint.response(200, paper.NumberRangeOut(many=True))
def list_ranges() -> Any:
    """Every allotted range and its next number."""
    return numbers.number_ranges(session())


@blueprint.route("/handover-lists", methods=["POST"])
@needs("letters.handover")
@blueprint.arguments(paper.HandoverListIn)
@blueprint.response(201, paper.HandoverListOut)
def collect_list(wanted: dict[str, Any]) -> Any:
    """Make (or make anew) the list of a day and post office; every letter on it is asked again."""
    return posting.collect_list(session(), actor(), **wanted)


@blueprint.route("/handover-lists")
@needs("letters.read")
@blueprint.arguments(wire.LetterPageIn, location="query")
@blueprint.response(200, paper.HandoverListPageOut)
def list_lists(query: dict[str, Any]) -> Any:
    """Handover lists, oldest first."""
    return papers.list_page(session(), **query)


@blueprint.route("/handover-lists/<uuid:list_id>")
@needs("letters.read")
@blueprint.response(200, paper.HandoverListOut)
def show_list(list_id: UUID) -> Any:
    """A handover list."""
    return queries.list_by_id(session(), list_id)


@blueprint.route("/handover-lists/<uuid:list_id>/pdf")
@needs("letters.handover")
@blueprint.response(200, BYTES, content_type=PDF)
def show_list_pdf(list_id: UUID) -> Response:
    """The list to sign."""
    return Response(papers.list_pdf(session(), actor(), house().store, list_id), mimetype=PDF)


@blueprint.route("/handover-lists/<uuid:list_id>/xlsx")
@needs("letters.handover")
@blueprint.response(200, BYTES, content_type=XLSX)
def show_list_xlsx(list_id: UUID) -> Response:
    """The list as a workbook of text cells."""
    return Response(papers.list_xlsx(session(), actor(), house().store, list_id), mimetype=XLSX)


@blueprint.route("/handover-lists/<uuid:list_id>/hand-over", methods=["POST"])
@needs("letters.handover")
@blueprint.response(200, paper.HandoverListOut)
def hand_over(list_id: UUID) -> Any:
    """Report that the post took the items: the list is locked, the letters are posted."""
    return posting.hand_over(session(), actor(), list_id)


@blueprint.route("/mail-items")
@needs("letters.read")
@blueprint.arguments(paper.MailItemQueryIn, location="query")
@blueprint.response(200, paper.MailItemPageOut)
def list_items(query: dict[str, Any]) -> Any:
    """Registered items in the order their numbers were bound."""
    return papers.item_page(session(), **query)


@blueprint.route("/mail-items/<uuid:item_id>/void", methods=["POST"])
@needs("letters.register")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(200, paper.MailItemOut)
def void_item(words: dict[str, Any], item_id: UUID) -> Any:
    """Void an item before posting; its number is never used again."""
    return posting.void_item(session(), actor(), item_id, **words)


@blueprint.route("/mail-items/<uuid:item_id>/delivered", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(paper.MailDeliveredIn)
@blueprint.response(200, paper.MailItemOut)
def record_delivery(words: dict[str, Any], item_id: UUID) -> Any:
    """Report to whom an item was delivered."""
    return journey.record_event(session(), actor(), item_id, code="deliver", **words)


@blueprint.route("/mail-items/<uuid:item_id>/returned", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(paper.MailReturnIn)
@blueprint.response(201, paper.MailReturnOut)
def record_return(words: dict[str, Any], item_id: UUID) -> Any:
    """Report that the post brought an item back, and why (M01 to M10)."""
    return tracking.record_return(session(), actor(), item_id, **words)
