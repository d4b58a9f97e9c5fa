"""Rules as tables: one row per rule, with the question, who is asked when, what follows, and where it is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from fieldops.policies.edition import Policy

F = TypeVar("F")


class Severity(StrEnum):
    """What a finding weighs, from light to heavy."""

    PASS = "PASS"  # noqa: S105  # a verdict, not a password
    WARN = "WARN"
    REVIEW = "REVIEW"
    REJECT = "REJECT"

    @property
    def rank(self) -> int:
        """0 for PASS up to 3 for REJECT."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Stage(StrEnum):
    """When rules are asked. SCREEN asks the rules of SUBMIT about cases nobody has requested anything for."""

    SCREEN = "SCREEN"
    SUBMIT = "SUBMIT"
    APPROVE = "APPROVE"
    BATCH = "BATCH"
    PUBLISH = "PUBLISH"
    CHECK_IN = "CHECK_IN"
    PRINT = "PRINT"
    POST = "POST"
    RECONCILE = "RECONCILE"


@dataclass(frozen=True)
class Moment:
    """When a rule is asked, and the day that is where the debtors live."""

    at: datetime
    day: date
    zone: ZoneInfo

    @classmethod
    def of(cls, at: datetime, timezone: str) -> "Moment":
        """The moment of an instant. Raises: ValueError for an instant without offset."""
        zone = ZoneInfo(timezone)
        return cls(at=at, day=day_of(at, zone), zone=zone)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local day an instant falls on. Raises: ValueError for an instant without offset."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no offset: decisions need instants such as 2026-11-23T09:00:00+08:00")
    return at.astimezone(zone).date()


@dataclass(frozen=True)
class Used:
    """One value a rule looked at, the stored row it came from, and when that row was recorded."""

    name: str
    value: Any
    ref: str | None = None
    recorded_at: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a predicate says: the question holds (True), does not (False), or cannot be told (None).

    ``words`` fill the row's message and what would change it; ``severity`` is set only where the row allows more than
    one.
    """

    holds: bool | None
    used: tuple[Used, ...] = ()
    words: Mapping[str, object] = field(default_factory=dict)
    severity: Severity | None = None
    missing_zh: str = ""
    missing_en: str = ""


def yes(*used: Used) -> Answer:
    """The question holds."""
    return Answer(holds=True, used=used)


def no(*used: Used, severity: Severity | None = None, **words: object) -> Answer:
    """The question does not hold."""
    return Answer(holds=False, used=used, words=words, severity=severity)


def unknown(missing_zh: str, missing_en: str, *used: Used) -> Answer:
    """The question cannot be answered, because something named in both languages is not on record."""
    return Answer(holds=None, used=used, missing_zh=missing_zh, missing_en=missing_en)


Asks = Callable[[F, Policy, Moment], Answer]


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[F]):
    """One row of a catalogue: the question as an officer would ask it, and what follows when it does not hold.

    ``mend`` says what to do, ``change`` what would have to be otherwise, computed from the values that were looked at.
    ``also`` lists the other severities its answers may carry, ``keys`` the policy values it compares with,
    ``may_be_off`` whether an installation without a source for its input may switch it off.
    """

    code: str
    name: str
    about: str
    severity: Severity
    question: str
    question_zh: str
    asks: Asks[F]
    stages: tuple[Stage, ...]
    message_zh: str
    message_en: str
    mend_zh: str
    mend_en: str
    change_zh: str
    change_en: str
    source: str
    keys: tuple[str, ...] = ()
    also: tuple[Severity, ...] = ()
    on_unknown: Severity | None = None
    waivable: bool = False
    may_be_off: bool = False

    def __post_init__(self) -> None:
        """Fill in what unknown gives: a person looks at it, unless the rule only warns."""
        if self.on_unknown is None:
            light = self.severity is Severity.WARN and not self.also
            object.__setattr__(self, "on_unknown", Severity.PASS if light else Severity.REVIEW)


@dataclass(frozen=True)
class Catalogue(Generic[F]):
    """The rules of one kind of request, by code; ``in_chinese`` puts a word for each code that is filled in."""

    name: str
    title: str
    rules: tuple[Rule[F], ...]
    in_chinese: Callable[[str], str] = str

    def __post_init__(self) -> None:
        """Refuse a code used twice or out of order."""
        codes = [rule.code for rule in self.rules]
        if codes != sorted(set(codes)):
            raise ValueError(f"{self.name}: every code once, in order; found {codes}")

    def asked_at(self, stage: Stage) -> tuple[Rule[F], ...]:
        """The rows asked at a stage."""
        return _asked_at(self, Stage.SUBMIT if stage is Stage.SCREEN else stage)

    def row(self, code: str) -> Rule[F]:
        """The row of a code. Raises: KeyError for a code this catalogue does not have."""
        return _by_code(self)[code]

    def __hash__(self) -> int:
        """By name: catalogues are constants of the program."""
        return hash(self.name)


@cache
def _asked_at(catalogue: Catalogue[F], stage: Stage) -> tuple[Rule[F], ...]:
    return tuple(rule for rule in catalogue.rules if stage in rule.stages)


@cache
def _by_code(catalogue: Catalogue[F]) -> dict[str, Rule[F]]:
    return {rule.code: rule for rule in catalogue.rules}
