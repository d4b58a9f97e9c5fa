"""Policies read from text: a draft by its author, or the editions that ship with the product."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from fieldops.policies.catalogue import Catalogue, Severity
from fieldops.policies.edition import Policy, PolicyError
from fieldops.policies.floors import check_floors
from fieldops.policies.records import RecordError, from_plain


def read_policy(text: str) -> Policy:
    """The policy a TOML text describes, with its floors and every override checked.

    Raises: PolicyError naming the key and the mend.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("edition", f"is not readable as TOML: {error}") from error
    return policy_from_plain(data)


def policy_from_plain(data: Any) -> Policy:
    """The policy plain values describe, checked like ``read_policy``.

    Raises: PolicyError naming the key and the mend.
    """
    try:
        policy = from_plain(Policy, data)
        check_floors(policy)
        for override in policy.overrides:
            check_floors(policy.for_bank(override.bank, override.product))
    except RecordError as error:
        raise PolicyError(error.key, error.mend) from error
    return policy


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
            raise PolicyError(code, "no rule has this code; see docs/visit-rules.md and docs/letter-rules.md")
    for code in policy.off:
        if not rows[code].may_be_off:
            raise PolicyError(f"off.{code}", f"{rows[code].name} must always be asked; take it out of [off]")
    for code, severity in policy.stricter.items():
        if Severity(severity).rank < rows[code].severity.rank:
            raise PolicyError(f"stricter.{code}", f"must be {rows[code].severity} or heavier, not {severity}")
