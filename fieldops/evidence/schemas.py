"""Evidence on the wire: the phone's receipt book, and what an office may see and do."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from fieldops.evidence.rules import BORROW, LINK_KINDS, VIEW
from fieldops.evidence.seals import stamp
from fieldops.web import In, Out, Words

_WORDS = validate.Length(2, 300)
_SHA256 = validate.Regexp(r"\A[0-9a-f]{64}\Z")
_INSTANT = validate.Regexp(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\Z")


class LinkIn(In):
    """A link of the phone's visit chain, as the phone has made it; ``ref`` is a mutation, or the slot of a photo."""

    n = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**40))
    prev_hash = fields.String(required=True, validate=_SHA256)
    hash = fields.String(required=True, validate=_SHA256)
    kind = fields.String(required=True, validate=validate.OneOf(LINK_KINDS))
    visit_id = fields.UUID(required=True)
    ref = fields.UUID(required=True)
    content_sha256 = fields.String(required=True, validate=_SHA256)
    at = fields.String(required=True, validate=_INSTANT)


class ChainIn(In):
    device_id = fields.UUID(required=True)
    links = fields.List(fields.Nested(LinkIn), required=True, validate=validate.Length(1, 500))


class Stamp(fields.String):
    """An instant as it was signed."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return stamp(value)


class SealOut(Out):
    """The server's counter-signature of a head; ``signature`` is Ed25519 by ``key``, both in hex."""

    n = fields.Integer()
    hash = fields.String()
    signed_at = Stamp()
    signature = fields.String()
    key = fields.String()


class RootOut(Out):
    """The root of a day over all seals since the one before, whose ``hash`` is ``prev_hash``."""

    n = fields.Integer()
    on_date = fields.Date()
    prev_hash = fields.String()
    seals = fields.Integer()
    root = fields.String()
    signed_at = Stamp()
    hash = fields.String()
    signature = fields.String()
    key = fields.String()


class RootsIn(In):
    after_n = fields.Integer(load_default=0, validate=validate.Range(0, 2**40))


class RootsOut(Out):
    roots = fields.List(fields.Nested(RootOut))


class ChainOut(Out):
    """Up to where the chain is here without a gap, and the server's signature that it is; zeros before the first."""

    held_n = fields.Integer()
    held_hash = fields.String()
    seal = fields.Nested(SealOut, allow_none=True)


class LinkOut(Out):
    n = fields.Integer()
    prev_hash = fields.String()
    hash = fields.String()
    kind = fields.String()
    visit_id = fields.UUID()
    ref = fields.UUID()
    content_sha256 = fields.String()
    at = fields.String()
    received_at = fields.AwareDateTime()


class ChainOfPhoneOut(Out):
    """Links of a phone up to the head ``seal`` signs; ``path`` leads from the seal to the root ``root_n``."""

    device_id = fields.UUID()
    links = fields.List(fields.Nested(LinkOut))
    seal = fields.Nested(SealOut, allow_none=True)
    root_n = fields.Integer(allow_none=True)
    path = fields.List(fields.List(fields.String()))


class ChainEvidenceOut(Out):
    slot = fields.UUID()
    kind = fields.String()
    sha256 = fields.String()
    length = fields.Integer()
    arrived_at = fields.AwareDateTime(allow_none=True)


class ChainExportOut(Out):
    """What ``scripts/verify_chain.py`` reads; ``contents`` are the texts that were hashed, by the link's ref."""

    visit_id = fields.UUID()
    exported_at = fields.AwareDateTime()
    chains = fields.List(fields.Nested(ChainOfPhoneOut))
    roots = fields.List(fields.Nested(RootOut))
    contents = fields.Dict(keys=fields.String(), values=fields.String())
    evidence = fields.List(fields.Nested(ChainEvidenceOut))


class PurposeIn(In):
    purpose = Words(required=True, validate=_WORDS)


class UploadOut(Out):
    """How far an upload is; without ``expires_at`` its bytes are evidence."""

    slot_id = fields.UUID()
    received = fields.Integer()
    length = fields.Integer()
    expires_at = fields.AwareDateTime(allow_none=True)


class SlotReceiptOut(Out):
    """``received`` bytes of ``length`` are here; with ``arrived_at`` they are evidence."""

    id = fields.UUID()
    kind = fields.String()
    sha256 = fields.String()
    length = fields.Integer()
    received = fields.Integer()
    arrived_at = fields.AwareDateTime(allow_none=True)


class ResultReceiptOut(Out):
    """What the server holds of one result; ``complete_at``: when the last of its evidence had arrived."""

    id = fields.UUID()
    visit_id = fields.UUID()
    visit_no = fields.String()
    number = fields.Integer()
    received_at = fields.AwareDateTime()
    status = fields.String()
    review_note = fields.String(allow_none=True)
    flags = fields.List(fields.String())
    complete_at = fields.AwareDateTime(allow_none=True)
    slots_declared = fields.Integer()
    slots_arrived = fields.Integer()
    slots = fields.List(fields.Nested(SlotReceiptOut))


class ReceiptBookOut(Out):
    server_time = fields.AwareDateTime()
    results = fields.List(fields.Nested(ResultReceiptOut))


class RecordingOut(Out):
    id = fields.UUID()
    visit_id = fields.UUID()
    kind = fields.String()
    sha256 = fields.String()
    length = fields.Integer()
    declared_at = fields.AwareDateTime()
    arrived_at = fields.AwareDateTime(allow_none=True)
    media_type = fields.String(allow_none=True)
    width_px = fields.Integer(allow_none=True)
    height_px = fields.Integer(allow_none=True)
    duration_s = fields.Float(allow_none=True)
    retain_until = fields.Date(allow_none=True)
    held_at = fields.AwareDateTime(allow_none=True)
    held_by = fields.String(allow_none=True)
    held_reason = fields.String(allow_none=True)
    destroyed_at = fields.AwareDateTime(allow_none=True)


class OverdueOut(Out):
    result_id = fields.UUID()
    visit_id = fields.UUID()
    visit_no = fields.String()
    agent_id = fields.UUID()
    declared_at = fields.AwareDateTime()
    missing = fields.Integer()


class LookIn(In):
    """``act`` BORROW takes it out of the house and needs the bank's ``authorisation_no``."""

    act = fields.String(load_default=VIEW, validate=validate.OneOf([VIEW, BORROW]))
    purpose = Words(required=True, validate=_WORDS)
    authorisation_no = fields.String(load_default=None, validate=validate.Length(1, 100))


class ReasonIn(In):
    reason = Words(required=True, validate=_WORDS)


class InstructionIn(In):
    instruction_no = fields.String(required=True, validate=validate.Length(1, 100))
