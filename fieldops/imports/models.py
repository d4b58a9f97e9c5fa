"""Files taken in: what was asked, how far it is, which rows could not land, and how each bank names its columns."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.db import Base, Id, Stamped


class ImportJob(Base):
    """One file taken in (or tried, ``dry_run``): created, changed, unchanged and errors add up to the rows read.

    ``state``: WAITING, RUNNING, DONE, REFUSED (the file is at fault) or FAILED (we are; it may be tried again).
    ``stored_sha256`` names the file in the object store, ``headings`` are its own, ``notes`` what a person should know
    although every row could be read.
    """

    __tablename__ = "import_job"

    id: Mapped[Id]
    kind: Mapped[str]
    filename: Mapped[str]
    stored_sha256: Mapped[str]
    bank_code: Mapped[str | None]
    dry_run: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="WAITING")
    refusal: Mapped[str | None]
    rows_read: Mapped[int] = mapped_column(default=0)
    created_count: Mapped[int] = mapped_column(default=0)
    changed_count: Mapped[int] = mapped_column(default=0)
    unchanged_count: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    headings: Mapped[list[str]] = mapped_column(default=list)
    notes: Mapped[list[str]] = mapped_column(default=list)
    requested_by: Mapped[str]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class RowError(Base):
    """A row that could not land, with its number, the reason and the row as sent (personal numbers masked)."""

    __tablename__ = "import_error"

    import_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("import_job.id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[str | None]
    code: Mapped[str]
    reason: Mapped[str]
    row: Mapped[list[str]]


class ColumnMapping(Stamped, Base):
    """How one bank names the columns of one kind of file: its heading → ours."""

    __tablename__ = "column_mapping"

    bank_code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    headings: Mapped[dict[str, Any]]
