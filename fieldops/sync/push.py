"""The push half of a sync: each mutation is a unit of its own, done once, and answered the same for ever."""

from __future__ import annotations

import json
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit
from fieldops.db import uuid7
from fieldops.house import house_of
from fieldops.rows import insert_rows, together
from fieldops.sync import queries
from fieldops.sync.models import PushReceipt, Quarantine
from fieldops.sync.rules import RESULT, TAKEN, Code
from fieldops.sync.series import KINDS_IN_ORDER, reaches_no_further, series_of
from fieldops.sync.taking import Refusal, hear, take
from fieldops.visits import queries as visit_queries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.sync.series import Heard
    from fieldops.sync.taking import Sender
    from fieldops.visits.queries import Locked

_log = logging.getLogger(__name__)


class FailedTogether(Exception):  # noqa: N818 - it is an answer, caught where the transaction begins
    """Something keeps mutations from being landed together; whatever it is, it is met again one by one."""


@dataclass
class _Batch:
    """One push: the visits it is about, locked, and the receipts of what the server has answered before or just now."""

    sender: Sender
    visits: dict[UUID, Locked]
    receipts: dict[UUID, dict[str, Any]]


def push(
    session: Session, sender: Sender, mutations: Sequence[Mapping[str, Any]], *, singly: bool = False
) -> list[dict[str, Any]]:
    """Do each mutation once, as if one after the other, and answer each.

    They are landed in series; ``singly`` each in a savepoint of its own, so that one that cannot be done now keeps none
    of the others. The phone is locked first, so that one phone pushes once at a time; then every visit this may move,
    in the order of their ids; the counters of feeds last.
    Raises: FailedTogether when one of a series fails; nothing of the transaction may stay.
    """
    heard = [hear(mutation) for mutation in mutations]
    visits = _locked(session, heard, singly=singly)
    receipts = queries.receipts_of(session, {m[name] for m in mutations for name in ("id", "depends_on")} - {None})
    batch = _Batch(sender, visits, dict(receipts))
    if singly:
        return _push_series(session, batch, [[each] for each in heard], session.begin_nested)
    series = series_of(heard, {visit.id: visit.debtor_id for visit in visits.values()})
    try:
        return _push_series(session, batch, series, nullcontext)
    except Exception as error:
        raise FailedTogether from error


def _locked(session: Session, heard: Sequence[Heard], *, singly: bool) -> dict[UUID, Locked]:
    """The visits these reports may move, locked; an evening's results ask little of each."""
    about = {each.visit_id for each in heard}
    if not singly and all(each.kind == RESULT for each in heard):
        return {**visit_queries.lock_reported(session, about)}
    return {**visit_queries.lock_visits_around(session, about)}


def keep_unread(session: Session, sender: Sender, mutations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keep what an app too old has sent, as it came, once: the new app sends it again under the same ids."""
    sent = {"device_id": sender.device_id, "code": str(Code.SCHEMA_TOO_OLD)}
    kept = set(session.scalars(sa.select(Quarantine.mutation_id).filter_by(**sent)))
    for mutation in (each for each in mutations if str(each["id"]) not in kept):
        _quarantine(session, sender, mutation, Code.SCHEMA_TOO_OLD)
    said = _said(Code.SCHEMA_TOO_OLD, "kept as it came; install the new app, it will send this again")
    return [{"id": mutation["id"], **said} for mutation in mutations]


def _push_series(
    session: Session,
    batch: _Batch,
    series: Sequence[Sequence[Heard]],
    unit: Callable[[], AbstractContextManager[Any]],
) -> list[dict[str, Any]]:
    """Land series after series and answer in the order of the mutations; the first finds the visits as they are."""
    answers: dict[int, dict[str, Any]] = {}
    for number, group in enumerate(series):
        answered_before = dict(batch.receipts)
        try:
            with unit():
                if number or unit is not nullcontext:
                    batch.visits.update(visit_queries.lock_visits(session, {each.visit_id for each in group}))
                answered = _answer(session, batch, group)
        except Exception:
            if unit is nullcontext:
                raise
            _log.exception("%d mutations cannot be done now", len(group))
            batch.receipts = answered_before
            later = _said(Code.RETRY_LATER, "busy, or a fault of ours; send it again later")
            answered = [later for _ in group]
        answers |= {id(each): answer for each, answer in zip(group, answered, strict=True)}
    return [{"id": each.id, **answers[id(each)]} for group in series for each in group]


def _answer(session: Session, batch: _Batch, group: Sequence[Heard]) -> list[dict[str, Any]]:
    """Land what is new of a series, kind by kind, and answer each of it."""
    answers = {each.id: answer for each in group if (answer := _answered_before(session, batch, each)) is not None}
    fresh = [each for each in group if each.id not in answers]
    for kind in KINDS_IN_ORDER:
        of_kind = [each for each in fresh if (each.kind if each.kind in KINDS_IN_ORDER else RESULT) == kind]
        waiting = {each.id for each in of_kind if not _may_follow(batch, each)}
        answers |= {each: _said(Code.BLOCKED, "what it depends on is not here; send that first") for each in waiting}
        _take(session, batch, [each for each in of_kind if each.id not in waiting], answers)
    return [answers[each.id] for each in group]


def _take(session: Session, batch: _Batch, heard: Sequence[Heard], answers: dict[UUID, dict[str, Any]]) -> None:
    if not heard:
        return
    with together(session) if reaches_no_further(heard) else nullcontext():
        _take_in(session, batch, heard, answers)


def _take_in(session: Session, batch: _Batch, heard: Sequence[Heard], answers: dict[UUID, dict[str, Any]]) -> None:
    said = take(session, batch.sender, heard, batch.visits)
    fresh = {}
    for each in heard:
        found = said[each.id]
        if isinstance(found, Refusal):
            _quarantine(session, batch.sender, each.mutation, found.code)
            answers[each.id] = _said(found.code, found.detail)
        else:
            answers[each.id] = _said(found)
        fresh[each.id] = _receipt(each, answers[each.id])
    sender = batch.sender
    same = {"device_id": sender.device_id, "agent_id": sender.agent_id, "received_at": sender.actor.at}
    insert_rows(session, PushReceipt, list(fresh.values()), same=same)
    batch.receipts.update({receipt["mutation_id"]: receipt | same for receipt in fresh.values()})


def _receipt(heard: Heard, answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "mutation_id": heard.id,
        "body_sha256": heard.sha256,
        "code": answer["code"],
        "result": answer,
    }


def _said(code: Code, detail: str | None = None) -> dict[str, Any]:
    return {"code": str(code), "version": None, "detail": detail}


def _may_follow(batch: _Batch, heard: Heard) -> bool:
    """Whether what a mutation depends on is here, or it depends on nothing."""
    if heard.mutation["depends_on"] is None:
        return True
    before = batch.receipts.get(heard.mutation["depends_on"])
    return before is not None and before["agent_id"] == batch.sender.agent_id and before["code"] in TAKEN


def _answered_before(session: Session, batch: _Batch, heard: Heard) -> dict[str, Any] | None:
    """The stored answer, to the same agent and device with the same body only; None for what is new."""
    known, sender = batch.receipts.get(heard.id), batch.sender
    if known is None:
        return None
    if (known["agent_id"], known["device_id"], known["body_sha256"]) != (
        sender.agent_id,
        sender.device_id,
        heard.sha256,
    ):
        _log.warning("mutation %s came again with another body or from another phone", heard.id)
        audit.record(session, sender.actor, "mobile.mismatch", "device", sender.device_id, mutation=str(heard.id))
        return _said(Code.IDEMPOTENCY_MISMATCH, "this id was used for something else; make a new one")
    answer: dict[str, Any] = known["result"]
    return {**answer, "code": str(Code.DUPLICATE)} if known["code"] == Code.APPLIED else answer


def _quarantine(session: Session, sender: Sender, mutation: Mapping[str, Any], code: Code) -> None:
    row_id, text = uuid7(), json.dumps(mutation["body"])
    session.add(
        Quarantine(
            id=row_id,
            mutation_id=str(mutation["id"]),
            device_id=sender.device_id,
            code=str(code),
            body_sealed=house_of(session).vault.seal(text, row=row_id, column="body"),
            received_at=sender.actor.at,
        )
    )
