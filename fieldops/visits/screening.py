"""Ask the rules about every case nobody has requested anything for: what a visit to each would meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fieldops.addresses.judging import judge_pending
from fieldops.cases import queries as cases
from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Verdict
from fieldops.visits.deciding import best_address_of, decide, facts_of, screening_request
from fieldops.visits.files import read_files
from fieldops.visits.grouping import groups_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.house import House
    from fieldops.policies.decision import Decision
    from fieldops.visits.files import Files

CHUNK: Final = 2000
NO_ADDRESS: Final = "VR-032"
_MAY_BE_ASKED: Final = "可提交外访申请 Request the visit"
_NOTE: Final = "可提交外访申请，注意 Request the visit, mind"
_NO_ADDRESS: Final = "补录地址 Record an address"


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """What the rules say about one case: ``codes`` are the findings of WARN and above."""

    case_no: str
    verdict: str
    codes: tuple[str, ...]
    address: str
    next_action: str


def screen(house: House, *, at: datetime) -> list[ScreenRow]:
    """Screen every case imported, whatever its state, in the order of the case numbers; pending addresses first.

    Cost: two seconds a thousand cases; one read-only snapshot, so that all rows tell of the same instant.
    """
    judge_pending(house)
    with house.snapshot() as session:
        return sorted(screened(session, at=at), key=lambda row: row.case_no)


def screened(session: Session, *, at: datetime) -> Iterator[ScreenRow]:
    """The rows of a screening, debtor by debtor: the cards of one debtor at one bank are asked about together."""
    seen: set[UUID] = set()
    after: UUID | None = None
    while chunk := cases.cases_in_order(session, after=after, limit=CHUNK):
        after = chunk[-1].id
        wanted = [case.id for case in chunk if case.id not in seen]
        files = read_files(session, wanted, at=at)
        together = [case_id for each in wanted for case_id in files.siblings(each) if case_id not in seen]
        for group in groups_of(files, together):
            yield from _rows(files, group)
        seen.update(together)
        session.expunge_all()


def _rows(files: Files, case_ids: Sequence[UUID]) -> Iterator[ScreenRow]:
    best = best_address_of(files, case_ids)
    numbers = [files.cases[case_id].fact.case_no for case_id in case_ids]
    if best is None:
        yield from (ScreenRow(number, Verdict.REVIEW, (NO_ADDRESS,), "", _NO_ADDRESS) for number in numbers)
        return
    facts = facts_of(files, case_ids, best, screening_request(files.at))
    decision = decide(files, case_ids, facts, stage=Stage.SCREEN)
    action = _next_action(decision)
    for number in numbers:
        yield ScreenRow(number, str(decision.verdict), decision.codes, best.fact.text, action)


def _next_action(decision: Decision) -> str:
    """What mends the gravest finding; a warning is only to be minded."""
    for severity in (Severity.REJECT, Severity.REVIEW):
        for finding in decision.of_severity(severity):
            return f"{finding.mend_zh} {finding.mend_en}"
    warnings = decision.of_severity(Severity.WARN)
    return f"{_NOTE}: {warnings[0].mend_zh}" if warnings else _MAY_BE_ASKED
