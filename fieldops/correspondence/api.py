"""Letters over HTTP: asked for, approved, cancelled; who writes, and from which templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.correspondence import accepting, approval, decisions, outcomes, senders, service
from fieldops.correspondence import schemas as wire
from fieldops.correspondence.paper import papers
from fieldops.web import Blueprint, actor, house, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("letters", __name__, description="Letters 信函")
PDF = "application/pdf"
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/letters", methods=["POST"])
@needs("letters.request")
@blueprint.arguments(wire.LetterIn)
@blueprint.response(201, wire.LetterOut)
def request_letter(wanted: dict[str, Any]) -> Any:
    """Ask for a letter: the rules are asked, the best address is chosen when none is named."""
    return service.request_letter(session(), actor(), **wanted)


@blueprint.route("/letters/bulk", methods=["POST"])
@needs("letters.request")
@blueprint.arguments(wire.LettersIn)
@blueprint.response(200, wire.LetterOutcomesOut)
def request_letters(wanted: dict[str, Any]) -> Any:
    """Ask for many letters; each row has its own outcome."""
    return outcomes.counted(service.request_letters(session(), actor(), wanted["letters"]))


@blueprint.route("/letters")
@needs("letters.read")
@blueprint.arguments(wire.LetterQueryIn, location="query")
@blueprint.response(200, wire.LetterPageOut)
def list_letters(query: dict[str, Any]) -> Any:
    """Letters in the order they were asked for."""
    return service.letter_page(session(), **query)


@blueprint.route("/letters/<uuid:letter_id>")
@needs("letters.read")
@blueprint.response(200, wire.LetterCardOut)
def show_letter(letter_id: UUID) -> Any:
    """A letter and its why card: every decision with every finding and its inputs."""
    return decisions.why_card(session(), letter_id, at=actor().at)


@blueprint.route("/letters/<uuid:letter_id>/approve", methods=["POST"])
@needs("letters.approve")
@blueprint.arguments(wire.LetterApproveIn)
@blueprint.response(200, wire.LetterOut)
def approve_letter(words: dict[str, Any], letter_id: UUID) -> Any:
    """Approve the content: the rules are asked again, figures frozen, the letter number given."""
    return approval.approve_letter(session(), actor(), letter_id, **words)


@blueprint.route("/letters/<uuid:letter_id>/accept", methods=["POST"])
@needs("letters.approve")
@blueprint.arguments(wire.LetterAcceptIn)
@blueprint.response(200, wire.LetterOut)
def accept_doubts(words: dict[str, Any], letter_id: UUID) -> Any:
    """Let an approved letter go on in spite of a doubt that came up since; to refuse it, cancel it."""
    return accepting.accept_doubts(session(), actor(), letter_id, **words)


@blueprint.route("/letters/approve", methods=["POST"])
@needs("letters.approve")
@blueprint.arguments(wire.LettersApproveIn)
@blueprint.response(200, wire.LetterOutcomesOut)
def approve_letters(words: dict[str, Any]) -> Any:
    """Approve many letters; each has its own outcome."""
    return outcomes.counted(approval.approve_letters(session(), actor(), **words))


@blueprint.route("/letters/<uuid:letter_id>/reject", methods=["POST"])
@needs("letters.approve")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(200, wire.LetterOut)
def reject_letter(words: dict[str, Any], letter_id: UUID) -> Any:
    """Refuse a letter that waits for approval."""
    return service.reject_letter(session(), actor(), letter_id, **words)


@blueprint.route("/letters/<uuid:letter_id>/cancel", methods=["POST"])
@needs("letters.cancel")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(200, wire.LetterOut)
def cancel_letter(words: dict[str, Any], letter_id: UUID) -> Any:
    """Take a letter out of circulation: cancelled before printing, void after it."""
    return service.cancel_letter(session(), actor(), letter_id, **words)


@blueprint.route("/letters/<uuid:letter_id>/pdf")
@needs("letters.read")
@blueprint.response(200, BYTES, content_type=PDF)
def show_letter_pdf(letter_id: UUID) -> Response:
    """The letter as it was frozen, byte for byte."""
    return Response(papers.letter_pdf(session(), actor(), house().store, letter_id), mimetype=PDF)


@blueprint.route("/letter-senders/<string:bank_code>", methods=["PUT"])
@needs("templates.manage")
@blueprint.arguments(wire.LetterSenderIn)
@blueprint.response(200, wire.LetterSenderOut)
def put_sender(sender: dict[str, Any], bank_code: str) -> Any:
    """Say who writes for a bank: names and telephones that every letter prints."""
    return senders.put_sender(session(), actor(), bank_code, **sender)


@blueprint.route("/letter-senders/<string:bank_code>")
@needs("letters.read")
@blueprint.response(200, wire.LetterSenderOut)
def show_sender(bank_code: str) -> Any:
    """Who writes for a bank."""
    return senders.sender_of(session(), bank_code)
