"""Template packs and envelopes over HTTP: sent in, looked at, approved, retired, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.packs import envelopes, queries, service
from fieldops.packs import schemas as wire
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("templates", __name__, description="Template packs and envelopes 信函模板与信封")
PDF = "application/pdf"
ZIP = "application/zip"
BYTES = {"type": "string", "format": "binary"}


@blueprint.route("/letter-templates", methods=["POST"])
@needs("templates.manage")
@blueprint.arguments(wire.PackIn, location="files")
@blueprint.response(201, wire.LetterTemplateOut)
def upload_pack(sent: dict[str, Any]) -> Any:
    """Send in a pack as a new version; a job examines it and shows what is wrong."""
    return service.upload_pack(session(), actor(), data=sent["file"].read())


@blueprint.route("/letter-templates")
@needs("letters.read")
@blueprint.response(200, wire.LetterTemplateOut(many=True))
def list_templates() -> Any:
    """Every version of every template pack."""
    return queries.templates(session())


@blueprint.route("/letter-templates/<uuid:template_id>")
@needs("letters.read")
@blueprint.response(200, wire.LetterTemplateCardOut)
def show_template(template_id: UUID) -> Any:
    """A pack with each finding of the lint: place, mend, and the page that shows it."""
    return queries.template_by_id(session(), template_id)


@blueprint.route("/letter-templates/<uuid:template_id>/pages/<string:sample>/pdf")
@needs("letters.read")
@blueprint.response(200, BYTES, content_type=PDF)
def show_page(template_id: UUID, sample: str) -> Response:
    """How the pack lays out a sample letter, ordinary or adversarial, with a frame around what the lint found."""
    return Response(service.sample_pdf(session(), template_id, sample), mimetype=PDF)


@blueprint.route("/letter-templates/<uuid:template_id>/zip")
@needs("letters.read")
@blueprint.response(200, BYTES, content_type=ZIP)
def show_pack(template_id: UUID) -> Response:
    """The pack as it was sent in: where a new version begins."""
    return Response(service.pack_zip(session(), template_id), mimetype=ZIP)


@blueprint.route("/letter-templates/<uuid:template_id>/submit", methods=["POST"])
@needs("templates.manage")
@blueprint.response(200, wire.LetterTemplateOut)
def submit_template(template_id: UUID) -> Any:
    """Put a clean pack before an approver."""
    return service.submit_template(session(), actor(), template_id)


@blueprint.route("/letter-templates/<uuid:template_id>/approve", methods=["POST"])
@needs("templates.approve")
@blueprint.arguments(wire.TemplateApproveIn)
@blueprint.response(200, wire.LetterTemplateOut)
def approve_template(words: dict[str, Any], template_id: UUID) -> Any:
    """Let letters be written with this pack, under the bank's or head office's approval number."""
    return service.approve_template(session(), actor(), template_id, **words)


@blueprint.route("/letter-templates/<uuid:template_id>/reject", methods=["POST"])
@needs("templates.approve")
@blueprint.arguments(wire.TemplateReasonIn)
@blueprint.response(200, wire.LetterTemplateOut)
def reject_template(words: dict[str, Any], template_id: UUID) -> Any:
    """Refuse a pack; a mended one is a new version."""
    return service.reject_template(session(), actor(), template_id, **words)


@blueprint.route("/letter-templates/<uuid:template_id>/retire", methods=["POST"])
@needs("templates.approve")
@blueprint.arguments(wire.TemplateReasonIn)
@blueprint.response(200, wire.LetterTemplateOut)
def retire_template(words: dict[str, Any], template_id: UUID) -> Any:
    """Let no further letter be written or printed with this pack."""
    return service.retire_template(session(), actor(), template_id, **words)


@blueprint.route("/envelopes", methods=["POST"])
@needs("templates.manage")
@blueprint.arguments(wire.EnvelopeIn)
@blueprint.response(201, wire.EnvelopeOut)
def record_envelope(measured: dict[str, Any]) -> Any:
    """Enter an envelope as measured: size, window, fold, and what is printed on its outside."""
    return envelopes.record_envelope(session(), actor(), **measured)


@blueprint.route("/envelopes")
@needs("letters.read")
@blueprint.response(200, wire.EnvelopeOut(many=True))
def list_envelopes() -> Any:
    """Every envelope on record, and which approved packs go into each."""
    return envelopes.envelope_cards(session())


@blueprint.route("/envelopes/<uuid:envelope_id>")
@needs("letters.read")
@blueprint.response(200, wire.EnvelopeOut)
def show_envelope(envelope_id: UUID) -> Any:
    """An envelope, and for each approved pack whether its letters go into it, measured on the rendered page."""
    return envelopes.envelope_card(session(), envelope_id)


@blueprint.route("/envelopes/<uuid:envelope_id>/retire", methods=["POST"])
@needs("templates.manage")
@blueprint.arguments(wire.TemplateReasonIn)
@blueprint.response(200, wire.EnvelopeOut)
def retire_envelope(words: dict[str, Any], envelope_id: UUID) -> Any:
    """Take an envelope out of use."""
    return envelopes.retire_envelope(session(), actor(), envelope_id, **words)
