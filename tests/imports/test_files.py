"""Files as sheets of rows: encodings, workbooks against openpyxl, and what is refused before a row is read."""

import io
import struct
import tracemalloc
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from fieldops.errors import NotUnderstood
from fieldops.imports import files, xlsx
from fieldops.imports.files import Sheets


def rows_of(data, sheet=None):
    sheets = Sheets(data)
    return list(sheets.rows(sheet or sheets.names[0]))


def refused(data):
    with pytest.raises(NotUnderstood) as problem:
        rows_of(data)
    return problem.value.code


def saved(book):
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def with_member(data, name, change):
    """The workbook with one part changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as after:
        for member in before.namelist():
            part = before.read(member)
            after.writestr(member, change(part) if member == name else part)
    return held.getvalue()


def simple_book(*rows):
    book = Workbook()
    for row in rows or (["案件编号", "备注"], ["C1", "一"]):
        book.active.append(row)
    return saved(book)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_every_encoding_banks_send(encoding):
    data = "案件编号,备注\r\nC1,㐀生僻字\r\n".encode(encoding)
    assert rows_of(data) == [(1, ["案件编号", "备注"]), (2, ["C1", "㐀生僻字"])]


def test_tabs_and_semicolons_separate_too():
    assert rows_of(b"a;b\n1;2\n")[1] == (2, ["1", "2"])
    assert rows_of(b"a\tb\n1\t2\n")[1] == (2, ["1", "2"])


def test_rows_keep_the_numbers_a_spreadsheet_shows():
    assert [no for no, _ in rows_of(b'a,b\n\n1,"two\nlines"\n,\n3,4\n')] == [1, 3, 5]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "IMPORT_EMPTY"),
        (b"\xef\xbb\xbf\r\n", "IMPORT_EMPTY"),
        (b"\xd0\xcf\x11\xe0 old workbook", "IMPORT_OLD_WORKBOOK"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "IMPORT_NEITHER"),
        (b"abc\xff\xff\xff", "IMPORT_NEITHER"),
        (b'a,b\n1,"never closed\n', "IMPORT_BROKEN_ROW"),
        (b"PK\x03\x04 torn", "IMPORT_NOT_A_WORKBOOK"),
    ],
)
def test_what_is_neither_workbook_nor_text_is_refused(data, code):
    assert refused(data) == code


def test_a_file_over_the_limit_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    assert refused(b"a,b\n1,2\n345") == "IMPORT_TOO_LARGE"
    assert rows_of(b"a,b\n1,2\n34")


def test_a_zip_bomb_is_refused_by_what_it_declares():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    assert refused(held.getvalue()) == "IMPORT_ZIP_BOMB"


def test_a_zip_bomb_that_lies_about_its_size_is_never_unpacked():
    held = io.BytesIO(simple_book())
    with zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/sharedStrings.xml", b"<sst>" + b" " * 20_000_000)
    lying = held.getvalue().replace(struct.pack("<I", 20_000_005), struct.pack("<I", 1000))
    tracemalloc.start()
    assert refused(lying) == "IMPORT_NOT_A_WORKBOOK"
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_the_ratio_of_unpacked_to_packed_has_its_edge(monkeypatch):
    data = simple_book()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        unpacked = sum(member.file_size for member in book.infolist())
    monkeypatch.setattr(xlsx, "MOST_UNPACKED_BYTES", unpacked)
    assert len(rows_of(data)) == 2
    monkeypatch.setattr(xlsx, "MOST_UNPACKED_BYTES", unpacked - 1)
    assert refused(data) == "IMPORT_ZIP_BOMB"


def test_a_document_type_is_refused():
    bomb = b'<!DOCTYPE b [<!ENTITY a "aaaa">]><worksheet/>'
    assert refused(with_member(simple_book(), "xl/worksheets/sheet1.xml", lambda _: bomb)) == "IMPORT_NOT_A_WORKBOOK"


def test_broken_xml_is_refused():
    torn = with_member(simple_book(), "xl/worksheets/sheet1.xml", lambda part: part[: len(part) // 2] + b"</a>")
    assert refused(torn) == "IMPORT_NOT_A_WORKBOOK"


@pytest.mark.parametrize("number", ["0", "-1", "1048577", "x"])
def test_a_row_that_can_have_no_such_number_is_refused(number):
    part = f'<worksheet><sheetData><row r="{number}"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'.encode()
    assert refused(with_member(simple_book(), "xl/worksheets/sheet1.xml", lambda _: part)) == "IMPORT_NOT_A_WORKBOOK"


def test_two_cells_at_the_ends_of_a_sheet_cost_nothing():
    far = b'<worksheet><sheetData><row r="1048576"><c r="B1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert rows_of(with_member(simple_book(), "xl/worksheets/sheet1.xml", lambda _: far)) == [(1_048_576, [None, 1.0])]
    wide = far.replace(b"B1048576", b"XFD1048576")
    assert (
        refused(with_member(simple_book(), "xl/worksheets/sheet1.xml", lambda _: wide)) == "IMPORT_WORKBOOK_TOO_LARGE"
    )


def test_another_prefix_for_the_same_names_changes_nothing():
    part = b'<x:worksheet xmlns:x="u"><x:sheetData><x:row r="2"><x:c r="A2"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    assert rows_of(with_member(simple_book(), "xl/worksheets/sheet1.xml", lambda _: part)) == [(2, [5.0])]


def test_a_workbook_shows_values_dates_and_texts_never_formulas():
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        sheet = book.add_worksheet("一")
        dated = book.add_format({"num_format": "yyyy/m/d h:mm"})
        sheet.write_datetime("B3", datetime(2026, 11, 22, 9, 30), dated)  # noqa: DTZ001
        sheet.write_formula("C3", "=1+1", None, 2)
        sheet.write_rich_string("D3", "住", book.add_format({"bold": True}), "宅")
        sheet.write_boolean("E3", True)
        sheet.write_number("F3", 0.5, book.add_format({"num_format": "[$¥-804]#,##0.00;[Red]-#,##0.00"}))
        sheet.write_formula("G3", '="x"&"y"', None, "xy")
    when = datetime(2026, 11, 22, 9, 30)  # noqa: DTZ001
    assert rows_of(held.getvalue()) == [(3, [None, when, 2.0, "住宅", True, 0.5, "xy"])]


def test_inline_texts_are_read_as_shared_ones():
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"constant_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["案件编号", "备注"])
    assert rows_of(held.getvalue()) == [(1, ["案件编号", "备注"])]


def test_dates_of_the_other_epoch_are_the_same_days():
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_datetime(0, 0, datetime(2026, 11, 22), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
    assert rows_of(held.getvalue()) == [(1, [datetime(2026, 11, 22)])]  # noqa: DTZ001


cells = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.decimals(-(10**6), 10**6, places=2).map(float),
    st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Co", "Cn")), min_size=1, max_size=12).filter(
        lambda value: not value.startswith("=") and value.strip() == value
    ),
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
)


@given(st.lists(st.lists(cells, min_size=1, max_size=6), min_size=1, max_size=6))
def test_every_sheet_reads_as_openpyxl_reads_it(rows):
    data = simple_book(*rows)
    theirs = {}
    for number, row in enumerate(load_workbook(io.BytesIO(data), read_only=True).active.values, 1):
        told = list(row)
        while told and told[-1] is None:
            told.pop()
        if told:
            theirs[number] = told
    assert dict(rows_of(data)) == theirs
