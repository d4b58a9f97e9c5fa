"""Files of banks for tests: rows by our headings, as a workbook or as text, taken in by the real import."""

import csv
import io

from openpyxl import Workbook

from fieldops.audit import Actor
from fieldops.imports.service import import_file

CASE_ROW = {
    "委案批次号": "WA1",
    "案件编号": "C1",
    "委托银行": "示范银行A",
    "产品": "信用卡",
    "客户姓名": "李明",
    "证件号码": "11010519491231002X",
    "手机号码": "13800000000",
    "卡号": "6222020000000000005",
    "欠款总额": 8000.5,
    "本金": 7000,
    "最低还款额": 800.05,
    "逾期天数": 60,
    "数据截止日": "2026-11-22",
    "委案日期": "2026-10-30",
    "到期日": "2027-01-03",
    "住宅地址": "北京市朝阳区安慧北里3号楼2单元501室",
    "户籍地址": None,
    "单位名称": "示范物流有限公司",
    "预约时段": "11:30-13:30",
    "备注": None,
}


def case_row(number=1, **changes):
    """A row of a case file; another number is another case of another debtor."""
    own = {
        "案件编号": f"C{number}",
        "客户姓名": f"李{chr(0x4E00 + number)}",
        "证件号码": f"110105{1950 + number % 50}0101{number:04d}",
        "卡号": f"62220200{number:011d}",
    }
    return {**CASE_ROW, **own, **changes}


def workbook(rows, headings=None):
    """An xlsx file of these rows (mappings of heading to cell), written by openpyxl."""
    book = Workbook()
    sheet = book.active
    headings = headings or list(rows[0])
    sheet.append(headings)
    for row in rows:
        sheet.append([row.get(heading) for heading in headings])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def text_file(rows, headings=None, encoding="utf-8"):
    """A csv file of these rows."""
    headings = headings or list(dict.fromkeys(heading for row in rows for heading in row))
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(headings)
    writer.writerows([["" if row.get(heading) is None else row[heading] for heading in headings] for row in rows])
    return held.getvalue().encode(encoding)


def take_in(house, kind, rows, **options):
    """Import these rows in the foreground."""
    return import_file(house, Actor("clerk", house.clock.now()), kind, text_file(rows), "rows.csv", **options)
