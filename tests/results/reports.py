"""A visit result nothing is wrong with; tests change one thing at a time."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fieldops.results.codes import FINDINGS, NOT_EXECUTED, OUTCOMES, PERSONS
from fieldops.results.rules import Line, Report, faults

SHANGHAI = ZoneInfo("Asia/Shanghai")
ARRIVED = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
VALUES = {
    "promise_fen": 100_000,
    "promise_on": date(2026, 11, 30),
    "channel": "MOBILE_BANK",
    "amount_fen": 5_000,
    "paid_on": date(2026, 11, 23),
    "volunteered": True,
    "reason": "对金额无异议，暂不还款",
    "hardship": "失业",
    "detail": "称账单有误",
    "text_id": "NEUTRAL-1",
    "letter_no": "函2026-17",
    "place": "信箱",
    "proof": False,
    "appointment": "2026-11-26 14:00-16:00",
    "incident": "对方报警",
}


def proof_of(outcome):
    """The kind of evidence a sound result of that outcome declares."""
    row = OUTCOMES.get(outcome)
    return row.proof[0] if row and row.proof else "PHOTO_DOOR"


def a_report(outcome="O26", *, finding="A01", person="P01", **changes):
    """A sound report of one card, with the fields its outcome needs."""
    fields = {name: VALUES[name] for name in OUTCOMES[outcome].needs} if outcome in OUTCOMES else {}
    report = Report(
        address_finding=finding,
        person_met=person,
        identity_verified=person == "P01",
        identity_shown=True,
        arrived_at=ARRIVED,
        left_at=ARRIVED + timedelta(minutes=20),
        summary="按地址上门，出示证件，情况已如实记录。",
        next_step="反馈办公室",
        lines=(Line("case-1", outcome, fields),),
        case_ids=frozenset({"case-1"}),
        known_case_ids=frozenset({"case-1"}),
        slot_ids=("slot-1",),
        slot_kinds=(proof_of(outcome),),
    )
    return replace(report, **changes)


def fitting(outcome):
    """A sound report of that outcome, told by a person and with a finding that fit it."""
    person = next(each for each in ("P01", *PERSONS) if each in OUTCOMES[outcome].persons)
    finding = None if outcome == NOT_EXECUTED else "A01"
    return a_report(outcome, finding=finding, person=person)


def with_finding(finding):
    """A sound report of that finding."""
    person = next(each for each in ("P01", *PERSONS) if each in FINDINGS[finding].persons)
    return a_report("O26", finding=finding, person=person)


def with_fields(report, **fields):
    """The report with these fields in its only line; None takes one out."""
    (line,) = report.lines
    kept = {name: value for name, value in {**line.fields, **fields}.items() if value is not None}
    return replace(report, lines=(replace(line, fields=kept),))


def codes_of(report):
    """The codes of its faults."""
    return [fault.code for fault in faults(report)]
