"""An edition that a newer floor forbids goes on with the floor in place of what it says, under a name of its own.

A release may bring a floor that was not there when an edition was activated. Nobody's morning ends for that: the floor
applies at once, every decision carries the edition's name with ``@`` and the edition of the floors, supervisors get a
task, and the edition shows what was tightened until somebody activates one that keeps to the floors itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fieldops.policies.floors import FLOORS_EDITION, broken_floors, value_of, within
from fieldops.policies.reading import stored_policy
from fieldops.policies.records import to_plain

if TYPE_CHECKING:
    from fieldops.policies.edition import Policy

MARK: Final = "@"


@dataclass(frozen=True, slots=True)
class Tightened:
    """One value of an edition that a floor replaces; ``scope`` names the bank whose override it is, "" for all."""

    key: str
    scope: str
    said: Any
    applies: Any
    source: str


def kept_to_floors(policy: Policy) -> tuple[Policy, tuple[Tightened, ...]]:
    """The edition with every floor applied, and what that replaced; as it is where nothing was too loose."""
    plain = to_plain(policy)
    found = for_all = _tighten(plain, policy, "")
    for override, stored in zip(policy.overrides, plain["overrides"], strict=True):
        # asked of the edition as it was written: with a floor in place beneath it an override may not stand
        own = _tighten(stored["change"], policy.for_bank(override.bank, override.product), override.scope)
        found = [*found, *(each for each in own if replace(each, scope="") not in for_all)]
    if not found:
        return policy, ()
    plain["edition"] = stamp(policy.edition)
    return stored_policy(plain), tuple(found)


def stamp(edition: str) -> str:
    """The name decisions carry that an edition made with today's floors applied."""
    return f"{edition}{MARK}{FLOORS_EDITION}"


def _tighten(plain: dict[str, Any], policy: Policy, scope: str) -> list[Tightened]:
    """Write the floors into an edition's plain values, or into those of an override."""
    found = []
    for floor in broken_floors(policy):
        if scope and "." not in floor.key:
            continue  # what no override may change is tightened for all
        value = floor.tighten(value_of(policy, floor.key))
        for key, kept in {floor.key: value, **_follows(policy, floor.key, value)}.items():
            said, applies = policy.plain_value(key), to_plain(kept)
            _put(plain, key, applies)
            found.append(Tightened(key, scope, said, applies, floor.source))
    return found


def _follows(policy: Policy, key: str, value: Any) -> dict[str, Any]:
    """What must move along so that the edition stays one: hours of planning, the size of a crew."""
    if key == "visit.hard_window" and not value.covers(policy.visit.plan_window):
        return {"visit.plan_window": within(policy.visit.plan_window, value)}
    if key == "visit.crew_min" and policy.visit.crew_max < value:
        return {"visit.crew_max": value}
    return {}


def _put(plain: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for name in path:
        plain = plain.setdefault(name, {})
    plain[last] = value
