"""How a template pack moves: DRAFT → PENDING_APPROVAL → APPROVED → RETIRED, or REJECTED. Source: domain §3.2."""

from __future__ import annotations

from fieldops.errors import NotNow

DRAFT, PENDING, APPROVED, REJECTED, RETIRED = "DRAFT", "PENDING_APPROVAL", "APPROVED", "REJECTED", "RETIRED"

MOVES = {
    (DRAFT, "submit"): PENDING,
    (DRAFT, "reject"): REJECTED,
    (PENDING, "approve"): APPROVED,
    (PENDING, "reject"): REJECTED,
    (APPROVED, "retire"): RETIRED,
}


def after(status: str, event: str) -> str:
    """The state ``event`` leads to. Raises: NotNow, naming what may happen instead."""
    if (status, event) in MOVES:
        return MOVES[status, event]
    allowed = [each for state, each in MOVES if state == status]
    may = f"it may {' or '.join(allowed)}" if allowed else "upload a new version instead"
    raise NotNow("TEMPLATE_STATE", f"A template that is {status} cannot {event}; {may}.", status=status)
