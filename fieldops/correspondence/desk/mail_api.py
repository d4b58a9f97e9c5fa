"""Mail on its way and home, over HTTP: scans and evidence, events, receipts, corrections, letters from hand to hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.correspondence import schemas as wire
from fieldops.correspondence.desk import mail_schemas as mail
from fieldops.correspondence.desk import paper_schemas as paper
from fieldops.correspondence.desk import register_schemas as book
from fieldops.correspondence.mail import amendments, crew_delivery, evidence, journey, receipts, remailing, undoing
from fieldops.correspondence.mail import intake as mail_intake
from fieldops.imports.schemas import ImportOut
from fieldops.web import Blueprint, actor, house, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("mail", __name__, description="Mail on its way and home 在途与归档")
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/scans", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.ScanIn, location="files")
@blueprint.response(201, mail.ScanOut)
def keep_scan(sent: dict[str, Any]) -> Any:
    """Keep a scanned paper; what it proves is filed by its sha256."""
    file = sent["file"]
    return evidence.keep_scan(session(), actor(), house().store, data=file.read(), filename=file.filename or "")


@blueprint.route("/scans/<uuid:scan_id>")
@needs("letters.read")
@blueprint.response(200, BYTES, content_type="application/octet-stream")
def show_scan(scan_id: UUID) -> Response:
    """A scanned paper; who looked is on record."""
    data, media_type = evidence.scan_bytes(session(), actor(), house().store, scan_id)
    headers = {"Content-Disposition": f"inline; filename={scan_id}", "X-Media-Type": media_type}
    return Response(data, mimetype="application/octet-stream", headers=headers)


@blueprint.route("/letters/<uuid:letter_id>/evidence", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.EvidenceIn)
@blueprint.response(201, mail.EvidenceOut)
def file_evidence(words: dict[str, Any], letter_id: UUID) -> Any:
    """File a scan as proof of a step of a letter."""
    return evidence.file_evidence(session(), actor(), letter_id, **words)


@blueprint.route("/letters/<uuid:letter_id>/evidence")
@needs("letters.read")
@blueprint.response(200, mail.EvidenceOut(many=True))
def list_evidence(letter_id: UUID) -> Any:
    """What is filed with a letter."""
    return evidence.evidence_of(session(), letter_id)


@blueprint.route("/letters/<uuid:letter_id>/close", methods=["POST"])
@needs("letters.track")
@blueprint.response(200, wire.LetterOut)
def close_letter(letter_id: UUID) -> Any:
    """Close a letter; refused (LR-082) while the evidence of its outcome is not filed."""
    return evidence.close_letter(session(), actor(), letter_id)


@blueprint.route("/letters/<uuid:letter_id>/undo-outcome", methods=["POST"])
@needs("register.correct")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(200, wire.LetterOut)
def undo_outcome(words: dict[str, Any], letter_id: UUID) -> Any:
    """Take back an outcome recorded by mistake: the letter is under way again, its register line is reversed."""
    return undoing.undo_outcome(session(), actor(), letter_id, **words)


@blueprint.route("/mail-items/<uuid:item_id>/events", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.TrackingEventIn)
@blueprint.response(200, paper.MailItemOut)
def record_event(words: dict[str, Any], item_id: UUID) -> Any:
    """Record what the post says of an item."""
    return journey.record_event(session(), actor(), item_id, **words)


@blueprint.route("/mail-items/<uuid:item_id>/events")
@needs("letters.read")
@blueprint.response(200, mail.TrackingEventOut(many=True))
def list_events(item_id: UUID) -> Any:
    """What the post said of an item, in the order it happened."""
    return journey.events_of(session(), item_id)


@blueprint.route("/mail-items/scanned", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.TrackingScanIn)
@blueprint.response(200, paper.MailItemOut)
def record_scan(words: dict[str, Any]) -> Any:
    """Record an event of the item whose label was scanned."""
    return journey.record_scan(session(), actor(), **words)


@blueprint.route("/mail-files/<string:what>", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(book.MailFileIn, location="files")
@blueprint.response(202, ImportOut)
def take_file(sent: dict[str, Any], what: str) -> Any:
    """Take in a file of the post, tracking or receipts; GET /imports/{id} says what became of each row."""
    file = sent.pop("file")
    return mail_intake.take_file(session(), actor(), what, data=file.read(), filename=file.filename or "", **sent)


@blueprint.route("/mail-items/<uuid:item_id>/remail", methods=["POST"])
@needs("letters.register")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(200, wire.LetterOut)
def remail(words: dict[str, Any], item_id: UUID) -> Any:
    """Make a returned letter ready for the post again; it takes a new number, linked to the old one."""
    return remailing.remail(session(), actor(), item_id, **words)


@blueprint.route("/mail-items/<uuid:item_id>/replacement", methods=["POST"])
@needs("letters.request")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(201, wire.LetterOut)
def replace_lost(words: dict[str, Any], item_id: UUID) -> Any:
    """Ask for a new letter in place of a lost one."""
    return remailing.replace_lost(session(), actor(), item_id, **words)


@blueprint.route("/postal-receipts", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.ReceiptIn)
@blueprint.response(201, mail.ReceiptOut)
def record_receipt(words: dict[str, Any]) -> Any:
    """Record the post's receipt of one item by its scanned number."""
    return receipts.record_receipt(session(), actor(), **words)


@blueprint.route("/handover-lists/<uuid:list_id>/receipt", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.ListReceiptIn)
@blueprint.response(201, mail.ReceiptOut(many=True))
def file_list_receipt(words: dict[str, Any], list_id: UUID) -> Any:
    """File the stamped list: the receipt of all its items but those struck out."""
    return receipts.file_list_receipt(session(), actor(), list_id, **words)


@blueprint.route("/handover-lists/<uuid:list_id>/amendments", methods=["POST"])
@needs("letters.handover")
@blueprint.arguments(mail.AmendmentIn)
@blueprint.response(201, mail.AmendmentOut)
def amend_list(words: dict[str, Any], list_id: UUID) -> Any:
    """Record a correction of a list that was handed over, initialled by both sides."""
    return amendments.amend(session(), actor(), list_id, **words)


@blueprint.route("/handover-lists/<uuid:list_id>/amendments")
@needs("letters.read")
@blueprint.response(200, mail.AmendmentOut(many=True))
def list_amendments(list_id: UUID) -> Any:
    """The corrections of a list."""
    return amendments.amendments_of(session(), list_id)


@blueprint.route("/letters/issued", methods=["POST"])
@needs("letters.handover")
@blueprint.arguments(mail.IssueIn)
@blueprint.response(200, mail.IssuedOut)
def issue_letters(words: dict[str, Any]) -> Any:
    """Give sealed letters to a crew that hands them over; each is asked again."""
    return crew_delivery.issue_letters(session(), actor(), **words)


@blueprint.route("/letters/<uuid:letter_id>/hand-outcome", methods=["POST"])
@needs("letters.track")
@blueprint.arguments(mail.HandOutcomeIn)
@blueprint.response(200, wire.LetterOut)
def record_hand_outcome(words: dict[str, Any], letter_id: UUID) -> Any:
    """Record how a letter came home: handed over, left sealed, brought back, sealed again."""
    return crew_delivery.record_outcome(session(), actor(), letter_id, **words)
