"""The steps of an entrusted case 案件 and of a complaint 投诉, as tables: from where, to where, by whom.

Source: domain reference §3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fieldops.auth.roles import Role

ACTIVE: Final = "ACTIVE"
PAUSED: Final = "PAUSED"
EXTENSION_PENDING: Final = "EXTENSION_PENDING"
WITHDRAWAL_PENDING: Final = "WITHDRAWAL_PENDING"
WITHDRAWN: Final = "WITHDRAWN"
EXPIRED: Final = "EXPIRED"
RETURNED: Final = "RETURNED"
KEPT: Final = "KEPT"
SETTLED: Final = "SETTLED"
CLOSED: Final = "CLOSED"

IN_MANDATE: Final = (ACTIVE, PAUSED, EXTENSION_PENDING, WITHDRAWAL_PENDING)
"""States an expiry day ends."""
CASE_STATES: Final = (*IN_MANDATE, WITHDRAWN, EXPIRED, RETURNED, KEPT, SETTLED, CLOSED)

ENDED: Final = (WITHDRAWN, RETURNED, SETTLED, CLOSED)
"""States after which a case comes back to nobody's desk."""

BEFORE: Final = ""
"""Where the case was before."""

_BUSINESS = frozenset({Role.BUSINESS_DEPT, Role.MANAGER})
_SUPERVISORS = frozenset({Role.SUPERVISOR, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which states, to which, and which roles may take it (none: only the clock)."""

    code: str
    zh: str
    froms: frozenset[str]
    to: str
    roles: frozenset[Role]


def _table(*steps: Step) -> dict[str, Step]:
    return {step.code: step for step in steps}


CASE_STEPS: Final = _table(
    Step("PAUSE", "暂停", frozenset({ACTIVE}), PAUSED, _SUPERVISORS),
    Step("RESUME", "恢复", frozenset({PAUSED, KEPT}), ACTIVE, _SUPERVISORS),
    Step("ASK_EXTENSION", "申请延期", frozenset({ACTIVE}), EXTENSION_PENDING, _BUSINESS | _SUPERVISORS),
    Step("GRANT_EXTENSION", "批准延期", frozenset({EXTENSION_PENDING}), ACTIVE, _BUSINESS),
    Step("REFUSE_EXTENSION", "不批准延期", frozenset({EXTENSION_PENDING}), ACTIVE, _BUSINESS),
    Step("ASK_WITHDRAWAL", "申请撤案", frozenset({ACTIVE, PAUSED}), WITHDRAWAL_PENDING, _SUPERVISORS),
    Step("AGREE_WITHDRAWAL", "撤案", frozenset({WITHDRAWAL_PENDING}), WITHDRAWN, frozenset({Role.MANAGER})),
    Step("REFUSE_WITHDRAWAL", "不撤案", frozenset({WITHDRAWAL_PENDING}), BEFORE, frozenset({Role.MANAGER})),
    Step("EXPIRE", "到期", frozenset(IN_MANDATE), EXPIRED, frozenset()),
    Step("RETURN", "退案", frozenset({EXPIRED}), RETURNED, _BUSINESS),
    Step("KEEP", "留案", frozenset({EXPIRED}), KEPT, _BUSINESS),
    Step("SETTLE", "结清", frozenset({*IN_MANDATE, EXPIRED, KEPT}), SETTLED, _BUSINESS),
    Step("CLOSE", "关闭", frozenset({SETTLED, RETURNED, WITHDRAWN}), CLOSED, _BUSINESS),
)
"""A request that is still pending on the last day ends with it: without the bank's answer there is no mandate."""

_NEVER_INFERRED: Final = {"SETTLE": SETTLED, "ASK_WITHDRAWAL": WITHDRAWN, "GRANT_EXTENSION": ""}
"""Steps that are taken only where the bank says so by this state: nobody settles, withdraws or extends by inference."""
_ASKED_OF_THE_BANK: Final = (EXTENSION_PENDING, WITHDRAWAL_PENDING)


def steps_between(was: str, said: str) -> tuple[Step, ...] | None:
    """The fewest steps to the state a bank's file gives, () for none to take, None where the table knows no way.

    The file says where its case is now; what lies between must have happened. That a case is still collected 在催
    answers no request that is pending, and a case that is over does not begin again.
    """
    if was in _ASKED_OF_THE_BANK and said == ACTIVE:
        return ()
    open_steps = [step for step in CASE_STEPS.values() if _NEVER_INFERRED.get(step.code, said) == said]
    ways: dict[str, tuple[Step, ...]] = {was: ()}
    for state in (queue := [was]):
        for step in open_steps:
            following = step.to or ACTIVE
            if state in step.froms and following not in ways:
                ways[following] = (*ways[state], step)
                queue.append(following)
    return ways.get(said)


INVESTIGATING: Final = "INVESTIGATING"
REPLIED: Final = "REPLIED"
OPEN: Final = "OPEN"
COMPLAINT_STATES: Final = (OPEN, INVESTIGATING, REPLIED, CLOSED)
COMPLAINT_STEPS: Final = _table(
    Step("INVESTIGATE", "调查", frozenset({OPEN}), INVESTIGATING, _BUSINESS | _SUPERVISORS),
    Step("REPLY", "回复", frozenset({OPEN, INVESTIGATING}), REPLIED, _BUSINESS | _SUPERVISORS),
    Step("CLOSE", "结案", frozenset({REPLIED}), CLOSED, _SUPERVISORS),
    Step("REOPEN", "重启", frozenset({CLOSED}), OPEN, _SUPERVISORS),
)

CLOSERS: Final = {"MINOR": _SUPERVISORS, "ORDINARY": _SUPERVISORS, "MAJOR": frozenset({Role.MANAGER})}
"""Who ends what a complaint holds back, by grade. Source: domain reference §3.2."""

HOLD_RELEASERS: Final = {"DO_NOT_COLLECT": frozenset({Role.MANAGER}), "MANAGER": frozenset({Role.MANAGER})}
"""Kinds of holds only these may release; any other is released by a supervisor or a manager."""
RELEASERS: Final = _SUPERVISORS
