"""A policy: the thresholds and switches of one dated edition, and what single banks ask on top of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from fieldops.errors import FieldopsError
from fieldops.policies.records import RecordError, from_plain, to_plain
from fieldops.policies.sections import (
    CasePolicy,
    ContactPolicy,
    EvidencePolicy,
    LetterPolicy,
    RoutingPolicy,
    VisitPolicy,
)

POLICY, CALENDAR = "POLICY", "CALENDAR"
DRAFT, ACTIVE, WITHDRAWN = "DRAFT", "ACTIVE", "WITHDRAWN"
OVERLAP = "EDITIONS_OVERLAP"
STRICTER = ("WARN", "REVIEW", "REJECT")
SECTIONS = ("visit", "letter", "contacts", "case", "evidence", "routing")


class PolicyError(FieldopsError):
    """A policy cannot stand: ``key`` says where, ``mend`` what to write instead, ``code`` what kind of fault it is."""

    def __init__(self, key: str, mend: str, *, code: str = "POLICY_REFUSED") -> None:
        super().__init__(f"{key}: {mend}")
        self.key = key
        self.mend = mend
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Override:
    """What one bank, or one of its products, asks instead; with the reason on record."""

    bank: str
    reason: str
    product: str | None = None
    change: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an override nobody can account for."""
        if not self.bank.strip():
            raise RecordError("bank", "must name the bank the override is for")
        if not self.reason.strip():
            raise RecordError("reason", "must say why this bank differs: contract, letter or decision")
        for section in self.change:
            if section not in SECTIONS:
                raise RecordError(f"change.{section}", f"an override may change {', '.join(SECTIONS)}")
        object.__setattr__(self, "change", to_plain(self.change))  # a file's times and a request's texts are one thing

    @property
    def scope(self) -> str:
        """The bank, with the product where one is named."""
        return f"{self.bank}/{self.product}" if self.product else self.bank

    def fits(self, bank: str, product: str | None) -> bool:
        """Whether a case of this bank and product falls under it."""
        return self.bank == bank and self.product in (None, product)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One edition: valid from a day until the next edition's. ``scope`` names the overrides already applied.

    ``off`` gives the reason for every rule not asked, ``stricter`` the rules that weigh more than their row says.
    """

    edition: str
    valid_from: date
    timezone: str
    visit: VisitPolicy
    letter: LetterPolicy
    contacts: ContactPolicy
    case: CasePolicy
    evidence: EvidencePolicy
    routing: RoutingPolicy
    off: Mapping[str, str] = field(default_factory=dict)
    stricter: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    scope: str = ""
    _resolved: dict[tuple[str, ...], "Policy"] = field(default_factory=dict, init=False, compare=False, repr=False)
    _values: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a switch without reason and a severity that is none."""
        if not self.edition.strip():
            raise RecordError("edition", "must name the edition, such as 2026-11")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError):
            raise RecordError("timezone", "must be a zone such as Asia/Shanghai") from None
        for code, reason in self.off.items():
            if not reason.strip():
                raise RecordError(f"off.{code}", "must say why the rule is not asked")
        for code, severity in self.stricter.items():
            if severity not in STRICTER:
                raise RecordError(f"stricter.{code}", f"must be one of {', '.join(STRICTER)}, not {severity!r}")
        scopes = [override.scope for override in self.overrides]
        for scope in {scope for scope in scopes if scopes.count(scope) > 1}:
            raise RecordError("overrides", f"{scope} is listed twice; write one override with all its changes")

    def for_bank(self, bank: str, product: str | None = None) -> "Policy":
        """The policy for a case of this bank and product: bank-wide changes first, then the product's.

        Cost: the merge is done once per bank and product.
        """
        fitting = sorted((o for o in self.overrides if o.fits(bank, product)), key=lambda o: o.product is not None)
        if not fitting:
            return self
        scopes = tuple(override.scope for override in fitting)
        if scopes not in self._resolved:
            self._resolved[scopes] = _with_changes(self, fitting)
        return self._resolved[scopes]

    def plain_value(self, key: str) -> Any:
        """The value under a dotted key such as ``visit.min_balance_fen``, in plain JSON kinds.

        Raises: AttributeError for a key no edition has.
        """
        if key not in self._values:
            self._values[key] = to_plain(reduce(getattr, key.split("."), self))
        return self._values[key]


def _with_changes(policy: Policy, overrides: list[Override]) -> Policy:
    plain = to_plain(replace(policy, overrides=()))
    for override in overrides:
        plain = _merged(plain, override.change, override)
    plain["scope"] = " + ".join(override.scope for override in overrides)
    return from_plain(Policy, plain)


def _merged(plain: Mapping[str, Any], change: Mapping[str, Any], override: Override, at: str = "") -> dict[str, Any]:
    merged = dict(plain)
    for name, value in change.items():
        key = f"{at}{name}"
        if name not in merged:
            raise RecordError(f"override of {override.scope}, {key}", f"unknown key; known here: {', '.join(plain)}")
        nested = isinstance(merged[name], Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(merged[name], value, override, f"{key}.") if nested else value
    return merged


def edition_on(editions: tuple[Policy, ...], day: date) -> Policy:
    """The edition that is valid on a day.

    Raises: PolicyError when two editions share a name or a first day, or none has begun.
    """
    for name in ("edition", "valid_from"):
        values = [getattr(policy, name) for policy in editions]
        for value in {value for value in values if values.count(value) > 1}:
            raise PolicyError(name, f"two editions carry {value}: editions must not overlap", code=OVERLAP)
    begun = [policy for policy in editions if policy.valid_from <= day]
    if not begun:
        raise PolicyError("valid_from", f"no edition is valid on {day}; activate one that begins earlier")
    return max(begun, key=lambda policy: policy.valid_from)
