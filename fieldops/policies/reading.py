"""Policies read from text: a draft by its author, or the editions that ship with the product."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fieldops.policies.catalogue import Catalogue, Severity
from fieldops.policies.edition import Policy, PolicyError
from fieldops.policies.floors import TOO_LOOSE, check_floors
from fieldops.policies.ranges import check_ranges
from fieldops.policies.records import RecordError, from_plain, to_plain

BASED_ON = "based_on"
_RETIRED = (("case", "weekly_node_days"),)
"""Keys nothing reads any longer: an edition that stands with one goes on, a new one names it in vain."""
_WHOLE = frozenset({"off", "stricter", "overrides"})


def read_policy(text: str) -> Policy:
    """The policy a TOML text describes, with its floors, its ranges and every override checked.

    Raises: PolicyError naming the key and the mend.
    """
    return policy_from_plain(read_toml(text))


def read_toml(text: str) -> dict[str, Any]:
    """A TOML text as plain values. Raises: PolicyError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("edition", f"is not readable as TOML: {error}") from error


def policy_from_plain(data: Any) -> Policy:
    """The policy plain values describe, checked like ``read_policy``.

    Raises: PolicyError naming the key and the mend.
    """
    policy = _read(data)
    try:
        for each in (policy, *(policy.for_bank(override.bank, override.product) for override in policy.overrides)):
            check_floors(each)
            check_ranges(each)
    except RecordError as error:
        raise PolicyError(error.key, error.mend) from error
    return policy


def stored_policy(data: Any) -> Policy:
    """The policy plain values describe, whatever the floors are by now: what decided once can be asked again.

    Raises: PolicyError naming the key and the mend.
    """
    return _read(_without_retired(data))


def _without_retired(data: Any) -> Any:
    plain = dict(data)
    for section, key in _RETIRED:
        kept: Mapping[str, Any] = plain.get(section, {})
        if key in kept:
            plain[section] = {name: value for name, value in kept.items() if name != key}
    if "overrides" in plain:
        plain["overrides"] = [{**each, "change": _without_retired(each["change"])} for each in plain["overrides"]]
    return plain


def _read(data: Any) -> Policy:
    try:
        return from_plain(Policy, data)
    except RecordError as error:
        raise PolicyError(error.key, error.mend) from error


def based_on(base: Policy, change: Mapping[str, Any]) -> dict[str, Any]:
    """A whole edition in plain values from another one and what a draft changes of it.

    The tables off, stricter and overrides are replaced whole where the draft has them.
    """
    plain: dict[str, Any] = to_plain(base)
    return _laid_over({name: value for name, value in plain.items() if name != "scope"}, to_plain(change))


def _laid_over(plain: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(plain)
    for name, value in change.items():
        nested = name not in _WHOLE and isinstance(value, Mapping) and isinstance(laid.get(name), Mapping)
        laid[name] = _laid_over(laid[name], value) if nested else value
    return laid


def changes(was: Policy, now: Policy) -> list[dict[str, Any]]:
    """What differs between two editions, by dotted key, in the order of the keys."""
    before, after = _flat(to_plain(was)), _flat(to_plain(now))
    return [
        {"key": key, "was": before.get(key), "now": after.get(key)}
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key) and key not in ("edition", "valid_from", "scope")
    ]


def _flat(plain: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in plain.items():
        found |= _flat(value, f"{at}{name}.") if isinstance(value, Mapping) else {f"{at}{name}": value}
    return found


@cache
def shipped_editions() -> tuple[Policy, ...]:
    """The editions that come with the product, oldest first."""
    folder = files("fieldops.policies") / "editions"
    texts = [each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".toml")]
    return tuple(sorted(map(read_policy, texts), key=lambda policy: policy.valid_from))


def check_switches(policy: Policy, catalogues: Iterable[Catalogue[Any]]) -> None:
    """Refuse a policy that switches off or weighs a rule it may not.

    Raises: PolicyError for an unknown code, a rule that must always be asked, or a severity lighter than the row's.
    """
    rows = {rule.code: rule for catalogue in catalogues for rule in catalogue.rules}
    for code in (*policy.off, *policy.stricter):
        if code not in rows:
            mend = "no rule has this code; see docs/visit-rules.md and docs/letter-rules.md"
            raise PolicyError(code, mend, code="RULE_UNKNOWN")
    for code in policy.off:
        if not rows[code].may_be_off:
            mend = f"{rows[code].name} must always be asked; take it out of [off]"
            raise PolicyError(f"off.{code}", mend, code="RULE_ALWAYS_ASKED")
    for code, severity in policy.stricter.items():
        if Severity(severity).rank < rows[code].severity.rank:
            mend = f"must be {rows[code].severity} or heavier, not {severity}"
            raise PolicyError(f"stricter.{code}", mend, code=TOO_LOOSE)
