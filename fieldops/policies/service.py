"""Which policy and calendar decide on a day; an edition is drafted by one person and activated by another."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.clock import local_date
from fieldops.db import uuid7
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood
from fieldops.policies import queries
from fieldops.policies.books import catalogues
from fieldops.policies.calendar import Calendar, calendar_from_plain, shipped_calendars
from fieldops.policies.edition import (
    ACTIVE,
    CALENDAR,
    DRAFT,
    OVERLAP,
    POLICY,
    WITHDRAWN,
    Policy,
    PolicyError,
    edition_on,
)
from fieldops.policies.models import PolicyEdition
from fieldops.policies.reading import (
    BASED_ON,
    based_on,
    changes,
    check_switches,
    policy_from_plain,
    shipped_editions,
    stored_policy,
)
from fieldops.policies.records import to_plain
from fieldops.policies.tightening import MARK, Tightened, kept_to_floors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

SHIPPED = "SHIPPED"
_NAME = re.compile(r"[\w.-]{1,64}")

_policies: dict[UUID, Policy] = {}  # an edition never changes once it is written
_calendars: dict[UUID, Calendar] = {}


def policy_on(session: Session, day: date) -> Policy:
    """The policy in force on a day: the one that began last, our own before a shipped one of the same day.

    Where it is looser than a floor by now, the floor applies (see ``tightening``).
    Cost: one indexed statement; an edition is read once per process. Raises: PolicyError when none is in force yet.
    """
    own = queries.own_policy_on(session, day)
    begun = [policy for policy in shipped_editions() if policy.valid_from <= day]
    if own is None or (begun and begun[-1].valid_from > own[1]):
        return edition_on(shipped_editions(), day)
    if own[0] not in _policies:
        _policies[own[0]], _ = kept_to_floors(stored_policy(queries.edition_by_id(session, own[0]).document))
    return _policies[own[0]]


def calendar_of(session: Session, year: int) -> Calendar | None:
    """The holiday calendar of a year: the one activated last, else the shipped one; None when nobody knows it yet."""
    own = queries.own_calendar_of(session, date(year, 1, 1))
    if own is None:
        return shipped_calendars().get(year)
    if own not in _calendars:
        _calendars[own] = calendar_from_plain(queries.edition_by_id(session, own).document)
    return _calendars[own]


def policy_named(session: Session, name: str) -> Policy:
    """The edition of that name, our own or a shipped one, as it decided. Raises: NotFound."""
    row = queries.standing_edition(session, POLICY, name)
    if row is not None:
        return stored_policy(row.document)
    base, mark, _ = name.rpartition(MARK)
    row = queries.standing_edition(session, POLICY, base) if mark else None
    if row is not None:
        policy, _ = kept_to_floors(stored_policy(row.document))
        if policy.edition == name:
            return policy
    found = next((policy for policy in shipped_editions() if policy.edition == name), None)
    if found is None:
        raise _unknown(POLICY, name)
    return found


def read_draft(session: Session, document: Mapping[str, Any]) -> Policy:
    """The policy a draft describes, whole or ``based_on`` another edition, fit to decide.

    Raises: NotUnderstood naming the key that is wrong and its mend.
    """
    data = dict(document)
    base = data.pop(BASED_ON, None)
    try:
        whole = based_on(policy_named(session, str(base)), data) if base is not None else data
        policy = policy_from_plain(whole)
        check_switches(policy, catalogues())
    except PolicyError as error:
        raise _refused(error) from error
    return policy


def unknown_banks(session: Session, policy: Policy) -> list[str]:
    """The banks a policy's overrides name and no bank file has brought: one to come, or a code written wrong.

    Not refused, for the terms of a bank are in force before its first file.
    """
    return queries.banks_not_known(session, {override.bank for override in policy.overrides})


def draft_policy(session: Session, actor: audit.Actor, *, document: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Keep a policy as a draft that another person may activate.

    Raises: NotUnderstood for a policy that cannot stand, begins in the past or overlaps another.
    """
    policy = read_draft(session, document)
    if policy.valid_from < local_date(actor.at):
        raise NotUnderstood(
            "EDITION_TOO_LATE",
            f"valid_from {policy.valid_from} is over; choose today or later, decided is decided.",
        )
    _no_overlap(session, policy.edition, policy.valid_from, NotUnderstood)
    row = _draft(session, actor, POLICY, policy.edition, policy.valid_from, to_plain(policy), reason)
    return shown_edition(session, POLICY, row.name)


def draft_calendar(session: Session, actor: audit.Actor, *, document: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Keep a year's holiday calendar as a draft. Raises: NotUnderstood for one that cannot stand."""
    try:
        calendar = calendar_from_plain(document)
    except PolicyError as error:
        raise _refused(error) from error
    row = _draft(session, actor, CALENDAR, calendar.edition, date(calendar.year, 1, 1), to_plain(calendar), reason)
    return shown_edition(session, CALENDAR, row.name)


def activate_edition(session: Session, actor: audit.Actor, kind: str, name: str) -> dict[str, Any]:
    """Let a draft decide from its first day on.

    Raises: NotFound; NotAllowed for the person who drafted it; NotNow once it stands, or began before today.
    """
    row = _own(session, kind, name)
    if row.status != DRAFT:
        raise NotNow("EDITION_STATE", f"Edition {name} is {row.status}; only a draft can be activated.")
    if row.drafted_by == actor.name:
        raise NotAllowed("FOUR_EYES", "You drafted this edition; let somebody else activate it.")
    if kind == POLICY:
        if row.first_on < local_date(actor.at):
            raise NotNow(
                "EDITION_TOO_LATE", f"Edition {name} would begin on {row.first_on}, which is over; draft anew."
            )
        read_draft(session, row.document)
        _no_overlap(session, name, row.first_on, NotNow)
    row.status, row.activated_by, row.activated_at = ACTIVE, actor.name, actor.at
    session.flush()
    audit.record(session, actor, "policies.activate", "policy_edition", row.id, kind=kind, name=name)
    return shown_edition(session, kind, name)


def withdraw_edition(session: Session, actor: audit.Actor, kind: str, name: str, *, reason: str) -> dict[str, Any]:
    """Take back an edition that has decided nothing yet. Raises: NotFound; NotNow once a policy has begun."""
    row = _own(session, kind, name)
    if row.status == ACTIVE and row.first_on <= local_date(actor.at):
        raise NotNow("EDITION_BEGUN", f"Edition {name} has begun and decisions carry its name; activate a newer one.")
    row.status, row.withdrawn_by, row.withdrawn_at, row.withdrawn_because = WITHDRAWN, actor.name, actor.at, reason
    session.flush()
    audit.record(session, actor, "policies.withdraw", "policy_edition", row.id, reason=reason, kind=kind, name=name)
    return _shown(session, row)


def editions(session: Session, kind: str, *, at: Any) -> dict[str, Any]:
    """Every edition there is with the one in force today, shipped ones first."""
    today = local_date(at)
    shipped = _shipped_policies() if kind == POLICY else _shipped_calendars()
    rows = [*shipped, *(_shown(session, row, whole=False) for row in queries.own_editions(session, kind))]
    calendar = calendar_of(session, today.year)
    policy = policy_on(session, today).edition.partition(MARK)[0]
    in_force = policy if kind == POLICY else calendar.edition if calendar else None
    return {"in_force": in_force, "items": rows}


def tightened_in_force(session: Session, day: date) -> tuple[UUID, str, list[Tightened]] | None:
    """Id and name of the policy of our own in force on a day, and what floors replace in it; None if they do not."""
    own = queries.own_policy_on(session, day)
    if own is None or MARK not in policy_on(session, day).edition:
        return None
    row = queries.edition_by_id(session, own[0])
    return row.id, row.name, _tightened(row)


def shown_edition(session: Session, kind: str, name: str) -> dict[str, Any]:
    """One edition with all it says, and what it changes of the one in force before it. Raises: NotFound."""
    row = queries.standing_edition(session, kind, name)
    if row is not None:
        return _shown(session, row)
    shipped = _shipped_policies(whole=True) if kind == POLICY else _shipped_calendars(whole=True)
    found = next((each for each in shipped if each["name"] == name), None)
    if found is None:
        raise _unknown(kind, name)
    return found


def _draft(
    session: Session, actor: audit.Actor, kind: str, name: str, first_on: date, document: dict[str, Any], reason: str
) -> PolicyEdition:
    if not _NAME.fullmatch(name):
        raise NotUnderstood(
            "EDITION_NAME",
            f"edition {name[:64]!r} cannot be named in an address, or is taken for what floors tightened ({MARK}); "
            "use up to 64 letters, digits, points, hyphens and underscores.",
        )
    shipped = {each["name"] for each in (_shipped_policies() if kind == POLICY else _shipped_calendars())}
    if name in shipped or queries.standing_edition(session, kind, name) is not None:
        raise NotUnderstood("EDITION_EXISTS", f"An edition {name} is there already; give this one another name.")
    row = PolicyEdition(
        id=uuid7(), kind=kind, name=name, first_on=first_on, status=DRAFT, document=document, reason=reason,
        drafted_by=actor.name, drafted_at=actor.at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "policies.draft", "policy_edition", row.id, reason=reason, kind=kind, name=name)
    return row


def _own(session: Session, kind: str, name: str) -> PolicyEdition:
    row = queries.standing_edition(session, kind, name, lock=True)
    if row is None:
        raise _unknown(kind, name)
    return row


def _no_overlap(session: Session, name: str, first_on: date, refusal: type[NotUnderstood | NotNow]) -> None:
    """Two editions that begin on one day would both decide it."""
    own = queries.policy_beginning_on(session, first_on)
    others = [own.name] if own is not None else []
    others += [policy.edition for policy in shipped_editions() if policy.valid_from == first_on]
    for other in others:
        if other != name:
            raise refusal(
                OVERLAP, f"Edition {other} begins on {first_on} too: editions must not overlap; choose another day."
            )


def _shown(session: Session, row: PolicyEdition, *, whole: bool = True) -> dict[str, Any]:
    told = {
        name: getattr(row, name)
        for name in (
            "kind", "name", "first_on", "status", "reason", "drafted_by", "drafted_at", "activated_by", "activated_at",
            "withdrawn_by", "withdrawn_at", "withdrawn_because",
        )
    }  # fmt: skip
    if not whole:
        return told
    unknown = unknown_banks(session, stored_policy(row.document)) if row.kind == POLICY else []
    also = {"changes": _changes(session, row), "tightened": _tightened(row), "unknown_banks": unknown}
    return told | {"document": row.document} | also


def _tightened(row: PolicyEdition) -> list[Tightened]:
    """What today's floors replace in a policy of our own."""
    return list(kept_to_floors(stored_policy(row.document))[1]) if row.kind == POLICY else []


def _changes(session: Session, row: PolicyEdition) -> list[dict[str, Any]]:
    """What a policy changes of the one that decides the day before it begins."""
    if row.kind != POLICY:
        return []
    try:
        before = policy_on(session, date.fromordinal(row.first_on.toordinal() - 1))
    except PolicyError:
        return []
    return changes(before, stored_policy(row.document))


def _shipped_policies(*, whole: bool = False) -> list[dict[str, Any]]:
    return [
        _of_the_product(POLICY, each.edition, each.valid_from, to_plain(each) if whole else None)
        for each in shipped_editions()
    ]


def _shipped_calendars(*, whole: bool = False) -> list[dict[str, Any]]:
    return [
        _of_the_product(CALENDAR, each.edition, date(year, 1, 1), to_plain(each) if whole else None)
        for year, each in sorted(shipped_calendars().items())
    ]


def _of_the_product(kind: str, name: str, first_on: date, document: dict[str, Any] | None) -> dict[str, Any]:
    told = {"kind": kind, "name": name, "first_on": first_on, "status": SHIPPED, "reason": "comes with the product"}
    nothing: dict[str, Any] = {"changes": [], "tightened": [], "unknown_banks": []}
    return told if document is None else told | {"document": document} | nothing


def _refused(error: PolicyError) -> NotUnderstood:
    return NotUnderstood(error.code, str(error), key=error.key, mend=error.mend)


def _unknown(kind: str, name: str) -> NotFound:
    where = "GET /api/v1/policies" if kind == POLICY else "GET /api/v1/calendars"
    return NotFound("EDITION_UNKNOWN", f"There is no edition {name}; list them with {where}.")
