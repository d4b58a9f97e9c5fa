"""Template packs 信函模板 by version, and the envelopes in use as measured."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class LetterTemplate(Stamped, Base):
    """One version of a pack; ``files`` names each file's object in the store, fonts too.

    Text and files never change (a trigger holds it), the approval not once it is given. ``bank`` is the bank's code, or
    ``*`` where head office filed the pack for every bank. ``findings``, ``pages`` (a PDF for each sample) and
    ``footprint`` are the examination's, made by a job: there at ``examined_at``.
    """

    __tablename__ = "letter_template"
    __table_args__ = (sa.UniqueConstraint("code", "number"),)

    id: Mapped[Id]
    code: Mapped[str]
    number: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    bank: Mapped[str]
    pack_sha256: Mapped[str]
    files: Mapped[dict[str, Any]]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    approval_source: Mapped[str | None]
    approval_no: Mapped[str | None]
    uploaded_by: Mapped[str]
    submitted_by: Mapped[str | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    approve_comment: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    examined_at: Mapped[datetime | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    pages: Mapped[dict[str, Any]] = mapped_column(default=dict)
    footprint: Mapped[dict[str, Any]] = mapped_column(default=dict)


class EnvelopeRecord(Stamped, Base):
    """An envelope in use, as somebody measured it; another measure is another record. ``measures``: millimetres."""

    __tablename__ = "envelope_record"

    id: Mapped[Id]
    name: Mapped[str]
    measures: Mapped[dict[str, Any]]
    measured_on: Mapped[date]
    measured_by: Mapped[str]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]
