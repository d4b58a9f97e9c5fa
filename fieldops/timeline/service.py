"""Timelines as people may see them: oldest first, each act by its name in both languages."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fieldops.cases.queries import case_by_id
from fieldops.correspondence.queries import letter_by_id
from fieldops.timeline import queries
from fieldops.timeline.rules import title_of
from fieldops.visits.queries import visit_by_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session


def case_timeline(session: Session, case_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened to a case. Raises: NotFound."""
    case_by_id(session, case_id)
    return _shown(queries.of_case(session, case_id))


def visit_timeline(session: Session, visit_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened to a visit. Raises: NotFound."""
    visit_by_id(session, visit_id)
    return _shown(queries.of_visit(session, visit_id))


def letter_timeline(session: Session, letter_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened to a letter. Raises: NotFound."""
    letter_by_id(session, letter_id)
    return _shown(queries.of_letter(session, letter_id))


def _shown(happened: Iterable[queries.Happened]) -> list[dict[str, Any]]:
    """In the order of their instants; what has one instant stays in the order it was written."""
    shown = []
    for each in sorted(happened, key=lambda one: one.at):
        zh, en = title_of(each.action)
        detail = dict(each.detail)
        steps = {"was": detail.pop("was", None), "status": detail.pop("status", None)}
        shown.append(asdict(each) | steps | {"detail": detail, "title_zh": zh, "title_en": en})
    return shown
