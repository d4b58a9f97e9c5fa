"""Crews and agents as people may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.agents import queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.agents.models import RecorderRegistration


def list_crews(session: Session, *, on_date: date | None = None) -> list[dict[str, Any]]:
    """Crews with their members, leader first: all of them, or those that work on a day."""
    crews = queries.crews(session) if on_date is None else queries.crews_on(session, on_date)
    members = queries.members_by_crew(session, [crew.id for crew in crews])
    return [{"crew": crew, "members": members[crew.id]} for crew in crews]


def list_agents(session: Session, *, after: uuid.UUID | None, limit: int) -> dict[str, Any]:
    """One page of agents."""
    found = queries.agents_page(session, after=after, limit=limit)
    return {"items": found[:limit], "after": found[limit - 1].id if len(found) > limit else None}


def list_recorders(session: Session) -> Sequence[RecorderRegistration]:
    """Every registration of a recorder."""
    return queries.registrations(session)
