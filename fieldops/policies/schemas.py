"""Policies and calendars on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from fieldops.web import In, Out, Words

_REASON = validate.Length(1, 500)
MOST_TRIED = 20_000


class EditionIn(In):
    document = fields.Dict(keys=fields.String(), required=True, metadata={"description": "as in the shipped editions"})
    reason = Words(required=True, validate=_REASON)


class EditionReasonIn(In):
    reason = Words(required=True, validate=_REASON)


class PolicyChangeOut(Out):
    key = fields.String()
    was = fields.Raw(allow_none=True, metadata={"description": "the value before, None where there was none"})
    now = fields.Raw(allow_none=True, metadata={"description": "the value it sets"})


class TightenedOut(Out):
    key = fields.String()
    scope = fields.String(metadata={"description": "the bank and product whose override it is, empty for all"})
    said = fields.Raw(allow_none=True, metadata={"description": "the value the edition gives"})
    applies = fields.Raw(allow_none=True, metadata={"description": "the value the floor puts in its place"})
    source = fields.String()


class EditionRowOut(Out):
    kind = fields.String()
    name = fields.String()
    first_on = fields.Date()
    status = fields.String()
    reason = fields.String()
    drafted_by = fields.String(allow_none=True)
    drafted_at = fields.AwareDateTime(allow_none=True)
    activated_by = fields.String(allow_none=True)
    activated_at = fields.AwareDateTime(allow_none=True)
    withdrawn_by = fields.String(allow_none=True)
    withdrawn_at = fields.AwareDateTime(allow_none=True)
    withdrawn_because = fields.String(allow_none=True)


class EditionOut(EditionRowOut):
    document = fields.Dict()
    changes = fields.List(fields.Nested(PolicyChangeOut))
    tightened = fields.List(
        fields.Nested(TightenedOut), metadata={"description": "what a floor of a later release replaces in it"}
    )
    unknown_banks = fields.List(
        fields.String(),
        metadata={"description": "codes its overrides name and no bank has: they apply to nothing yet"},
    )


class EditionsOut(Out):
    in_force = fields.String(allow_none=True)
    items = fields.List(fields.Nested(EditionRowOut))


class TrialIn(In):
    document = fields.Dict(keys=fields.String(), required=True, metadata={"description": "a draft, or based_on alone"})
    since = fields.AwareDateTime(required=True)
    most = fields.Integer(load_default=MOST_TRIED, validate=validate.Range(1, MOST_TRIED))


class FlipOut(Out):
    book = fields.String()
    no = fields.String(allow_none=True)
    request_id = fields.UUID()
    case_nos = fields.List(fields.String())
    effect = fields.String()
    was = fields.String()
    now = fields.String()
    codes_were = fields.List(fields.String())
    codes_now = fields.List(fields.String())


class TrialOut(Out):
    edition = fields.String()
    asked = fields.Integer()
    unread = fields.Integer()
    truncated = fields.Boolean()
    counted = fields.Dict(keys=fields.String(), values=fields.Integer())
    flips = fields.List(fields.Nested(FlipOut))
