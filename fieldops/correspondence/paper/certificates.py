"""The zero-difference certificate 零差异证明 of a print batch: kept with its count, the file made by a job."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.correspondence import queries
from fieldops.correspondence.models import BatchCertificate, Letter
from fieldops.errors import NotFound, NotNow
from letters.certificate import Certified, certificate_table

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import PrintBatch
    from fieldops.correspondence.paper.batch_count import BatchCount
    from fieldops.house import House
    from fieldops.storage import Store

CERTIFY = "correspondence.certificate"
PLACES = ("printed", "posted", "handed", "void", "with_crews", "in_custody")


def ask_for_certificate(session: Session, actor: audit.Actor, batch: PrintBatch, count: BatchCount) -> BatchCertificate:
    """Keep a count without difference, and have it put on paper."""
    made = BatchCertificate(
        batch_id=batch.id, counted_by=actor.name, counted_at=actor.at, pdf_sha256=None,
        **{place: getattr(count, place) for place in PLACES},
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, actor, "batches.certify", "batch_certificate", made.id, no=batch.no, printed=count.printed)
    jobs.defer(session, CERTIFY, certificate_id=str(made.id))
    return made


@jobs.job(CERTIFY)
def make_file(house: House, *, certificate_id: str) -> None:
    """Put a certificate on paper; run again, it changes nothing."""
    from letters.render import render_table_document  # noqa: PLC0415 - brings the layout engine

    key = uuid.UUID(certificate_id)
    with house.transaction() as session:
        made = session.get_one(BatchCertificate, key)
        certified = _certified(session, made)
    if made.pdf_sha256 is not None:
        return
    pdf_sha256 = house.store.put(render_table_document(certificate_table(certified)).pdf)
    with house.transaction() as session:
        row = session.get_one(BatchCertificate, key, with_for_update=True, populate_existing=True)
        row.pdf_sha256 = pdf_sha256
        actor = audit.Actor("system", house.clock.now())
        audit.record(session, actor, "batches.certified", "batch_certificate", row.id, pdf_sha256=pdf_sha256)


def newest_of(session: Session, batch_id: uuid.UUID) -> BatchCertificate | None:
    """The certificate of the last count of a batch that had no difference."""
    same = sa.select(BatchCertificate).filter_by(batch_id=batch_id).order_by(BatchCertificate.id.desc())
    return session.scalars(same.limit(1)).first()


def certificate_pdf(session: Session, actor: audit.Actor, store: Store, batch_id: uuid.UUID) -> bytes:
    """The newest certificate of a batch; who looked is on record. Raises: NotFound, NotNow before it is made."""
    batch, made = queries.batch_by_id(session, batch_id), newest_of(session, batch_id)
    if made is None:
        detail = (
            f"Batch {batch.no} was not counted without a difference yet: POST …/print-batches/{batch.id}/reconcile."
        )
        raise NotFound("CERTIFICATE_UNKNOWN", detail)
    if made.pdf_sha256 is None:
        raise NotNow("NOT_RENDERED", "Its file is not made yet; it appears as soon as the worker has been there.")
    audit.record(session, actor, "papers.read", "batch_certificate", made.id, sha256=made.pdf_sha256)
    return store.get(made.pdf_sha256)


def _certified(session: Session, made: BatchCertificate) -> Certified:
    batch = queries.batch_by_id(session, made.batch_id)
    filed = sa.select(Letter.figures["branch"].astext).filter_by(print_batch_id=batch.id).limit(1)
    return Certified(
        batch_no=batch.no,
        branch=session.scalar(filed) or "",
        requested_by=batch.requested_by,
        requested=batch.requested_quantity,
        approved_by=batch.approved_by or "",
        approved=batch.approved_quantity or 0,
        counted_by=made.counted_by,
        counted_at=made.counted_at,
        files=tuple((part.number, part.pdf_sha256) for part in queries.parts_of(session, batch.id)),
        **{place: getattr(made, place) for place in PLACES},
    )
