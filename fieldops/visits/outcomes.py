"""Many rows, each with its own outcome: stored together, or one by one when one of them fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from fieldops.errors import NotNow, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

Row = TypeVar("Row")

REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row of a request about many: the visit's new status, or REFUSED with the problem."""

    row: int
    outcome: str
    visit_id: UUID | None = None
    no: str | None = None
    status: str | None = None
    verdict: str | None = None
    codes: Sequence[str] = ()
    case_nos: Sequence[str] = ()
    problem: Problem | None = None

    def shown(self) -> dict[str, Any]:
        """Plain values for an answer."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {"problem": self.problem.to_json() if self.problem else None}


def stored_apart(session: Session, rows: Sequence[Row], store: Callable[[Row], None]) -> dict[int, Problem]:
    """Store every row under a savepoint; return the problem of each that could not be, by its place.

    Cost: one savepoint when all is well; one for each row when one of them fails.
    """
    if not rows or _all_stored(session, rows, store):
        return {}
    problems: dict[int, Problem] = {}
    for place, row in enumerate(rows):
        try:
            with session.begin_nested():
                store(row)
                session.flush()
        except Problem as problem:
            problems[place] = problem
        except sa.exc.IntegrityError as error:
            problems[place] = _conflict(error)
    return problems


def _all_stored(session: Session, rows: Sequence[Row], store: Callable[[Row], None]) -> bool:
    try:
        with session.begin_nested():
            for row in rows:
                store(row)
            session.flush()
    except (Problem, sa.exc.IntegrityError):
        return False
    return True


def _conflict(error: sa.exc.IntegrityError) -> Problem:
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or "a constraint"
    return NotNow(
        "CONFLICT", f"Somebody else was first ({constraint}); read it again and decide anew.", constraint=constraint
    )
