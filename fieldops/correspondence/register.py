"""The register 挂号信台账 in the database: append-only, gapless per branch and year, each line chained to the last."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.clock import local_date
from fieldops.correspondence.mail_queries import stands
from fieldops.correspondence.models import RegisterCounter, RegisterEntry
from fieldops.errors import NotFound, NotNow
from letters import register as paper
from letters.register import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter

BODY = ("recipient_masked", "address", "case_no", "receipt", "outcome", "note")


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be entered about one letter."""

    kind: EntryKind
    letter: Letter
    tracking_no: str = ""
    receipt: str = ""
    outcome: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where the register of a branch and year does not hold, and how."""

    branch: str
    year: int
    number: int
    code: str
    text: str


def enter(session: Session, actor: audit.Actor, lines: Iterable[Line]) -> list[RegisterEntry]:
    """Enter lines, in order, each in the register of its letter's branch.

    The branch's counter stays locked until the transaction ends, so call this last: the numbers have no gap and a
    rollback leaves none. Raises: RegisterBroken for a line that could not stand in any register.
    """
    year = local_date(actor.at).year
    by_branch: dict[str, list[Line]] = {}
    for line in lines:
        by_branch.setdefault(line.letter.figures["branch"], []).append(line)
    made: list[RegisterEntry] = []
    for branch in sorted(by_branch):
        counter = _locked_counter(session, branch, year)
        made += [
            _append(session, counter, _entry_of(counter, line, actor), line.letter.id) for line in by_branch[branch]
        ]
    session.flush()
    return made


def reverse_entry(
    session: Session, actor: audit.Actor, *, branch: str, year: int, number: int, reason: str
) -> RegisterEntry:
    """Enter the line that takes back another; the line itself stays for ever.

    Raises: NotFound, NotNow when it was reversed before or is a reversal itself.
    """
    counter = _locked_counter(session, branch, year)
    row = session.get(RegisterEntry, (branch, year, number))
    if row is None:
        raise NotFound(
            "ENTRY_UNKNOWN", f"The register of {branch} {year} has no line {number}; see GET /api/v1/register."
        )
    standing = sa.select(RegisterEntry.number).filter_by(branch=branch, year=year, number=number)
    if row.reverses is not None or session.scalar(standing.where(stands(RegisterEntry))) is None:
        raise NotNow("ENTRY_REVERSED", f"Line {number} is reversed or a reversal; enter the right facts as a new line.")
    taken_back = paper.reversal(
        _chained(row).entry, seq=counter.last + 1, at=actor.at, handler=actor.name, reason=reason
    )
    made = _append(session, counter, taken_back, row.letter_id)
    audit.record(session, actor, "register.reverse", "register_entry", f"{branch}/{year}/{number}", reason=reason)
    session.flush()
    return made


def reverse_latest(
    session: Session, actor: audit.Actor, letter: Letter, kind: EntryKind, *, tracking_no: str | None, reason: str
) -> None:
    """Enter the line that takes back the latest standing line of this kind about a letter under a number.

    Nothing is entered where a keeper of the register has reversed that line before.
    """
    about = sa.select(RegisterEntry).filter_by(letter_id=letter.id, kind=kind, tracking_no=tracking_no)
    newest = about.where(stands(RegisterEntry)).order_by(RegisterEntry.year.desc(), RegisterEntry.number.desc())
    found = session.scalars(newest.limit(1)).first()
    if found is not None:
        reverse_entry(session, actor, branch=found.branch, year=found.year, number=found.number, reason=reason)


def chained_lines(session: Session, *, branch: str, year: int, first: int, last: int) -> list[paper.ChainedEntry]:
    """The lines of a register from one number to another, as the paper engine knows them."""
    chosen = sa.select(RegisterEntry).filter_by(branch=branch, year=year)
    between = chosen.where(RegisterEntry.number.between(first, last)).order_by(RegisterEntry.number)
    return [_chained(row) for row in session.scalars(between)]


def verify_register(session: Session) -> list[Finding]:
    """Every fault of every register: gaps, broken links, altered lines, a cut-off end. An empty list: all hold.

    Cost: one sha256 a line, streamed.
    """
    counters = session.scalars(sa.select(RegisterCounter).order_by(RegisterCounter.branch, RegisterCounter.year)).all()
    return [finding for counter in counters for finding in _verify_one(session, counter)]


def verified(session: Session) -> dict[str, Any]:
    """Whether every register holds, and what does not."""
    findings = verify_register(session)
    return {"holds": not findings, "findings": findings}


def register_page(
    session: Session,
    *,
    limit: int,
    branch: str | None = None,
    year: int | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    """One page of register lines in the order of branch, year and number; ``after`` is the last page's own word."""
    order = (RegisterEntry.branch, RegisterEntry.year, RegisterEntry.number)
    chosen = sa.select(RegisterEntry).order_by(*order).limit(limit)
    if branch is not None:
        chosen = chosen.where(RegisterEntry.branch == branch)
    if year is not None:
        chosen = chosen.where(RegisterEntry.year == year)
    if after is not None:
        last_branch, last_year, last_number = after.rsplit("/", 2)
        chosen = chosen.where(sa.tuple_(*order) > sa.tuple_(last_branch, int(last_year), int(last_number)))
    items: Sequence[RegisterEntry] = session.scalars(chosen).all()
    last = items[-1] if len(items) == limit else None
    return {"items": items, "after": f"{last.branch}/{last.year}/{last.number}" if last else None}


def _locked_counter(session: Session, branch: str, year: int) -> RegisterCounter:
    values = {"branch": branch, "year": year}
    fresh = insert(RegisterCounter).values(**values, last=0, last_hash=paper.GENESIS).on_conflict_do_nothing()
    session.execute(fresh)
    return session.get_one(RegisterCounter, (branch, year), with_for_update=True, populate_existing=True)


def _entry_of(counter: RegisterCounter, line: Line, actor: audit.Actor) -> paper.RegisterEntry:
    figures = line.letter.figures
    return paper.RegisterEntry(
        branch=counter.branch,
        year=counter.year,
        seq=counter.last + 1,
        kind=line.kind,
        at=actor.at,
        letter_no=line.letter.letter_no or "",
        handler=actor.name,
        tracking_no=line.tracking_no,
        recipient_masked=figures["recipient_masked"],
        address=figures["recipient_address"],
        case_no=figures["case_no"],
        receipt=line.receipt,
        outcome=line.outcome,
        note=line.note,
    )


def _append(session: Session, counter: RegisterCounter, entry: paper.RegisterEntry, letter_id: UUID) -> RegisterEntry:
    sealed = paper.entry_hash(counter.last_hash, entry)
    values = asdict(entry)
    row = RegisterEntry(
        branch=entry.branch,
        year=entry.year,
        number=entry.seq,
        at=entry.at,
        kind=entry.kind.value,
        letter_id=letter_id,
        letter_no=entry.letter_no,
        tracking_no=entry.tracking_no or None,
        body={name: values[name] for name in BODY},
        reverses=entry.reverses,
        actor=entry.handler,
        prev_hash=counter.last_hash,
        hash=sealed,
    )
    session.add(row)
    counter.last, counter.last_hash = entry.seq, sealed
    return row


def _chained(row: RegisterEntry) -> paper.ChainedEntry:
    entry = paper.RegisterEntry(
        branch=row.branch,
        year=row.year,
        seq=row.number,
        kind=EntryKind(row.kind),
        at=row.at,
        letter_no=row.letter_no,
        handler=row.actor,
        tracking_no=row.tracking_no or "",
        reverses=row.reverses,
        **row.body,
    )
    return paper.ChainedEntry(entry, row.prev_hash, row.hash)


def _verify_one(session: Session, counter: RegisterCounter) -> Iterator[Finding]:
    rows = (
        sa.select(RegisterEntry)
        .filter_by(branch=counter.branch, year=counter.year)
        .order_by(RegisterEntry.number)
        .execution_options(yield_per=1000)
    )
    end = [0, paper.GENESIS]

    def chained() -> Iterator[paper.ChainedEntry]:
        for row in session.scalars(rows):
            end[:] = [row.number, row.hash]
            yield _chained(row)

    for fault in paper.verify(chained()):
        yield Finding(counter.branch, counter.year, fault.seq, fault.code, fault.text)
    if end != [counter.last, counter.last_hash]:
        text = f"The last line is {end[0]} where the counter says {counter.last}: lines at the end are missing."
        yield Finding(counter.branch, counter.year, counter.last, "CUT_OFF", text)
