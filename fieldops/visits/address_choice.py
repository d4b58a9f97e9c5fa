"""Which address of a debtor to visit: the order, the best one, and why every other one was passed over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fieldops.policies.catalogue import Catalogue, Severity, Stage
from fieldops.policies.decision import Finding, Verdict, ask
from fieldops.policies.edition import Policy
from fieldops.policies.sections import PRECISIONS
from fieldops.visits.address_answers import HasAddress
from fieldops.visits.facts import AddressFact
from fieldops.visits.rules import ADDRESS_RULES

OF_ONE_ADDRESS = ("VR-030", "VR-031", "VR-032", "VR-033", "VR-034", "VR-035", "VR-036")
OWN_RULES: Catalogue[HasAddress] = Catalogue(
    name="address",
    title="What an address must answer by itself",
    rules=tuple(rule for rule in ADDRESS_RULES if rule.code in OF_ONE_ADDRESS),
)


@dataclass(frozen=True)
class OneAddress:
    """An address on its own, before any request names it."""

    address: AddressFact


@dataclass(frozen=True)
class Passed:
    """An address that was passed over, and the findings that say why."""

    address: AddressFact
    because: tuple[Finding, ...]


@dataclass(frozen=True)
class Choice:
    """The best address, or None when the debtor has none at all, and the ones passed over before it."""

    address: AddressFact | None
    passed_over: tuple[Passed, ...]


def in_order(addresses: Iterable[AddressFact], policy: Policy) -> tuple[AddressFact, ...]:
    """The addresses as they are to be visited.

    Confirmed by phone first; then by kind; within a kind the bank's own, the newest confirmed, the better point.
    """
    kinds = policy.visit.address_order
    long_ago = datetime.min.replace(tzinfo=UTC)

    def rank(address: AddressFact) -> tuple[bool, int, bool, float, int, str]:
        confirmed_at = address.phone_confirmed_at
        return (
            confirmed_at is None,
            kinds.index(address.kind) if address.kind in kinds else len(kinds),
            not address.bank_provided,
            -((confirmed_at or long_ago) - long_ago).total_seconds(),
            PRECISIONS.index(address.precision or "NONE"),
            address.ref,
        )

    return tuple(sorted(addresses, key=rank))


def best_address(addresses: Iterable[AddressFact], policy: Policy, *, at: datetime) -> Choice:
    """The first address in order that its own rules do not reject; if all are rejected, the first."""
    ordered = in_order(addresses, policy)
    passed: list[Passed] = []
    for address in ordered:
        because = rejections(address, policy, at=at)
        if not because:
            return Choice(address, tuple(passed))
        passed.append(Passed(address, because))
    return Choice(ordered[0] if ordered else None, tuple(passed[1:]))


def usable_before(
    chosen: AddressFact, addresses: Iterable[AddressFact], policy: Policy, *, at: datetime
) -> tuple[AddressFact, ...]:
    """The addresses that come before ``chosen`` and could be visited: what VR-037 asks about."""
    before: list[AddressFact] = []
    for address in in_order(addresses, policy):
        if address.ref == chosen.ref:
            break
        if not rejections(address, policy, at=at):
            before.append(address)
    return tuple(before)


def rejections(address: AddressFact, policy: Policy, *, at: datetime) -> tuple[Finding, ...]:
    """The findings by which an address, on its own, is ruled out."""
    decision = ask(OWN_RULES, OneAddress(address), policy, stage=Stage.SUBMIT, at=at)
    return decision.of_severity(Severity.REJECT) if decision.verdict is Verdict.REJECT else ()
