"""What a result brings about: the visit's end, what the address has taught, holds, statuses, promises, tasks.

The tables of ``codes`` say what follows; here it is done. Source: domain reference §5.2.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from fieldops import events
from fieldops.addresses import queries as address_queries
from fieldops.addresses import service as addresses
from fieldops.addresses.register import NOBODY_HOME
from fieldops.cases import complaints, third_parties
from fieldops.cases import service as cases
from fieldops.clock import SHANGHAI, local_date
from fieldops.planning import service as planning
from fieldops.planning import states as stop_states
from fieldops.results import queries
from fieldops.results.codes import (
    ABORTED_BY_OFFICE,
    FINDINGS,
    FOLLOW_UPS,
    NOT_EXECUTED,
    OUTCOMES,
    PERSONS,
    PHOTOS,
    FollowUp,
)
from fieldops.results.reporting import was_executed
from fieldops.results.revisits import revisit
from fieldops.tasks.service import Asked
from fieldops.visits import execution
from fieldops.visits.events import LetterAtDoor
from fieldops.visits.terms import policies_of_visits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.results.codes import Finding
    from fieldops.results.models import VisitResult
    from fieldops.results.service import Landed
    from fieldops.visits.models import Visit
    from fieldops.visits.queries import Locked

EVIDENCE_KIND: Final = "VISIT_RESULT"
_CLAIMED: Final = "CLAIMED"
_ORDINARY: Final = "ORDINARY"
_OFFICE_CLOSES: Final = time(21)
_APPOINTMENT, _REVISIT = "APPOINTMENT", "REVISIT"
EXACT: Final = "EXACT"


def acts_on_others(address_finding: str | None, outcomes: Iterable[str]) -> bool:
    """Whether a result with these codes may reach further than its own visit: other visits, letters, phones."""
    finding = FINDINGS.get(address_finding or "")
    rows = [OUTCOMES[code] for code in outcomes if code in OUTCOMES]
    return bool(finding and (finding.invalid or finding.photo)) or any(
        row.hold or row.status or row.letter or row.complaint or row.keep_away for row in rows
    )


def take_effect(session: Session, actor: Actor, landed: Sequence[Landed]) -> None:
    """Let results that count have their consequences. The visits end first, so that no event calls them back."""
    made = [each for each in landed if was_executed(each.lines)]
    not_made = [each for each in landed if not was_executed(each.lines)]
    execution.give_back(session, actor, {each.visit: _reason(each.lines) for each in not_made})
    execution.complete_visits(session, actor, {each.visit: _outcomes(each.lines) for each in made})
    to = dict.fromkeys((each.visit.id for each in not_made), stop_states.SKIPPED) | dict(map(_stop_after, made))
    live = [(each.ground.stop[0], each.visit.id, each.ground.stop[1]) for each in landed if each.ground.stop]
    planning.move_stops(session, to, live=live)
    teach(session, actor, made)


def teach(session: Session, actor: Actor, landed: Sequence[Landed]) -> None:
    """What addresses and cards learn of visits that were made, or of new versions of their results."""
    _teach_addresses(session, actor, landed)
    for each in landed:
        for line in each.lines:
            _act_on_card(session, actor, each, line)


def follow_ups(session: Session, actor: Actor, landed: Sequence[Landed]) -> list[Asked]:
    """One task of each kind that the cards or the address of a result ask for, naming the cards it is about.

    Cost: two statements where somebody must be visited again, none otherwise.
    """
    asked = [(each, name, lines) for each in landed for name, lines in sorted(_asked_by(each).items())]
    again = [each for each, name, _ in asked if name == _REVISIT]
    tried = _tries(again)
    policies = policies_of_visits(session, [each.visit.id for each in again], local_date(actor.at)) if again else {}
    tasks = []
    for each, name, lines in asked:
        more: dict[str, Any] | None = {}
        if name == _REVISIT:
            more = revisit(tried[each.result_id], policies[each.visit.id])
        if more is not None:
            tasks.append(_asked(actor, FOLLOW_UPS[name], each, lines, more))
    return tasks


def _tries(landed: Sequence[Landed]) -> dict[UUID, list[datetime]]:
    """When crews have found nobody where each of these results was, up to itself."""
    now: dict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    tried = {}
    for each in landed:
        arrived_at = each.sent.body["arrived_at"]
        here = now[each.visit.debtor_id, each.visit.address_key or str(each.visit.address_id)]
        if each.sent.body["address_finding"] == NOBODY_HOME:
            here.append(arrived_at)
        corrected = each.sent.body["corrects"]
        before = [at for result_id, at in each.ground.tries if result_id != corrected]
        tried[each.result_id] = [*before, *here] or [arrived_at]
    return tried


def _asked_by(landed: Landed) -> dict[str, list[Mapping[str, Any]]]:
    """The lines each follow-up of a result is about."""
    lines = landed.lines
    if not was_executed(lines):
        return {}
    about: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        if OUTCOMES[line["outcome"]].follow:
            about[OUTCOMES[line["outcome"]].follow].append(line)
        if line.get("appointment"):
            about[_APPOINTMENT].append(line)
    for name in landed.finding.follow if landed.finding is not None else ():
        about[name] = list(lines)
    return about


def _outcomes(lines: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted({line["outcome"] for line in lines}))


def _stop_after(landed: Landed) -> tuple[UUID, str]:
    aborted = all(line["outcome"] == ABORTED_BY_OFFICE for line in landed.lines)
    return landed.visit.id, stop_states.ABORTED if aborted else stop_states.DONE


def _reason(lines: Sequence[Mapping[str, Any]]) -> str:
    return next((str(line["reason"]) for line in lines if line.get("reason")), NOT_EXECUTED)


def _teach_addresses(session: Session, actor: Actor, landed: Sequence[Landed]) -> None:
    """A dead address is on the register at once, or, where a photo must prove it, when that has arrived."""
    learned = [(each, each.finding) for each in landed if each.finding is not None]
    found = [
        addresses.Found(each.ground.place, finding.code, EVIDENCE_KIND, str(each.result_id), finding.confirms)
        for each, finding in learned
        if finding.photo or not finding.invalid
    ]
    addresses.record_findings(session, actor, found, named=True)
    for each, finding in learned:
        if finding.invalid and not finding.photo:
            invalidate(session, actor, each.visit, each.result_id, finding)


def prove_address_dead(session: Session, actor: Actor, visit: Visit, result: VisitResult) -> None:
    """A photo of the result that counts has arrived: what it was to prove is proved. Once, however many photos."""
    finding = FINDINGS.get(result.address_finding or "")
    if finding is None or not finding.photo or not result.is_primary:
        return
    slots = queries.slots_by_ids(session, [UUID(each["id"]) for each in result.slots])
    if any(slot.kind in PHOTOS and slot.arrived_at is not None for slot in slots):
        invalidate(session, actor, visit, result.id, finding)


def invalidate(session: Session, actor: Actor, visit: Locked, result_id: UUID, finding: Finding) -> None:
    """Put the address of a visit on the register of the dead, for whom and why its finding says."""
    addresses.invalidate_address(
        session,
        actor,
        address=address_queries.address_by_id(session, visit.address_id),
        scope=finding.scope or EXACT,
        channel="ALL",
        reason=finding.invalid or finding.choice,
        code=finding.code,
        visit_id=visit.id,
        evidence_kind=EVIDENCE_KIND,
        evidence_id=str(result_id),
    )


def _act_on_card(session: Session, actor: Actor, landed: Landed, line: Mapping[str, Any]) -> None:
    """Promise, hold, special status, complaint and refused contact of one card."""
    visit, result_id, person = landed.visit, landed.result_id, PERSONS[landed.sent.body["person_met"]]
    outcome, case_id, today = OUTCOMES[line["outcome"]], line["case_id"], local_date(actor.at)
    if outcome.promises:
        cases.record_promise(
            session,
            actor,
            case_id=case_id,
            amount_fen=line["promise_fen"],
            due_on=line["promise_on"],
            source_kind=EVIDENCE_KIND,
            source_id=queries.first_version_id(session, result_id, landed.sent.body["corrects"]),
        )
    if outcome.hold:
        until_on = today + timedelta(days=outcome.hold_days) if outcome.hold_days is not None else None
        cases.open_hold(
            session, actor, case_id=case_id, kind=outcome.hold, from_on=today, until_on=until_on, reason=outcome.code
        )
    if outcome.status:
        cases.record_special_status(
            session, actor, case_id=case_id, kind=outcome.status, proof=_CLAIMED, from_on=today, reason=outcome.code
        )
    if outcome.letter:
        told_of = (visit.id, case_id, result_id, line["letter_no"], outcome.letter)
        where = line.get("place") or f"{person.code} {person.zh}"
        events.announce(session, LetterAtDoor(*told_of, where, line.get("reason") or outcome.zh, actor))
    if outcome.complaint:
        told: Any = {"grade": _ORDINARY, "source": "DEBTOR", "received_on": today, "reason": outcome.code}
        complaints.open_complaint(session, actor, case_id=case_id, **told)
    if line.get("appointment"):
        cases.note_appointment(session, actor, case_id=case_id, appointment=line["appointment"])
    if outcome.keep_away:
        third_parties.record_refusal(
            session,
            actor,
            case_id=case_id,
            relation=person.name,
            source_kind=EVIDENCE_KIND,
            source_id=str(result_id),
            address_id=visit.address_id,
            reason=outcome.code,
        )


def _asked(
    actor: Actor, asked: FollowUp, landed: Landed, lines: Sequence[Mapping[str, Any]], more: Mapping[str, Any]
) -> Asked:
    due_at = datetime.combine(_due_on(asked, local_date(actor.at), lines), _OFFICE_CLOSES, SHANGHAI)
    detail = {
        "visit_id": str(landed.visit.id),
        "address_finding": landed.sent.body["address_finding"],
        "cards": [_card(line) for line in lines],
        **more,
    }
    return Asked(asked.kind, asked.role, "visit_result", landed.result_id, due_at, detail)


def _card(line: Mapping[str, Any]) -> dict[str, Any]:
    appointed = {"appointment": line["appointment"]} if line.get("appointment") else {}
    return {"case_id": str(line["case_id"]), "outcome": line["outcome"], **appointed}


def _due_on(asked: FollowUp, today: date, lines: Sequence[Mapping[str, Any]]) -> date:
    promised = [line["promise_on"] for line in lines if line.get("promise_on")] if asked.on_promised_day else []
    return min(promised, default=today + timedelta(days=asked.days))
