"""Crews as people may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.agents import queries

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


def list_crews(session: Session, *, on_date: date | None = None) -> list[dict[str, Any]]:
    """Crews with their members, leader first: all of them, or those that work on a day."""
    crews = queries.crews(session) if on_date is None else queries.crews_on(session, on_date)
    members = queries.members_by_crew(session, [crew.id for crew in crews])
    return [{"crew": crew, "members": members[crew.id]} for crew in crews]
