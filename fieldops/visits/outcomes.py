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


def stored_apart(session: Session, rows: Sequence[Row], store: Callable[[Sequence[Row]], None]) -> dict[int, Problem]:
    """Store the rows under a savepoint; return the problem of each that could not be, by its place.

    ``store`` takes any number of rows. Cost: one savepoint when all is well; one for each row when one of them fails.
    """
    if not rows or _stored(session, rows, store) is None:
        return {}
    problems = {place: _stored(session, [row], store) for place, row in enumerate(rows)}
    return {place: problem for place, problem in problems.items() if problem is not None}


def _stored(session: Session, rows: Sequence[Row], store: Callable[[Sequence[Row]], None]) -> Problem | None:
    try:
        with session.begin_nested():
            store(rows)
            session.flush()
    except Problem as problem:
        return problem
    except sa.exc.IntegrityError as error:
        return _conflict(error)
    return None


def _conflict(error: sa.exc.IntegrityError) -> Problem:
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or "a constraint"
    return NotNow(
        "CONFLICT", f"Somebody else was first ({constraint}); read it again and decide anew.", constraint=constraint
    )
