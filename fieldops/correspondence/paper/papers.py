"""What a person takes out: cards and pages of batches, lists and items, and frozen files; each look is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.correspondence import queries
from fieldops.correspondence.paper import certificates
from fieldops.correspondence.paper.batch_count import count_of, totals_of
from fieldops.errors import NotFound, NotNow
from letters.number import as_scanned

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import PrintBatch
    from fieldops.storage import Store


def letter_pdf(session: Session, actor: audit.Actor, store: Store, letter_id: UUID) -> bytes:
    """The bytes of a letter as frozen. Raises: NotFound, NotNow before it is rendered."""
    letter = queries.letter_by_id(session, letter_id)
    return _file(session, actor, store, "letter", letter.id, letter.pdf_sha256)


def part_pdf(session: Session, actor: audit.Actor, store: Store, batch_id: UUID, number: int) -> bytes:
    """One file of a batch. Raises: NotFound."""
    for part in queries.all_parts_of(session, queries.batch_by_id(session, batch_id).id):
        if part.number == number:
            return _file(session, actor, store, "print_batch", batch_id, part.pdf_sha256)
    raise NotFound("PART_UNKNOWN", f"The batch has no file {number}; GET /api/v1/print-batches/{batch_id} lists them.")


def list_pdf(session: Session, actor: audit.Actor, store: Store, list_id: UUID) -> bytes:
    """A handover list on paper. Raises: NotFound, NotNow before it is made."""
    found = queries.list_by_id(session, list_id)
    return _file(session, actor, store, "handover_list", found.id, found.pdf_sha256)


def list_xlsx(session: Session, actor: audit.Actor, store: Store, list_id: UUID) -> bytes:
    """A handover list as a workbook. Raises: NotFound, NotNow before it is made."""
    found = queries.list_by_id(session, list_id)
    return _file(session, actor, store, "handover_list", found.id, found.xlsx_sha256)


def batch_card(session: Session, batch_id: UUID) -> dict[str, Any]:
    """A batch with its files, control totals, where its copies are, and its letters' states. Raises: NotFound."""
    batch = queries.batch_by_id(session, batch_id)
    certificate = certificates.newest_of(session, batch_id)
    shown = {column.key: getattr(batch, column.key) for column in batch.__table__.columns}
    return shown | {
        "parts": queries.all_parts_of(session, batch_id),
        "totals": totals_of(session, batch_id),
        "count": count_of(session, batch_id),
        "letters": queries.states_of_batch(session, batch_id),
        "progress": _progress(session, batch),
        "certificate_sha256": certificate.pdf_sha256 if certificate else None,
    }


def _progress(session: Session, batch: PrintBatch) -> dict[str, int]:
    """How many letters of an approved batch are in files, of how many that are or wait to be."""
    rendered = sum(len(part.index) for part in queries.parts_of(session, batch.id))
    if batch.rendered_at is not None or batch.approved_quantity is None:
        return {"rendered": rendered, "of": rendered}
    return {"rendered": rendered, "of": rendered + queries.count_unrendered(session, batch.id)}


def batch_page(session: Session, *, limit: int, after: UUID | None = None) -> dict[str, Any]:
    """One page of print batches."""
    return queries.page_of(queries.batches_page(session, limit=limit, after=after), limit)


def list_page(session: Session, *, limit: int, after: UUID | None = None) -> dict[str, Any]:
    """One page of handover lists."""
    return queries.page_of(queries.lists_page(session, limit=limit, after=after), limit)


def item_page(session: Session, *, limit: int, tracking_no: str | None = None, **chosen: Any) -> dict[str, Any]:
    """One page of registered items; a number may be given as it is scanned."""
    if tracking_no is not None:
        chosen["tracking_no"] = as_scanned(tracking_no)
    return queries.page_of(queries.items_page(session, limit=limit, **chosen), limit)


def _file(
    session: Session, actor: audit.Actor, store: Store, entity: str, entity_id: UUID, sha256: str | None
) -> bytes:
    """The bytes of that name. They hold personal data: who looked is on record."""
    if sha256 is None:
        raise NotNow("NOT_RENDERED", "Its file is not made yet; it appears as soon as the worker has been there.")
    audit.record(session, actor, "papers.read", entity, entity_id, sha256=sha256)
    return store.get(sha256)
