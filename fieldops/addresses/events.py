"""What addresses announce to the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class AddressInvalidated:
    """An address was proved dead, or letters to it are barred.

    ``scope`` DEBTOR (this debtor at this flat), EXACT (this flat, everyone) or SITE (this building, everyone);
    ``channel`` ALL or LETTER; ``visit_id`` the visit that proved it, which is not to be stopped by its own finding.
    """

    block_id: uuid.UUID
    address_id: uuid.UUID
    debtor_id: uuid.UUID
    address_key: str
    site_key: str
    scope: str
    channel: str
    reason: str
    evidence_kind: str
    evidence_id: str
    actor: Actor
    visit_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class AddressReported:
    """An address is said to be dead, and the photo that would prove it is on its way: nothing more is sent there."""

    address_id: uuid.UUID
    debtor_id: uuid.UUID
    address_key: str
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class BlockLifted:
    """A supervisor lifted a block because of new evidence."""

    block_id: uuid.UUID
    key: str
    scope: str
    channel: str
    debtor_id: uuid.UUID | None
    actor: Actor
