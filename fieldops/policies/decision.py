"""Asking the rules: every row of a stage is asked, every answer kept with what it was based on, the worst decides."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from fieldops.policies.catalogue import Answer, Catalogue, Moment, Rule, Severity, Stage, Used
from fieldops.policies.edition import Policy
from fieldops.policies.records import from_plain, to_plain

F = TypeVar("F")


class Verdict(StrEnum):
    """What a decision comes to. A warning is shown and leaves it a PASS."""

    PASS = "PASS"  # noqa: S105  # a verdict, not a password
    REVIEW = "REVIEW"
    REJECT = "REJECT"


class Outcome(StrEnum):
    """How a rule came out: OFF means the policy does not ask it, and says why."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    OFF = "OFF"


@dataclass(frozen=True)
class Finding:
    """How one rule came out, with all it was based on: one line of the why card.

    ``severity`` is what it weighs now: PASS when the rule passed, is off, or warns about something unknown.
    """

    code: str
    name: str
    question: str
    question_zh: str
    outcome: Outcome
    severity: Severity
    message_zh: str
    message_en: str
    mend_zh: str
    mend_en: str
    used: tuple[Used, ...]
    limits: Mapping[str, Any]
    waivable: bool
    change_zh: str = ""
    change_en: str = ""

    @property
    def doubts(self) -> frozenset[str]:
        """What a person who accepts this finding has looked at: its code with each row it was based on.

        Example: ``VR-051 complaint:0193…``; without a row the code and how it came out, ``VR-021 UNKNOWN``.
        """
        refs = {each.ref for each in self.used if each.ref} if self.outcome is Outcome.FAILED else set()
        return frozenset(f"{self.code} {each}" for each in refs or {self.outcome.value})

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready to store."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Finding":
        """The finding stored as ``data``. Raises: RecordError."""
        return from_plain(cls, data)


@dataclass(frozen=True)
class Decision:
    """The verdict on one request at one stage, a finding for every rule of that stage, and the edition asked."""

    catalogue: str
    stage: Stage
    at: datetime
    edition: str
    scope: str
    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of every finding of WARN and above."""
        return tuple(finding.code for finding in self.findings if finding.severity is not Severity.PASS)

    def of_severity(self, *severities: Severity) -> tuple[Finding, ...]:
        """The findings that weigh one of these."""
        return tuple(finding for finding in self.findings if finding.severity in severities)

    @property
    def doubts(self) -> list[str]:
        """What somebody accepts who approves in spite of every finding that asks for a person."""
        return sorted(doubt for finding in self.of_severity(Severity.REVIEW) for doubt in finding.doubts)

    def new_doubts(self, accepted: Collection[str]) -> tuple[Finding, ...]:
        """The findings that ask for a person about something nobody has accepted; a bare code accepts all of its."""
        return tuple(
            finding
            for finding in self.of_severity(Severity.REVIEW)
            if finding.code not in accepted and not finding.doubts.issubset(accepted)
        )

    def still_doubted(self, accepted: Iterable[str]) -> list[str]:
        """What of the accepted is still so, or was not asked here: a doubt that ended is accepted no longer."""
        asked, now = {finding.code for finding in self.findings}, set(self.doubts)
        open_ = now | {finding.code for finding in self.of_severity(Severity.REVIEW)}
        return [each for each in accepted if each.partition(" ")[0] not in asked or each in open_]

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready to store."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Decision":
        """The decision stored as ``data``. Raises: RecordError."""
        return from_plain(cls, data)


def ask(catalogue: Catalogue[F], facts: F, policy: Policy, *, stage: Stage, at: datetime) -> Decision:
    """Ask every rule of a stage, and let the worst finding decide.

    Raises: ValueError for an instant without offset.
    """
    moment = Moment.of(at, policy.timezone)
    findings = tuple(_find(rule, facts, policy, moment, catalogue.in_chinese) for rule in catalogue.asked_at(stage))
    return Decision(
        catalogue=catalogue.name,
        stage=stage,
        at=at,
        edition=policy.edition,
        scope=policy.scope,
        verdict=verdict_of(finding.severity for finding in findings),
        findings=findings,
    )


def verdict_of(severities: Iterable[Severity]) -> Verdict:
    """The verdict the worst of these severities gives; no findings, no objection."""
    worst = worst_of(severities)
    return Verdict.PASS if worst in (Severity.PASS, Severity.WARN) else Verdict(worst.value)


def worst_of(severities: Iterable[Severity]) -> Severity:
    """The heaviest of these, PASS when there are none."""
    return max(severities, key=lambda severity: severity.rank, default=Severity.PASS)


def _find(rule: Rule[F], facts: F, policy: Policy, moment: Moment, in_chinese: Callable[[str], str]) -> Finding:
    if rule.code in policy.off:
        zh, _, en = policy.off[rule.code].partition(" | ")
        return _finding(rule, Outcome.OFF, policy, message_zh=f"未启用：{zh}", message_en=f"Off: {en or zh}")
    answer = rule.asks(facts, policy, moment)
    if answer.holds:
        return _finding(rule, Outcome.PASSED, policy, used=answer.used)
    if answer.holds is None:
        return _finding(
            rule,
            Outcome.UNKNOWN,
            policy,
            severity=rule.on_unknown or Severity.REVIEW,
            used=answer.used,
            message_zh=f"无法判断，缺少：{answer.missing_zh}",
            message_en=f"Cannot tell: {answer.missing_en} is not on record",
            change_zh=f"登记{answer.missing_zh}后重新判断",
            change_en=f"Once {answer.missing_en} is on record it is asked again",
        )
    words_zh = {name: in_chinese(word) if isinstance(word, str) else word for name, word in answer.words.items()}
    return _finding(
        rule,
        Outcome.FAILED,
        policy,
        severity=_weight(rule, answer, policy),
        used=answer.used,
        message_zh=rule.message_zh.format(**words_zh),
        message_en=rule.message_en.format(**answer.words),
        change_zh=rule.change_zh.format(**words_zh),
        change_en=rule.change_en.format(**answer.words),
    )


def _weight(rule: Rule[F], answer: Answer, policy: Policy) -> Severity:
    said = answer.severity or rule.severity
    if said not in (rule.severity, *rule.also):
        raise ValueError(f"{rule.code} may weigh {rule.severity}, {rule.also}; its predicate said {said}")
    return worst_of((said, Severity(policy.stricter.get(rule.code, Severity.PASS))))


def _finding(
    rule: Rule[F],
    outcome: Outcome,
    policy: Policy,
    *,
    severity: Severity = Severity.PASS,
    used: tuple[Used, ...] = (),
    message_zh: str = "",
    message_en: str = "",
    change_zh: str = "",
    change_en: str = "",
) -> Finding:
    mends = outcome in (Outcome.FAILED, Outcome.UNKNOWN)
    return Finding(
        code=rule.code,
        name=rule.name,
        question=rule.question,
        question_zh=rule.question_zh,
        outcome=outcome,
        severity=severity,
        message_zh=message_zh,
        message_en=message_en,
        mend_zh=rule.mend_zh if mends else "",
        mend_en=rule.mend_en if mends else "",
        used=used,
        limits={key: policy.plain_value(key) for key in rule.keys},
        waivable=rule.waivable,
        change_zh=change_zh,
        change_en=change_en,
    )
