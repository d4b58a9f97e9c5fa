"""The register of invalid addresses 无效地址登记, in values: scopes, kinds of proof, the state an address is in.

Source: domain reference §3.2 (states), §5.2 and §5.3 (what each finding and each mail return does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SCOPES: Final = ("DEBTOR", "EXACT", "SITE")
CHANNELS: Final = ("ALL", "LETTER")
EVENT_OF_EVIDENCE: Final = {
    "VISIT_RESULT": "VISIT_FOUND",
    "MAIL_RETURN": "MAIL_RETURNED",
    "MAIL_DELIVERY": "MAIL_DELIVERED",
    "DOCUMENT": "DOCUMENT_FOUND",
    "CREW_OBJECTION": "CREW_OBJECTED",
}
"""The kind of event each kind of evidence makes."""

CONFIRMED: Final = "CONFIRMED"
LIFTED: Final = "LIFTED"
ENTERED: Final = "ENTERED"
PHONE_CONFIRMED: Final = "PHONE_CONFIRMED"
"""Said in a call: it ranks the address first, and leaves its state to what visits and mail show."""

DOUBTFUL_RETURNS: Final = frozenset({"M03", "M07"})
"""Mail returns that leave the address in doubt: insufficient address 地址欠详, unclaimed 逾期未领."""
REPORTED_DEAD: Final = {"A06": "DEMOLISHED", "A07": "NO_SUCH_DOOR"}
"""Findings that prove nothing before their photo has arrived, with what they will prove."""
DOUBTFUL_FINDINGS: Final = frozenset({"A09", "A13", *REPORTED_DEAD})
"""Findings that leave the address in doubt at once: unclear 地址不详, vacant 空置, reported dead without proof."""
DOUBTFUL_OBJECTIONS: Final = frozenset({"WRONG_ADDRESS"})
"""What a crew knows of an address before it goes there."""
SAID_SENSITIVE: Final = frozenset({"A14", "SENSITIVE_PLACE"})
"""What a crew has found at the door, or knows before it goes there, of a place that nobody should be visited at."""
REPORTED_SENSITIVE: Final = "SENS_REPORTED"
"""The code of an address while that stands."""
ORDINARY: Final = "ORDINARY"
"""What a supervisor finds of a place that was said to be sensitive."""
NOBODY_HOME: Final = "A03"
DOUBTFUL_AFTER_NOBODY: Final = 2


def register_state(history: Iterable[tuple[str, str]], *, blocked: bool) -> str:
    """UNVERIFIED, VALID, DOUBTFUL or INVALID, from the (kind, code) of each event, oldest first.

    ``blocked`` says that a block for visits stands; only lifting it ends INVALID.
    """
    if blocked:
        return "INVALID"
    state, nobody = "UNVERIFIED", 0
    for kind, code in history:
        nobody += code == NOBODY_HOME
        if kind == CONFIRMED:
            state, nobody = "VALID", 0
        elif kind == LIFTED:
            state, nobody = "UNVERIFIED", 0
        elif code in DOUBTFUL_RETURNS | DOUBTFUL_FINDINGS | DOUBTFUL_OBJECTIONS or nobody >= DOUBTFUL_AFTER_NOBODY:
            state = "DOUBTFUL"
    return state


def said_sensitive(codes: Iterable[str]) -> bool:
    """Whether a crew has said that a place is sensitive and no supervisor has found since that it is none.

    >>> said_sensitive(["A14", "ORDINARY"]), said_sensitive(["A03", "SENSITIVE_PLACE"])
    (False, True)
    """
    said = False
    for code in codes:
        said = (said or code in SAID_SENSITIVE) and code != ORDINARY
    return said


def reported_dead(history: Iterable[tuple[str, str]], *, blocked: bool) -> str | None:
    """What an address is said to be while the photo that would prove it is on its way; None when nothing is."""
    told = None
    for kind, code in history:
        if kind in {CONFIRMED, LIFTED}:
            told = None
        elif code in REPORTED_DEAD:
            told = REPORTED_DEAD[code]
    return None if blocked else told
