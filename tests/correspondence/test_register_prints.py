"""The register on paper: PDF with page totals and a hash to compare, a workbook of text cells, never altered."""

import io

import openpyxl
import pypdfium2
import pytest

from fieldops.correspondence import register, register_prints
from fieldops.errors import NotFound, NotNow, NotUnderstood
from letters.register_book import grouped


@pytest.fixture
def posted(office):
    office.approved(3)
    return office.posted()


def ask(office, **wanted):
    with office.house.transaction() as session:
        wanted = {"branch": "总部", "year": 2026} | wanted
        return register_prints.ask_for_print(session, office.actor("admin_clerk"), **wanted)


def file_of(office, print_id, form):
    with office.house.transaction() as session:
        return register_prints.print_file(session, office.actor("qa"), office.house.store, print_id, form)


def test_the_register_is_printed_as_pdf_and_as_text_cells(office, posted):
    made = ask(office)
    with pytest.raises(NotNow):
        file_of(office, made.id, "pdf")
    office.work()
    with office.house.transaction() as session:
        lines = register.register_page(session, limit=9)["items"]
    text = pypdfium2.PdfDocument(file_of(office, made.id, "pdf"))[0].get_textpage().get_text_bounded()
    flat = "".join(text.split())
    for line in lines:
        assert line.tracking_no in flat
    assert "挂号信台账" in flat
    assert "共6行" in flat
    assert grouped(lines[-1].hash).replace(" ", "") in flat
    assert "张**" in flat
    assert "张示范" not in flat
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(office, made.id, "xlsx"))).active
    assert sheet.max_row == 7
    assert {type(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None} == {str}
    assert [sheet.cell(row, 11).value for row in range(2, 8)] == [line.hash for line in lines]


def test_lines_are_chosen_by_their_numbers(office, posted):
    made = ask(office, first=2, last=99)
    assert (made.first, made.last) == (2, 6)


@pytest.mark.parametrize("wanted", [{"branch": "x"}, {"year": 2025}, {"first": 7}, {"first": 3, "last": 2}])
def test_lines_the_register_does_not_have_are_refused(office, posted, wanted):
    with pytest.raises(NotFound):
        ask(office, **wanted)


def test_more_lines_than_a_document_holds_are_refused_by_name(office, posted, monkeypatch):
    monkeypatch.setattr(register_prints, "MOST_LINES", 5)
    with pytest.raises(NotUnderstood, match="1 to 5 first"):
        ask(office)
