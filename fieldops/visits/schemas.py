"""Visits on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from fieldops.contacts.schemas import ContactStandingOut
from fieldops.visits import states
from fieldops.visits.requesting import PURPOSES, REASONS
from fieldops.web import In, Out, Words

MOST_ROWS = 5000
_TEXT = validate.Length(1, 500)


def _seconds(moment: Any) -> int:
    return int(moment.hour * 3600 + moment.minute * 60)


class VisitWindowIn(In):
    start = fields.Time(required=True, format="%H:%M")
    end = fields.Time(required=True, format="%H:%M")

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        """A window opens before it closes."""
        if data["start"] >= data["end"]:
            raise ValidationError("end must be later than start")


class _WhatForIn(In):
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    goal = Words(required=True, validate=validate.Length(0, 500))


class _CasesIn(_WhatForIn):
    case_ids = fields.List(fields.UUID(), validate=validate.Length(max=MOST_ROWS))
    case_nos = fields.List(fields.String(), validate=validate.Length(max=MOST_ROWS))

    @validates_schema
    def names_cases(self, data: dict[str, Any], **_: Any) -> None:
        """A request is about one case at least."""
        if not data.get("case_ids") and not data.get("case_nos"):
            raise ValidationError("name the cases by case_ids or case_nos", "case_ids")


class VisitIn(_CasesIn):
    address_id = fields.UUID(load_default=None)
    windows = fields.List(fields.Nested(VisitWindowIn), validate=validate.Length(max=10))
    waiver_reason = Words(load_default=None, validate=_TEXT)

    @post_load
    def spans(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Windows as seconds of the day."""
        windows = data.pop("windows", [])
        spans = tuple((_seconds(window["start"]), _seconds(window["end"])) for window in windows)
        return data | {"windows": spans, "case_ids": tuple(data.get("case_ids", ()))}


class VisitsIn(_CasesIn):
    pass


class VisitQueryIn(In):
    status = fields.String(load_default=None, validate=validate.OneOf([*states.STEPS, *states.FINAL]))
    case_no = fields.String(load_default=None)
    after = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class VisitApprovalIn(In):
    comment = Words(load_default="", validate=validate.Length(max=500))
    waive = fields.List(fields.String(), load_default=list)
    version = fields.Integer(load_default=None)


class VisitApprovalRowIn(VisitApprovalIn):
    visit_id = fields.UUID(required=True)


class VisitApprovalsIn(In):
    rows = fields.List(fields.Nested(VisitApprovalRowIn), required=True, validate=validate.Length(1, MOST_ROWS))


class VisitReasonIn(In):
    reason = Words(required=True, validate=_TEXT)


class VisitAcceptIn(In):
    comment = Words(required=True, validate=_TEXT)
    version = fields.Integer(load_default=None)


class VisitResubmitIn(In):
    reason = fields.String(load_default=None, validate=validate.OneOf(REASONS))
    goal = Words(load_default=None, validate=_TEXT)


class VisitUsedOut(Out):
    name = fields.String()
    value = fields.Raw(allow_none=True, metadata={"description": "as it was found: text, number, yes or no"})
    ref = fields.String(allow_none=True)
    recorded_at = fields.String(allow_none=True)


class VisitFindingOut(Out):
    code = fields.String()
    name = fields.String()
    question = fields.String()
    question_zh = fields.String()
    outcome = fields.String()
    severity = fields.String()
    message_zh = fields.String()
    message_en = fields.String()
    mend_zh = fields.String()
    mend_en = fields.String()
    used = fields.List(fields.Nested(VisitUsedOut))
    limits = fields.Dict()
    waivable = fields.Boolean()
    change_zh = fields.String(
        metadata={"description": "what would have to be otherwise, computed; empty where it holds"}
    )
    change_en = fields.String()


class VisitDecisionOut(Out):
    id = fields.UUID()
    stage = fields.String()
    decided_at = fields.AwareDateTime()
    policy_edition = fields.String()
    policy_scope = fields.String()
    verdict = fields.String()
    findings = fields.List(fields.Nested(VisitFindingOut))


class VisitRowOut(Out):
    id = fields.UUID()
    no = fields.String()
    status = fields.String()
    status_reason = fields.String(allow_none=True)
    verdict = fields.String()
    codes = fields.List(fields.String())
    waived = fields.List(fields.String())
    accepted = fields.List(
        fields.String(), metadata={"description": "doubts a person let stand: a code, or a code and the row"}
    )
    waiver_reason = fields.String(allow_none=True)
    policy_edition = fields.String()
    purpose = fields.String()
    reason = fields.String()
    goal = fields.String()
    priority = fields.Integer()
    amount_fen = fields.Integer()
    debtor_name = fields.String()
    case_nos = fields.List(fields.String())
    address_id = fields.UUID()
    address = fields.String()
    address_kind = fields.String()
    windows = fields.List(fields.List(fields.Integer()))
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    point_precision = fields.String(allow_none=True)
    requested_by = fields.String()
    approved_by = fields.String(allow_none=True)
    approve_comment = fields.String(allow_none=True)
    approved_at = fields.AwareDateTime(allow_none=True)
    valid_until_on = fields.Date(allow_none=True)
    done_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    version = fields.Integer()


class VisitOut(VisitRowOut):
    decision = fields.Nested(VisitDecisionOut)
    contacts = fields.List(fields.Nested(ContactStandingOut))


class VisitChangeOut(Out):
    code = fields.String()
    name = fields.String()
    question = fields.String()
    question_zh = fields.String()
    message_zh = fields.String()
    message_en = fields.String()
    outcome_then = fields.String(allow_none=True)
    outcome_now = fields.String()
    severity_then = fields.String(allow_none=True)
    severity_now = fields.String()
    used_then = fields.List(fields.Nested(VisitUsedOut))
    used_now = fields.List(fields.Nested(VisitUsedOut))


class VisitFreshnessOut(Out):
    visit_id = fields.UUID()
    stage = fields.String()
    decided_at = fields.AwareDateTime()
    asked_at = fields.AwareDateTime()
    edition_then = fields.String()
    edition_now = fields.String()
    verdict_then = fields.String()
    verdict_now = fields.String()
    changed = fields.List(fields.Nested(VisitChangeOut))


class VisitPageOut(Out):
    items = fields.List(fields.Nested(VisitRowOut))
    after = fields.String(allow_none=True)


class VisitOutcomeOut(Out):
    row = fields.Integer()
    outcome = fields.String()
    visit_id = fields.UUID(allow_none=True)
    no = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    verdict = fields.String(allow_none=True)
    codes = fields.List(fields.String())
    case_nos = fields.List(fields.String())
    problem = fields.Dict(allow_none=True)


class VisitOutcomesOut(Out):
    rows = fields.List(fields.Nested(VisitOutcomeOut))


class AddressChosenOut(Out):
    address_id = fields.UUID(allow_none=True)
    kind = fields.String()
    address = fields.String()
    verdict = fields.String(allow_none=True)
    codes = fields.List(fields.String())


class AddressSkippedOut(AddressChosenOut):
    reason_zh = fields.String()
    reason_en = fields.String()


class AddressChoiceOut(Out):
    case_id = fields.UUID()
    chosen = fields.Nested(AddressChosenOut, allow_none=True)
    skipped = fields.List(fields.Nested(AddressSkippedOut))
