"""Template packs and envelopes on the wire."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from fieldops.web import In, Out, Words
from letters.envelope import SIZES_MM
from letters.pack import ApprovalSource

_words = validate.Length(1, 500)
_number = validate.Length(1, 64)
_millimetres = validate.Range(0, 400)


class PackIn(In):
    file = Upload(required=True, metadata={"description": "a zip of manifest.toml, HTML, CSS, PNG images, own fonts"})


class TemplateApproveIn(In):
    pack_sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))
    approval_source = fields.String(required=True, validate=validate.OneOf([one.value for one in ApprovalSource]))
    approval_no = fields.String(required=True, validate=_number)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(load_default=None, allow_none=True)
    comment = Words(load_default=None, allow_none=True, validate=_words)


class TemplateReasonIn(In):
    reason = Words(required=True, validate=_words)


class LetterTemplateOut(Out):
    id = fields.UUID()
    code = fields.String()
    number = fields.Integer()
    kind = fields.String()
    title = fields.String()
    bank = fields.String()
    status = fields.String()
    status_reason = fields.String(allow_none=True)
    approval_source = fields.String(allow_none=True)
    approval_no = fields.String(allow_none=True)
    pack_sha256 = fields.String()
    uploaded_by = fields.String()
    submitted_by = fields.String(allow_none=True)
    approved_by = fields.String(allow_none=True)
    approved_at = fields.AwareDateTime(allow_none=True)
    approve_comment = fields.String(allow_none=True)
    valid_from = fields.Date(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    examined_at = fields.AwareDateTime(allow_none=True)


class TemplateFindingOut(Out):
    code = fields.String()
    place = fields.String()
    text = fields.String()
    mend = fields.String()
    sample = fields.String(allow_none=True, metadata={"description": "the page that shows it, in a frame"})
    page = fields.Integer(allow_none=True)
    area = fields.Dict(allow_none=True, metadata={"description": "millimetres from the sheet's top left corner"})
    needs_person = fields.Boolean()


class LetterTemplateCardOut(LetterTemplateOut):
    findings = fields.List(fields.Nested(TemplateFindingOut))
    pages = fields.Dict(metadata={"description": "sha256 of each sample's page, by sample"})
    files = fields.Dict(metadata={"description": "sha256 of each file, by name"})


class EnvelopeIn(In):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    measured_on = fields.Date(required=True)
    size = fields.String(required=True, validate=validate.OneOf(list(SIZES_MM)))
    window_left_mm = fields.Float(required=True, validate=_millimetres)
    window_top_mm = fields.Float(required=True, validate=_millimetres)
    window_width_mm = fields.Float(required=True, validate=_millimetres)
    window_height_mm = fields.Float(required=True, validate=_millimetres)
    fold_height_mm = fields.Float(required=True, validate=_millimetres)
    outer_text = fields.List(fields.String(validate=validate.Length(1, 100)), load_default=list)


class EnvelopePackOut(Out):
    template_id = fields.UUID()
    code = fields.String()
    number = fields.Integer()
    fits = fields.Boolean()
    problems = fields.List(fields.String())


class EnvelopeOut(Out):
    id = fields.UUID()
    name = fields.String()
    measured_on = fields.Date()
    measured_by = fields.String()
    retired_at = fields.AwareDateTime(allow_none=True)
    size = fields.String()
    window_left_mm = fields.Float()
    window_top_mm = fields.Float()
    window_width_mm = fields.Float()
    window_height_mm = fields.Float()
    fold_height_mm = fields.Float()
    outer_text = fields.List(fields.String())
    packs = fields.List(fields.Nested(EnvelopePackOut))
