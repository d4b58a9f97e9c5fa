"""What makes a visit result sound, as a table: pure, every row asked, each fault names field and mend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from fieldops.clock import local_date
from fieldops.personal import has_personal_number
from fieldops.results.codes import (
    FINDINGS,
    MINOR_ONLY,
    NOBODY,
    NOT_EXECUTED,
    OF_THE_WHOLE_VISIT,
    OUTCOMES,
    PERSONS,
    PHOTOS,
    SLOT_LIMITS,
    VISIT_LIMIT,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from datetime import datetime

_APPOINTMENT: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d) (?P<opens>([01]\d|2[0-3]):[0-5]\d)-(?P<closes>([01]\d|2[0-3]):[0-5]\d)"
)
SUMMARY_MIN_LENGTH: Final = 10
ALWAYS_ALLOWED: Final = frozenset({"detail"})


@dataclass(frozen=True, slots=True)
class Line:
    """The outcome for one card, as the phone sends it; ``fields`` are those that were given."""

    case_id: str
    outcome: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """A visit result as the phone sends it, before it is believed.

    ``case_ids`` are the visit's cards now; ``known_case_ids`` those it may have had when the phone last heard of it.
    ``taken_slot_ids`` stand for other evidence already.
    """

    address_finding: str | None
    person_met: str
    identity_verified: bool
    identity_shown: bool
    arrived_at: datetime
    left_at: datetime
    summary: str
    next_step: str
    lines: tuple[Line, ...]
    case_ids: frozenset[str]
    known_case_ids: frozenset[str]
    slot_ids: tuple[str, ...]
    slot_kinds: tuple[str, ...]
    slot_lengths: tuple[int, ...] = ()
    taken_slot_ids: frozenset[str] = frozenset()

    @property
    def left_on(self) -> date:
        """The day of the visit."""
        return local_date(self.left_at)

    @property
    def outcomes(self) -> frozenset[str]:
        """The outcomes of all cards."""
        return frozenset(line.outcome for line in self.lines)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a result from being taken."""

    code: str
    field: str
    mend: str


def _codes_known(report: Report) -> list[Fault]:
    named: list[tuple[str, str, Container[str]]] = [("person_met", report.person_met, PERSONS)]
    if report.address_finding is not None:
        named.append(("address_finding", report.address_finding, FINDINGS))
    named += [("lines.outcome", line.outcome, OUTCOMES) for line in report.lines]
    return [
        Fault("UNKNOWN_CODE", name, f"{code!r} is no code; choose one of the list")
        for name, code, known in named
        if code not in known
    ]


def _each_card_once(report: Report) -> list[Fault]:
    told = [line.case_id for line in report.lines]
    if len(set(told)) == len(told) and report.case_ids <= set(told) <= report.case_ids | report.known_case_ids:
        return []
    return [Fault("CARDS_DIFFER", "lines", "give one line for each card of the visit, and no other")]


def _whole_visit(report: Report) -> list[Fault]:
    whole = report.outcomes & OF_THE_WHOLE_VISIT
    if not whole or (report.outcomes == {*whole} and len(whole) == 1):
        return []
    return [Fault("OUTCOMES_MIXED", "lines.outcome", f"{min(whole)} speaks of the whole visit: give it to every card")]


def _finding_fits(report: Report) -> list[Fault]:
    """A visit that was made has found something out about the address; one that was not has not."""
    if report.outcomes == {NOT_EXECUTED}:
        if report.address_finding is None:
            return []
        return [Fault("FINDING_NOT_MADE", "address_finding", "nobody was there, so leave it out (null)")]
    if report.address_finding is None and not report.outcomes <= OF_THE_WHOLE_VISIT:
        return [Fault("FINDING_MISSING", "address_finding", "say what was found about the address")]
    return []


def _person_fits(report: Report) -> list[Fault]:
    wanted = {line.outcome: OUTCOMES[line.outcome] for line in report.lines if line.outcome in OUTCOMES}
    rows = [(row.code, row.zh, row.persons) for row in wanted.values()]
    finding = FINDINGS.get(report.address_finding or "")
    if finding is not None:
        rows.append((finding.code, finding.zh, finding.persons))
    return [
        Fault(
            "PERSON_DOES_NOT_FIT", "person_met", f"{code} {zh} needs {'、'.join(PERSONS[each].zh for each in persons)}"
        )
        for code, zh, persons in rows
        if report.person_met not in persons
    ]


def _fields_given(report: Report) -> list[Fault]:
    return [
        Fault("FIELD_MISSING", f"lines.{name}", f"{line.outcome} cannot do without {name}")
        for line in report.lines
        if line.outcome in OUTCOMES
        for name in OUTCOMES[line.outcome].needs
        if line.fields.get(name) is None or not str(line.fields[name]).strip()
    ]


def _no_other_fields(report: Report) -> list[Fault]:
    """An amount beside an outcome that has none would be money a crew has touched."""
    return [
        Fault("FIELD_NOT_ASKED", f"lines.{name}", f"{line.outcome} has no {name}; leave it out")
        for line in report.lines
        if line.outcome in OUTCOMES
        for name, value in line.fields.items()
        if value is not None
        and name not in {*OUTCOMES[line.outcome].needs, *OUTCOMES[line.outcome].may, *ALWAYS_ALLOWED}
    ]


def _volunteered(report: Report) -> list[Fault]:
    pushed = [line for line in report.lines if line.outcome == "O05" and line.fields.get("volunteered") is False]
    return [Fault("NOT_VOLUNTEERED", "lines.volunteered", "a third person is never asked to pay") for _ in pushed]


def _days_possible(report: Report) -> list[Fault]:
    faults = []
    for line in report.lines:
        promised_on, paid_on = line.fields.get("promise_on"), line.fields.get("paid_on")
        if promised_on is not None and promised_on < report.left_on:
            faults.append(Fault("PROMISE_IN_THE_PAST", "lines.promise_on", "give the day the money is promised for"))
        if paid_on is not None and paid_on > report.left_on:
            faults.append(Fault("PAID_IN_THE_FUTURE", "lines.paid_on", "give the day the money was paid"))
    return faults


def _appointment_possible(report: Report) -> list[Fault]:
    faults = []
    for line in report.lines:
        told = line.fields.get("appointment")
        if told is None:
            continue
        match = _APPOINTMENT.fullmatch(told)
        if match is None or not match["opens"] < match["closes"] or not _is_date(match["day"]):
            faults.append(Fault("APPOINTMENT_UNREAD", "lines.appointment", "write it like 2026-11-26 14:00-16:00"))
        elif match["day"] < report.left_on.isoformat():
            faults.append(Fault("APPOINTMENT_IN_THE_PAST", "lines.appointment", "give the day that was agreed"))
    return faults


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _identity_first(report: Report) -> list[Fault]:
    of_the_debt = [o for o in report.outcomes if o in OUTCOMES and OUTCOMES[o].verified]
    if not of_the_debt or report.identity_verified:
        return []
    mend = "verify identity before talking of the debt, or report O10 or O26"
    return [Fault("IDENTITY_NOT_VERIFIED", "identity_verified", mend)]


def _identity_possible(report: Report) -> list[Fault]:
    if report.identity_verified and report.person_met == NOBODY:
        return [Fault("NOBODY_TO_VERIFY", "identity_verified", "nobody was met, so nobody was verified")]
    return []


def _badge_shown(report: Report) -> list[Fault]:
    if report.identity_shown or report.person_met in {NOBODY, MINOR_ONLY}:
        return []
    return [Fault("IDENTITY_NOT_SHOWN", "identity_shown", "show badge and authorisation to whoever is met")]


def _times_run(report: Report) -> list[Fault]:
    if report.arrived_at <= report.left_at:
        return []
    return [Fault("TIMES_INVERTED", "left_at", "the crew cannot leave before it arrives")]


def _words_enough(report: Report) -> list[Fault]:
    faults = []
    if len(report.summary.strip()) < SUMMARY_MIN_LENGTH:
        mend = f"write {SUMMARY_MIN_LENGTH} characters or more: what was seen and said"
        faults.append(Fault("SUMMARY_SHORT", "summary", mend))
    if not report.next_step.strip():
        faults.append(Fault("NEXT_STEP_MISSING", "next_step", "say what should follow"))
    return faults


def _no_personal_numbers(report: Report) -> list[Fault]:
    texts = [("summary", report.summary), ("next_step", report.next_step)]
    for line in report.lines:
        texts += [(f"lines.{name}", value) for name, value in line.fields.items() if isinstance(value, str)]
    return [
        Fault("PERSONAL_NUMBER", name, "take the card or identity number out of the text")
        for name, text in texts
        if has_personal_number(text)
    ]


def _photo_declared(report: Report) -> list[Fault]:
    finding = FINDINGS.get(report.address_finding or "")
    if finding is None or not finding.photo or not _lacks(report, PHOTOS):
        return []
    return [Fault("PHOTO_MISSING", "slots", f"{finding.code} {finding.zh} needs a photo")]


def _proof_declared(report: Report) -> list[Fault]:
    rows = [OUTCOMES[code] for code in sorted(report.outcomes) if code in OUTCOMES]
    return [
        Fault("PROOF_MISSING", "slots", f"{row.code} {row.zh} needs evidence of kind {' or '.join(row.proof)}")
        for row in rows
        if row.proof and _lacks(report, row.proof)
    ]


def _lacks(report: Report, kinds: Container[str]) -> bool:
    return not any(kind in kinds for kind in report.slot_kinds)


def _slots_distinct(report: Report) -> list[Fault]:
    if len(set(report.slot_ids)) == len(report.slot_ids):
        return []
    return [Fault("SLOT_TWICE", "slots", "give every piece of evidence an id of its own")]


def _slots_free(report: Report) -> list[Fault]:
    taken = report.taken_slot_ids & set(report.slot_ids)
    return [Fault("SLOT_TAKEN", "slots", f"{each} stands for other evidence; make a new id") for each in sorted(taken)]


def _slots_fit(report: Report) -> list[Fault]:
    faults = [
        Fault("SLOT_TOO_LARGE", "slots", f"{kind} has {SLOT_LIMITS[kind]} bytes at most; record it smaller")
        for kind, length in zip(report.slot_kinds, report.slot_lengths, strict=False)
        if length > SLOT_LIMITS[kind]
    ]
    if sum(report.slot_lengths) > VISIT_LIMIT:
        faults.append(Fault("SLOTS_TOO_LARGE", "slots", f"a visit has {VISIT_LIMIT} bytes at most; leave some out"))
    return faults


CHECKS: Final[tuple[Callable[[Report], list[Fault]], ...]] = (
    _codes_known,
    _each_card_once,
    _whole_visit,
    _finding_fits,
    _person_fits,
    _fields_given,
    _no_other_fields,
    _volunteered,
    _days_possible,
    _appointment_possible,
    _identity_first,
    _identity_possible,
    _badge_shown,
    _times_run,
    _words_enough,
    _no_personal_numbers,
    _photo_declared,
    _proof_declared,
    _slots_distinct,
    _slots_free,
    _slots_fit,
)


def faults(report: Report) -> tuple[Fault, ...]:
    """Everything that keeps this result from being taken; empty when it is sound."""
    return tuple(fault for check in CHECKS for fault in check(report))
