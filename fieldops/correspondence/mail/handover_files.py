"""The job that prints a handover list: PDF and workbook, made outside any transaction."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from fieldops import audit, jobs
from fieldops.correspondence import queries
from fieldops.correspondence.mail import posting
from letters.handover import HandoverItem, HandoverList, handover_table, handover_xlsx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.house import House


@jobs.job(posting.FILES)
def make_files(house: House, *, list_id: str, version: int) -> None:
    """Make the files of a list as it was collected; a list made anew meanwhile has a job of its own."""
    from letters.render import render_table_document  # noqa: PLC0415 - brings the layout engine

    key = uuid.UUID(list_id)
    with house.transaction() as session:
        handover = list_of(session, key, version)
    if handover is None:
        return
    pdf_sha256 = house.store.put(render_table_document(handover_table(handover)).pdf)
    xlsx_sha256 = house.store.put(handover_xlsx(handover))
    with house.transaction() as session:
        row = queries.lock_list(session, key)
        if row.status == posting.PREPARING and row.version == version:
            row.status, row.pdf_sha256, row.xlsx_sha256 = posting.OPEN, pdf_sha256, xlsx_sha256
            actor = audit.Actor("system", house.clock.now())
            said = {"no": row.no, "pdf_sha256": pdf_sha256, "xlsx_sha256": xlsx_sha256}
            audit.record(session, actor, "handover.files", "handover_list", row.id, **said)


def list_of(session: Session, list_id: uuid.UUID, version: int) -> HandoverList | None:
    """The list as the paper engine prints it; None when it is not the one of that version."""
    row = queries.lock_list(session, list_id)
    pairs = queries.items_of_list(session, list_id)
    if row.version != version or not pairs:
        return None
    sender = pairs[0][1].figures
    return HandoverList(
        list_no=row.no,
        handed_on=row.on_date,
        sender=sender["agency_name"],
        sender_address=sender["agency_address"],
        sender_phone=sender["agency_phone"],
        post_office=row.post_office,
        items=tuple(
            HandoverItem(
                tracking_no=item.tracking_no,
                recipient_name=letter.figures["recipient_name"],
                recipient_address=letter.figures["recipient_address"],
                destination=letter.figures["destination"],
                serial=letter.figures["serial"],
                postcode=letter.figures["postcode"],
                weight_g=item.weight_g,
                postage_fen=item.postage_fen,
            )
            for item, letter in pairs
        ),
    )
