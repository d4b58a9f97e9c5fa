"""What letters announce to the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class LetterToHandChanged:
    """A letter a crew is to hand over at a door may not be handed over now, or may again."""

    letter_id: uuid.UUID
    debtor_id: uuid.UUID
    actor: Actor
