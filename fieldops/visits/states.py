"""The states of a visit request 外访申请 and the steps between them. Source: domain reference §3.2, §3.3."""

from __future__ import annotations

from typing import Final

SUBMITTED: Final = "SUBMITTED"
PENDING_REVIEW: Final = "PENDING_REVIEW"
RETURNED: Final = "RETURNED"
REJECTED: Final = "REJECTED"
APPROVED: Final = "APPROVED"
BATCHED: Final = "BATCHED"
PLANNED: Final = "PLANNED"
IN_PROGRESS: Final = "IN_PROGRESS"
COMPLETED: Final = "COMPLETED"
SUSPENDED: Final = "SUSPENDED"
CANCELLED: Final = "CANCELLED"
EXPIRED: Final = "EXPIRED"

STEPS: Final[dict[str, frozenset[str]]] = {
    state: frozenset(following)
    for state, following in {
        SUBMITTED: {PENDING_REVIEW, REJECTED, CANCELLED, SUSPENDED},
        PENDING_REVIEW: {APPROVED, REJECTED, RETURNED, CANCELLED, SUSPENDED, COMPLETED},
        RETURNED: {SUBMITTED, CANCELLED, SUSPENDED},
        APPROVED: {BATCHED, PENDING_REVIEW, EXPIRED, CANCELLED, SUSPENDED, COMPLETED},
        BATCHED: {PLANNED, APPROVED, PENDING_REVIEW, EXPIRED, CANCELLED, SUSPENDED, COMPLETED},
        PLANNED: {IN_PROGRESS, BATCHED, PENDING_REVIEW, CANCELLED, SUSPENDED},
        IN_PROGRESS: {COMPLETED, BATCHED},
        SUSPENDED: {PENDING_REVIEW, RETURNED, APPROVED, REJECTED, EXPIRED, CANCELLED, COMPLETED},
    }.items()
}
"""What may follow what. A state that is not a key is final.

Back to PENDING_REVIEW is §3.3's way for a complaint on an approved visit. A suspended visit that was batched or planned
comes back as APPROVED: its batch has gone on without it. A visit that a crew has made before it heard of a stop or of
another plan is COMPLETED from wherever it is: what has happened is not asked for a second time.
"""

FINAL: Final = (REJECTED, COMPLETED, CANCELLED, EXPIRED)
OPEN: Final = tuple(STEPS)
"""States in which a visit is on its way: one at a time per debtor and flat."""
CLEARED: Final = (APPROVED, BATCHED, PLANNED)
"""Approved and not yet begun."""
GOING: Final = (*CLEARED, IN_PROGRESS)
STOPPED: Final = (CANCELLED, SUSPENDED, EXPIRED, REJECTED, PENDING_REVIEW)
"""Where a cleared visit goes when it must not be made now."""

AFTER_HOLD: Final = {
    SUBMITTED: PENDING_REVIEW,
    PENDING_REVIEW: PENDING_REVIEW,
    RETURNED: RETURNED,
    APPROVED: APPROVED,
    BATCHED: APPROVED,
    PLANNED: APPROVED,
}
"""Where a suspended visit comes back to."""


def may_follow(state: str, following: str) -> bool:
    """Whether a visit may go from one state to the other."""
    return following in STEPS.get(state, frozenset())
