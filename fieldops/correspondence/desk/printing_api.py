"""Print batches over HTTP: asked for, approved in quantity, printed, sealed, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.correspondence import custody
from fieldops.correspondence import schemas as wire
from fieldops.correspondence.desk import paper_schemas as paper
from fieldops.correspondence.mail import posting
from fieldops.correspondence.paper import batch_count, certificates, papers, printing, reprinting
from fieldops.web import Blueprint, actor, house, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("printing", __name__, description="Print batches 打印批次")
PDF = "application/pdf"
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/print-batches", methods=["POST"])
@needs("letters.print")
@blueprint.arguments(paper.PrintBatchIn)
@blueprint.response(201, paper.PrintBatchOut)
def request_batch(wanted: dict[str, Any]) -> Any:
    """Put approved letters (all that wait, or those named) into a print batch."""
    return printing.request_batch(session(), actor(), **wanted)


@blueprint.route("/print-batches")
@needs("letters.read")
@blueprint.arguments(wire.LetterPageIn, location="query")
@blueprint.response(200, paper.PrintBatchPageOut)
def list_batches(query: dict[str, Any]) -> Any:
    """Print batches, oldest first."""
    return papers.batch_page(session(), **query)


@blueprint.route("/print-batches/<uuid:batch_id>")
@needs("letters.read")
@blueprint.response(200, paper.PrintBatchCardOut)
def show_batch(batch_id: UUID) -> Any:
    """A print batch with its files, page index, exceptions and the states of its letters."""
    return papers.batch_card(session(), batch_id)


@blueprint.route("/print-batches/<uuid:batch_id>/approve", methods=["POST"])
@needs("letters.approve_quantity")
@blueprint.arguments(paper.PrintQuantityIn)
@blueprint.response(200, paper.PrintBatchOut)
def approve_batch(words: dict[str, Any], batch_id: UUID) -> Any:
    """Allow at most this many letters to be printed; rendering begins."""
    return printing.approve_batch(session(), actor(), batch_id, **words)


@blueprint.route("/print-batches/<uuid:batch_id>/reject", methods=["POST"])
@needs("letters.approve_quantity")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(200, paper.PrintBatchOut)
def reject_batch(words: dict[str, Any], batch_id: UUID) -> Any:
    """Refuse a batch; its letters wait for another."""
    return printing.reject_batch(session(), actor(), batch_id, **words)


@blueprint.route("/print-batches/<uuid:batch_id>/parts/<int:number>/pdf")
@needs("letters.print")
@blueprint.response(200, BYTES, content_type=PDF)
def show_part_pdf(batch_id: UUID, number: int) -> Response:
    """One file of a batch for the printer."""
    return Response(papers.part_pdf(session(), actor(), house().store, batch_id, number), mimetype=PDF)


@blueprint.route("/print-batches/<uuid:batch_id>/printed", methods=["POST"])
@needs("letters.print")
@blueprint.arguments(paper.PrintedIn)
@blueprint.response(200, paper.PrintBatchOut)
def mark_printed(words: dict[str, Any], batch_id: UUID) -> Any:
    """Report how many letters the printer put out."""
    return printing.mark_printed(session(), actor(), batch_id, **words)


@blueprint.route("/print-batches/<uuid:batch_id>/sealed", methods=["POST"])
@needs("letters.print")
@blueprint.response(200, paper.PrintBatchOut)
def seal_batch(batch_id: UUID) -> Any:
    """Report that the printed letters are in their envelopes."""
    return printing.seal_batch(session(), actor(), batch_id)


@blueprint.route("/print-batches/<uuid:batch_id>/register", methods=["POST"])
@needs("letters.register")
@blueprint.arguments(paper.PostageIn)
@blueprint.response(201, paper.MailItemsOut)
def register_batch(words: dict[str, Any], batch_id: UUID) -> Any:
    """Bind the next registered numbers to the sealed letters of a batch."""
    return {"items": posting.register_batch(session(), actor(), batch_id, **words)}


@blueprint.route("/print-batches/<uuid:batch_id>/reconcile", methods=["POST"])
@needs("letters.print")
@blueprint.arguments(paper.PrintCustodyIn)
@blueprint.response(200, paper.PrintReconciledOut)
def reconcile_batch(words: dict[str, Any], batch_id: UUID) -> Any:
    """Compare printed with posted, handed, void and what is counted in custody."""
    return batch_count.reconcile_batch(session(), actor(), batch_id, **words)


@blueprint.route("/print-batches/<uuid:batch_id>/certificate")
@needs("letters.read")
@blueprint.response(200, BYTES, content_type=PDF)
def show_certificate(batch_id: UUID) -> Response:
    """That the batch was counted without a difference, on paper: the newest such count."""
    return Response(certificates.certificate_pdf(session(), actor(), house().store, batch_id), mimetype=PDF)


@blueprint.route("/print-batches/<uuid:batch_id>/jam", methods=["POST"])
@needs("letters.print")
@blueprint.arguments(paper.PrintJamIn)
@blueprint.response(201, paper.ReprintOut)
def record_jam(words: dict[str, Any], batch_id: UUID) -> Any:
    """Recover a jam by its scanned sheets: only the gap is printed again, the rest is spoiled with its reason."""
    return reprinting.record_jam(session(), actor(), batch_id, **words)


@blueprint.route("/print-batches/<uuid:batch_id>/reprints", methods=["POST"])
@needs("letters.print")
@blueprint.arguments(paper.ReprintIn)
@blueprint.response(201, paper.ReprintOut)
def reprint_letters(words: dict[str, Any], batch_id: UUID) -> Any:
    """Print named letters again as counted copies of the same bytes; the copies before are spoiled."""
    return reprinting.reprint_letters(session(), actor(), batch_id, **words)


@blueprint.route("/print-batches/<uuid:batch_id>/reprints")
@needs("letters.read")
@blueprint.response(200, paper.ReprintOut(many=True))
def list_reprints(batch_id: UUID) -> Any:
    """What was printed again of a batch, and why."""
    return reprinting.reprints_of(session(), batch_id)


@blueprint.route("/print-batches/<uuid:batch_id>/copies")
@needs("letters.read")
@blueprint.response(200, paper.PrintCopyOut(many=True))
def list_copies(batch_id: UUID) -> Any:
    """Every copy a batch has put out: those that count, and those spoiled or void."""
    return custody.copies_of_batch(session(), batch_id)


@blueprint.route("/print-copies/unwitnessed")
@needs("letters.read")
@blueprint.arguments(wire.LetterPageIn, location="query")
@blueprint.response(200, paper.PrintCopyPageOut)
def list_unwitnessed(query: dict[str, Any]) -> Any:
    """Spoiled and void copies nobody has witnessed."""
    return custody.unwitnessed(session(), **query)


@blueprint.route("/print-copies/destroyed", methods=["POST"])
@needs("letters.print")
@blueprint.arguments(paper.PrintCopiesIn)
@blueprint.response(200, paper.PrintCopyOut(many=True))
def destroy_copies(words: dict[str, Any]) -> Any:
    """Say that spoiled or void copies went into the shredder."""
    return custody.destroy_copies(session(), actor(), **words)


@blueprint.route("/print-copies/witnessed", methods=["POST"])
@needs("letters.witness")
@blueprint.arguments(paper.PrintCopiesIn)
@blueprint.response(200, paper.PrintCopyOut(many=True))
def witness_copies(words: dict[str, Any]) -> Any:
    """Say that you saw them destroyed; whoever destroyed them cannot."""
    return custody.witness_copies(session(), actor(), **words)


@blueprint.route("/letters/<uuid:letter_id>/custody")
@needs("letters.read")
@blueprint.response(200, paper.CustodyEntryOut(many=True))
def show_custody(letter_id: UUID) -> Any:
    """Through whose hands the paper of a letter went."""
    return custody.custody_of(session(), letter_id)
