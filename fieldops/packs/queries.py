"""Reads of template packs and envelopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.errors import NotFound
from fieldops.packs.models import EnvelopeRecord, LetterTemplate
from fieldops.packs.rules import APPROVED
from letters.pack import ANY_BANK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session


def templates(session: Session) -> Sequence[LetterTemplate]:
    """Every registered template, by code and version."""
    return session.scalars(sa.select(LetterTemplate).order_by(LetterTemplate.code, LetterTemplate.number)).all()


def template_by_id(session: Session, template_id: UUID, *, lock: bool = False) -> LetterTemplate:
    """The template of that id. Raises: NotFound."""
    found = session.get(LetterTemplate, template_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound(
            "TEMPLATE_UNKNOWN", f"There is no template {template_id}; list them with GET /api/v1/letter-templates."
        )
    return found


def templates_by_ids(session: Session, ids: Iterable[UUID]) -> dict[UUID, LetterTemplate]:
    """The templates of these ids."""
    chosen = sa.select(LetterTemplate).where(LetterTemplate.id.in_(list(ids)))
    return {template.id: template for template in session.scalars(chosen)}


def versions_of(session: Session, code: str) -> Sequence[LetterTemplate]:
    """Every version of a pack, oldest first."""
    return session.scalars(sa.select(LetterTemplate).filter_by(code=code).order_by(LetterTemplate.number)).all()


def newest_in_force(session: Session, *, bank_code: str, kind: str, on: date) -> LetterTemplate | None:
    """The newest approved template of a kind that serves a bank on a day; the bank's own before head office's."""
    chosen = (
        sa.select(LetterTemplate)
        .filter_by(kind=kind, status=APPROVED)
        .where(LetterTemplate.bank.in_((bank_code, ANY_BANK)), LetterTemplate.valid_from <= on)
        .where(sa.or_(LetterTemplate.valid_until.is_(None), LetterTemplate.valid_until >= on))
        .order_by(LetterTemplate.bank == ANY_BANK, LetterTemplate.valid_from.desc(), LetterTemplate.number.desc())
        .limit(1)
    )
    return session.scalar(chosen)


def approved_templates(session: Session) -> Sequence[LetterTemplate]:
    """The templates letters may be written with, by code and version."""
    chosen = sa.select(LetterTemplate).filter_by(status=APPROVED)
    return session.scalars(chosen.order_by(LetterTemplate.code, LetterTemplate.number)).all()


def envelopes(session: Session) -> Sequence[EnvelopeRecord]:
    """Every envelope on record, newest last."""
    return session.scalars(sa.select(EnvelopeRecord).order_by(EnvelopeRecord.id)).all()


def envelope_by_id(session: Session, envelope_id: UUID, *, lock: bool = False) -> EnvelopeRecord:
    """The envelope of that id. Raises: NotFound."""
    found = session.get(EnvelopeRecord, envelope_id, with_for_update=lock)
    if found is None:
        raise NotFound("ENVELOPE_UNKNOWN", f"There is no envelope {envelope_id}; see GET /api/v1/envelopes.")
    return found
