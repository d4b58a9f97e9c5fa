"""The register on paper (挂号信台账): its lines as a list with page totals, and as a workbook of text cells."""

import io
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import xlsxwriter

from letters.errors import FieldRefused
from letters.register import ChainedEntry, EntryKind
from letters.table import Align, Column, TableDocument, TablePage, paginate

TITLE = "挂号信台账"
MOST_LINES = 2000  # about a hundred pages: what one worker lays out within 250 MB
KIND_WORDS = {
    EntryKind.REGISTERED: "登记",
    EntryKind.POSTED: "交寄",
    EntryKind.OUTCOME: "结果",
    EntryKind.CLOSED: "归档",
    EntryKind.VOID: "作废",
    EntryKind.HANDED: "面交",
    EntryKind.REVERSAL: "冲销",
}
COLUMNS = (
    Column("序号", 11, Align.CENTRE),
    Column("日期", 27, Align.CENTRE),
    Column("事项", 12, Align.CENTRE),
    Column("函件编号", 46),
    Column("挂号编号", 30, Align.CENTRE),
    Column("收件人", 13),
    Column("地址", 46),
    Column("案件编号", 30),
    Column("经办人", 26),
    Column("收据 / 结果 / 备注", 32),
)
_SHANGHAI = ZoneInfo("Asia/Shanghai")


def register_table(lines: Sequence[ChainedEntry]) -> TableDocument:
    """Return lines of one branch and year as a document to print.

    The foot names the hash of the last line: a printed register can be held against the one in the house.
    Raises: FieldRefused for no line, lines of two registers, or too many for one document.
    """
    _check(lines)
    first, last = lines[0].entry, lines[-1].entry
    pages, start = [], 0
    for page in paginate([_row(one) for one in lines], COLUMNS):
        numbers = f"第{lines[start].entry.seq}号至第{lines[start + len(page) - 1].entry.seq}号"
        pages.append(TablePage(page, f"本页 {len(page)} 行，{numbers}"))
        start += len(page)
    return TableDocument(
        title=TITLE,
        document_no=f"{first.branch} {first.year} {first.seq}-{last.seq}",
        heading=(("机构：", first.branch), ("年度：", str(first.year)), ("行号：", f"{first.seq} - {last.seq}")),
        columns=COLUMNS,
        pages=tuple(pages),
        grand_total=f"共 {len(lines)} 行",
        signatures=("经办人签字（日期）", "复核人签字（日期）"),
        notes=(f"末行校验：{grouped(lines[-1].hash)}",),
        own_numbers=tuple(text for one in lines for text in (one.entry.tracking_no, one.entry.case_no) if text),
    )


def register_xlsx(lines: Sequence[ChainedEntry]) -> bytes:
    """Return lines as a workbook of text cells. The same lines give the same bytes. Raises: FieldRefused."""
    _check(lines)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": TITLE, "created": lines[-1].entry.at.replace(tzinfo=None)})
    sheet = book.add_worksheet(TITLE)
    head = book.add_format({"bold": True, "num_format": "@", "border": 1, "align": "center"})
    text = book.add_format({"num_format": "@", "border": 1, "text_wrap": True, "valign": "vcenter"})
    for place, title in enumerate((*(column.title for column in COLUMNS), "校验")):
        sheet.write_string(0, place, title, head)
        sheet.set_column(place, place, COLUMNS[place].width_mm / 1.9 if place < len(COLUMNS) else 70)
    for number, one in enumerate(lines, 1):
        for place, cell in enumerate((*_row(one), one.hash)):
            sheet.write_string(number, place, cell, text)
    sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()


def grouped(sealed: str) -> str:
    """Return a hash in groups of eight, so that a person can compare it and no reader takes it for a number."""
    return " ".join(sealed[place : place + 8] for place in range(0, len(sealed), 8))


def _check(lines: Sequence[ChainedEntry]) -> None:
    if not lines:
        raise FieldRefused("There is no line to print: choose numbers the register has.")
    if len(lines) > MOST_LINES:
        raise FieldRefused(f"{len(lines)} lines are too many for one document: print at most {MOST_LINES} at a time.")
    if len({(one.entry.branch, one.entry.year) for one in lines}) > 1:
        raise FieldRefused("Lines of two registers stand on no list: each branch and year has its own.")


def _row(one: ChainedEntry) -> tuple[str, ...]:
    entry = one.entry
    kind = KIND_WORDS[entry.kind]
    if entry.reverses is not None:
        kind = f"{kind}{entry.reverses}"
    said = "　".join(text for text in (entry.receipt, entry.outcome, entry.note) if text)
    return (
        str(entry.seq),
        _day(entry.at),
        kind,
        entry.letter_no,
        entry.tracking_no,
        entry.recipient_masked,
        entry.address,
        entry.case_no,
        entry.handler,
        said,
    )


def _day(at: datetime) -> str:
    return at.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M")
