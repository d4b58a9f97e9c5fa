"""The handover list (大宗挂号交寄清单): what the post office gets with the letters, on paper and as a workbook.

It shows no amount and no reason of the debt. Money is the postage, in fen; weight in grams.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime, time

import xlsxwriter

from letters.amounts import in_figures
from letters.errors import FieldRefused
from letters.letter import chinese_date, clean
from letters.table import Align, Column, TableDocument, TablePage, paginate

TITLE = "大宗挂号交寄清单"
COLUMNS = (
    Column("序号", 11, Align.CENTRE),
    Column("邮件号码", 33, Align.CENTRE),
    Column("收件人", 22),
    Column("地址", 76),
    Column("邮编", 14, Align.CENTRE),
    Column("寄达地", 24),
    Column("种类", 17, Align.CENTRE),
    Column("重量(克)", 13, Align.RIGHT),
    Column("资费(元)", 14, Align.RIGHT),
    Column("函件编号", 26, Align.CENTRE),
    Column("备注", 23),
)
SIGNATURES = ("交寄人签字（日期）", "收寄人签字（日期）", "收寄局日戳")
NOTES = ("本清单一式两份，交寄单位与收寄局各执一份。收寄局签章后锁定，如有更正，另立更正记录并由双方签认。",)


@dataclass(frozen=True, kw_only=True)
class HandoverItem:
    """One registered item. `serial` is the letter's own sheet number: the envelope and this list show nothing more.

    Raises: FieldRefused.
    """

    tracking_no: str
    recipient_name: str
    recipient_address: str
    destination: str
    serial: str
    weight_g: int
    postage_fen: int
    postcode: str | None = None
    item_kind: str = "挂号信函"
    note: str = ""

    def __post_init__(self) -> None:
        for name in (
            "tracking_no",
            "recipient_name",
            "recipient_address",
            "destination",
            "serial",
            "item_kind",
            "note",
        ):
            text = clean(getattr(self, name))
            if not text and name != "note":
                raise FieldRefused(f"{name} of {self.tracking_no or 'an item'} is empty: the post asks for it.")
            object.__setattr__(self, name, text)
        if self.weight_g <= 0 or self.postage_fen < 0:
            raise FieldRefused(f"{self.tracking_no}: weigh the letter in whole grams and give its postage in fen.")


@dataclass(frozen=True, kw_only=True)
class HandoverList:
    """One office's list of one day, in number order whatever the order given.

    Raises: FieldRefused for an empty list, or a number or letter that stands on it twice.
    """

    list_no: str
    handed_on: date
    sender: str
    sender_address: str
    sender_phone: str
    post_office: str
    items: tuple[HandoverItem, ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise FieldRefused(f"{self.list_no} has no item: there is nothing to hand over.")
        for name in ("tracking_no", "serial"):
            values = [getattr(item, name) for item in self.items]
            if twice := sorted({value for value in values if values.count(value) > 1}):
                raise FieldRefused(f"{self.list_no}: {name} {', '.join(twice)} stands on the list twice.")
        object.__setattr__(self, "items", tuple(sorted(self.items, key=lambda item: item.tracking_no)))

    @property
    def pieces(self) -> int:
        """How many items."""
        return len(self.items)

    @property
    def weight_g(self) -> int:
        """The weight of all, in grams."""
        return sum(item.weight_g for item in self.items)

    @property
    def postage_fen(self) -> int:
        """The postage of all, in fen."""
        return sum(item.postage_fen for item in self.items)


def handover_table(handover: HandoverList) -> TableDocument:
    """Return the list as a document for `letters.render.render_table_document`."""
    rows = [_row(line, item) for line, item in enumerate(handover.items, 1)]
    pages, start = [], 0
    for page in paginate(rows, COLUMNS):
        pages.append(TablePage(page, f"本页小计：{_totals(handover.items[start : start + len(page)])}"))
        start += len(page)
    return TableDocument(
        title=TITLE,
        document_no=handover.list_no,
        heading=_heading(handover),
        columns=COLUMNS,
        pages=tuple(pages),
        grand_total=f"总计：{_totals(handover.items)}",
        signatures=SIGNATURES,
        notes=NOTES,
        own_numbers=tuple(number for item in handover.items for number in (item.tracking_no, item.serial)),
    )


def handover_xlsx(handover: HandoverList) -> bytes:
    """Return the list as a workbook of text cells: nothing a cell holds is ever taken for a formula or a number.

    The same list gives the same bytes.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    # a fixed time inside the file, so that equal lists are equal files
    book.set_properties({"title": TITLE, "created": datetime.combine(handover.handed_on, time())})
    sheet = book.add_worksheet("交寄清单")
    bold = book.add_format({"bold": True, "num_format": "@", "border": 1, "align": "center", "text_wrap": True})
    text = book.add_format({"num_format": "@", "border": 1, "text_wrap": True, "valign": "vcenter"})
    sheet.write_string(0, 0, TITLE, book.add_format({"bold": True, "font_size": 15, "num_format": "@"}))
    sheet.write_string(1, 0, "　".join(f"{name}{value}" for name, value in _heading(handover)), None)
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width_mm / 1.9)
        sheet.write_string(3, place, column.title, bold)
    for line, item in enumerate(handover.items, 1):
        for place, cell in enumerate(_row(line, item)):
            sheet.write_string(3 + line, place, cell, text)
    sheet.write_string(4 + handover.pieces, 0, f"总计：{_totals(handover.items)}", None)
    sheet.freeze_panes(4, 2)
    book.close()
    return out.getvalue()


def _row(line: int, item: HandoverItem) -> tuple[str, ...]:
    return (
        str(line),
        item.tracking_no,
        item.recipient_name,
        item.recipient_address,
        item.postcode or "",
        item.destination,
        item.item_kind,
        str(item.weight_g),
        in_figures(item.postage_fen),
        item.serial,
        item.note,
    )


def _totals(items: tuple[HandoverItem, ...]) -> str:
    weight_g = sum(item.weight_g for item in items)
    postage_fen = sum(item.postage_fen for item in items)
    return f"{len(items)} 件　{weight_g:,} 克　{in_figures(postage_fen)} 元"


def _heading(handover: HandoverList) -> tuple[tuple[str, str], ...]:
    return (
        ("清单编号：", handover.list_no),
        ("交寄日期：", chinese_date(handover.handed_on)),
        ("交寄单位：", f"{handover.sender}　{handover.sender_address}　{handover.sender_phone}"),
        ("收寄局：", handover.post_office),
    )
