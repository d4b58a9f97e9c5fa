"""Which cards of one debtor at one bank share a visit: those nothing of their own keeps from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fieldops.policies.catalogue import Severity, Stage
from fieldops.visits.deciding import best_address_of, decide, facts_of, screening_request

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from fieldops.visits.files import Files

OF_ONE_CASE: Final = frozenset(
    {"VR-001", "VR-002", "VR-010", "VR-020", "VR-021", "VR-022", "VR-024", "VR-025", "VR-050", "VR-052"}
)
"""Rules about a single case: a card one of them keeps from a visit must not keep its neighbour from it.

The minimum (VR-020) is left to the sum where the policy sums cards.
"""
MINIMUM: Final = "VR-020"


def groups_of(files: Files, case_ids: Iterable[UUID]) -> list[tuple[UUID, ...]]:
    """The cases as requests: one for the cards of a debtor at a bank that fit together, one for each other card."""
    wanted = dict.fromkeys(case_ids)
    groups: dict[tuple[UUID, ...], None] = {}
    for case_id in wanted:
        together = cards_together(files, tuple(each for each in files.siblings(case_id) if each in wanted))
        groups[together if case_id in together else (case_id,)] = None
    return list(groups)


def cards_together(files: Files, case_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """The cards among these that fit into one visit; () when there are no two."""
    if len(case_ids) < 2:  # noqa: PLR2004 - a card alone has nobody to go with
        return ()
    fitting = tuple(case_id for case_id in case_ids if _fits(files, case_id))
    return fitting if len(fitting) > 1 else ()


def _fits(files: Files, case_id: UUID) -> bool:
    address = best_address_of(files, (case_id,))
    if address is None:
        return False
    facts = facts_of(files, (case_id,), address, screening_request(files.at))
    policy = files.policy_for((case_id,))
    summed = {MINIMUM} if policy.visit.sum_cards else set()
    decision = decide(files, (case_id,), facts, stage=Stage.SCREEN)
    against = {finding.code for finding in decision.of_severity(Severity.REVIEW, Severity.REJECT)}
    return against.isdisjoint(OF_ONE_CASE - summed)
