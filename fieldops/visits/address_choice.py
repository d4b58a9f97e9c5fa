"""Which address of a debtor to visit: the first in order that its own visit rules do not reject."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fieldops.addresses.order import choose, in_order
from fieldops.policies.catalogue import Catalogue, Severity, Stage
from fieldops.policies.decision import Verdict, ask
from fieldops.policies.edition import Policy
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


def best_address(addresses: Iterable[AddressFact], policy: Policy, *, at: datetime) -> AddressFact | None:
    """The first address in order that its own rules do not reject; if all are rejected, the first."""
    return choose(addresses, policy.visit.address_order, lambda address: rejected_by(address, policy, at=at))


def usable_before(
    chosen: AddressFact, addresses: Iterable[AddressFact], policy: Policy, *, at: datetime
) -> tuple[AddressFact, ...]:
    """The addresses that come before ``chosen`` and could be visited: what VR-037 asks about."""
    before: list[AddressFact] = []
    for address in in_order(addresses, policy.visit.address_order):
        if address.ref == chosen.ref:
            break
        if not rejected_by(address, policy, at=at):
            before.append(address)
    return tuple(before)


def rejected_by(address: AddressFact, policy: Policy, *, at: datetime) -> tuple[str, ...]:
    """The codes of the rules by which an address, on its own, is ruled out."""
    decision = ask(OWN_RULES, OneAddress(address), policy, stage=Stage.SUBMIT, at=at)
    rejections = decision.of_severity(Severity.REJECT) if decision.verdict is Verdict.REJECT else ()
    return tuple(finding.code for finding in rejections)
