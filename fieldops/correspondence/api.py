"""Letters from request to hand-over, and the register of registered mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.correspondence import numbers, papers, posting, printing, register, senders, service, templates, tracking
from fieldops.correspondence import paper_schemas as paper
from fieldops.correspondence import schemas as wire
from fieldops.web import Blueprint, actor, house, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("letters", __name__, description="Letters and registered mail 信函与挂号信台账")
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
    return service.counted(service.request_letters(session(), actor(), wanted["letters"]))


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
    return service.why_card(session(), letter_id)


@blueprint.route("/letters/<uuid:letter_id>/approve", methods=["POST"])
@needs("letters.approve")
@blueprint.arguments(wire.LetterApproveIn)
@blueprint.response(200, wire.LetterOut)
def approve_letter(words: dict[str, Any], letter_id: UUID) -> Any:
    """Approve the content: the rules are asked again, figures frozen, the letter number given."""
    return service.approve_letter(session(), actor(), letter_id, **words)


@blueprint.route("/letters/approve", methods=["POST"])
@needs("letters.approve")
@blueprint.arguments(wire.LettersApproveIn)
@blueprint.response(200, wire.LetterOutcomesOut)
def approve_letters(words: dict[str, Any]) -> Any:
    """Approve many letters; each has its own outcome."""
    return service.counted(service.approve_letters(session(), actor(), **words))


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


@blueprint.route("/letters/<uuid:letter_id>/register", methods=["POST"])
@needs("letters.register")
@blueprint.arguments(paper.TrackingNumberIn)
@blueprint.response(201, paper.MailItemOut)
def register_letter(words: dict[str, Any], letter_id: UUID) -> Any:
    """Bind a scanned registered number to one sealed letter."""
    return posting.register_letter(session(), actor(), letter_id, **words)


@blueprint.route("/letter-templates")
@needs("letters.read")
@blueprint.response(200, wire.LetterTemplateOut(many=True))
def list_templates() -> Any:
    """Every registered template pack."""
    return templates.templates(session())


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
    return printing.reconcile_batch(session(), actor(), batch_id, **words)


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
    return papers.list_by_id(session(), list_id)


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
    return tracking.record_delivery(session(), actor(), item_id, **words)


@blueprint.route("/mail-items/<uuid:item_id>/returned", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(paper.MailReturnIn)
@blueprint.response(201, paper.MailReturnOut)
def record_return(words: dict[str, Any], item_id: UUID) -> Any:
    """Report that the post brought an item back, and why (M01 to M10)."""
    return tracking.record_return(session(), actor(), item_id, **words)


@blueprint.route("/register")
@needs("register.read")
@blueprint.arguments(paper.RegisterQueryIn, location="query")
@blueprint.response(200, paper.RegisterPageOut)
def list_register(query: dict[str, Any]) -> Any:
    """The register of registered mail, line by line."""
    return register.register_page(session(), **query)


@blueprint.route("/register/verify", methods=["POST"])
@needs("register.read")
@blueprint.response(200, paper.RegisterVerifiedOut)
def verify_register() -> Any:
    """Check every register: no gap, no altered line, no end cut off."""
    return register.verified(session())


@blueprint.route("/register/<string:branch>/<int:year>/<int:number>/reverse", methods=["POST"])
@needs("register.correct")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(201, paper.RegisterEntryOut)
def reverse_entry(words: dict[str, Any], branch: str, year: int, number: int) -> Any:
    """Take back a line by a reversing one; the line itself stays."""
    return register.reverse_entry(session(), actor(), branch=branch, year=year, number=number, **words)
