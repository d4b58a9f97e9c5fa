"""What agents announce to the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class AgentBlocked:
    """An agent may not visit for a bank any more."""

    agent_id: uuid.UUID
    bank_id: uuid.UUID
    reason: str
    actor: Actor
