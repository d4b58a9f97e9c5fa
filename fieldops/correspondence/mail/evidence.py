"""Scans, what they prove, and the closing of a letter: an outcome closes only when its evidence is filed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.correspondence import mail_queries, queries, register
from fieldops.correspondence.mail_models import MailEvidence, Scan
from fieldops.correspondence.moves import move_letter
from fieldops.db import uuid7
from fieldops.errors import NotFound, NotNow, NotUnderstood, TooLarge
from letters.register import EntryKind
from letters.states import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter
    from fieldops.storage import Store

MOST_BYTES = 10 * 1024 * 1024
SIGNS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
POSTING, DELIVERY, RETURN, LOSS, SLIP = "POSTING_RECEIPT", "DELIVERY_RECEIPT", "RETURN_SCAN", "LOSS_STATEMENT", "SLIP"
KINDS = {POSTING: "挂号收据", DELIVERY: "妥投回执", RETURN: "退件扫描", LOSS: "遗失证明", SLIP: "面交回执"}
NEEDED = {  # outcome → what must be filed before the letter is closed
    LetterState.DELIVERED: (POSTING, DELIVERY),
    LetterState.RETURNED: (POSTING, RETURN),
    LetterState.LOST: (POSTING, LOSS),
    LetterState.HANDED: (SLIP,),
    LetterState.LEFT_SEALED: (SLIP,),
}


def keep_scan(session: Session, actor: audit.Actor, store: Store, *, data: bytes, filename: str) -> Scan:
    """Keep a scanned paper. Raises: TooLarge, NotUnderstood for bytes that are no PDF, JPEG or PNG."""
    if len(data) > MOST_BYTES:
        raise TooLarge("SCAN_TOO_LARGE", f"A scan has at most {MOST_BYTES >> 20} MB; scan at 200 dpi in grey.")
    media_type = next((kind for sign, kind in SIGNS.items() if data.startswith(sign)), None)
    if media_type is None:
        raise NotUnderstood("SCAN_KIND", "A scan is a PDF, JPEG or PNG; save it as one of them.")
    values = {"media_type": media_type, "size_bytes": len(data), "filename": filename[:200]}
    row = {"id": uuid7(), "sha256": store.put(data), "uploaded_by": actor.name, "uploaded_at": actor.at}
    fresh = insert(Scan).values(**values, **row).on_conflict_do_nothing(index_elements=[Scan.sha256])
    session.execute(fresh)
    scan = session.scalars(sa.select(Scan).filter_by(sha256=row["sha256"])).one()
    audit.record(session, actor, "scans.keep", "scan", scan.id, sha256=scan.sha256, size_bytes=scan.size_bytes)
    return scan


def scan_bytes(session: Session, actor: audit.Actor, store: Store, scan_id: UUID) -> tuple[bytes, str]:
    """A scan and its media type; who looked is on record. Raises: NotFound."""
    scan = session.get(Scan, scan_id)
    if scan is None:
        raise NotFound("SCAN_UNKNOWN", f"There is no scan {scan_id}; it is named by what was filed with it.")
    audit.record(session, actor, "scans.read", "scan", scan.id, sha256=scan.sha256)
    return store.get(scan.sha256), scan.media_type


def require_scan(session: Session, sha256: str) -> None:
    """Refuse a name no scan was kept under. Raises: NotUnderstood."""
    if session.scalar(sa.select(Scan.id).filter_by(sha256=sha256)) is None:
        raise NotUnderstood("SCAN_UNKNOWN", f"No scan {sha256} was kept; send it with POST /api/v1/scans first.")


def file_evidence(
    session: Session, actor: audit.Actor, letter_id: UUID, *, kind: str, scan_sha256: str
) -> MailEvidence:
    """File a scan as proof of a step of a letter.

    Raises: NotFound, NotUnderstood for a scan nobody kept, NotNow for the receipt of a posting that is not on record.
    """
    letter = queries.letter_by_id(session, letter_id)
    require_scan(session, scan_sha256)
    if kind == POSTING and not mail_queries.was_posted(session, letter.id):
        raise NotNow("NOT_POSTED", f"{letter.letter_no} was not posted yet: hand over its list first, then file this.")
    attach(session, actor, [letter], kind, scan_sha256)
    return session.scalars(
        sa.select(MailEvidence).filter_by(letter_id=letter.id, kind=kind, scan_sha256=scan_sha256)
    ).one()


def attach(session: Session, actor: audit.Actor, letters: Sequence[Letter], kind: str, scan_sha256: str) -> None:
    """File one scan with many letters; where it is filed already nothing changes."""
    for letter in letters:
        values: dict[str, Any] = {"letter_id": letter.id, "kind": kind, "scan_sha256": scan_sha256}
        fresh = insert(MailEvidence).values(id=uuid7(), filed_at=actor.at, filed_by=actor.name, **values)
        made = session.scalar(fresh.on_conflict_do_nothing().returning(MailEvidence.id))
        if made is not None:
            said = {"kind": kind, "sha256": scan_sha256, "letter_no": letter.letter_no}
            audit.record(session, actor, "evidence.file", "mail_evidence", made, **said)


def evidence_of(session: Session, letter_id: UUID) -> Sequence[MailEvidence]:
    """What is filed with a letter, oldest first. Raises: NotFound."""
    queries.letter_by_id(session, letter_id)
    return session.scalars(sa.select(MailEvidence).filter_by(letter_id=letter_id).order_by(MailEvidence.id)).all()


def close_letter(session: Session, actor: audit.Actor, letter_id: UUID) -> Letter:
    """Close a letter whose outcome is proved. Raises: NotNow LR-082 naming the evidence that is not filed."""
    (letter,) = queries.lock_letters(session, [letter_id])
    outcome = letter.status
    needed = NEEDED.get(LetterState(outcome), ()) if outcome in LetterState.__members__ else ()
    filed = {one.kind for one in evidence_of(session, letter.id)}
    if mail_queries.items_without_receipt(session, letter_id=letter.id):
        filed.discard(POSTING)  # what is filed is the receipt of an earlier posting
    lacking = [kind for kind in needed if kind not in filed]
    if lacking:
        named = ", ".join(f"{kind} {KINDS[kind]}" for kind in lacking)
        detail = f"LR-082 未归档挂号收据/回执: {named} is not filed; scan it and file it with the letter."
        raise NotNow("LR-082", detail, lacking=lacking)
    move_letter(session, actor, letter, "close", reason=outcome)
    register.enter(session, actor, [register.Line(EntryKind.CLOSED, letter, outcome=outcome)])
    return letter
