"""The register on paper: asked for by its numbers, made by a job outside any transaction, kept and never altered."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.correspondence import register
from fieldops.correspondence.mail_models import RegisterPrint
from fieldops.correspondence.models import RegisterEntry
from fieldops.errors import NotFound, NotNow, NotUnderstood
from letters.register_book import MOST_LINES, register_table, register_xlsx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.house import House
    from fieldops.storage import Store

PRINT = "correspondence.register_print"


def ask_for_print(
    session: Session, actor: audit.Actor, *, branch: str, year: int, first: int = 1, last: int | None = None
) -> RegisterPrint:
    """Have lines of a register printed, by default from the first on; the files follow by a job.

    Raises: NotFound without such a line, NotUnderstood for more lines than one document holds.
    """
    same = sa.select(sa.func.max(RegisterEntry.number)).filter_by(branch=branch, year=year)
    newest = session.scalar(same) or 0
    last = newest if last is None else min(last, newest)
    if not 1 <= first <= last:
        raise NotFound("ENTRY_UNKNOWN", f"The register of {branch} {year} has lines 1 to {newest}; choose among them.")
    if last - first + 1 > MOST_LINES:
        detail = f"One document holds {MOST_LINES} lines; ask for {first} to {first + MOST_LINES - 1} first."
        raise NotUnderstood("REGISTER_PRINT_LONG", detail)
    made = RegisterPrint(branch=branch, year=year, first=first, last=last, asked_by=actor.name, asked_at=actor.at)
    session.add(made)
    session.flush()
    lines = f"{branch}/{year}/{first}-{last}"
    audit.record(session, actor, "register.print", "register_print", made.id, lines=lines)
    jobs.defer(session, PRINT, print_id=str(made.id))
    return made


@jobs.job(PRINT)
def make_files(house: House, *, print_id: str) -> None:
    """Make the files of a print; run again, it changes nothing."""
    from letters.render import render_table_document  # noqa: PLC0415 - brings the layout engine

    key = uuid.UUID(print_id)
    with house.transaction() as session:
        made = session.get_one(RegisterPrint, key)
        lines = register.chained_lines(session, branch=made.branch, year=made.year, first=made.first, last=made.last)
    if made.pdf_sha256 is not None:
        return
    pdf_sha256 = house.store.put(render_table_document(register_table(lines)).pdf)
    xlsx_sha256 = house.store.put(register_xlsx(lines))
    with house.transaction() as session:
        row = session.get_one(RegisterPrint, key, with_for_update=True, populate_existing=True)
        row.pdf_sha256, row.xlsx_sha256 = pdf_sha256, xlsx_sha256
        actor = audit.Actor("system", house.clock.now())
        audit.record(session, actor, "register.printed", "register_print", row.id, pdf_sha256=pdf_sha256)


def print_by_id(session: Session, print_id: uuid.UUID) -> RegisterPrint:
    """The print of that id. Raises: NotFound."""
    made = session.get(RegisterPrint, print_id)
    if made is None:
        raise NotFound("PRINT_UNKNOWN", f"There is no print {print_id}; ask for one with POST /api/v1/register/prints.")
    return made


def print_file(session: Session, actor: audit.Actor, store: Store, print_id: uuid.UUID, form: str) -> bytes:
    """A print as ``pdf`` or ``xlsx``; who looked is on record. Raises: NotFound, NotNow before it is made."""
    made = print_by_id(session, print_id)
    sha256 = made.pdf_sha256 if form == "pdf" else made.xlsx_sha256
    if sha256 is None:
        raise NotNow("NOT_RENDERED", "Its file is not made yet; it appears as soon as the worker has been there.")
    audit.record(session, actor, "papers.read", "register_print", made.id, sha256=sha256)
    return store.get(sha256)
