"""Look at what crews found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.results import address_cards, queries, review
from fieldops.results.schemas import AcceptIn, AddressCardOut, ResultOut, ReturnIn
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("results", __name__, url_prefix="/results", description="What crews found 外访结果")
cards = Blueprint(
    "address_cards", __name__, url_prefix="/addresses", description="Report cards of addresses 地址成绩单"
)


@blueprint.route("/<uuid:result_id>")
@needs("results.read")
@blueprint.response(200, ResultOut)
def show_result(result_id: uuid.UUID) -> Any:
    """One result with a line per card."""
    return queries.shown(session(), [queries.result_by_id(session(), result_id)])[0]


@blueprint.route("/of-visit/<uuid:visit_id>")
@needs("results.read")
@blueprint.response(200, ResultOut(many=True))
def list_results(visit_id: uuid.UUID) -> Any:
    """Every version and copy of a visit's result."""
    return queries.shown(session(), queries.results_of_visit(session(), visit_id))


@blueprint.route("/<uuid:result_id>/accept", methods=["POST"])
@needs("results.review")
@blueprint.arguments(AcceptIn)
@blueprint.response(200, ResultOut)
def accept_result(words: dict[str, Any], result_id: uuid.UUID) -> Any:
    """Accept a result as it is."""
    return review.accept_result(session(), actor(), result_id, **words)


@blueprint.route("/<uuid:result_id>/return", methods=["POST"])
@needs("results.review")
@blueprint.arguments(ReturnIn)
@blueprint.response(200, ResultOut)
def return_result(words: dict[str, Any], result_id: uuid.UUID) -> Any:
    """Return a result to its crew, who sends a new version."""
    return review.return_result(session(), actor(), result_id, **words)


@cards.route("/<uuid:address_id>/card")
@needs("addresses.read")
@cards.response(200, AddressCardOut)
def show_card(address_id: uuid.UUID) -> Any:
    """One address's history of visits, mail, calls and blocks, who raised each, and its grade."""
    return address_cards.address_card(session(), address_id)
