"""Decisions asked again: replayed by the edition that made them, or tried by a draft. Nothing is written.

A replay is to find every answer as it was kept, down to the values used and the limits compared with; wording may
have been improved since and does not count.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fieldops.errors import NotNow, Problem
from fieldops.policies import queries
from fieldops.policies.books import rule_books
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import Verdict, ask
from fieldops.policies.edition import PolicyError
from fieldops.policies.records import RecordError
from fieldops.policies.service import policy_named, read_draft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.policies.books import RuleBook, StoredDecision
    from fieldops.policies.decision import Decision, Finding
    from fieldops.policies.edition import Policy

GAINED, LOST, TO_A_PERSON, WITHOUT_A_PERSON = "GAINED", "LOST", "TO_A_PERSON", "WITHOUT_A_PERSON"
_CANNOT_BE_READ: Final = (RecordError, PolicyError, KeyError, ValueError)


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that does not come out as it was kept, and in what."""

    book: str
    no: str
    stage: str
    decided_at: datetime
    edition: str
    what: str


@dataclass
class Replay:
    """How many decisions were asked again, and those that differ."""

    asked: int = 0
    differing: list[Difference] = field(default_factory=list)

    @property
    def identical(self) -> int:
        """How many came out as they were kept."""
        return self.asked - len(self.differing)


def replay(session: Session, since: datetime, *, on_progress: Callable[[int], None] = lambda _: None) -> Replay:
    """Ask every decision since an instant again, on its stored facts, by the edition it is stamped with.

    Cost: about a millisecond each.
    """
    done = Replay()
    editions: dict[str, Policy | Problem] = {}
    for book in rule_books():
        for stored in book.decisions(session, since, False):
            what = _difference(session, book, stored, editions)
            done.asked += 1
            if what:
                told = (book.catalogue.name, stored.no, stored.stage, stored.decided_at, stored.edition, what)
                done.differing.append(Difference(*told))
            if done.asked % 1000 == 0:
                on_progress(done.asked)
    return done


@dataclass(frozen=True, slots=True)
class Flip:
    """A request that a draft would answer otherwise; ``codes`` are those of WARN and above, then and by the draft."""

    book: str
    no: str
    request_id: str
    case_nos: tuple[str, ...]
    effect: str
    was: str
    now: str
    codes_were: tuple[str, ...]
    codes_now: tuple[str, ...]


@dataclass
class Trial:
    """What a draft would have made of the requests since an instant; ``unread`` could not be asked again."""

    edition: str
    asked: int = 0
    unread: int = 0
    truncated: bool = False
    flips: list[Flip] = field(default_factory=list)

    @property
    def counted(self) -> dict[str, int]:
        """How many requests each effect has."""
        found = Counter(flip.effect for flip in self.flips)
        return {effect: found[effect] for effect in (GAINED, LOST, TO_A_PERSON, WITHOUT_A_PERSON)}


def try_draft(session: Session, document: Mapping[str, Any], since: datetime, *, most: int | None = None) -> Trial:
    """Ask every request since an instant as a draft would have, on what was known when it was made.

    ``most`` bounds how many are asked, newest first. Cost: half a millisecond each, of one trial at a time: whoever
    works on cases meanwhile waits for no more than one. Raises: NotUnderstood for a draft that cannot stand; NotNow
    while another is being tried.
    """
    draft = read_draft(session, document)
    if not queries.begin_trial(session):
        raise NotNow("TRIAL_RUNNING", "Another draft is being tried, which takes seconds; try this one after it.")
    trial = Trial(draft.edition)
    for book in rule_books():
        with closing(book.decisions(session, since, True)) as found:
            for stored in found:
                if most is not None and trial.asked >= most:
                    trial.truncated = True
                    break
                _try_one(trial, book, stored, draft)
    return trial


def _try_one(trial: Trial, book: RuleBook[Any], stored: StoredDecision, draft: Policy) -> None:
    trial.asked += 1
    try:
        decision = _asked_again(book, stored, draft)
    except _CANNOT_BE_READ:
        trial.unread += 1
        return
    if decision.verdict != stored.verdict:
        trial.flips.append(_flip(book, stored, decision))


def _asked_again(book: RuleBook[Any], stored: StoredDecision, policy: Policy) -> Decision:
    facts = book.read_facts(stored.facts)
    subject = book.subject(facts)
    own = policy.for_bank(subject.bank, subject.product)
    return ask(book.catalogue, facts, own, stage=Stage(stored.stage), at=stored.decided_at)


def _flip(book: RuleBook[Any], stored: StoredDecision, decision: Decision) -> Flip:
    was, now = Verdict(stored.verdict), decision.verdict
    if Verdict.REJECT in (was, now):
        effect = GAINED if was is Verdict.REJECT else LOST
    else:
        effect = TO_A_PERSON if now is Verdict.REVIEW else WITHOUT_A_PERSON
    subject = book.subject(book.read_facts(stored.facts))
    return Flip(
        book=book.catalogue.name,
        no=stored.no,
        request_id=str(stored.request_id),
        case_nos=subject.case_nos,
        effect=effect,
        was=was,
        now=now,
        codes_were=stored.codes,
        codes_now=decision.codes,
    )


def _difference(
    session: Session, book: RuleBook[Any], stored: StoredDecision, editions: dict[str, Policy | Problem]
) -> str:
    """What differs in one decision, in words; "" when nothing does."""
    policy = _edition(session, stored.edition, editions)
    if isinstance(policy, Exception):
        return f"the edition {stored.edition} is not on record"
    try:
        decision = _asked_again(book, stored, policy)
    except _CANNOT_BE_READ as error:
        return f"its facts cannot be read any longer ({error})"
    kept = {finding["code"]: finding for finding in stored.findings}
    wrong = [each.code for each in decision.findings if not _is_as_kept(each, kept.pop(each.code, None))]
    wrong += [f"{code} (asked no longer)" for code in kept]
    verdict = "" if decision.verdict == stored.verdict else f"{stored.verdict} became {decision.verdict}"
    return ", ".join(filter(None, (verdict, *wrong)))


def _edition(session: Session, name: str, editions: dict[str, Policy | Problem]) -> Policy | Problem:
    if name not in editions:
        try:
            editions[name] = policy_named(session, name)
        except Problem as unknown:
            editions[name] = unknown
    return editions[name]


def _is_as_kept(finding: Finding, kept: Mapping[str, Any] | None) -> bool:
    return (
        kept is not None
        and kept["outcome"] == finding.outcome
        and kept["severity"] == finding.severity
        and kept["limits"] == finding.limits
        and [(each["name"], each["value"], each["ref"], each["recorded_at"]) for each in kept["used"]]
        == [(each.name, each.value, each.ref, each.recorded_at) for each in finding.used]
    )
