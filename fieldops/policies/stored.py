"""Stored decisions of any feature, streamed: columns have the same names in every table of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from fieldops.policies.books import StoredDecision
from fieldops.policies.catalogue import Stage

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute, Session

_CODES: sa.ColumnElement[Any] = sa.literal_column("""'$[*] ? (@.severity != "PASS").code'::jsonpath""")
_CHUNK = 500


def stored_decisions(
    session: Session, table: Any, request: Any, no: InstrumentedAttribute[Any], since: datetime, *, asked: bool
) -> Generator[StoredDecision]:
    """The decisions of a table since an instant; ``request`` is its column of the request, ``no`` what it is called.

    With ``asked`` one for each request: how it was answered when it was made, newest first, without its findings.
    Cost: streamed, five hundred at a time.
    """
    said = sa.func.jsonb_path_query_array(table.findings, _CODES) if asked else table.findings
    query = sa.select(
        table.id, request, no, table.stage, table.decided_at, table.policy_edition, table.verdict,
        sa.cast(said, sa.Text), sa.cast(table.facts, sa.Text),
    ).join(no.class_, no.class_.id == request)  # fmt: skip
    query = query.where(table.id.in_(_as_asked(table, request, since))) if asked else query
    query = query.where(table.decided_at >= since).order_by(table.id.desc() if asked else table.id)
    with session.execute(query, execution_options={"yield_per": _CHUNK}) as rows:
        for row in rows:
            yield _stored(row, asked=asked)


def _as_asked(table: Any, request: Any, since: datetime) -> Any:
    submitted = sa.select(table.id).where(table.stage == Stage.SUBMIT, table.decided_at >= since)
    return submitted.ext(distinct_on(request)).order_by(request, table.id.desc())


def _stored(row: Any, *, asked: bool) -> StoredDecision:
    decision_id, request_id, no, stage, decided_at, edition, verdict, said, facts = row
    findings = orjson.loads(said)
    return StoredDecision(
        id=decision_id,
        request_id=request_id,
        no=no or str(request_id),  # a letter has its number from its approval on
        stage=stage,
        decided_at=decided_at,
        edition=edition,
        verdict=verdict,
        codes=tuple(findings) if asked else tuple(each["code"] for each in findings if each["severity"] != "PASS"),
        findings=[] if asked else findings,
        facts=orjson.loads(facts),
    )
