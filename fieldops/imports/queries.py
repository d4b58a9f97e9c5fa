"""Reads of imports: one file's state, the rows it could not land, a bank's column names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.errors import NotFound
from fieldops.imports.models import ColumnMapping, ImportJob, RowError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session


def import_by_id(session: Session, import_id: uuid.UUID, *, lock: bool = False) -> ImportJob:
    """The import of that id. Raises: NotFound."""
    found = session.get(ImportJob, import_id, with_for_update=lock)
    if found is None:
        raise NotFound("IMPORT_UNKNOWN", f"There is no import {import_id}; list them with GET /imports.")
    return found


def imports_page(session: Session, *, after: uuid.UUID | None, limit: int) -> list[ImportJob]:
    """Up to ``limit + 1`` imports, newest first, older than ``after``."""
    query = sa.select(ImportJob).order_by(ImportJob.id.desc()).limit(limit + 1)
    return list(session.scalars(query if after is None else query.where(ImportJob.id < after)))


def files_not_taken_in(
    session: Session, kind: str, *, received_after: datetime, received_before: datetime
) -> list[ImportJob]:
    """The files of a kind received between two instants that are not on record, for whatever reason."""
    query = sa.select(ImportJob).where(
        ImportJob.kind == kind,
        ImportJob.state != "DONE",
        ~ImportJob.dry_run,
        ImportJob.received_at.between(received_after, received_before),
    )
    return list(session.scalars(query.order_by(ImportJob.id)))


def errors_of(session: Session, import_id: uuid.UUID) -> Iterator[RowError]:
    """The rows of a file that could not land, in their order."""
    query = sa.select(RowError).where(RowError.import_id == import_id).order_by(RowError.row_no)
    yield from session.scalars(query.execution_options(yield_per=1000))


def mapping_of(session: Session, bank_code: str | None, kind: str) -> dict[str, str]:
    """How a bank heads the columns of a kind: its heading → ours; empty when it uses ours."""
    mapping = session.get(ColumnMapping, (bank_code, kind)) if bank_code else None
    return dict(mapping.headings) if mapping else {}
