"""Answers about an address: alive, permitted, complete, located. Visits and letters read different grades."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from fieldops.policies.catalogue import Answer, Asks, Moment, Severity, no, unknown, yes
from fieldops.policies.edition import Policy
from fieldops.policies.sections import PRECISIONS
from fieldops.visits.case_answers import used
from fieldops.visits.facts import AddressCode, AddressFact, VisitFacts

Grade = Callable[[AddressCode], str]

DEAD = ("KNOWN_INVALID",)
REPORTED_DEAD = "REPORTED_DEAD"
VAGUE = ("VAGUE_",)
SENSITIVE = ("SENS_",)
GEOCODED = ("GEO_",)
NAMED_ELSEWHERE = (*DEAD, REPORTED_DEAD, *VAGUE, *SENSITIVE, *GEOCODED)
ORG_WORK = "WORK"


class HasAddress(Protocol):
    """Facts about one address, whatever the channel."""

    @property
    def address(self) -> AddressFact:
        """The address the request is for."""
        ...


def by_visit(code: AddressCode) -> str:
    """The grade of a code for visits."""
    return code.visit


def by_letter(code: AddressCode) -> str:
    """The grade of a code for letters."""
    return code.letter


def _objections(codes: Iterable[AddressCode], grade: Grade) -> tuple[AddressCode, ...]:
    return tuple(code for code in codes if grade(code) in ("REVIEW", "BLOCK"))


def _graded(facts: HasAddress, codes: tuple[AddressCode, ...], grade: Grade) -> Answer:
    """BLOCK rejects, REVIEW goes to a person, lighter grades pass; an address nobody judged is unknown."""
    address = facts.address
    seen = used("address", {"text": address.text, "label": address.label}, address)
    if address.label is None:
        return unknown("地址判定", "a verdict on the address", seen)
    bad = _objections(codes, grade)
    if not bad:
        return yes(seen)
    blocks = [code for code in bad if grade(code) == "BLOCK"]
    worst = (blocks or list(bad))[0]
    return no(
        seen,
        used("codes", [code.code for code in bad], address),
        severity=Severity.REJECT if blocks else Severity.REVIEW,
        part=worst.detail or worst.code,
        kw=worst.detail or worst.code,
        codes=_named(bad),
    )


def _named(codes: Iterable[AddressCode]) -> str:
    return ", ".join(f"{code.code} {code.detail}".strip() for code in codes)


def _codes(address: AddressFact, prefixes: tuple[str, ...]) -> tuple[AddressCode, ...]:
    return tuple(code for code in address.codes if code.code.startswith(prefixes))


def graded(prefixes: tuple[str, ...], grade: Grade) -> Asks[Any]:
    """Whether no code with one of these beginnings objects."""

    def asks(facts: HasAddress, _policy: Policy, _now: Moment) -> Answer:
        return _graded(facts, _codes(facts.address, prefixes), grade)

    return asks


def address_is_complete(grade: Grade) -> Asks[Any]:
    """Whether no code objects that is not another rule's: what no rule claims is never passed over."""

    def asks(facts: HasAddress, _policy: Policy, _now: Moment) -> Answer:
        rest = tuple(code for code in facts.address.codes if not code.code.startswith(NAMED_ELSEWHERE))
        return _graded(facts, rest, grade)

    return asks


def not_sensitive_for_visits(facts: HasAddress, policy: Policy, _now: Moment) -> Answer:
    """Whether no court, police station, newsroom … is there; the policy says which kinds reject outright."""
    codes = _codes(facts.address, SENSITIVE)
    answer = _graded(facts, codes, by_visit)
    rejected = [code for code in codes if code.code in policy.visit.sensitive_rejected]
    if not rejected:
        return answer
    seen = used("codes", [code.code for code in rejected], facts.address)
    return no(
        *answer.used, seen, severity=Severity.REJECT, kw=rejected[0].detail or rejected[0].code, codes=_named(codes)
    )


def not_known_invalid(facts: HasAddress, _policy: Policy, _now: Moment) -> Answer:
    """Whether no visit or mail return has proved the address dead; one whose proof is on its way asks a person."""
    address = facts.address
    state = used("register_state", address.register_state, address)
    if address.invalid is not None:
        found = address.invalid
        seen = used("invalid", {"reason": found.reason, "on": found.on, "evidence": found.evidence}, found)
        return no(state, seen, reason=found.reason, date=found.on, ref=found.evidence)
    if address.register_state == "INVALID" or _codes(address, DEAD):
        return no(state, reason="INVALID", date="-", ref=address.ref)
    for code in _codes(address, (REPORTED_DEAD,)):
        seen = used("codes", [code.code], address)
        return no(state, seen, severity=Severity.REVIEW, reason=code.detail, date="-", ref=address.ref)
    return yes(state)


def source_is_lawful(facts: HasAddress, policy: Policy, _now: Moment) -> Answer:
    """Whether the address came by one of the lawful ways; one nobody recorded is none of them."""
    source = facts.address.source or "UNKNOWN"
    seen = used("address.source", source, facts.address)
    known = policy.visit.lawful_sources
    return yes(seen) if source in known else no(seen, source=source, known=", ".join(known))


def belongs_to_debtor(facts: HasAddress, _policy: Policy, _now: Moment) -> Answer:
    """Whether the address is the debtor's or a guarantor's."""
    owner = facts.address.belongs_to
    seen = used("address.belongs_to", owner, facts.address)
    if owner is None:
        return unknown("地址归属", "whose address it is", seen)
    return yes(seen) if owner in ("DEBTOR", "GUARANTOR") else no(seen, owner=owner)


def is_located(facts: HasAddress, policy: Policy, _now: Moment) -> Answer:
    """Whether the point of the address is known well enough to drive to."""
    address = facts.address
    seen = used("address.precision", address.precision, address)
    doubts = _codes(address, GEOCODED)
    worst = policy.visit.geocode_worst
    if doubts:
        said = used("codes", [code.code for code in doubts], address)
        return no(seen, said, have=f"{address.precision or '-'} ({_named(doubts)})", worst=worst)
    if address.precision is None:
        return unknown("地址坐标", "a point for the address", seen)
    worse = PRECISIONS.index(address.precision) > PRECISIONS.index(worst)
    return no(seen, have=address.precision, worst=worst) if worse else yes(seen)


def comes_first(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether every usable address that ranks higher has been visited, or this one was confirmed by phone."""
    confirmed = facts.address.phone_confirmed_at
    if confirmed is not None:
        return yes(used("phone_confirmed_at", confirmed, facts.address))
    waiting = [each for each in facts.addresses_before if each.visited_at is None]
    if not waiting:
        return yes(used("addresses_before", len(facts.addresses_before)))
    seen = (used("address", each.kind, each) for each in waiting)
    return no(
        *seen, kind=waiting[0].kind, n=len(waiting), kinds=", ".join(f"{each.kind} {each.ref}" for each in waiting)
    )


def is_no_workplace(facts: HasAddress, _policy: Policy, _now: Moment) -> Answer:
    """Whether the address is anything but a workplace."""
    seen = used("address.kind", facts.address.kind, facts.address)
    return no(seen, kind=facts.address.kind) if facts.address.kind == ORG_WORK else yes(seen)
