"""A batch counted without a difference has its certificate on paper; one with a difference has none."""

import io

import pypdfium2
import pytest

from fieldops.correspondence import service
from fieldops.correspondence.paper import batch_count, certificates
from fieldops.errors import NotFound, NotNow


def counted(office, batch_id, in_custody):
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        return batch_count.reconcile_batch(session, clerk, batch_id, in_custody=in_custody)["missing"]


def pdf_of(office, batch_id):
    with office.house.transaction() as session:
        return certificates.certificate_pdf(session, office.actor("qa"), office.house.store, batch_id)


def test_only_a_count_without_difference_is_certified_and_the_newest_counts(office):
    first, _ = office.approved(2)
    batch_id = office.sealed()
    with pytest.raises(NotFound):
        pdf_of(office, batch_id)
    assert counted(office, batch_id, 1) == 1
    office.work()
    with pytest.raises(NotFound):
        pdf_of(office, batch_id)
    assert counted(office, batch_id, 2) == 0
    with pytest.raises(NotNow):
        pdf_of(office, batch_id)
    office.work()
    text = words_of(pdf_of(office, batch_id))
    assert "打印2＝交寄0＋面交0＋作废0＋领用0＋在库2" in text
    with office.house.transaction() as session:
        no = certificates.queries.batch_by_id(session, batch_id).no
    for word in ("打印批次零差异证明", no, "总部", "admin_clerk", "admin_approver", "差异0份"):
        assert word in text
    office.house.clock.advance(minutes=5)
    withdraw(office, first)
    assert counted(office, batch_id, 1) == 0
    office.work()
    assert "打印2＝交寄0＋面交0＋作废1＋领用0＋在库1" in words_of(pdf_of(office, batch_id))


def withdraw(office, letter_id):
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), letter_id, reason="misprint")


def words_of(pdf):
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as file:
        assert len(file) == 1
        return "".join(file[0].get_textpage().get_text_bounded().split())
