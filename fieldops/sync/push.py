"""The push half of a sync: each mutation is a unit of its own, done once, and answered the same for ever."""

from __future__ import annotations

import json
import logging
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.db import uuid7
from fieldops.house import house_of
from fieldops.sync import queries
from fieldops.sync.models import PushReceipt, Quarantine
from fieldops.sync.rules import TAKEN, Code
from fieldops.sync.taking import Refusal, Sender, canonical_sha256, take
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.visits.models import Visit

_log = logging.getLogger(__name__)


@dataclass
class _Batch:
    """One push: the visits it is about, locked, and the mutations of it that the server now holds."""

    sender: Sender
    visits: Mapping[UUID, Visit]
    taken: set[UUID] = field(default_factory=set)


def push(session: Session, sender: Sender, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Do each mutation once, in order, and answer each.

    All of them in one savepoint; when that fails, each in its own, so that one that cannot be done now keeps none of
    the others. The phone is locked first, so that one phone pushes once at a time; then every visit this may move, in
    the order of their ids; the counters of feeds last.
    """
    queries.lock_device(session, sender.device.id)
    about = {mutation["entity_id"] for mutation in mutations}
    debtor_ids = queries.debtors_of_visits(session, about)
    around = visit_queries.open_visits_with_debtors(session, debtor_ids)
    visits = visit_queries.lock_visits(session, about.union(*around.values()))
    try:
        with session.begin_nested():
            return _push_each(session, _Batch(sender, visits), mutations, nullcontext)
    except Exception:  # noqa: BLE001 - whatever it was, the others must not suffer: it is met again one by one
        _log.warning("a batch of %d mutations is done one by one", len(mutations), exc_info=True)
    return _push_each(session, _Batch(sender, visits), mutations, session.begin_nested)


def keep_unread(session: Session, sender: Sender, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keep what an app too old has sent, as it came: the new app sends it again under the same ids."""
    for mutation in mutations:
        _quarantine(session, sender, mutation, Code.SCHEMA_TOO_OLD)
    said = _said(Code.SCHEMA_TOO_OLD, "kept as it came; install the new app, it will send this again")
    return [{"id": mutation["id"], **said} for mutation in mutations]


def _push_each(
    session: Session,
    batch: _Batch,
    mutations: Sequence[Mapping[str, Any]],
    unit: Callable[[], AbstractContextManager[Any]],
) -> list[dict[str, Any]]:
    answers = []
    for mutation in mutations:
        try:
            with unit():
                answer = _answer(session, batch, mutation)
        except Exception:
            if unit is nullcontext:
                raise
            _log.exception("mutation %s cannot be done now", mutation["id"])
            answer = _said(Code.RETRY_LATER, "busy, or a fault of ours; send it again later")
        if answer["code"] in TAKEN:
            batch.taken.add(mutation["id"])
        answers.append({"id": mutation["id"], **answer})
    return answers


def _answer(session: Session, batch: _Batch, mutation: Mapping[str, Any]) -> dict[str, Any]:
    sender = batch.sender
    known = _receipt_of(session, mutation["id"])
    sha256 = canonical_sha256(mutation["body"])
    if known is not None:
        return _answered_before(session, known, sender, mutation, sha256)
    if mutation["depends_on"] is not None and not _is_taken(session, batch, mutation["depends_on"]):
        return _said(Code.BLOCKED, "what it depends on is not here; send that first")
    try:
        code = take(session, sender, mutation, sha256, batch.visits)
        answer = _said(code)
    except Refusal as refusal:
        answer = _said(refusal.code, refusal.detail)
        _quarantine(session, sender, mutation, refusal.code)
    _keep_receipt(session, sender, mutation, sha256, answer)
    return answer


def _receipt_of(session: Session, mutation_id: UUID) -> PushReceipt | None:
    return session.get(PushReceipt, mutation_id)


def _keep_receipt(
    session: Session, sender: Sender, mutation: Mapping[str, Any], sha256: str, answer: dict[str, Any]
) -> None:
    session.add(
        PushReceipt(
            mutation_id=mutation["id"],
            device_id=sender.device.id,
            agent_id=sender.device.agent_id,
            body_sha256=sha256,
            code=answer["code"],
            result=answer,
            received_at=sender.actor.at,
        )
    )
    session.flush()


def _said(code: Code, detail: str | None = None) -> dict[str, Any]:
    return {"code": str(code), "version": None, "detail": detail}


def _is_taken(session: Session, batch: _Batch, mutation_id: UUID) -> bool:
    if mutation_id in batch.taken:
        return True
    before = _receipt_of(session, mutation_id)
    return before is not None and before.agent_id == batch.sender.device.agent_id and before.code in TAKEN


def _answered_before(
    session: Session, known: PushReceipt, sender: Sender, mutation: Mapping[str, Any], sha256: str
) -> dict[str, Any]:
    """The stored answer, to the same agent and device with the same body only."""
    if (known.agent_id, known.device_id, known.body_sha256) != (sender.device.agent_id, sender.device.id, sha256):
        _log.warning("mutation %s came again with another body or from another phone", mutation["id"])
        audit.record(session, sender.actor, "mobile.mismatch", "device", sender.device.id, mutation=str(mutation["id"]))
        return _said(Code.IDEMPOTENCY_MISMATCH, "this id was used for something else; make a new one")
    answer: dict[str, Any] = known.result
    return {**answer, "code": str(Code.DUPLICATE)} if known.code == Code.APPLIED else answer


def _quarantine(session: Session, sender: Sender, mutation: Mapping[str, Any], code: Code) -> None:
    row_id, text = uuid7(), json.dumps(mutation["body"])
    session.add(
        Quarantine(
            id=row_id,
            mutation_id=str(mutation["id"]),
            device_id=sender.device.id,
            code=str(code),
            body_sealed=house_of(session).vault.seal(text, row=row_id, column="body"),
            received_at=sender.actor.at,
        )
    )
