"""Addresses as a case file gives them, taken in by the thousand; a job judges them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from fieldops import jobs
from fieldops.db import uuid7
from fieldops.imports.landing import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

GivenAddress = tuple[UUID, str]
"""Whose it is, and how it is written."""

BANK_SOURCE = "RESERVED"
"""The lawful source of what the debtor has left with the bank 预留."""
JUDGE_JOB = "addresses.judge"

_ADDRESS = Table(
    "address",
    ("id", "debtor_id", "raw", "source", "bank_provided", "belongs_to", "codes", "address_key", "site_key", "judged",
     "created_at", "version"),
    key=("id",),
    update=("source", "bank_provided"),
)  # fmt: skip
_KNOWN = sa.text("""
    SELECT a.debtor_id, a.raw, a.id, a.bank_provided FROM address a
    JOIN unnest(CAST(:debtors AS uuid[]), CAST(:raws AS text[])) AS given (debtor_id, raw) USING (debtor_id, raw)
""")


def record_addresses(
    session: Session, actor: Actor, given: Iterable[GivenAddress], *, new_debtors: AbstractSet[UUID] = frozenset()
) -> dict[GivenAddress, UUID]:
    """The ids of these addresses; the ones not on record yet are recorded as the bank's own, unjudged.

    An address first found elsewhere becomes the bank's own when a bank's file gives it. ``new_debtors`` have no
    address on record: theirs are not looked for. Cost: two statements.
    """
    wanted = dict.fromkeys(given)
    if not wanted:
        return {}
    known = _on_record(session, [pair for pair in wanted if pair[0] not in new_debtors])
    ids: dict[GivenAddress, UUID] = {}
    landing: list[GivenAddress] = []
    for debtor_id, raw, address_id, bank_provided in known:
        ids[debtor_id, raw] = address_id
        if not bank_provided:
            landing.append((debtor_id, raw))
    for fresh in wanted.keys() - ids.keys():
        ids[fresh] = uuid7()
        landing.append(fresh)
    _ADDRESS.land(
        session,
        (
            (ids[debtor_id, raw], debtor_id, raw, BANK_SOURCE, True, "DEBTOR", "{}", "", "", "{}", actor.at, 1)
            for debtor_id, raw in landing
        ),
    )
    return ids


def _on_record(session: Session, sought: list[GivenAddress]) -> Sequence[Any]:
    if not sought:
        return ()
    given = {"debtors": [debtor_id for debtor_id, _ in sought], "raws": [raw for _, raw in sought]}
    return session.execute(_KNOWN, given).all()


def defer_judging(session: Session) -> None:
    """Let a job judge what has no verdict at the current edition; one waiting job is enough."""
    jobs.defer(session, JUDGE_JOB, unique=JUDGE_JOB)
