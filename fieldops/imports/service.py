"""Take files in: keep them, run them, tell how far they are, list what could not land."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.audit import Actor
from fieldops.db import uuid7
from fieldops.errors import NotUnderstood, Problem, TooLarge
from fieldops.house import House, house_of
from fieldops.imports import queries
from fieldops.imports.files import MOST_BYTES, Sheets
from fieldops.imports.kinds import Intake, kind_named
from fieldops.imports.landing import Table
from fieldops.imports.models import ColumnMapping, ImportJob, RowError
from fieldops.imports.reading import find_sheet
from fieldops.imports.running import Bringing, ListedRow, Tally

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

_ERRORS = Table(
    "import_error",
    ("import_id", "row_no", "column", "code", "reason", "row"),
    key=("import_id", "row_no"),
)
_FILE = "file"
_ENDS_AS = {"REFUSED": "refuse", "FAILED": "fail"}
_OUR_FAULT = (
    "IMPORT_FAILED: Nothing of the file was kept, and the fault is ours: the log has its reason. It is tried again by "
    "itself a few times; if it stays so, have it mended and send the file again."
)
_ENDED = frozenset({"DONE", "REFUSED"})
_FORMULA_SIGNS = tuple("=+-@\t\r＝＋－＠")
_ERROR_HEADINGS = ("行号", "列", "代码", "原因")


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of a file; created, changed, unchanged and errors add up to the rows read."""

    import_id: uuid.UUID
    kind: str
    filename: str
    state: str
    dry_run: bool
    refusal: str | None
    rows_read: int
    created: int
    changed: int
    unchanged: int
    errors: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        """One line for a person, and one for each note."""
        if self.refusal:
            return f"{self.filename}: refused. {self.refusal}"
        counts = f"{self.rows_read} rows: {self.created} created, {self.changed} changed, {self.unchanged} unchanged"
        tried = " (dry run: nothing was kept)" if self.dry_run else ""
        return "\n  ".join((f"{self.filename}: {counts}, {self.errors} errors{tried}", *self.notes))


class _Tried(Exception):  # noqa: N818 - no error: a dry run ends by undoing itself
    """The end of a dry run."""


def begin_import(
    session: Session,
    actor: Actor,
    kind: str,
    *,
    data: bytes,
    filename: str,
    dry_run: bool = False,
    bank_code: str | None = None,
) -> ImportJob:
    """Keep a file in the object store and let a job take it in.

    Raises: NotFound for an unknown kind.
    """
    job = _record_file(session, actor, kind, data, filename, dry_run=dry_run, bank_code=bank_code)
    jobs.defer(session, "imports.run", import_id=str(job.id))
    return job


def import_file(
    house: House,
    actor: Actor,
    kind: str,
    file: Path | str | bytes,
    filename: str,
    *,
    dry_run: bool = False,
    bank_code: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Take a file in at once, in the foreground; ``on_progress`` hears the rows read so far.

    Raises: NotFound for an unknown kind, TooLarge for a file over 64 MB; any other refusal is in the summary.
    """
    with house.transaction() as session:
        data = file if isinstance(file, bytes) else _bytes_of(Path(file))
        job = _record_file(session, actor, kind, data, filename, dry_run=dry_run, bank_code=bank_code)
        del data  # the import reads it from the store; held here it would be resident twice
    return run_import(house, job.id, actor, on_progress)


@jobs.job("imports.run")
def run_waiting_import(house: House, *, import_id: str) -> None:
    """The job: take in a file that waits, or start again one whose worker died."""
    with house.transaction() as session:
        job = session.get_one(ImportJob, import_id)
    run_import(house, job.id, Actor(job.requested_by, house.clock.now()))


def run_import(
    house: House, import_id: uuid.UUID, actor: Actor, on_progress: Callable[[int], None] | None = None
) -> ImportSummary:
    """Bring the rows of a kept file in, all in one transaction; progress and errors are written beside it.

    Idempotent: an import that has ended is left as it is. One that fails by a fault of ours says so, and raises it;
    the queue tries it again.
    """
    try:
        with suppress(_Tried), house.transaction() as session:
            _bring_in(session, house, import_id, actor, on_progress)
    except Problem as problem:
        with house.transaction() as session:
            _end_without(session, actor, import_id, "REFUSED", f"{problem.code}: {problem.detail}")
    except Exception:
        with house.transaction() as session:
            _end_without(session, actor, import_id, "FAILED", _OUR_FAULT)
        raise
    with house.transaction() as session:
        return summary_of(queries.import_by_id(session, import_id))


def _bring_in(
    session: Session, house: House, import_id: uuid.UUID, actor: Actor, on_progress: Callable[[int], None] | None
) -> None:
    job = queries.import_by_id(session, import_id)
    lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"import {job.kind}"))
    session.execute(sa.select(lock))  # two files of one kind follow each other: ids found stay true until the end
    session.refresh(job)
    if job.state in _ENDED:
        return
    kind = kind_named(job.kind)
    data = house.vault.open_bytes(house.store.get(job.stored_sha256), row=job.id, column=_FILE)
    sheet = find_sheet(Sheets(data), kind, queries.mapping_of(session, job.bank_code, kind.name))
    del data
    lander = kind.lander(Intake(session, actor, import_id, job.bank_code, job.dry_run))
    bringing = Bringing(kind, sheet, lander, lambda row: house.vault.index(row, kind=f"{kind.name} row"))
    fresh: dict[str, Any] = {"state": "RUNNING", "refusal": None, "done_at": None}
    _write_progress(house, import_id, Tally(), headings=list(sheet.layout.headings), **fresh)
    for listed in bringing.chunks():
        _write_progress(house, import_id, bringing.tally, listed)
        if on_progress is not None:
            on_progress(bringing.tally.rows_read)
    notes = [f"Column not known here, left out: {heading}" for heading in sheet.layout.unknown]
    ended: dict[str, Any] = {"state": "DONE", "notes": notes + bringing.notes.sentences(), "done_at": house.clock.now()}
    if job.dry_run:
        _write_progress(house, import_id, bringing.tally, **ended)
        raise _Tried
    lander.finish()
    _update(session, import_id, bringing.tally, **ended)
    audit.record(session, actor, "imports.run", "import_job", import_id, kind=kind.name, **asdict(bringing.tally))


def _write_progress(
    house: House, import_id: uuid.UUID, tally: Tally, listed: list[ListedRow] | None = None, **more: Any
) -> None:
    """Tell how far an import is, in a transaction of its own so that others see it; the first clears a lost try."""
    with house.transaction() as session:
        if tally.rows_read == 0:
            session.execute(sa.delete(RowError).where(RowError.import_id == import_id))
        _update(session, import_id, tally, **more)
        _ERRORS.land(
            session,
            ((import_id, row.row_no, row.why.column, row.why.code, row.why.reason, row.sent) for row in listed or ()),
        )


def _update(session: Session, import_id: uuid.UUID, tally: Tally, **more: Any) -> None:
    counts = {
        "rows_read": tally.rows_read,
        "created_count": tally.created,
        "changed_count": tally.changed,
        "unchanged_count": tally.unchanged,
        "error_count": tally.errors,
    }
    session.execute(sa.update(ImportJob).where(ImportJob.id == import_id).values(**counts, **more))


def _end_without(session: Session, actor: Actor, import_id: uuid.UUID, state: str, why: str) -> None:
    """Say why an import has kept nothing."""
    _update(session, import_id, Tally(), state=state, refusal=why, done_at=actor.at)
    session.execute(sa.delete(RowError).where(RowError.import_id == import_id))
    audit.record(session, actor, f"imports.{_ENDS_AS[state]}", "import_job", import_id, reason=why)


def summary_of(job: ImportJob) -> ImportSummary:
    """An import as a value."""
    return ImportSummary(
        import_id=job.id,
        kind=job.kind,
        filename=job.filename,
        state=job.state,
        dry_run=job.dry_run,
        refusal=job.refusal,
        rows_read=job.rows_read,
        created=job.created_count,
        changed=job.changed_count,
        unchanged=job.unchanged_count,
        errors=job.error_count,
        notes=tuple(job.notes),
    )


def find_import(session: Session, import_id: uuid.UUID) -> ImportJob:
    """The import of that id, its progress included. Raises: NotFound."""
    return queries.import_by_id(session, import_id)


def list_imports(session: Session, *, after: uuid.UUID | None, limit: int) -> dict[str, Any]:
    """Imports, newest first; ``next`` is the cursor of the page that follows, None on the last."""
    found = queries.imports_page(session, after=after, limit=limit)
    page = found[:limit]
    return {"items": page, "after": page[-1].id if len(found) > limit else None}


def error_file(house: House, import_id: uuid.UUID) -> str:
    """The rows that could not land as csv; see ``write_errors``. Raises: NotFound."""
    with house.transaction() as session:
        return write_errors(session, import_id)


def write_errors(session: Session, import_id: uuid.UUID) -> str:
    """The rows that could not land as csv: number, columns, code, reason, and the row as sent.

    No cell can begin a formula: one that would is preceded by an apostrophe. Raises: NotFound.
    """
    job = queries.import_by_id(session, import_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(_harmless, (*_ERROR_HEADINGS, *job.headings)))
    for error in queries.errors_of(session, import_id):
        writer.writerow(map(_harmless, (str(error.row_no), error.column or "", error.code, error.reason, *error.row)))
    return text.getvalue()


def save_mapping(
    session: Session, actor: Actor, bank_code: str, kind: str, headings: Mapping[str, str]
) -> ColumnMapping:
    """Record how a bank heads its columns: its heading → ours.

    Raises: NotFound for an unknown kind, NotUnderstood for a heading that is not ours or is named twice.
    """
    known = kind_named(kind).headings
    unknown = sorted(set(headings.values()) - set(known))
    if unknown or len(set(headings.values())) < len(headings):
        detail = "Map each heading of the bank to another one of ours."
        raise NotUnderstood("MAPPING_UNKNOWN_HEADING", detail, unknown=unknown, known=known)
    mapping = session.get(ColumnMapping, (bank_code, kind), with_for_update=True)
    if mapping is None:
        mapping = ColumnMapping(bank_code=bank_code, kind=kind, headings=dict(headings))
        session.add(mapping)
    else:
        mapping.headings, mapping.version = dict(headings), mapping.version + 1
    session.flush()
    audit.record(session, actor, "imports.map", "column_mapping", f"{bank_code}/{kind}", headings=dict(headings))
    return mapping


def _record_file(
    session: Session, actor: Actor, kind: str, data: bytes, filename: str, *, dry_run: bool, bank_code: str | None
) -> ImportJob:
    import_id = uuid7()
    sealed = house_of(session).vault.seal_bytes(data, row=import_id, column=_FILE)  # it is full of personal numbers
    job = ImportJob(
        id=import_id,
        kind=kind_named(kind).name,
        filename=Path(filename).name[:200],
        stored_sha256=house_of(session).store.put(sealed),
        bank_code=bank_code or None,
        dry_run=dry_run,
        requested_by=actor.name,
        received_at=actor.at,
    )
    session.add(job)
    session.flush()
    audit.record(session, actor, "imports.begin", "import_job", job.id, kind=kind, dry_run=dry_run)
    return job


def _bytes_of(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise TooLarge("IMPORT_TOO_LARGE", f"{path.name} is over {MOST_BYTES >> 20} MB; split it.")
    return path.read_bytes()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell
