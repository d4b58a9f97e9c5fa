"""What results announce to the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class ResultRecorded:
    """A result of a visit is on record.

    ``is_primary``: the one that counts, unless an earlier one stands. ``executed`` False: nobody was there (O24).
    """

    result_id: uuid.UUID
    visit_id: uuid.UUID
    is_primary: bool
    executed: bool
    actor: Actor
