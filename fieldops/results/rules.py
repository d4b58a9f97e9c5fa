"""What makes a visit result sound, as a table: pure, every row asked, each fault names field and mend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fieldops.results.codes import FINDINGS, NOBODY, OUTCOMES, PERSONS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from datetime import datetime

SUMMARY_MIN_LENGTH = 10
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15,19})(?!\d)")
_GAPS = re.compile(r"(?<=\d)[\s\-·.]+(?=\d)")


@dataclass(frozen=True, slots=True)
class Line:
    """The outcome for one card, as the phone sends it."""

    case_id: str
    outcome: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """A visit result as the phone sends it, before it is believed."""

    address_finding: str
    person_met: str
    identity_verified: bool
    arrived_at: datetime
    left_at: datetime
    summary: str
    next_step: str
    lines: tuple[Line, ...]
    case_ids: frozenset[str]
    slot_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a result from being taken."""

    code: str
    field: str
    mend: str


def _codes_known(report: Report) -> list[Fault]:
    named: list[tuple[str, str, Container[str]]] = [
        ("address_finding", report.address_finding, FINDINGS),
        ("person_met", report.person_met, PERSONS),
    ]
    named += [("lines.outcome", line.outcome, OUTCOMES) for line in report.lines]
    return [
        Fault("UNKNOWN_CODE", name, f"{code!r} is no code; choose one of the list")
        for name, code, known in named
        if code not in known
    ]


def _each_card_once(report: Report) -> list[Fault]:
    told = [line.case_id for line in report.lines]
    if sorted(told) == sorted(report.case_ids):
        return []
    return [Fault("CARDS_DIFFER", "lines", "give one line for each card of the visit, and no other")]


def _person_fits(report: Report) -> list[Fault]:
    return [
        Fault(
            "PERSON_DOES_NOT_FIT", "person_met", f"{line.outcome} {OUTCOMES[line.outcome].zh} needs {_zh(line.outcome)}"
        )
        for line in report.lines
        if line.outcome in OUTCOMES and report.person_met not in OUTCOMES[line.outcome].persons
    ]


def _zh(outcome: str) -> str:
    return "、".join(PERSONS[code].zh for code in OUTCOMES[outcome].persons)


def _fields_given(report: Report) -> list[Fault]:
    return [
        Fault("FIELD_MISSING", f"lines.{name}", f"{line.outcome} cannot do without {name}")
        for line in report.lines
        if line.outcome in OUTCOMES
        for name in OUTCOMES[line.outcome].needs
        if line.fields.get(name) in (None, "")
    ]


def _volunteered(report: Report) -> list[Fault]:
    pushed = [line for line in report.lines if line.outcome == "O05" and line.fields.get("volunteered") is False]
    return [Fault("NOT_VOLUNTEERED", "lines.volunteered", "a third person is never asked to pay") for _ in pushed]


def _identity_first(report: Report) -> list[Fault]:
    claimed = any(line.outcome in {"O03", "O04", "O06", "O07"} for line in report.lines)
    if not claimed or report.identity_verified:
        return []
    return [
        Fault(
            "IDENTITY_NOT_VERIFIED",
            "identity_verified",
            "verify identity before talking of the debt, or report O10 or O26",
        )
    ]


def _times_run(report: Report) -> list[Fault]:
    if report.arrived_at <= report.left_at:
        return []
    return [Fault("TIMES_INVERTED", "left_at", "the crew cannot leave before it arrives")]


def _words_enough(report: Report) -> list[Fault]:
    faults = []
    if len(report.summary.strip()) < SUMMARY_MIN_LENGTH:
        faults.append(
            Fault("SUMMARY_SHORT", "summary", f"write {SUMMARY_MIN_LENGTH} characters or more: what was seen and said")
        )
    if not report.next_step.strip():
        faults.append(Fault("NEXT_STEP_MISSING", "next_step", "say what should follow"))
    return faults


def _no_personal_numbers(report: Report) -> list[Fault]:
    texts = {"summary": report.summary, "next_step": report.next_step}
    for line in report.lines:
        texts |= {f"lines.{name}": value for name, value in line.fields.items() if isinstance(value, str)}
    return [
        Fault("PERSONAL_NUMBER", name, "take the card or identity number out of the text")
        for name, text in texts.items()
        if _PERSONAL_NUMBER.search(_GAPS.sub("", text))
    ]


def _photo_declared(report: Report) -> list[Fault]:
    finding = FINDINGS.get(report.address_finding)
    if finding is None or not finding.photo or any(kind.startswith("PHOTO") for kind in report.slot_kinds):
        return []
    return [Fault("PHOTO_MISSING", "slots", f"{finding.code} {finding.zh} needs a photo")]


def _nobody_verified(report: Report) -> list[Fault]:
    if report.identity_verified and report.person_met == NOBODY:
        return [Fault("NOBODY_TO_VERIFY", "identity_verified", "nobody was met, so nobody was verified")]
    return []


CHECKS: tuple[Callable[[Report], list[Fault]], ...] = (
    _codes_known,
    _each_card_once,
    _person_fits,
    _fields_given,
    _volunteered,
    _identity_first,
    _times_run,
    _words_enough,
    _no_personal_numbers,
    _photo_declared,
    _nobody_verified,
)


def faults(report: Report) -> tuple[Fault, ...]:
    """Everything that keeps this result from being taken; empty when it is sound."""
    return tuple(fault for check in CHECKS for fault in check(report))
