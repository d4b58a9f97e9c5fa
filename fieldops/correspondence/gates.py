"""Ask the rules again before paper: what they refuse leaves the way, each letter by what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fieldops.clock import local_date
from fieldops.correspondence.decisions import GONE, keep, know
from fieldops.correspondence.moves import is_recalled, mark_held, release_hold, withdraw_letters
from fieldops.correspondence.service import replace_letter
from fieldops.correspondence.settling import SETTLED
from fieldops.policies.catalogue import Severity, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops import audit
    from fieldops.correspondence.decisions import Asked, Known
    from fieldops.correspondence.facts import PrintFact, TrackingFact
    from fieldops.correspondence.models import Letter

HOLDS = frozenset({"LR-023", "LR-050"})  # a stop that may be lifted: the letter waits, marked as held
REPORTED = frozenset({"LR-031"})  # the photo that would prove the address dead is on its way: the letter waits
PAUSES = frozenset({"PAUSED", "EXTENSION_PENDING", "WITHDRAWAL_PENDING"})  # LR-001 of these may be lifted too
STALE = "LR-021"
ANOTHER_PERSON = "DEBTOR_CORRECTED"  # the bank corrected whose case it is: a letter that names the first goes to nobody
CHANGED = "FIGURES_CHANGED"  # the bank says another balance, or the same of a day too long ago to print
PAST = "PAY_BY_PASSED"  # it asks for money by a day that is over
FIGURES = frozenset({"LR-022", CHANGED, PAST})  # this letter goes, one with new figures is asked for


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter the rules do not let through: the codes, and whether it is withdrawn for good or waits."""

    letter: Letter
    codes: tuple[str, ...]
    withdrawn: bool

    @property
    def reason(self) -> str:
        """The codes in one line."""
        return ", ".join(self.codes)


def pass_gate(
    session: Session,
    actor: audit.Actor,
    letters: Sequence[Letter],
    stage: Stage,
    *,
    tracking: Mapping[UUID, TrackingFact] | None = None,
    batch: PrintFact | None = None,
) -> tuple[list[Letter], list[Refusal]]:
    """The letters that may go on, and those refused; the letters are locked by the caller.

    A letter refused for good is withdrawn; one whose figures changed is replaced; one under a hold, with a balance
    that is too old or with a doubt nobody accepted at approval waits. Every answer is kept.
    """
    known = know(session, letters, at=actor.at)
    passed, refused = [], []
    for letter in letters:
        asked = known.ask(letter, stage, tracking=(tracking or {}).get(letter.id), batch=batch)
        against = _against(known, letter, asked, stage)
        if asked is not None:
            keep(session, letter, asked)
        if against.codes:
            refused.append(_refuse(session, actor, letter, against))
        else:
            release_hold(session, actor, letter)
            passed.append(letter)
    return passed, refused


def codes_against(session: Session, actor: audit.Actor, letter: Letter) -> tuple[str, ...]:
    """What would stand against sending a letter now; nothing is moved by asking."""
    known = know(session, [letter], at=actor.at)
    return _against(known, letter, known.ask(letter, Stage.SUBMIT), Stage.SUBMIT).codes


def unhold(session: Session, actor: audit.Actor, letters: Sequence[Letter]) -> None:
    """Take the mark off held letters that nothing holds any longer."""
    review_holds(session, actor, [letter for letter in letters if letter.held_reason is not None])


def review_holds(session: Session, actor: audit.Actor, letters: Sequence[Letter]) -> None:
    """Mark the letters something holds now; those nothing holds any longer go on, or out if the rules reject them.

    A proven special status that ends collection is no hold: its letters go out. One a crew was told to bring back is
    looked at when it is here.
    """
    if not letters:
        return
    known = know(session, letters, at=actor.at)
    for letter in (each for each in letters if not is_recalled(each)):
        asked = known.ask(letter, Stage.SUBMIT)
        against = _against(known, letter, asked, Stage.SUBMIT)
        if asked is not None:
            letter.accepted = asked.decision.still_doubted(letter.accepted)
        if against.holds:
            mark_held(session, actor, letter, ", ".join(sorted(against.holds)))
        elif letter.held_reason is not None or known.is_ended_by(letter):
            _free(session, actor, letter, asked, against)


def _free(session: Session, actor: audit.Actor, letter: Letter, asked: Asked | None, against: _Against) -> None:
    """A letter nothing holds any longer is where it was before, unless the rules reject it by now: then it goes out."""
    release_hold(session, actor, letter)
    if against.final:
        if asked is not None:
            keep(session, letter, asked)
        _refuse(session, actor, letter, against)


@dataclass(frozen=True, slots=True)
class _Against:
    """What keeps a letter back: holds may be lifted, waits end by themselves or by a person, final never ends."""

    holds: frozenset[str]
    waits: frozenset[str]
    final: frozenset[str]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted(self.holds | self.waits | self.final))


def _against(known: Known, letter: Letter, asked: Asked | None, stage: Stage) -> _Against:
    if letter.debtor_id != known.files.cases[letter.case_id].debtor_id:
        return _Against(frozenset(), frozenset(), frozenset({ANOTHER_PERSON}))
    if asked is None:
        return _Against(frozenset(), frozenset({GONE}), frozenset())
    rejects = frozenset(finding.code for finding in asked.decision.of_severity(Severity.REJECT))
    doubts = frozenset(finding.code for finding in asked.decision.new_doubts(letter.accepted))
    if not rejects and not doubts:
        rejects = _against_figures(known, letter, stage)
    paused = known.files.cases[letter.case_id].fact.status in PAUSES
    liftable = HOLDS | {"LR-001"} if paused else HOLDS
    if known.is_ended_by(letter):  # proven: no hold, an end
        liftable -= {"LR-050"}
    holds = (rejects & liftable) | (doubts & (liftable | REPORTED))
    waits = (doubts | (rejects & {STALE})) - holds
    return _Against(holds, waits, rejects - holds - waits)


def _against_figures(known: Known, letter: Letter, stage: Stage) -> frozenset[str]:
    """What no longer stands of what a letter says: the balance, at printing its day, and the day to pay by."""
    if not letter.figures:
        return frozenset()
    if known.balance_fen(letter.case_id) != letter.figures["balance_fen"]:
        return frozenset({CHANGED})
    if letter.kind == SETTLED:
        return frozenset()
    today = local_date(known.at)
    if date.fromisoformat(letter.figures["pay_by"]) < today:
        return frozenset({PAST})
    age_days = (today - date.fromisoformat(letter.figures["balance_as_of"])).days
    is_old = age_days > known.files.policy_for([letter.case_id]).letter.balance_max_age_days
    return frozenset({CHANGED} if stage is Stage.PRINT and is_old else ())


def _refuse(session: Session, actor: audit.Actor, letter: Letter, against: _Against) -> Refusal:
    refusal = Refusal(letter, against.codes, withdrawn=bool(against.final))
    if against.final and against.final <= FIGURES:
        replace_letter(session, actor, letter, reason=refusal.reason)
    elif against.final:
        withdraw_letters(session, actor, [letter], reason=refusal.reason)
    else:
        letter.status_reason = refusal.reason
        if against.holds:
            mark_held(session, actor, letter, refusal.reason)
    return refusal
