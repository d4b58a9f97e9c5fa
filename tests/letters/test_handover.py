import io
import re
from dataclasses import replace
from datetime import date

import openpyxl
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import FieldRefused, UnmaskedNumber
from letters.handover import COLUMNS, HandoverItem, HandoverList, handover_table, handover_xlsx
from letters.render import render_table_document
from letters.table import Column, TableDocument, TablePage, paginate


def item(number: int, **changes: object) -> HandoverItem:
    values: dict = {
        "tracking_no": f"XA{number:011d}",
        "recipient_name": "张三",
        "recipient_address": "北京市海淀区示范路12号院3号楼4单元502室",
        "destination": "北京市海淀区",
        "serial": f"FO26{number:08d}",
        "weight_g": 20,
        "postage_fen": 420,
        "postcode": "100080",
    }
    return HandoverItem(**(values | changes))


def listed(*items: HandoverItem) -> HandoverList:
    return HandoverList(
        list_no="JJ20261123-01",
        handed_on=date(2026, 11, 23),
        sender="示范信用管理有限公司",
        sender_address="北京市朝阳区示范路1号",
        sender_phone="010-5555 0100",
        post_office="示范邮政支局",
        items=items,
    )


def test_the_list_stands_in_number_order_whatever_the_order_given():
    handover = listed(item(3), item(1), item(2))
    assert [one.tracking_no for one in handover.items] == [f"XA{number:011d}" for number in (1, 2, 3)]
    assert (handover.pieces, handover.weight_g, handover.postage_fen) == (3, 60, 1260)


def test_a_number_or_a_letter_stands_on_the_list_once():
    with pytest.raises(FieldRefused, match="tracking_no XA00000000001"):
        listed(item(1), item(1, serial="OTHER"))
    with pytest.raises(FieldRefused, match="serial FO2600000001"):
        listed(item(1), item(2, serial="FO2600000001"))
    with pytest.raises(FieldRefused, match="nothing to hand over"):
        listed()


@pytest.mark.parametrize(
    "changes", [{"weight_g": 0}, {"postage_fen": -1}, {"recipient_name": " "}, {"destination": ""}]
)
def test_an_item_the_post_would_not_take_is_refused(changes):
    with pytest.raises(FieldRefused):
        item(1, **changes)


@given(st.integers(1, 120))
def test_page_totals_add_up_to_the_grand_total(count):
    table = handover_table(
        listed(*(item(number, weight_g=number, postage_fen=number) for number in range(1, count + 1)))
    )

    def totals(text: str) -> tuple[int, int, int]:
        pieces, weight, postage = re.fullmatch(r".*：(\d+) 件　([\d,]+) 克　([\d,.]+) 元", text).groups()
        return int(pieces), int(weight.replace(",", "")), int(re.sub(r"[,.]", "", postage))

    pages = [totals(page.total) for page in table.pages]
    assert tuple(map(sum, zip(*pages, strict=True))) == totals(table.grand_total)
    assert [row[0] for page in table.pages for row in page.rows] == [str(line) for line in range(1, count + 1)]
    assert all(page.rows for page in table.pages)


def test_the_columns_are_those_of_the_post_and_show_no_debt():
    titles = [column.title for column in COLUMNS]
    assert titles == [
        "序号", "邮件号码", "收件人", "地址", "邮编", "寄达地", "种类", "重量(克)", "资费(元)", "函件编号", "备注",
    ]  # fmt: skip


def test_the_pdf_has_every_number_the_totals_and_the_boxes_to_sign():
    handover = listed(*(item(number, recipient_address="示范路" * 12) for number in range(1, 31)))
    table = handover_table(handover)
    rendered = render_table_document(table)
    document = pypdfium2.PdfDocument(rendered.pdf)
    assert len(document) == rendered.pages == len(table.pages) > 1
    texts = [page.get_textpage().get_text_range() for page in document]
    assert all(one.tracking_no in "".join(texts) for one in handover.items)
    assert all("本页小计" in text and f"共{len(texts)}页" in text for text in texts)
    assert "总计：30 件" in texts[-1]
    assert "交寄人签字" in texts[-1]
    assert "收寄局日戳" in texts[-1]
    assert "总计：" not in texts[0]
    assert render_table_document(table).sha256 == rendered.sha256


@pytest.mark.parametrize("count", [1, 12, 18, 19, 60])
def test_the_pages_that_were_totalled_are_the_pages_that_come_out(count):
    long_ones = {
        "recipient_name": "阿卜杜热合曼·买买提吐尔逊",
        "note": "加急补寄，原件遗失",
        "destination": "巴音郭楞蒙古自治州",
    }
    items = [item(number, **(long_ones if number % 3 else {})) for number in range(1, count + 1)]
    table = handover_table(listed(*items))
    assert render_table_document(table).pages == len(table.pages)


def test_thirteen_digit_numbers_of_the_post_pass_and_a_card_number_does_not():
    assert render_table_document(handover_table(listed(item(1, tracking_no="1234567890123")))).pages == 1
    with pytest.raises(UnmaskedNumber, match="LR-043"):
        render_table_document(handover_table(listed(item(1, note="6222028033561339212"))))


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@SUM(A1)", '=HYPERLINK("x")', "http://x", "00012", "1E5"])
def test_every_cell_of_the_workbook_is_text_and_no_formula(text):
    book = openpyxl.load_workbook(io.BytesIO(handover_xlsx(listed(item(1, note=text, recipient_name=text)))))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert text in {cell.value for cell in cells}
    assert not any(cell.hyperlink for cell in cells)


def test_the_workbook_keeps_leading_zeros_and_is_the_same_each_time():
    handover = listed(item(1, tracking_no="0000000000001", postcode="010010"))
    book = openpyxl.load_workbook(io.BytesIO(handover_xlsx(handover)))
    row = [cell.value for cell in book.active[5]]
    assert row[:5] == ["1", "0000000000001", "张三", "北京市海淀区示范路12号院3号楼4单元502室", "010010"]
    assert handover_xlsx(handover) == handover_xlsx(handover)


def test_markup_in_a_cell_prints_as_typed():
    table = handover_table(listed(item(1, note="<b>&</b>")))
    text = pypdfium2.PdfDocument(render_table_document(table).pdf)[0].get_textpage().get_text_range()
    assert "<b>&</b>" in text


def test_a_list_that_does_not_fit_its_columns_is_refused():
    page = TablePage((("1", "2"),), "合计")
    values = {"title": "表", "document_no": "1", "heading": (), "grand_total": "总计"}
    with pytest.raises(FieldRefused, match="2 cells for 1 columns"):
        TableDocument(columns=(Column("甲", 20),), pages=(page,), **values)
    with pytest.raises(FieldRefused, match="mm wide"):
        TableDocument(columns=(Column("甲", 200), Column("乙", 100)), pages=(page,), **values)
    with pytest.raises(FieldRefused, match="no page"):
        TableDocument(columns=(Column("甲", 20),), pages=(), **values)


def test_a_last_page_always_has_room_to_sign():
    columns = (Column("甲", 20),)
    for count in range(1, 60):
        pages = paginate([("字",)] * count, columns)
        assert sum(map(len, pages)) == count
        assert len(pages[-1]) <= 14
    assert replace(item(1), note="x").note == "x"
