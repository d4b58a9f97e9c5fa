"""What a phone's report is worth, and what the gate says: pure decisions, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from fieldops.visits import states

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECK_IN, RESULT, OBJECTION = "check_in", "result", "objection"
ACTIVE, WIPE, REVOKED = "ACTIVE", "WIPE", "REVOKED"
DEVICE_STEPS: Final[dict[str, frozenset[str]]] = {
    ACTIVE: frozenset({WIPE, REVOKED}),
    WIPE: frozenset({ACTIVE, REVOKED}),
    REVOKED: frozenset(),
}
"""What may become of a phone. ACTIVE does everything; WIPE sends what it holds, is told nothing of visits, and once it
says that it is empty is REVOKED; REVOKED is answered by nobody."""

RESYNC, LOGOUT, UPGRADE = "RESYNC", "LOGOUT", "UPGRADE"
COMMANDS: Final = (WIPE, LOGOUT, UPGRADE, RESYNC)
NEWEST_SCHEMA: Final = 2
OLDER_SCHEMAS: Final = 2
"""How many schemas before the newest are still understood when a phone pushes."""


def schema_is_understood(schema: int) -> bool:
    """Whether bodies of this schema can be read: its own, and two before it."""
    return schema >= NEWEST_SCHEMA - OLDER_SCHEMAS


REASSIGNED, UNPLANNED, DAY_OVER = "REASSIGNED", "UNPLANNED", "DAY_OVER"
SUBSTITUTED = "substitute 由B角接替"
REPORTED, NOT_EXECUTED = "DONE", "NOT_EXECUTED"
CREW_HAS_REPORTED: Final = frozenset({REPORTED, NOT_EXECUTED})
"""Why a visit leaves the phones of a crew that has reported it itself."""


def commands_to(*, state: str | None, same_session: bool, schema: int) -> list[str]:
    """What a phone that has just synced must do, most pressing first."""
    due = {WIPE: state == WIPE, LOGOUT: not same_session, UPGRADE: schema < NEWEST_SCHEMA}
    return [command for command in COMMANDS if due.get(command)]


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a crew gives a stop back before making it; ``of_address``: it says something of the address itself."""

    code: str
    zh: str
    of_address: bool = False


OBJECTED: Final = "objection 异议"
"""How the reason of a recall begins that a crew has brought about itself: no phone is waited for."""

OBJECTIONS: Final = {
    row.code: row
    for row in (
        Objection("UNSAFE", "不安全"),
        Objection("WRONG_ADDRESS", "已知地址错误", of_address=True),
        Objection("KNOWS_DEBTOR", "与债务人相识，应当回避"),
        Objection("SENSITIVE_PLACE", "敏感场所，不宜上门", of_address=True),
        Objection("NO_ACCESS", "无法进入或到达"),
    )
}
"""An objection counts before the visit; what is found at the door is a result."""


class Code(StrEnum):
    """The answer to one mutation."""

    APPLIED = "APPLIED"
    DUPLICATE = "DUPLICATE"
    ACCEPTED_AFTER_RECALL = "ACCEPTED_AFTER_RECALL"
    ACCEPTED_OUT_OF_SCOPE = "ACCEPTED_OUT_OF_SCOPE"
    CONFLICT_ALREADY_COMPLETED = "CONFLICT_ALREADY_COMPLETED"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    REJECTED_VALIDATION = "REJECTED_VALIDATION"
    REJECTED_FORBIDDEN = "REJECTED_FORBIDDEN"
    REJECTED_UNKNOWN_ENTITY = "REJECTED_UNKNOWN_ENTITY"
    BLOCKED = "BLOCKED"
    RETRY_LATER = "RETRY_LATER"
    SCHEMA_TOO_OLD = "SCHEMA_TOO_OLD"


TAKEN: Final = frozenset(
    {
        Code.APPLIED,
        Code.DUPLICATE,
        Code.ACCEPTED_AFTER_RECALL,
        Code.ACCEPTED_OUT_OF_SCOPE,
        Code.CONFLICT_ALREADY_COMPLETED,
    }
)
"""Codes after which the server holds what was reported."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a visit stands for the agent who reports it.

    ``ever_held``: it was on a phone of theirs. ``left_reason``: why it no longer is (None: it is). ``recalled``: they
    must not make it. ``begun``: their check-in came before the recall. ``has_primary``: a result counts
    already, or, of an objection, the visit was reported in this very push.
    ``obeys``: the report says that they left because the office said so (O25). ``corrects``: it is a
    new version of a result that was returned to them. ``not_made``: it says that nobody went (O24).
    """

    kind: str
    ever_held: bool
    left_reason: str | None
    recalled: bool
    begun: bool
    has_primary: bool
    obeys: bool
    corrects: bool = False
    not_made: bool = False


STANDINGS: Final[tuple[tuple[Callable[[Standing], bool], Code], ...]] = (
    (lambda it: not it.ever_held, Code.REJECTED_FORBIDDEN),
    (
        lambda it: it.kind != CHECK_IN and not it.corrects and (it.has_primary or it.left_reason in CREW_HAS_REPORTED),
        Code.CONFLICT_ALREADY_COMPLETED,
    ),
    (lambda it: it.kind == OBJECTION, Code.APPLIED),
    (lambda it: (it.kind == CHECK_IN or it.corrects) and it.left_reason in CREW_HAS_REPORTED, Code.APPLIED),
    (lambda it: it.recalled and (it.not_made or (it.begun and it.obeys)), Code.APPLIED),
    (lambda it: it.recalled, Code.ACCEPTED_AFTER_RECALL),
    (lambda it: it.left_reason == DAY_OVER, Code.APPLIED),
    (lambda it: it.left_reason is not None, Code.ACCEPTED_OUT_OF_SCOPE),
)
"""The first row that holds decides; none: APPLIED. What has happened is never refused, except by a stranger."""


def code_of(standing: Standing) -> Code:
    """The code of a sound report by how its visit stands."""
    return next((code for holds, code in STANDINGS if holds(standing)), Code.APPLIED)


class Knowledge(StrEnum):
    """Whether an agent could have known of a recall before setting foot there."""

    NOT_YET_RECALLED = "NOT_YET_RECALLED"  # they were there before the recall
    KNEW = "KNEW"  # their phone had shown it
    COULD_HAVE_KNOWN = "COULD_HAVE_KNOWN"  # their phone had been told
    COULD_NOT_KNOW = "COULD_NOT_KNOW"  # their phone had not spoken with the server in between
    CLOCK_IN_DOUBT = "CLOCK_IN_DOUBT"  # the phone's clock cannot be compared


def knowledge_of(
    *, recalled_at: datetime, arrived_at: datetime, acked_at: datetime | None, seen_at: datetime | None, clock_ok: bool
) -> Knowledge:
    """What the times say: ``arrived_at`` by the phone's clock, ``seen_at`` its last sync before the report."""
    if not clock_ok:
        return Knowledge.CLOCK_IN_DOUBT
    if arrived_at < recalled_at:
        return Knowledge.NOT_YET_RECALLED
    if acked_at is not None and acked_at <= arrived_at:
        return Knowledge.KNEW
    if seen_at is not None and recalled_at <= seen_at <= arrived_at:
        return Knowledge.COULD_HAVE_KNOWN
    return Knowledge.COULD_NOT_KNOW


CLOCK_TOLERANCE: Final = timedelta(seconds=120)
CLOCK_OFF, CLOCK_JUMP, CLOCK_UNVERIFIED = "CLOCK_OFF", "CLOCK_JUMP", "CLOCK_UNVERIFIED"


def noted_of(told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What a sync says of its phone: how its app writes, since which start its clock runs, and how far it is ahead."""
    off_ms = (told["client_time"] - now) // timedelta(milliseconds=1)
    return {"schema": told["schema"], "boot_id": told["boot_id"], "clock_off_ms": off_ms}


def clock_signals(told: Mapping[str, Any], mutation: Mapping[str, Any], now: datetime) -> list[str]:
    """What is odd about the time of one report, for a reviewer; never a reason to refuse it.

    The phone's own uptime, which nobody can set, tells how long ago it was: a clock that was moved in between disagrees
    with it. After a restart, or without an uptime, nothing is known.
    """
    signals = []
    if abs(told["client_time"] - now) > CLOCK_TOLERANCE:
        signals.append(CLOCK_OFF)
    uptimes = (told["elapsed_ms"], mutation["elapsed_ms"])
    if None in uptimes or told["boot_id"] != mutation["boot_id"] or uptimes[0] < uptimes[1]:
        return [*signals, CLOCK_UNVERIFIED]
    by_uptime = timedelta(milliseconds=uptimes[0] - uptimes[1])
    by_clock = told["client_time"] - mutation["device_time"]
    return [*signals, CLOCK_JUMP] if abs(by_clock - by_uptime) > CLOCK_TOLERANCE else signals


@dataclass(frozen=True, slots=True)
class Held:
    """What the server knows of a visit a phone asks the gate about; ``status`` None: there is no such visit.

    ``of_today``: the plan it is on is this day's. ``product``: the one its cards have in common.
    """

    in_scope: bool
    status: str | None
    of_today: bool
    recall_reason: str | None
    bank: str | None = None
    product: str | None = None


NOT_YOURS, NOT_TODAY, OUTSIDE_HOURS = "NOT_YOURS", "NOT_TODAY", "OUTSIDE_LAWFUL_HOURS"
_MAY_BE_MADE: Final = frozenset({states.PLANNED, states.IN_PROGRESS})


def gate_stops(held: Held, *, lawful_hour: bool) -> str | None:
    """Why a visit must not be made now, or None: every doubt stops it."""
    if held.recall_reason is not None:
        return held.recall_reason
    if not held.in_scope or held.status is None:
        return NOT_YOURS
    if held.status not in _MAY_BE_MADE:
        return held.status
    if not held.of_today:  # the rules were asked for the day of the plan; an approval or a case may have ended since
        return NOT_TODAY
    return None if lawful_hour else OUTSIDE_HOURS
