"""One file through the import with a feature that only remembers: layout, repeats, counts, refusals, masking."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.errors import FieldopsError, NotFound, NotUnderstood
from fieldops.imports import running
from fieldops.imports.converters import CellError, digits, fen, text
from fieldops.imports.files import Sheets
from fieldops.imports.kinds import Column, Kind, Outcome, RowRefused, kind_named, offer
from fieldops.imports.reading import find_sheet
from fieldops.imports.running import Bringing
from tests.bank_files import text_file, workbook


class Remembering:
    """A lander whose rows are known when they were told before, and refused when they owe 13 fen."""

    def __init__(self, known=()):
        self.known = dict(known)

    def land(self, rows):
        return [self._land(row) for row in rows]

    def _land(self, row):
        if row.values["amount"] == 13:
            return RowRefused("欠款总额", "UNLUCKY", "13 is unlucky")
        before = self.known.get(row.values["no"])
        self.known[row.values["no"]] = row.fingerprint
        if before is None:
            return Outcome.CREATED
        return Outcome.UNCHANGED if before == row.fingerprint else Outcome.CHANGED

    def finish(self):
        """Nothing follows."""


KIND = Kind(
    name="things",
    columns=(
        Column("案件编号", "no", text, required=True, public=True),
        Column("欠款总额", "amount", fen(), required=True),
        Column("卡号", "card", digits, personal=True),
        Column("备注", "remark", text),
    ),
    key=lambda values: values["no"],
    lander=lambda _: Remembering(),
    doubt=lambda values: "备注: odd" if values["remark"] == "odd" else None,
)


def bring(data, *, mapping=None, lander=None):
    """Every row of the file, landed and listed."""
    sheet = find_sheet(Sheets(data), KIND, mapping or {})
    bringing = Bringing(KIND, sheet, lander or Remembering(), lambda row: sha256(row.encode()).digest())
    listed = [row for chunk in bringing.chunks() for row in chunk]
    return bringing, listed


def refused(data, **options):
    with pytest.raises(NotUnderstood) as problem:
        bring(data, **options)
    return problem.value


def row(no, amount="1.00", **more):
    return {"案件编号": no, "欠款总额": amount, "卡号": None, "备注": None, **more}


def test_columns_come_in_any_order_and_unknown_ones_are_named():
    bringing, listed = bring(text_file([{"备注": "一", "爱好": "棋", "欠款总额": "1", "案件编号": "C1"}]))
    assert not listed
    assert bringing.tally.created == 1
    assert bringing.sheet.layout.unknown == ("爱好",)


def test_the_order_of_columns_does_not_change_what_a_row_says():
    lander = Remembering()
    bring(text_file([row("C1")]), lander=lander)
    bringing, _ = bring(text_file([dict(reversed(row("C1").items()))]), lander=lander)
    assert bringing.tally.unchanged == 1


def test_text_and_number_of_one_amount_say_the_same():
    lander = Remembering()
    bring(text_file([row("C1", "1234.50")]), lander=lander)
    bringing, _ = bring(workbook([row("C1", 1234.5)]), lander=lander)
    assert bringing.tally.unchanged == 1


def test_a_file_of_another_kind_is_refused_whole_with_what_was_expected():
    problem = refused(text_file([{"流水号": "P1", "还款金额": "1"}]))
    assert problem.code == "IMPORT_WRONG_KIND"
    assert problem.extra["missing"] == ["案件编号", "欠款总额"]
    assert "备注" in problem.detail


def test_headings_without_rows_and_sheets_without_anything_are_refused_whole():
    assert refused(text_file([], headings=["案件编号", "欠款总额"])).code == "IMPORT_EMPTY"
    assert refused(workbook([], headings=["案件编号", "欠款总额"])).code == "IMPORT_EMPTY"
    assert refused(workbook([], headings=[None])).code == "IMPORT_WRONG_KIND"


def test_a_title_may_stand_above_the_headings():
    bringing, listed = bring("委案清单\n制表 2026-11-22\n案件编号,欠款总额\nC1,1\nC2,x\n".encode())
    assert bringing.tally.created == 1
    assert [each.row_no for each in listed] == [5]


def test_the_same_heading_twice_is_refused():
    assert refused("案件编号,欠款总额,欠款总额\nC1,1,2\n".encode()).code == "IMPORT_COLUMN_TWICE"


def test_a_banks_own_headings_are_read_by_its_mapping():
    data = b"Case No,Amount\nC1,1\n"
    assert refused(data).code == "IMPORT_WRONG_KIND"
    bringing, _ = bring(data, mapping={"Case No": "案件编号", "Amount": "欠款总额"})
    assert bringing.tally.created == 1


def test_every_wrong_cell_of_a_row_is_named_with_its_mend():
    _, listed = bring(text_file([row("C1"), row(None, "12.345")]))
    (error,) = listed
    assert (error.row_no, error.why.column, error.why.code) == (3, "案件编号、欠款总额", "CELL_UNREADABLE")
    assert "案件编号 is blank; fill it in" in error.why.reason
    assert "more than two decimals" in error.why.reason


def test_a_row_of_more_cells_than_headings_is_listed():
    _, listed = bring("案件编号,欠款总额\nC1,1\nC2,1,朝阳区,5号\n".encode())
    assert [(each.row_no, each.why.code) for each in listed] == [(3, "CELL_UNREADABLE")]
    assert "quotation marks" in listed[0].why.reason


def test_a_short_row_reads_as_blank_cells():
    bringing, listed = bring("案件编号,欠款总额,备注\nC1,1\n".encode())
    assert not listed
    assert bringing.tally.created == 1


def test_a_repeat_word_for_word_is_unchanged_and_a_contradiction_is_listed():
    bringing, listed = bring(text_file([row("C1"), row("C1"), row("C1", "2.00")]))
    assert (bringing.tally.created, bringing.tally.unchanged, bringing.tally.errors) == (1, 1, 1)
    assert (listed[0].row_no, listed[0].why.code) == (4, "ROW_TWICE")
    assert "Row 2" in listed[0].why.reason


def test_a_repeat_of_a_refused_row_is_refused_for_the_same_reason(monkeypatch):
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    bringing, listed = bring(text_file([row("C1", "0.13"), row("C2"), row("C1", "0.13")]))
    assert [(each.row_no, each.why.code) for each in listed] == [(2, "UNLUCKY"), (4, "UNLUCKY")]
    assert bringing.tally.created == 1


def test_a_personal_number_in_the_wrong_cell_is_masked_in_the_reason_too():
    _, (listed,) = bring(text_file([row("C1", "11010519491231002X")]))
    assert "002X" in listed.why.reason
    assert "11010519491231" not in listed.why.reason


def test_personal_numbers_are_masked_in_listed_rows_wherever_they_stand():
    sent = row("C20261122001", "bad", 卡号="6222028033561339212", 备注="电话13800001234，证11010519491231002X")
    _, listed = bring(text_file([sent]))
    assert listed[0].sent == ["C20261122001", "bad", "***************9212", "电话*******1234,证**************002X"]


def test_doubts_are_counted_with_their_first_rows():
    bringing, _ = bring(text_file([row(f"C{n}", 备注="odd" if n % 2 else None) for n in range(1, 20)]))
    assert bringing.notes.sentences() == ["备注: odd: 10 rows (first: 2, 4, 6, 8, 10)"]


def test_two_sheets_of_one_kind_are_refused_and_other_sheets_passed_over():
    book = io_book({"说明": [["请看第二页"]], "数据": [["案件编号", "欠款总额"], ["C1", 1]]})
    assert bring(book)[0].tally.created == 1
    twice = io_book({name: [["案件编号", "欠款总额"], ["C1", 1]] for name in ("一", "二")})
    assert refused(twice).code == "IMPORT_TWO_SHEETS"


def io_book(sheets):
    import io

    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


amounts = st.sampled_from(["1.00", "2.00", "0.13", "1.005", "", "面议"])
numbers = st.sampled_from(["C1", "C2", "C3", "C4", "", " "])


@given(st.lists(st.tuples(numbers, amounts), min_size=1, max_size=30), st.integers(1, 7))
def test_created_changed_unchanged_and_errors_add_up_to_the_rows_read(rows, chunk_rows):
    data = text_file([row(no, amount, 备注="x") for no, amount in rows])
    before, running.CHUNK_ROWS = running.CHUNK_ROWS, chunk_rows
    try:
        lander = Remembering({"C1": b"said something else"})
        first, listed = bring(data, lander=lander)
        again, listed_again = bring(data, lander=lander)
    finally:
        running.CHUNK_ROWS = before
    for tally, errors in ((first.tally, listed), (again.tally, listed_again)):
        assert tally.created + tally.changed + tally.unchanged + tally.errors == tally.rows_read == len(rows)
        assert tally.errors == len(errors)
    assert (again.tally.created, again.tally.changed) == (0, 0)
    assert [(each.row_no, each.why) for each in listed] == [(each.row_no, each.why) for each in listed_again]


def test_a_kind_is_offered_once_and_an_unknown_one_is_answered_with_the_list():
    offer(kind_named("cases"))
    with pytest.raises(FieldopsError):
        offer(Kind("cases", (), lambda _: None, lambda _: None))
    with pytest.raises(NotFound, match="calls, cases, crews, flags, gazetteer, postal_receipts, repayments, tracking"):
        kind_named("weather")


def test_a_converter_error_is_a_value_error():
    assert issubclass(CellError, ValueError)
