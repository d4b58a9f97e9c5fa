"""The audit log sealed day by day 审计日封: each day's rows under one signed hash that follows the day before's.

The log refuses changes by a trigger, which whoever owns the database can take off. With these hashes a row that was
altered, slipped in or taken out afterwards shows, without a lock on any path that writes. Cost: one pass over the rows.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from fieldops import audit
from fieldops.clock import at_local, local_date
from fieldops.evidence.models import AuditDay
from fieldops.evidence.seals import FIRST, Pen, stamp
from fieldops.house import house_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

SETTLED_AFTER: Final = timedelta(hours=6)
"""How long after its midnight a day is sealed: nothing that bears its date is still being written then."""
_DIGEST: Final = sa.text("""
    SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(encode(sha256(convert_to(jsonb_build_array(
        id, extract(epoch FROM at), actor, action, entity, entity_id, reason, detail)::text, 'UTF8')), 'hex'), ''
        ORDER BY id), ''), 'UTF8')), 'hex')
    FROM audit_entry WHERE at >= :begins AND at < :ends
""")


def seal_days(session: Session, actor: Actor) -> list[AuditDay]:
    """Seal every day that has settled since the last one, from the first there is an audit row of; each once."""
    last = session.scalar(sa.select(AuditDay).order_by(AuditDay.on_date.desc()).limit(1))
    before = last.on_date if last else _before_the_first(session)
    if before is None:
        return []
    on_date = before + timedelta(days=1)
    sealed = []
    while at_local(on_date + timedelta(days=1), 0) + SETTLED_AFTER <= actor.at:
        last = _sealed(session, actor, on_date, last.hash if last else FIRST)
        sealed.append(last)
        on_date += timedelta(days=1)
    return sealed


def days(session: Session) -> Sequence[AuditDay]:
    """The days that are sealed, the oldest first."""
    return session.scalars(sa.select(AuditDay).order_by(AuditDay.on_date)).all()


def faults(session: Session) -> list[str]:
    """What does not hold of the sealed days: rows that are not what was sealed, a day that follows none, a forgery."""
    found, before = [], FIRST
    pen = Pen(house_of(session))
    for day in days(session):
        entries, digest = _digest_of(session, day.on_date)
        if (entries, digest) != (day.entries, day.digest):
            found.append(f"{day.on_date}: {entries} rows now, {day.entries} when it was sealed, or one of them differs")
        told = _told(day)
        if day.prev_hash != before or hashlib.sha256(told).hexdigest() != day.hash:
            found.append(f"{day.on_date}: it does not follow the day before")
        if day.key != pen.key or pen.sign(told) != day.signature:
            found.append(f"{day.on_date}: it is not signed by this installation")
        before = day.hash
    return found


def _before_the_first(session: Session) -> date | None:
    """The day before the first audit row, looked for only until a day is sealed: it reads the whole log."""
    first_at = session.scalar(sa.select(sa.func.min(audit.AuditEntry.at)))
    return None if first_at is None else local_date(first_at) - timedelta(days=1)


def _sealed(session: Session, actor: Actor, on_date: date, prev_hash: str) -> AuditDay:
    entries, digest = _digest_of(session, on_date)
    day = AuditDay(on_date=on_date, entries=entries, digest=digest, prev_hash=prev_hash, signed_at=actor.at)
    pen, told = Pen(house_of(session)), _told(day)
    day.hash, day.signature, day.key = hashlib.sha256(told).hexdigest(), pen.sign(told), pen.key
    session.add(day)
    session.flush()
    audit.record(session, actor, "audit.seal_day", "audit_day", on_date, entries=entries, digest=digest)
    return day


def _digest_of(session: Session, on_date: date) -> tuple[int, str]:
    told = {"begins": at_local(on_date, 0), "ends": at_local(on_date + timedelta(days=1), 0)}
    entries, digest = session.execute(_DIGEST, told).one()
    return entries, digest


def _told(day: AuditDay) -> bytes:
    words: dict[str, Any] = {"of": "audit", "on_date": str(day.on_date), "prev_hash": day.prev_hash}
    told = {**words, "entries": day.entries, "digest": day.digest, "signed_at": stamp(day.signed_at)}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
