"""What came of many letters at once: each its own outcome, and one that fails stops no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter


def outcome(session: Session, act: Callable[[], Letter], **about: Any) -> dict[str, Any]:
    """What came of one of many: its letter, or the problem that stopped it and left nothing behind."""
    try:
        with session.begin_nested():
            letter = act()
            session.flush()
    except Problem as problem:
        return {**about, "letter": None, "problem": problem.to_json()}
    return {**about, "letter": letter, "problem": None}


def counted(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The outcomes of many, with how many went through."""
    done = sum(1 for one in outcomes if one["problem"] is None)
    return {"outcomes": outcomes, "done": done, "refused": len(outcomes) - done}
